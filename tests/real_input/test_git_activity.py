"""Real commits, merges and tags of 26 repositories through load, define, nightly and REST, against an independent computation."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import call_command
from rest_framework.test import APIClient

from accounts.models import Event, Seat, User
from accounts.types import Role
from tests.real_input import git_oracle

DATA = Path(settings.BASE_DIR).parent / "shared" / "data" / "git_activity"
EXAMPLE = Path(settings.BASE_DIR) / "examples" / "git_activity"
FIRST, LAST = date(2018, 1, 1), date(2026, 8, 22)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="shared/data/git_activity is not here"),
]


def month_after(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def test_every_level_week_month_and_rate_agrees_with_an_independent_computation(tmp_path: Path) -> None:
    call_command("load", str(DATA), "--map", str(EXAMPLE / "mapping.toml"), "--rejects", str(tmp_path))
    assert Event.objects.count() == 52_071
    assert Seat.objects.filter(kind="bot").exists()
    call_command("define", str(EXAMPLE / "definitions.toml"))
    call_command("nightly", "--from", FIRST.isoformat(), "--to", LAST.isoformat())
    oracle = git_oracle.read(DATA, zone="UTC", first=FIRST, last=LAST)
    admin = User.objects.create_user("admin@example.com", "secret", role=Role.ADMIN)
    client = APIClient()
    client.force_authenticate(admin)
    for account in oracle.accounts:
        compare_account(client, oracle, account)
    compare_rates(client, oracle)


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
