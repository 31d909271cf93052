"""Triangles of two real inputs through load, define, nightly and REST, against plain dictionaries made from the raw files."""

from __future__ import annotations

import calendar
import csv
import gzip
import io
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from rest_framework.test import APIClient

from accounts.models import User
from accounts.types import Role

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
EXAMPLES = Path(settings.BASE_DIR) / "examples"
Cells = dict[tuple[str, int], tuple[Decimal, Decimal]]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def run(name: str, rejects: Path, first: str, last: str) -> APIClient:
    call_command("load", str(DATA / name), "--map", str(EXAMPLES / name / "mapping.toml"), "--rejects", str(rejects))
    call_command("define", str(EXAMPLES / name / "definitions.toml"))
    call_command("nightly", "--from", first, "--to", last)
    client = APIClient()
    client.force_authenticate(User.objects.create_user("admin@example.com", "secret", role=Role.ADMIN))
    return client


def rows(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(text.decode("utf-8"), newline="")))


def answered(client: APIClient, measure: str, grain: str, **query: str) -> Cells:
    """Every cell that REST shows, over all pages; each share is checked on the way."""
    found: Cells = {}
    address = f"/api/v1/churn/cohorts/?measure={measure}&grain={grain}&page_size=1000" + "".join(f"&{k}={v}" for k, v in query.items())
    while address:
        page: Any = client.get(address).json()
        for row in page["results"]:
            size, remaining = Decimal(row["size"]), Decimal(row["remaining"])
            assert (
                row["share"] == (round(float(remaining / size), 6) if size else None) or abs(float(remaining / size) - row["share"]) < 1e-6
            )
            assert (row["cohort"], row["offset"]) not in found
            found[row["cohort"], row["offset"]] = (size, remaining)
        address = page["next"]
    return found


def periods(grain: str, first: date, as_of: date) -> list[tuple[str, date, date]]:
    """(label, first day, last day) of the finished periods from the one that holds `first`."""
    made: list[tuple[str, date, date]] = []
    begin = first.replace(day=1) if grain == "month" else first - timedelta(days=first.weekday())
    while True:
        length = calendar.monthrange(begin.year, begin.month)[1] if grain == "month" else 7
        last = begin + timedelta(days=length - 1)
        if last > as_of:
            return made
        made.append((f"{begin:%Y-%m}" if grain == "month" else "{}-W{:02d}".format(*begin.isocalendar()[:2]), begin, last))
        begin = last + timedelta(days=1)


def triangle_by_hand(spans: list[tuple[str, date, date]], began: dict[str, date], there: Any) -> Cells:
    """`there(member, place)` is what a member counts in a period, `began` the day it began; a member's size is decided by the caller."""
    found: Cells = {}
    for place, (name, first, last) in enumerate(spans):
        members = [member for member, day in began.items() if first <= day <= last]
        if not members:
            continue
        for offset in range(len(spans) - place):
            found[name, offset] = there(members, place, place + offset)
    return found


def days_of_people(events: Iterable[dict[str, str]], as_of: date) -> dict[str, set[date]]:
    """Account and seat -> its days with an event, bots left out; the first row of a seat says whether it is one."""
    is_bot: dict[str, bool] = {}
    days: dict[str, set[date]] = defaultdict(set)
    for row in events:
        key = f"{row['account']} {row['seat']}"
        if not is_bot.setdefault(key, row["is_bot"] == "1"):
            day = datetime.fromisoformat(row["occurred_at"]).astimezone(UTC).date()
            if day <= as_of:
                days[key].add(day)
    return days


