"""Activity of an account and active rates over REST. How the figures come about is tested where they are computed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from accounts.types import Role
from health.models import AccountDay, AccountPeriod, Run
from tests.factories import AccountFactory, SeatFactory, UserFactory, publish
from tests.rest import AS_OF, ROOT, account_path, bearer, csv_rows, faults, get, published_run

pytestmark = pytest.mark.django_db

MARCH, FEBRUARY = date(2026, 3, 1), date(2026, 2, 1)


@pytest.fixture
def admin() -> Client:
    return bearer(UserFactory.make(role=Role.ADMIN))


@pytest.fixture
def run() -> Run:
    """A run that publishes 13 to 15 March, its week, and two months; March still runs."""
    run = published_run()
    publish(run, days=[AS_OF - timedelta(days=back) for back in range(3)], weeks=[date(2026, 3, 9)], months=[FEBRUARY, MARCH])
    return run


def day(account: Account, run: Run, on: date, **fields: Any) -> None:
    values = {"level": 3, "key_actions": Decimal("250.5"), "active_seats": 7, "seats": 10, "activated": 10, "purchased": 30} | fields
    AccountDay.objects.create(account=account, run=run, day=on, paying=True, active=True, working=True, version=1, **values)


def period(account: Account, run: Run, grain: str, starts_on: date, ends_on: date, **fields: Any) -> None:
    values: dict[str, Any] = {"active": True, "provisional": False, "can_reach": True, "joined": False, "paying": True} | fields
    AccountPeriod.objects.create(
        account=account,
        run=run,
        grain=grain,
        starts_on=starts_on,
        ends_on=ends_on,
        active_days=12,
        known_days=20,
        working_days=20,
        bar=12,
        levels=[1, 2, 3, 4, 5],
        version=1,
        **values,
    )


def test_activity_tells_every_published_day_and_the_periods_of_the_span(admin: Client, run: Run) -> None:
    account = AccountFactory.make(external_id="a/b")
    SeatFactory.make(account=account)
    day(account, run, AS_OF, flags=1)
    period(account, run, "week", date(2026, 3, 9), date(2026, 3, 16))
    period(account, run, "month", MARCH, date(2026, 4, 1), provisional=True, active=None)
    found = get(admin, account_path("a/b", "activity/"), from_="2026-03-01", to="2026-03-16")
    assert [row["day"] for row in found["days"]] == ["2026-03-13", "2026-03-14", "2026-03-15"]
    last = found["days"][-1]
    assert (last["key_actions"], last["active_seats"], last["seats"], last["level"]) == (250.5, 7, 10, "high")
    assert (last["flags"], last["activation_rate"], last["version"], last["as_of"]) == (["concentrated_use"], 0.333333, 1, "2026-03-15")
    assert (found["days"][0]["level"], found["days"][0]["version"]) == ("unknown", None)
    assert [(row["period"], row["active_days"], row["active"]) for row in found["weeks"]] == [("2026-W11", 12, True)]
    month = found["months"][0]
    assert (month["period"], month["working_days"], month["active"], month["provisional"]) == ("2026-03", 20, None, True)
    assert month["pace"]["needed"] == 0


def test_activity_of_one_kind_comes_as_a_file(admin: Client, run: Run) -> None:
    account = AccountFactory.make(external_id="a")
    day(account, run, AS_OF)
    period(account, run, "month", MARCH, date(2026, 4, 1))
    for rows, first in (("days", "2026-03-13"), ("months", "2026-03")):
        answer = admin.get(ROOT + account_path("a", "activity/"), {"format": "csv", "rows": rows, "from": "2026-03-01"})
        lines = csv_rows(answer)
        assert next(iter(lines[0].values())) == first


def test_rates_tell_counts_rate_pace_and_who_is_behind(admin: Client, run: Run) -> None:
    anna = UserFactory.make(email="anna@example.com")
    for number, active in enumerate([True, False, None]):
        account = AccountFactory.make(external_id=f"a{number}", owner=anna)
        period(account, run, "month", FEBRUARY, MARCH, active=active, csm=anna, plan="pro")
    found = get(admin, "activity/rates/", grain="month", from_="2026-02", to="2026-03", by="csm", detail=1, plan="pro")["results"]
    assert len(found) == 1
    row = found[0]
    assert (row["period"], row["group"], row["paying"], row["active"], row["unknown"]) == ("2026-02", "anna@example.com", 3, 1, 1)
    assert (row["rate"], row["provisional"], row["as_of"], row["version"]) == (0.333333, False, "2026-03-15", 1)
    assert row["ids"] == {"active": ["a0"], "not_active": ["a1"], "unknown": ["a2"], "joined": []}
    assert "ids" not in get(admin, "activity/rates/", from_="2026-02", to="2026-03")["results"][0]


def test_rates_of_nobody_are_undefined(admin: Client, run: Run) -> None:
    row = get(admin, "activity/rates/", grain="month", from_="2026-03", to="2026-04")["results"][0]
    assert (row["paying"], row["rate"]) == (0, None)


def test_a_csm_counts_the_own_book_alone(run: Run) -> None:
    mine, hers = UserFactory.make(), UserFactory.make()
    for owner in (mine, hers, hers):
        period(AccountFactory.make(owner=owner), run, "month", FEBRUARY, MARCH, csm=owner)
    rows = get(bearer(mine), "activity/rates/", from_="2026-02", to="2026-03", by="csm")["results"]
    assert [(row["group"], row["paying"]) for row in rows] == [(mine.email, 1)]


def test_rates_page_and_download(admin: Client, run: Run) -> None:
    first = get(admin, "activity/rates/", grain="day", page_size=2)
    assert [row["period"] for row in first["results"]] == ["2026-03-13", "2026-03-14"]
    second = admin.get(first["next"]).json()
    assert [row["period"] for row in second["results"]] == ["2026-03-15"]
    assert admin.get(second["previous"]).json() == first
    answer = admin.get(ROOT + "activity/rates/", {"grain": "day", "page_size": "2", "format": "csv"})
    assert len(csv_rows(answer)) == 3


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"from_": "2026-03-02", "to": "2026-03-01"}, {"from": "from_not_before_to"}),
        ({"from_": "2026-03-01", "to": "2026-03-01"}, {"from": "from_not_before_to"}),
        ({"from_": "2030-01-01"}, {"from": "from_not_before_to"}),
        ({"from_": "01.03.2026"}, {"from": "invalid"}),
        ({"to": "2026-02-30"}, {"to": "invalid"}),
        ({"to": "2026-W54"}, {"to": "invalid"}),
        ({"by": "colour"}, {"by": "invalid"}),
        ({"grain": "year"}, {"grain": "invalid"}),
        ({"detail": "maybe", "grain": "hour"}, {"detail": "invalid", "grain": "invalid"}),
    ],
)
def test_bad_parameters_of_rates_are_named(admin: Client, run: Run, query: dict[str, Any], expected: dict[str, str]) -> None:
    assert faults(admin, "activity/rates/", **query) == expected


@pytest.mark.parametrize("form", ["2026-03-01", "2026-03"])
def test_a_month_or_week_stands_for_its_first_day(admin: Client, run: Run, form: str) -> None:
    assert [row["period"] for row in get(admin, "activity/rates/", from_=form, to="2026-04")["results"]] == ["2026-03"]
    assert get(admin, "activity/rates/", grain="day", from_="2026-W11", to="2026-Q2")["results"][0]["period"] == "2026-03-13"


def test_before_the_first_night_there_are_no_rates(admin: Client) -> None:
    assert get(admin, "activity/rates/")["results"] == []
