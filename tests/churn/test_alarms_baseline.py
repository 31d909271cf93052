"""The usual of a weekday, and how far under it a day lies: worked figures and laws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.alarms.baseline import Bools, Floats, per_day, per_total

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


def test_two_weeks_are_held_against_the_weeks_before_them_by_their_open_days() -> None:
    # Eleven weeks of 3 on five days; the last two have 1 a day and one Friday off: 9 open days, of which 27 were usual.
    values, is_open = np.full((1, 77), 3.0), np.zeros((1, 77), dtype=bool)
    is_open[0] = np.arange(77) % 7 < 5
    is_open[0, 74] = True  # the last Friday …
    is_open[0, 67] = False  # … and the one before
    values[0, 63:77] = 1.0
    found = per_total(values, is_open)
    assert found.usual[0, 60] == 30
    assert found.usual[0, 74] == 27
    assert found.value[0, 74] == 9
    assert found.z[0, 74] == pytest.approx((9 - 27) / np.sqrt(27))


def test_totals_are_told_on_open_days_of_any_weekday() -> None:
    values, is_open = np.full((1, 84), 4.0), np.zeros((1, 84), dtype=bool)
    is_open[0] = np.arange(84) % 7 < 5
    found = per_total(values, is_open)
    assert (found.usual[0, 77:82] == 40).all()
    assert np.isnan(found.z[0, 82:]).all()


def test_a_total_knows_nothing_of_days_after_it() -> None:
    random = np.random.default_rng(3)
    values, is_open = random.poisson(4, size=(3, 140)).astype(float), random.random((3, 140)) < 0.8
    whole = per_total(values, is_open)
    for width in (133, 130, 127):
        assert np.array_equal(per_total(values[:, :width], is_open[:, :width]).z, whole.z[:, :width], equal_nan=True)


def test_two_weeks_with_a_week_of_two_open_days_say_nothing() -> None:
    values, is_open = np.full((1, 84), 3.0), np.ones((1, 84), dtype=bool)
    is_open[0, 72:77] = False
    assert np.isnan(per_total(values, is_open).z[0, 83])


def test_accounts_that_do_nearly_nothing_are_not_judged() -> None:
    values, is_open = np.zeros((1, 84)), np.ones((1, 84), dtype=bool)
    values[0, ::7] = 4
    assert np.isnan(per_total(values, is_open).usual).all()


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
