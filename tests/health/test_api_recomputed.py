"""Monthly rates twice over REST: as they were, and recomputed with today's definition."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, User
from accounts.types import Role
from health.models import AccountPeriod, RestatedMonth, Run
from tests.factories import AccountFactory, UserFactory, publish
from tests.rest import ROOT, bearer, csv_rows, faults, get, published_run

pytestmark = pytest.mark.django_db
FEBRUARY, MARCH, APRIL = date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)
PATH = "activity/rates/recomputed/"
SPAN = {"from_": "2026-02", "to": "2026-04"}


def month(account: Account, run: Run, first: date, after: date, *, active: bool, again: bool | None) -> None:
    """A published month by version 1, and (unless None) the same by version 2."""
    both: dict[str, Any] = {"active_days": 1, "known_days": 28, "bar": 12, "paying": True, "levels": [0, 0, 0, 0, 0]}
    period: dict[str, Any] = {"ends_on": after, "working_days": 20, "joined": False, "provisional": after > MARCH, "can_reach": active}
    AccountPeriod.objects.create(
        run=run, grain="month", account=account, csm=account.owner, plan="pro", starts_on=first, active=active, version=1, **period, **both
    )
    if again is not None:
        RestatedMonth.objects.create(account=account, starts_on=first, active=again, version=2, as_of=run.as_of, **both)


@pytest.fixture
def owners() -> list[User]:
    return [UserFactory.make(role=Role.CSM, email=f"{name}@example.com") for name in ("anna", "ben")]


@pytest.fixture
def book(owners: list[User]) -> list[Account]:
    """Three accounts in February, recomputed; in March one of them is not."""
    run = published_run()
    publish(run, months=[FEBRUARY, MARCH])
    found = [AccountFactory.make(external_id=f"a{place}", owner=owner) for place, owner in enumerate([owners[0], owners[1], owners[1]])]
    for place, account in enumerate(found):
        month(account, run, FEBRUARY, MARCH, active=place == 0, again=place < 2)
        month(account, run, MARCH, APRIL, active=True, again=True if place else None)
    return found


def test_both_rates_stand_side_by_side_each_with_its_version(
    book: list[Account], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    admin = bearer(UserFactory.make(role=Role.ADMIN))
    with django_assert_max_num_queries(8):
        february, march = get(admin, PATH, **SPAN)["results"]
    assert february == {
        "period": "2026-02",
        "group": "all",
        "paying": 3,
        "provisional": False,
        "as_it_was": {"active": 1, "rate": 0.333333, "version": 1, "as_of": "2026-03-15"},
        "recomputed": {"active": 2, "rate": 0.666667, "version": 2, "as_of": "2026-03-15"},
        "difference": 0.333333,
    }
    # One account of March was never recomputed: nothing is told of the rest.
    assert march["recomputed"] == {"active": None, "rate": None, "version": None, "as_of": None}
    assert (march["as_it_was"]["rate"], march["difference"], march["provisional"]) == (1.0, None, True)


def test_a_csm_sees_both_rates_of_the_own_book_alone(book: list[Account], owners: list[User]) -> None:
    for owner, paying, rates in ((owners[0], 1, (1.0, 1.0)), (owners[1], 2, (0.0, 0.5))):
        february, _march = get(bearer(owner), PATH, by="csm", **SPAN)["results"]
        assert (february["group"], february["paying"]) == (owner.email, paying)
        assert (february["as_it_was"]["rate"], february["recomputed"]["rate"]) == rates


@pytest.mark.parametrize("by", ["team", "plan", "product", "scenario", "stage"])
def test_every_cut_can_be_asked_for(book: list[Account], by: str) -> None:
    rows = get(bearer(UserFactory.make(role=Role.ADMIN)), PATH, by=by, plan="pro", **SPAN)["results"]
    assert {row["period"] for row in rows} <= {"2026-02", "2026-03"}
    named = {"plan": ["pro", "pro"], "scenario": []}
    assert [row["group"] for row in rows] == named.get(by, [None, None])


def test_they_come_as_a_file_with_a_column_for_each(book: list[Account]) -> None:
    admin: Client = bearer(UserFactory.make(role=Role.ADMIN))
    lines = csv_rows(admin.get(ROOT + PATH, {"format": "csv", "from": "2026-02", "to": "2026-04"}))
    assert (lines[0]["as_it_was.rate"], lines[0]["recomputed.rate"], lines[1]["recomputed.rate"]) == ("0.333333", "0.666667", "")


def test_what_is_no_parameter_is_refused(book: list[Account]) -> None:
    admin: Client = bearer(UserFactory.make(role=Role.ADMIN))
    assert faults(admin, PATH, grain="day") == {"grain": "unknown_parameter"}
    assert faults(admin, PATH, by="colour") == {"by": "invalid"}


def test_before_the_first_night_there_are_none() -> None:
    assert get(bearer(UserFactory.make(role=Role.ADMIN)), PATH)["results"] == []
