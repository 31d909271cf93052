"""Calibration over REST: names, forms, faults, visibility."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.types import Role
from tests.churn.calibration_book import DUE, decided, health, many
from tests.portal.shown_book import person, published_run
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
PATH = "churn/calibration/"
FIRST = date(2026, 1, 10)


@pytest.fixture
def admin() -> User:
    published_run()
    return person(Role.ADMIN)


def book(owner: User | None = None) -> None:
    """Eighty renewals, twenty lost, the lost ones with the lower score mostly."""
    states = ["lost" if at % 4 == 0 else "renewed" for at in range(80)]
    many(states, [(30 if state == "lost" else 60) + at % 35 for at, state in enumerate(states)], first=FIRST, owner=owner)


def test_the_answer_has_the_promised_figures(admin: User) -> None:
    book()
    found = get(bearer(admin), PATH, lead=90)
    assert (found["n"], found["lost"], found["lead"], found["kind"], found["enough"]) == (80, 20, 90, "due", True)
    assert 0.5 < found["auc_low"] < found["auc"] < found["auc_high"] <= 1
    assert found["beyond_base_rate"] is True
    assert found["calibration_error"] is None or found["calibration_error_chance_95"] > 0
    assert found["as_of"] == "2026-11-19"
    assert {row["by"] for row in found["table"]} >= {"band", "part", "month", "quarter"}
    band = next(row for row in found["table"] if (row["by"], row["group"]) == ("band", "red"))
    assert band["amount"] == f"{band['n'] * 100}.00"
    assert band["rate"] == round((band["n"] - band["lost"]) / band["n"], 6)
    assert set(found["k"] or {"k"}) >= {"k"}


def test_health_that_orders_no_better_than_a_coin_says_so(admin: User) -> None:
    many(["lost" if at % 4 == 0 else "renewed" for at in range(80)], [40 + at % 35 for at in range(80)], first=FIRST)
    found = get(bearer(admin), PATH, lead=90)
    assert (found["enough"], found["beyond_base_rate"]) == (True, False)
    assert get(bearer(admin), PATH, lead=30)["beyond_base_rate"] is None


def test_as_csv_it_is_the_table(admin: User) -> None:
    book()
    rows = csv_rows(bearer(admin).get(f"{ROOT}{PATH}?format=csv"))
    assert {row["by"] for row in rows} >= {"band", "quarter"}


def test_one_sees_the_renewals_of_ones_own_book(admin: User) -> None:
    csm = person(Role.CSM)
    book()
    case = decided(owner=csm)
    health(case.account, 80)
    assert get(bearer(csm), PATH)["n"] == 1
    assert get(bearer(admin), PATH)["n"] == 81


def test_a_wrong_lead_says_what_would_be_right(admin: User) -> None:
    assert "lead" in faults(bearer(admin), PATH, lead="91")
    assert "kind" in faults(bearer(admin), PATH, kind="month")


def test_before_the_first_night_everything_is_unknown() -> None:
    found = get(bearer(person(Role.ADMIN)), PATH)
    assert (found["as_of"], found["n"], found["auc"], found["k"], found["table"]) == (None, 0, None, None, [])


def test_a_renewal_that_has_just_ended_is_not_in_it(admin: User) -> None:
    decided("renewed", ends_on=date(2026, 11, 10))
    decided("renewed", ends_on=DUE)
    assert get(bearer(admin), PATH)["n"] == 1


def test_it_takes_few_queries(client: Client, admin: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    book()
    asker = bearer(admin)
    with django_assert_max_num_queries(10):
        get(asker, PATH)
