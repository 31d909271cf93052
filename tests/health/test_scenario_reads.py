"""One account's scenarios as lines: gap, agreement, what to do, and the running month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account
from health.value.scenario_reads import ScenarioLine, Step, account_scenarios, next_step, scenario_lines
from tests import factories as make
from tests.health.march import APRIL, MARCH, agreed, published, worked

ORDERS = {"name": "Orders", "actions": ["work"], "expected_days_per_month": 5, "expected_seat_share": "0.5"}


def lines(account: Account) -> dict[str, ScenarioLine]:
    return {line.name: line for line in account_scenarios(account, MARCH)}


@pytest.mark.django_db
def test_a_line_tells_actual_expected_gap_and_whose_expectation_it_is(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make.define_activity(scenarios=[ORDERS, {"name": "Looks", "actions": ["look"]}])
    account = worked(3)
    for _ in range(3):
        make.SeatFactory.make(account=account)
    held = agreed(account, 4, scenario="Orders", since=date(2026, 2, 1), reason="small team")
    published()
    with django_assert_num_queries(1):
        found = account_scenarios(account, MARCH)
    assert [line.name for line in found] == ["Looks", "Orders"]
    looks, orders = found
    assert (orders.days, orders.expected_days, orders.gap_days) == (3, 4, 1)
    assert (orders.seats, orders.share, orders.expected_share, orders.gap_share) == (1, Decimal("0.25"), Decimal("0.5"), Decimal("0.25"))
    assert (orders.agreed, orders.agreed_from, orders.reason) == (True, held.starts_on, "small team")
    assert (orders.met, orders.step, orders.provisional, orders.can_reach) == (False, Step.PUSH, False, False)
    assert (orders.month, orders.version, orders.as_of) == (MARCH, 1, date(2026, 3, 31))
    assert (looks.agreed, looks.reason, looks.gap_days, looks.gap_share, looks.met, looks.step) == (False, "", None, None, None, None)


@pytest.mark.django_db
def test_nothing_done_is_to_be_explored_some_to_be_pushed_and_met_left_alone() -> None:
    make.define_activity(scenarios=[{**ORDERS, "expected_seat_share": "0"}])
    idle, some, met = worked(0), worked(4), worked(5)
    published()
    assert [lines(account)["Orders"].step for account in (idle, some, met)] == [Step.EXPLORE, Step.PUSH, None]
    assert [lines(account)["Orders"].gap_days for account in (idle, some, met)] == [5, 1, 0]


@pytest.mark.django_db
def test_a_running_month_asks_for_a_step_only_where_it_lies_behind() -> None:
    make.define_activity(scenarios=[{"name": "S", "actions": ["work"], "expected_days_per_month": 12}])
    behind, level, ahead = worked(4), worked(5), worked(13)
    # 15 of 31 days gone: 5.8 of 12 days, so 5.
    published(date(2026, 3, 15))
    found = [lines(account)["S"] for account in (behind, level, ahead)]
    assert [(line.step, line.provisional, line.met, line.gap_days) for line in found] == [
        (Step.PUSH, True, False, 8),
        (None, True, False, 7),
        (None, True, True, 0),
    ]


@pytest.mark.django_db
def test_lines_of_a_span_are_in_order_and_those_of_other_accounts_stay_away() -> None:
    make.define_activity(scenarios=[{"name": name, "actions": ["work"], "expected_days_per_month": 1} for name in ("B", "A")])
    account = worked(1)
    worked(1)
    published()
    assert [(line.month, line.name) for line in scenario_lines(account, date(2026, 1, 1), APRIL)] == [(MARCH, "A"), (MARCH, "B")]
    assert scenario_lines(account, date(2026, 3, 2), date(2027, 1, 1)) == []
    assert account_scenarios(account, APRIL) == []


SHARES = st.none() | st.decimals(0, 1, places=6)
DAYS = st.none() | st.integers(1, 31)


@given(days=st.integers(0, 31), expected=DAYS, share=SHARES, wanted=SHARES, part=st.fractions(0, 1))
def test_a_step_needs_a_gap_and_never_goes_away_as_the_month_goes_by(
    days: int, expected: int | None, share: Decimal | None, wanted: Decimal | None, part: Fraction
) -> None:
    met = (expected is None or days >= expected) and (wanted is None or (share is not None and share >= wanted))

    def step(elapsed: Fraction) -> Step | None:
        return next_step(days=days, expected_days=expected, share=share, expected_share=wanted, met=met, elapsed=elapsed)

    early, end = step(part), step(Fraction(1))
    assert not (met and end)
    assert early is None or early == end
    assert end is None or end == (Step.PUSH if days else Step.EXPLORE)
    if expected is not None and days < expected:
        assert end is not None