@pytest.mark.skipif(not (DATA / "git_activity").is_dir(), reason="shared/data/git_activity is not here")
def test_seat_cohorts_of_real_activity_agree_with_a_plain_computation(tmp_path: Path) -> None:
    as_of = date(2026, 8, 22)
    client = run("git_activity", tmp_path, "2018-01-01", as_of.isoformat())
    days = days_of_people(rows(DATA / "git_activity" / "events.csv.gz"), as_of)
    began = {key: min(found) for key, found in days.items()}
    # Weeks of the last years alone: of all of them there are a hundred pages, and each is computed anew.
    for grain, first_day, fewest in (("month", date(2018, 1, 1), 5_000), ("week", date(2025, 1, 6), 3_000)):
        spans = periods(grain, first_day, as_of)
        place_of = {day: place for place, (_name, first, last) in enumerate(spans) for day in each_day(first, last)}
        places = {key: {place_of[day] for day in found if day in place_of} for key, found in days.items()}

        def there(members: list[str], _own: int, place: int, places: dict[str, set[int]] = places) -> tuple[Decimal, Decimal]:
            return Decimal(len(members)), Decimal(sum(1 for member in members if place in places[member]))

        expected = triangle_by_hand(spans, began, there)
        assert len(expected) > fewest
        assert all(size == remaining for (_cohort, offset), (size, remaining) in expected.items() if offset == 0)
        assert answered(client, "seat", grain, **{"from": first_day.isoformat()}) == expected
    every = answered(client, "seat", "month")
    assert {key: cell for key, cell in every.items() if key[0] >= "2018-01"} == answered(client, "seat", "month", **{"from": "2018-01-01"})
    # Who began before the nights did: the months that were never graded are unknown.
    assert all(int(cohort[:4]) * 12 + int(cohort[5:]) + offset >= 2018 * 12 + 1 for cohort, offset in every)


@pytest.mark.skipif(not (DATA / "fightchurn_sample").is_dir(), reason="shared/data/fightchurn_sample is not here")
def test_cohorts_of_a_simulated_crm_book_agree_with_a_plain_computation(tmp_path: Path) -> None:
    as_of = date(2022, 12, 31)
    client = run("fightchurn_sample", tmp_path, "2022-01-01", as_of.isoformat())
    terms: dict[str, list[tuple[date, date, Decimal]]] = defaultdict(list)
    for row in rows(DATA / "fightchurn_sample" / "subscriptions.csv"):
        if Decimal(row["mrr"]) > 0:
            terms[row["account_id"]].append(
                (date.fromisoformat(row["start_date"]), date.fromisoformat(row["end_date"]), Decimal(row["mrr"]))
            )
    began = {account: min(start for start, _end, _mrr in found) for account, found in terms.items()}

    def worth(account: str, day: date) -> Decimal:
        return sum((mrr for start, end, mrr in terms[account] if start <= day < end), Decimal(0))

    for grain in ("month", "week"):
        spans = periods(grain, min(began.values()), as_of)

        def accounts(members: list[str], own: int, place: int, spans: Any = spans) -> tuple[Decimal, Decimal]:
            paying = [member for member in members if worth(member, spans[own][2])]
            return Decimal(len(paying)), Decimal(sum(1 for member in paying if worth(member, spans[place][2])))

        def revenue(members: list[str], own: int, place: int, spans: Any = spans) -> tuple[Decimal, Decimal]:
            paying = [member for member in members if worth(member, spans[own][2])]
            then, now = spans[own][2], spans[place][2]
            return sum((worth(m, then) for m in paying), Decimal(0)), sum((worth(m, now) for m in paying), Decimal(0))

        assert answered(client, "logo", grain) == triangle_by_hand(spans, began, accounts)
        assert answered(client, "revenue", grain) == triangle_by_hand(spans, began, revenue)

    key = {"create_opportunity", "advance_stage", "quote", "win_opportunity", "lose_opportunity", "meeting", "add_contact", "add_lead"}
    names = {row["event_type_id"]: row["event_type_name"] for row in rows(DATA / "fightchurn_sample" / "event_types.csv")}
    first_event: dict[str, date] = {}
    key_days: dict[str, set[date]] = defaultdict(set)
    for row in rows(DATA / "fightchurn_sample" / "events.csv.gz"):
        member, day = f"{row['account_id']} {row['user_id']}", date.fromisoformat(row["event_time"][:10])
        if day <= as_of:
            first_event[member] = min(first_event.get(member, day), day)
            if names[row["event_type_id"]] in key:
                key_days[member].add(day)
    spans = periods("month", date(2022, 1, 1), as_of)

    def acted(members: list[str], _own: int, place: int) -> tuple[Decimal, Decimal]:
        _name, first, last = spans[place]
        return Decimal(len(members)), Decimal(sum(1 for member in members if any(first <= day <= last for day in key_days[member])))

    assert answered(client, "seat", "month") == triangle_by_hand(spans, first_event, acted)


def each_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
