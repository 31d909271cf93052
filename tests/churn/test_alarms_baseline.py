"""The usual of a weekday, and how far under it a day lies: worked figures and laws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.alarms.baseline import Bools, Floats, per_day, per_week

WEEKS = 10


def one(values: Sequence[float], closed: tuple[int, ...] = ()) -> tuple[Floats, Bools]:
    """One account, a value for each of its Mondays; the other weekdays are closed."""
    row, is_open = np.zeros((1, len(values) * 7)), np.zeros((1, len(values) * 7), dtype=bool)
    for week, value in enumerate(values):
        row[0, week * 7] = value
        is_open[0, week * 7] = week not in closed
    return row, is_open


def test_a_monday_is_held_against_the_median_of_the_eight_mondays_before() -> None:
    # Median of 20 22 24 26 30 31 33 40 is 28, of the distances 2 2 3 4 5 6 8 12 it is 4.5: the spread is 1.4826 x 4.5.
    found = per_day(*one([20, 22, 24, 26, 30, 31, 33, 40, 10]))
    assert found.usual[0, 56] == 28
    assert found.spread[0, 56] == pytest.approx(6.6717)
    assert found.z[0, 56] == pytest.approx((10 - 28) / 6.6717)


def test_a_spread_is_at_least_that_of_a_poisson_and_at_least_one() -> None:
    assert per_day(*one([36] * 9)).spread[0, 56] == 6
    assert per_day(*one([0] * 9)).spread[0, 56] == 1


def test_the_day_itself_and_later_ones_do_not_enter() -> None:
    found = per_day(*one([20] * 8 + [5] + [900]))
    assert found.usual[0, 56] == 20


def test_fewer_than_four_like_it_say_nothing() -> None:
    found = per_day(*one([20, 20, 20, 20, 20]))
    assert np.isnan(found.usual[0, 21])
    assert found.usual[0, 28] == 20


def test_a_closed_day_says_nothing_and_is_no_measure() -> None:
    found = per_day(*one([20, 20, 20, 0, 20, 20, 20, 20, 20, 20], closed=(3,)))
    assert np.isnan(found.z[0, 21])
    assert found.usual[0, 28] != found.usual[0, 28]  # three Mondays are too few
    assert found.usual[0, 35] == 20


def test_days_of_more_than_sixteen_weeks_ago_are_no_measure() -> None:
    values = [20.0] * 5 + [0.0] * 14 + [20.0] * 2
    found = per_day(*one(values, closed=tuple(range(5, 19))))
    assert np.isnan(found.usual[0, 19 * 7])


def test_a_week_is_held_against_weeks_by_its_open_days() -> None:
    # Ten weeks of 3 on five days; in the last one the Friday is a holiday: 12 were usual.
    values, is_open = np.full((1, 70), 3.0), np.zeros((1, 70), dtype=bool)
    is_open[0] = np.arange(70) % 7 < 5
    is_open[0, 9 * 7 + 4] = False
    values[0, 63:70] = 1.0
    found = per_week(values, is_open)
    assert found.usual[0, 8] == 15
    assert found.usual[0, 9] == 12
    assert found.value[0, 9] == 4
    assert found.z[0, 9] == pytest.approx((4 - 12) / np.sqrt(12))


def test_a_week_of_two_open_days_says_nothing() -> None:
    values, is_open = np.full((1, 70), 3.0), np.ones((1, 70), dtype=bool)
    is_open[0, 65:] = False
    assert np.isnan(per_week(values, is_open).z[0, 9])


def test_accounts_that_do_nearly_nothing_are_not_judged() -> None:
    values, is_open = np.zeros((1, 70)), np.ones((1, 70), dtype=bool)
    values[0, ::7] = 4
    assert np.isnan(per_week(values, is_open).usual).all()


@given(st.lists(st.integers(0, 500), min_size=9, max_size=9), st.integers(1, 50))
def test_a_higher_day_is_never_further_under_its_usual(values: list[int], more: int) -> None:
    less = per_day(*one([float(value) for value in values])).z[0, 56]
    higher = per_day(*one([*(float(value) for value in values[:8]), float(values[8] + more)])).z[0, 56]
    assert higher > less


@given(st.lists(st.integers(0, 500), min_size=9, max_size=9), st.permutations(range(8)))
def test_the_order_of_the_days_before_does_not_matter(values: list[int], order: list[int]) -> None:
    plain = per_day(*one([float(value) for value in values])).z[0, 56]
    mixed = per_day(*one([*(float(values[place]) for place in order), float(values[8])])).z[0, 56]
    assert mixed == plain


def test_accounts_do_not_touch_each_other() -> None:
    random = np.random.default_rng(1)
    values, is_open = random.poisson(20, size=(5, 140)).astype(float), random.random((5, 140)) < 0.8
    together = per_day(values, is_open).z
    alone = np.concatenate([per_day(values[[row]], is_open[[row]]).z for row in range(5)])
    assert np.array_equal(together, alone, equal_nan=True)
