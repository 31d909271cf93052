"""Real commits, merges and tags of 26 repositories through load, define, nightly and REST, against an independent computation."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from accounts.models import Event, Seat, User
from accounts.types import Role
from tests import database
from tests.real_input import git_oracle
from tests.real_input.triangles import answered, days_of_people, each_day, periods, rows, triangle_by_hand

DATA = Path(settings.BASE_DIR).parent / "shared" / "data" / "git_activity"
EXAMPLE = Path(settings.BASE_DIR) / "examples" / "git_activity"
FIRST, LAST = date(2018, 1, 1), date(2026, 8, 22)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.wide,
    pytest.mark.skipif(not DATA.is_dir(), reason="shared/data/git_activity is not here"),
]


def month_after(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


@pytest.fixture(scope="module")
def admin(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Loaded, defined and graded for every day, once for the module: nothing here changes it."""
    with django_db_blocker.unblock(), database.kept():
        rejects = str(tmp_path_factory.mktemp("rejects"))
        call_command("load", str(DATA), "--map", str(EXAMPLE / "mapping.toml"), "--rejects", rejects)
        call_command("define", str(EXAMPLE / "definitions.toml"))
        call_command("nightly", "--from", FIRST.isoformat(), "--to", LAST.isoformat())
        yield User.objects.create_user("admin@example.com", "secret", role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(admin)
    return client


def test_every_level_week_month_and_rate_agrees_with_an_independent_computation(client: APIClient) -> None:
    assert Event.objects.count() == 52_071
    assert Seat.objects.filter(kind="bot").exists()
    oracle = git_oracle.read(DATA, zone="UTC", first=FIRST, last=LAST)
    for account in oracle.accounts:
        compare_account(client, oracle, account)
    compare_rates(client, oracle)


def test_seat_cohorts_of_real_activity_agree_with_a_plain_computation(client: APIClient) -> None:
    by_person = days_of_people(rows(DATA / "events.csv.gz"), LAST)
    began = {key: min(found) for key, found in by_person.items()}
    # Weeks of the last years alone: of all of them there are a hundred pages, and each is computed anew.
    for grain, first_day, fewest in (("month", date(2018, 1, 1), 5_000), ("week", date(2025, 1, 6), 3_000)):
        spans = periods(grain, first_day, LAST)
        place_of = {day: place for place, (_name, first, last) in enumerate(spans) for day in each_day(first, last)}
        places = {key: {place_of[day] for day in found if day in place_of} for key, found in by_person.items()}

        def there(members: list[str], _own: int, place: int, places: dict[str, set[int]] = places) -> tuple[Decimal, Decimal]:
            return Decimal(len(members)), Decimal(sum(1 for member in members if place in places[member]))

        expected = triangle_by_hand(spans, began, there)
        assert len(expected) > fewest
        assert all(size == remaining for (_cohort, offset), (size, remaining) in expected.items() if offset == 0)
        assert answered(client, "seat", grain, **{"from": first_day.isoformat()}) == expected
    every = answered(client, "seat", "month")
    assert {key: cell for key, cell in every.items() if key[0] >= "2018-01"} == answered(client, "seat", "month", **{"from": "2018-01-01"})
    # Who began before the nights did: the months that were never graded are unknown, but for the one before the span.
    assert min(int(cohort[:4]) * 12 + int(cohort[5:]) + offset for cohort, offset in every) == 2017 * 12 + 12


def compare_account(client: APIClient, oracle: git_oracle.Oracle, account: str) -> None:
    """Levels of all days, and the weeks and months, as REST shows them."""
    answer = client.get(f"/api/v1/accounts/{quote(account, safe='')}/activity/", span(FIRST, LAST + timedelta(days=1)))
    assert answer.status_code == 200, account
    body = answer.json()
    levels = {row["day"]: row["level"] for row in body["days"]}
    expected = {day.isoformat(): oracle.level(account, day) for day in days(FIRST, LAST + timedelta(days=1))}
    assert levels == expected, account
    for row in body["weeks"]:
        monday = date.fromisocalendar(int(row["period"][:4]), int(row["period"][6:]), 1)
        active_days = oracle.active_days(account, monday, monday + timedelta(days=7))
        assert (row["active_days"], row["active"]) == (active_days, active_days >= 3), (account, row)
    for row in body["months"]:
        first = date.fromisoformat(f"{row['period']}-01")
        active_days = oracle.active_days(account, first, month_after(first))
        assert (row["active_days"], row["active"], row["provisional"]) == (active_days, active_days >= 12, month_after(first) > LAST), (
            account,
            row,
        )
    assert len(body["months"]) == 12 * 8 + 8
    assert len(body["weeks"]) >= 450


def compare_rates(client: APIClient, oracle: git_oracle.Oracle) -> None:
    """Monthly active rate of the whole book, and per-day counts of each level."""
    rows = client.get("/api/v1/activity/rates/", {"grain": "month", **span(FIRST, LAST + timedelta(days=1))}).json()["results"]
    assert len(rows) == 104
    for row in rows:
        first = date.fromisoformat(f"{row['period']}-01")
        active = sum(oracle.active_days(account, first, month_after(first)) >= 12 for account in oracle.accounts)
        assert (row["active"], row["paying"]) == (active, len(oracle.accounts)), row
        assert row["rate"] == round(active / len(oracle.accounts), 6)
    last_month = date(2026, 7, 1)
    rows = client.get("/api/v1/activity/rates/", {"grain": "day", **span(last_month, month_after(last_month))}).json()["results"]
    assert len(rows) == calendar.monthrange(2026, 7)[1]
    for row in rows:
        day = date.fromisoformat(row["period"])
        found = [oracle.level(account, day) for account in oracle.accounts]
        assert {word: found.count(word) for word in ("zero", "low", "medium", "high")} == {
            word: row["levels"][word] for word in ("zero", "low", "medium", "high")
        }


def days(first: date, after: date) -> list[date]:
    return [first + timedelta(days=i) for i in range((after - first).days)]


def span(first: date, after: date) -> dict[str, str]:
    return {"from": first.isoformat(), "to": after.isoformat()}
