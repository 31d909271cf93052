"""Shares with their intervals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from csm_portal.lib.estimates import difference_p, share


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
