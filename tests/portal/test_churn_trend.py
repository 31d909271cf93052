"""When a row of rates worsens beyond noise, and what a correlation says. Pure."""

from __future__ import annotations

from itertools import permutations
from math import factorial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from csm_portal.portal.churn.trend import LEVEL, Sign, judged, later_pairs, rank_correlation, rising_p

RATES = st.lists(st.floats(0, 1, allow_nan=False).map(lambda value: round(value, 6)), min_size=2, max_size=14)


def test_the_documented_jump_warns() -> None:
    rates = [0.01, 0.02, 0.01, 0.02, 0.01, 0.02, 0.09]
    found = judged(rates, [4, 8, 4, 8, 4, 8, 36], [400] * 7)
    assert found.sign == Sign.JUMP
    assert found.worsens
    assert found.usual == pytest.approx(0.015)


def test_few_lost_are_no_jump_however_calm_it_was_before() -> None:
    rates = [0.0] * 11 + [0.01]
    assert judged(rates, [0] * 11 + [1], [100] * 12).sign == Sign.STEADY


def test_the_documented_rise_warns_and_its_p_is_one_of_all_orders() -> None:
    rates = [0.010, 0.012, 0.014, 0.016, 0.018, 0.020, 0.022]
    assert rising_p(rates) == pytest.approx(1 / factorial(7))
    assert judged(rates, [4, 5, 6, 6, 7, 8, 9], [400] * 7).sign == Sign.RISING


def test_one_large_customer_alone_is_no_jump_of_revenue_and_many_are() -> None:
    rates = [0.01, 0.02, 0.01, 0.02, 0.01, 0.02, 0.09]
    assert judged(rates, [2, 3, 2, 3, 2, 3, 1], [40.0] * 7).sign == Sign.STEADY
    assert judged(rates, [2, 3, 2, 3, 2, 3, 9], [20.0] * 7).sign == Sign.STEADY
    assert judged(rates, [2, 3, 2, 3, 2, 3, 36], [400.0] * 7).sign == Sign.JUMP


def test_a_rise_that_has_come_back_is_none() -> None:
    rates = [0.0, 0.001, 0.002, 0.003, 0.03, 0.05, 0.06, 0.07, 0.08, 0.012]
    assert (rising_p(rates) or 1) <= LEVEL
    assert judged(rates).sign == Sign.STEADY


def test_under_six_known_periods_nothing_is_said() -> None:
    found = judged([None, None, 0.1, 0.2, None, 0.3, 0.4, 0.5])
    assert (found.sign, found.n, found.worsens) == (Sign.FEW, 5, False)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_the_exact_p_is_the_share_of_orders_that_rise_at_least_as_much(n: int) -> None:
    def score(values: tuple[int, ...]) -> int:
        return sum((values[j] > values[i]) - (values[j] < values[i]) for i in range(n) for j in range(i + 1, n))

    orders = list(permutations(range(n)))
    for order in orders:
        expected = sum(score(other) >= score(order) for other in orders) / len(orders)
        assert rising_p([float(value) for value in order]) == pytest.approx(expected)


@given(RATES)
def test_a_rise_and_its_mirror_are_judged_alike(values: list[float]) -> None:
    up, down = rising_p(values), rising_p([-value for value in reversed(values)])
    if up is None or down is None:
        assert len(set(values)) == 1
    else:
        assert 0 < up <= 1
        assert up == pytest.approx(down)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=5, max_size=15))
def test_the_rank_correlation_is_that_of_the_textbook(pairs: list[tuple[int, int]]) -> None:
    found = rank_correlation([(float(one), float(other)) for one, other in pairs])
    left, right = zip(*pairs, strict=True)
    if len(set(left)) == 1 or len(set(right)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(stats.spearmanr(left, right).statistic)


def test_quiet_years_are_rarely_called_worse() -> None:
    chance = Random(11)
    years = 2000
    warned = 0
    for _year in range(years):
        lost = [sum(chance.random() < 0.05 for _seat in range(120)) for _month in range(12)]
        warned += judged([count / 120 for count in lost], lost, [120] * 12).worsens
    assert warned / years <= 2 * LEVEL + 0.015


def test_a_year_that_doubles_at_its_end_is_mostly_noticed() -> None:
    chance = Random(12)
    noticed = 0
    for _year in range(300):
        lost = [sum(chance.random() < share for _seat in range(1000)) for share in [0.03] * 11 + [0.06]]
        noticed += judged([count / 1000 for count in lost], lost, [1000] * 12).worsens
    assert noticed / 300 > 0.9


def test_later_pairs_join_each_value_with_the_one_that_follows() -> None:
    assert later_pairs([1, 2, None, 4], [10, 20, 30, 40], 1) == [(1, 20), (2, 30)]
    assert later_pairs([1, 2], [10, None], 0) == [(1, 10)]
    assert later_pairs([1], [10], 3) == []
