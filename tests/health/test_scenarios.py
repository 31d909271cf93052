"""Scenarios: whom they are expected of, agreed values, and the one meaning that every cut by scenario has."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from accounts.types import Role
from health.models import ScenarioPeriod
from tests import factories as make
from tests.health.march import MARCH, agreed, published, worked
from tests.rest import bearer, get, ids, state

pytestmark = pytest.mark.django_db
ORDERS = {"name": "Orders", "actions": ["work"], "expected_days_per_month": 5}
LOOKS = {"name": "Looks", "actions": ["look"]}


def row_of(account: Account, scenario: str = "S") -> Any:
    """March's row, a ScenarioPeriod."""
    return ScenarioPeriod.objects.published().get(account=account, scenario=scenario, starts_on=MARCH)


def expects(**section: Any) -> None:
    """A definition with the one scenario S."""
    make.define_activity(scenarios=[{"name": "S", "actions": ["work"], **section}])


@pytest.fixture
def book() -> dict[str, Account]:
    """The worked table of docs/methods/activity.md."""
    make.define_activity(scenarios=[ORDERS, LOOKS])
    book = {name: worked(days, external_id=name) for name, days in (("A", 6), ("B", 3), ("C", 3), ("D", 0))}
    agreed(book["C"], 3, scenario="Orders")
    agreed(book["D"], 0, scenario="Orders")
    make.event(book["A"], date(2026, 3, 9), "look")
    published()
    return book


@pytest.fixture
def admin() -> Client:
    return bearer(make.UserFactory.make(role=Role.ADMIN))


def test_the_scenarios_own_rate_is_of_those_it_is_expected_of_those_who_do_it(book: dict[str, Account], admin: Client) -> None:
    rows = get(admin, "activity/rates/", grain="month", from_="2026-03", to="2026-04", by="scenario", detail=1)["results"]
    found = {row["group"]: (row["paying"], row["active"], row["rate"], row["ids"]["active"], row["ids"]["not_active"]) for row in rows}
    assert found == {"Orders": (3, 2, 0.666667, ["A", "C"], ["B"]), "Looks": (4, 1, 0.25, ["A"], ["B", "C", "D"])}


@pytest.mark.parametrize(("grain", "period", "active"), [("day", "2026-03-04", ["A"]), ("week", "2026-W10", ["A"])])
def test_days_and_weeks_by_scenario_tell_the_levels_of_the_same_group(
    book: dict[str, Account], admin: Client, grain: str, period: str, active: list[str]
) -> None:
    rows = get(admin, "activity/rates/", grain=grain, from_="2026-03-02", to="2026-03-09", by="scenario", detail=1)["results"]
    found = {row["group"]: row for row in rows if row["period"] == period}
    assert {name: (row["paying"], row["ids"]["active"], sum(row["levels"].values())) for name, row in found.items()} == {
        "Orders": (3, active, 3 if grain == "day" else 21),
        "Looks": (4, active, 4 if grain == "day" else 28),
    }


def test_headlines_by_scenario_have_the_same_groups_and_the_same_rate(book: dict[str, Account], admin: Client) -> None:
    rows = get(admin, "headlines/", month="2026-03", by="scenario", detail=1)["results"]
    rates = {row["group"]: row for row in rows if row["key"] == "monthly_active_rate"}
    assert {name: (row["denominator"], row["numerator"], row["value"]) for name, row in rates.items()} == {
        "Orders": (3, 2, 0.666667),
        "Looks": (4, 1, 0.25),
    }
    assert rates["Orders"]["ids"] == {"active": ["A", "C"], "not_active": ["B"], "unknown": []}


def test_a_filter_by_scenario_lets_through_whom_it_is_expected_of(book: dict[str, Account], admin: Client) -> None:
    run = row_of(book["A"], "Orders").run
    for account in book.values():
        state(account, run)
    span = {"from_": "2026-03", "to": "2026-04", "scenario": "Orders"}
    assert [get(admin, "activity/rates/", grain=grain, **span)["results"][0]["paying"] for grain in ("day", "month")] == [3, 3]
    assert get(admin, "headlines/", month="2026-03", scenario="Orders")["results"][2]["denominator"] == 3
    assert ids(admin, scenario="Orders") == ["A", "B", "C"]
    assert {row["name"]: row["values"] for row in get(admin, "cuts/")["results"]}["scenario"] == ["Looks", "Orders"]


