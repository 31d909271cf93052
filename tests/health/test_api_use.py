"""Scenarios and units of an account over REST."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from accounts.types import Role
from tests import factories as make
from tests.health.march import agreed, published, worked
from tests.rest import ROOT, account_path, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
SCENARIO = {"name": "Orders", "actions": ["work"], "expected_days_per_month": 5}


@pytest.fixture
def admin() -> Client:
    return bearer(make.UserFactory.make(role=Role.ADMIN))


@pytest.fixture
def account() -> Account:
    """It worked on three days of March, in one unit, and agreed to work on four."""
    make.define_activity(scenarios=[SCENARIO])
    account = worked(3, external_id="a/b")
    account.seats.update(unit=make.UnitFactory.make(account=account, name="Kitchen"))
    agreed(account, 4, scenario="Orders", reason="<small> team")
    published()
    return account


def test_scenarios_tell_actual_against_agreed(admin: Client, account: Account) -> None:
    (row,) = get(admin, account_path("a/b", "scenarios/"), from_="2026-01", to="2026-04")["results"]
    assert row == {
        "period": "2026-03",
        "scenario": "Orders",
        "days": 3,
        "expected_days": 4,
        "gap_days": 1,
        "seats": 1,
        "seat_share": 1.0,
        "expected_seat_share": None,
        "gap_seat_share": None,
        "met": False,
        "can_reach": False,
        "agreed": True,
        "agreed_from": "2026-03-01",
        "reason": "<small> team",
        "step": "push",
        "provisional": False,
        "as_of": "2026-03-31",
        "version": 1,
    }


def test_without_a_span_the_last_year_is_told_and_a_span_without_months_is_empty(admin: Client, account: Account) -> None:
    assert [row["period"] for row in get(admin, account_path("a/b", "scenarios/"))["results"]] == ["2026-03"]
    assert get(admin, account_path("a/b", "scenarios/"), from_="2026-03-02", to="2026-04")["results"] == []
    assert faults(admin, account_path("a/b", "scenarios/"), month="2026-03") == {"month": "unknown_parameter"}


def test_units_tell_their_own_level_and_days(admin: Client, account: Account) -> None:
    (row,) = get(admin, account_path("a/b", "units/"), as_of="2026-03-03")["results"]
    assert row == {
        "store_external_id": None,
        "store": None,
        "unit": "Kitchen",
        "level": "low",
        "seats": 1,
        "active_days": 3,
        "known_days": 3,
        "key_actions": 3,
        "key_seats": 1,
        "logged_in_seats": 1,
        "strip": "U" * 25 + "LLL",
        "as_of": "2026-03-03",
        "version": 1,
    }
    (latest,) = get(admin, account_path("a/b", "units/"))["results"]
    assert (latest["as_of"], latest["level"], latest["active_days"]) == ("2026-03-31", "zero", 0)


@pytest.mark.parametrize("below", ["scenarios/", "units/"])
def test_both_come_as_files(admin: Client, account: Account, below: str) -> None:
    (line,) = csv_rows(admin.get(ROOT + account_path("a/b", below) + "?format=csv"))
    assert (line["as_of"], line["version"]) == ("2026-03-31", "1")


@pytest.mark.parametrize("below", ["scenarios/", "units/"])
def test_what_is_not_yours_is_not_there(account: Account, below: str) -> None:
    stranger, owner = make.UserFactory.make(), make.UserFactory.make()
    make.own(account, owner)
    assert bearer(owner).get(ROOT + account_path("a/b", below)).status_code == 200
    for path in (account_path("a/b", below), account_path("none", below)):
        assert bearer(stranger).get(ROOT + path).status_code == 404
    assert Client().get(ROOT + account_path("a/b", below)).status_code == 401


@pytest.mark.parametrize(("below", "most"), [("scenarios/", 2), ("units/", 3)])
def test_few_queries_whatever_the_span(admin: Client, account: Account, below: str, most: int) -> None:
    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(ROOT + path).status_code == 200
        return len(queries)

    # The account's name alone costs what signing in and finding it do.
    alone = asked(account_path("a/b"))
    assert asked(account_path("a/b", below)) <= alone + most


def test_the_running_month_is_provisional(admin: Client) -> None:
    make.define_activity(scenarios=[SCENARIO])
    worked(2, external_id="c")
    published(date(2026, 3, 12))
    (row,) = get(admin, "accounts/c/scenarios/")["results"]
    assert (row["provisional"], row["met"], row["can_reach"], row["step"], row["gap_days"]) == (True, False, True, None, 3)
