"""Weekly and monthly active, by both month rules."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health.definitions import ActivityRules
from health.periods_active import active_days_needed, can_reach, is_active

DAYS = ActivityRules(key_actions={"work": Decimal(1)})
SHARE = replace(DAYS, month_days=None, month_workday_share=Fraction(3, 5))


def test_three_days_make_a_week_and_twelve_a_month() -> None:
    assert active_days_needed(DAYS, "week", 5) == 3
    assert active_days_needed(DAYS, "month", 23) == 12


@pytest.mark.parametrize(("working_days", "needed"), [(23, 14), (22, 14), (21, 13), (20, 12), (16, 10), (1, 1), (0, None)])
def test_by_share_of_working_days_the_bar_is_the_least_whole_number(working_days: int, needed: int | None) -> None:
    assert active_days_needed(SHARE, "month", working_days) == needed


@given(active=st.integers(0, 31), working=st.integers(1, 31))
def test_the_bar_is_the_exact_inequality(active: int, working: int) -> None:
    assert is_active(active, 1, active_days_needed(SHARE, "month", working)) == (active * 5 >= working * 3)


def test_without_a_bar_or_a_known_day_it_is_unknown_not_inactive() -> None:
    assert is_active(0, 20, None) is None
    assert is_active(0, 0, 12) is None
    assert is_active(0, 1, 12) is False


def test_every_working_day_left_may_still_count() -> None:
    assert can_reach(9, 12, 3)
    assert not can_reach(9, 12, 2)
    assert can_reach(12, 12, 0)
    assert not can_reach(9, None, 20)
