"""The chance of a rate as high as one seen, against sums done by hand and by another way."""

from __future__ import annotations

from fractions import Fraction
from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.rules.chances import at_least


def exactly(population: int, lost: int, drawn: int, seen: int) -> float:
    ways = sum(comb(lost, k) * comb(population - lost, drawn - k) for k in range(seen, min(drawn, lost) + 1) if k >= 0)
    return float(Fraction(ways, comb(population, drawn)))


@given(st.integers(1, 120).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n), st.integers(0, 120))))
def test_it_is_the_sum_of_all_draws_with_as_many(drawing: tuple[int, int, int, int]) -> None:
    population, lost, drawn, seen = drawing
    seen = min(seen, lost, drawn)
    assert isclose(at_least(population, lost, drawn, seen), exactly(population, lost, drawn, seen), rel_tol=1e-9, abs_tol=1e-12)


def test_more_lost_among_as_many_is_never_more_likely() -> None:
    told = [at_least(5000, 700, 60, seen) for seen in range(61)]
    assert told == sorted(told, reverse=True)
    assert told[0] == 1.0


def test_small_chances_keep_their_digits() -> None:
    assert isclose(at_least(5000, 500, 100, 60), exactly(5000, 500, 100, 60), rel_tol=1e-9)
    assert at_least(5000, 500, 100, 60) < 1e-25


@pytest.mark.parametrize("drawing", [(10, 11, 2, 1), (10, 3, 11, 1), (10, 3, 2, 3)])
def test_counts_that_no_draw_gives_are_refused(drawing: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="no draw"):
        at_least(*drawing)
