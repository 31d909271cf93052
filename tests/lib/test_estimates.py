"""Shares with their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from csm_portal.lib.estimates import difference_p, effective_number, share, weighted_interval


@st.composite
def counted(draw: st.DrawFn) -> tuple[int, int]:
    n = draw(st.integers(1, 5000))
    return draw(st.integers(0, n)), n


@given(counted())
def test_the_interval_is_wilsons_and_holds_the_share(one: tuple[int, int]) -> None:
    found = share(*one)
    reference = stats.binomtest(*one).proportion_ci(method="wilson")
    assert found.value is not None
    assert found.low == pytest.approx(reference.low, abs=1e-9)
    assert found.high == pytest.approx(reference.high, abs=1e-9)
    assert 0 <= (found.low or 0) <= found.value <= (found.high or 0) <= 1


def test_a_share_of_nothing_is_unknown() -> None:
    found = share(0, 0)
    assert (found.value, found.low, found.high) == (None, None, None)


@pytest.mark.parametrize(("hits", "n"), [(3, 2), (-1, 5)])
def test_more_hits_than_tries_are_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        share(hits, n)


@given(counted(), counted())
def test_the_test_of_a_difference_is_the_chi_square_test(a: tuple[int, int], b: tuple[int, int]) -> None:
    found = difference_p(*a, *b)
    assert found is not None
    if a[0] + b[0] in (0, a[1] + b[1]):
        assert found == 1
        return
    table = [[a[0], a[1] - a[0]], [b[0], b[1] - b[0]]]
    assert found == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-6, abs=1e-12)


def test_an_empty_side_says_nothing() -> None:
    assert difference_p(0, 0, 3, 9) is None


def number_of(weights: list[float], losses: list[float]) -> float | None:
    squares = sum(weight * weight for weight in weights)
    lost_squares = sum(loss * loss for loss in losses)
    by_weight = sum(loss * weight for loss, weight in zip(losses, weights, strict=True))
    return effective_number(len(weights), sum(weights), squares, sum(losses), lost_squares, by_weight)


@pytest.mark.parametrize(
    ("weights", "losses", "expected", "low", "high"),
    [
        ([100.0] * 10, [100.0] + [0.0] * 9, 10, 0.018, 0.404),
        ([100.0] * 4 + [600.0], [100.0] + [0.0] * 4, 2.5, 0.006, 0.679),
        ([100.0] * 4 + [600.0], [0.0] * 4 + [600.0], 2.5, 0.153, 0.925),
    ],
)
def test_the_worked_shares_of_money(weights: list[float], losses: list[float], expected: float, low: float, high: float) -> None:
    n = number_of(weights, losses)
    assert n == pytest.approx(expected)
    assert weighted_interval(sum(losses) / sum(weights), n or 0) == pytest.approx((low, high), abs=0.0005)


@st.composite
def weighed(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    weights = draw(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=30))
    return weights, [weight * draw(st.sampled_from((0.0, 0.0, 0.3, 1.0))) for weight in weights]


@given(weighed())
def test_the_effective_number_lies_between_one_and_all_and_the_interval_holds_the_rate(one: tuple[list[float], list[float]]) -> None:
    weights, losses = one
    n = number_of(weights, losses)
    assert n is not None
    assert 1 <= n <= len(weights)
    rate = min(1.0, sum(losses) / sum(weights))
    low, high = weighted_interval(rate, n)
    assert 0 <= low <= rate + 1e-9
    assert rate - 1e-9 <= high <= 1


def test_what_weighs_nothing_has_no_number() -> None:
    assert number_of([], []) is None
    assert effective_number(3, 0.0, 0.0, 0.0, 0.0, 0.0) is None


@pytest.mark.parametrize(
    ("n", "rate", "spread", "with_size"), [(30, 0.1, 1.2, 0.0), (100, 0.02, 1.2, 0.5), (100, 0.1, 0.5, -0.5), (400, 0.1, 1.2, 0.5)]
)
def test_the_interval_of_money_holds_the_true_rate_as_often_as_it_says(n: int, rate: float, spread: float, with_size: float) -> None:
    chance = np.random.default_rng(7)
    held, books = 0, 500
    for _book in range(books):
        weights = np.exp(chance.normal(0, spread, n))
        leaves = np.clip(rate * weights**with_size / np.mean(weights**with_size), 0, 1)
        part = np.where(chance.random(n) < 0.5, chance.random(n), 1.0)
        losses = weights * (chance.random(n) < leaves) * part
        true = float((weights * leaves).sum() * 0.75 / weights.sum())
        low, high = weighted_interval(float(losses.sum() / weights.sum()), number_of(weights.tolist(), losses.tolist()) or 0)
        held += low <= true <= high
    assert held / books >= 0.93