def test_nobody_sees_a_scenario_of_accounts_that_are_not_theirs(book: dict[str, Account]) -> None:
    stranger = bearer(make.UserFactory.make())
    for path in ("activity/rates/?grain=month&from=2026-03&to=2026-04&by=scenario", "headlines/?month=2026-03&by=scenario"):
        assert get(stranger, path)["results"] == []
    assert ids(stranger, scenario="Orders") == []


def test_an_agreement_replaces_what_it_names_and_leaves_the_rest_to_the_definition() -> None:
    expects(expected_days_per_month=5, expected_seat_share="0.5")
    days, share, both, none = (worked(2) for _ in range(4))
    held = agreed(days, 2), agreed(share, share="0.25"), agreed(both, 2, "0.25")
    published()
    found = [(row.expected_days, row.expected_seat_share, row.met, row.agreement) for row in map(row_of, (days, share, both, none))]
    half, quarter = Decimal("0.5"), Decimal("0.25")
    assert found == [(2, half, True, held[0]), (5, quarter, False, held[1]), (2, quarter, True, held[2]), (5, half, False, None)]


def test_the_agreement_in_force_on_the_last_day_decides_the_whole_month() -> None:
    expects(expected_days_per_month=5)
    account, later = worked(2), worked(2)
    agreed(account, 9, since=date(2026, 1, 1))
    agreed(account, 2, since=date(2026, 3, 31))
    agreed(account, 30, since=date(2026, 4, 1))
    agreed(later, 2, since=date(2026, 4, 1))
    published()
    assert (row_of(account).expected_days, row_of(account).met) == (2, True)
    assert (row_of(later).expected_days, row_of(later).agreement) == (5, None)


def test_a_running_month_takes_the_agreement_of_the_as_of_day() -> None:
    expects(expected_days_per_month=5)
    account = worked(2)
    agreed(account, 2, since=date(2026, 3, 20))
    published(date(2026, 3, 19))
    assert row_of(account).expected_days == 5


def test_zero_agreed_expects_nothing_and_leaves_the_group_when_nothing_else_is_expected() -> None:
    expects(expected_days_per_month=5, expected_seat_share="0.5")
    partly, out = worked(1), worked(1)
    agreed(partly, 0)
    agreed(out, 0, "0")
    published()
    assert (row_of(partly).expected_days, row_of(partly).met, row_of(out).met) == (None, True, None)
    assert set(ScenarioPeriod.objects.expected().values_list("account", flat=True)) == {partly.pk}


def test_an_agreement_on_a_scenario_that_no_definition_has_does_nothing() -> None:
    expects(expected_days_per_month=5)
    account = worked(2)
    agreed(account, 1, scenario="Other")
    published()
    assert list(ScenarioPeriod.objects.values_list("scenario", "expected_days")) == [("S", 5)]


@pytest.mark.parametrize(("done", "left_from", "can"), [(3, 27, True), (2, 27, True), (1, 27, False), (0, 2, True)])
def test_a_running_month_can_still_be_met_by_working_on_every_working_day_left(done: int, left_from: int, can: bool) -> None:
    # Working days after Thursday 26 March 2026: the 27th, 30th and 31st.
    expects(expected_days_per_month=5)
    account = worked(done)
    published(date(2026, 3, left_from - 1))
    assert row_of(account).can_reach is can


def test_the_pace_of_a_scenarios_rate_is_its_own(admin: Client) -> None:
    expects(expected_days_per_month=5)
    worked(5), worked(2), worked(1)
    published(date(2026, 3, 26))
    (row,) = get(admin, "activity/rates/", grain="month", from_="2026-03", to="2026-04", by="scenario")["results"]
    assert (row["active"], row["provisional"], row["pace"]) == (1, True, {"undecided": 2, "can_reach": 1})
