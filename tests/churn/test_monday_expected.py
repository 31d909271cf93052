"""How many of a list are expected to leave: the worked figures, laws, and that the range holds what happens."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from churn.monday.expected import Proof, count_range, expected, expected_of


@pytest.mark.parametrize(
    ("n", "lost", "about", "low", "high"),
    [
        (135, 104, 54, 45, 62),  # the best rule of one public book
        (53, 25, 33, 21, 45),  # of another, with a low base rate
        (130, 55, 30, 20, 40),  # 42.3% of 130 cases
    ],
)
def test_worked_counts_of_seventy_accounts(n: int, lost: int, about: int, low: int, high: int) -> None:
    found = expected({Proof(n, lost): 70})
    assert (round(found.count), found.low, found.high) == (about, low, high)


def test_nobody_listed_is_nobody_expected() -> None:
    found = expected({Proof(10, 5): 0})
    assert (found.accounts, found.count, found.low, found.high) == (0, 0.0, 0, 0)
    assert expected_of([]) == expected({})


@pytest.mark.parametrize("proof", [Proof(0, 0), Proof(5, 6), Proof(5, -1)])
def test_a_proof_that_is_none_is_refused(proof: Proof) -> None:
    with pytest.raises(ValueError, match="proof"):
        expected({proof: 1})


def test_accounts_one_by_one_are_the_same_as_together() -> None:
    assert expected_of([(130, 55)] * 3 + [(60, 12)]) == expected({Proof(130, 55): 3, Proof(60, 12): 1})


@given(m=st.integers(1, 400), n=st.integers(1, 500), data=st.data())
def test_the_range_is_that_of_the_beta_binomial(m: int, n: int, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, n))
    found = expected({Proof(n, lost): m})
    a, b = lost + 0.5, n - lost + 0.5
    law = betabinom(m, a, b)
    # An end whose share is 2.5% to the last digit may fall to either side.
    assert law.cdf(found.low) >= 0.025 - 1e-9 > (law.cdf(found.low - 1) if found.low else -1) - 2e-9
    assert law.cdf(found.high) >= 0.975 - 1e-9
    assert found.high == 0 or law.cdf(found.high - 1) < 0.975 + 1e-9


@given(m=st.integers(1, 200), n=st.integers(1, 300), data=st.data())
def test_the_same_proof_twice_is_the_proof(m: int, n: int, data: st.DataObject) -> None:
    """Two rules of one rate and one doubt err together: nothing is won by having both."""
    lost = data.draw(st.integers(0, n))
    once = count_range(m, lost + 0.5, n - lost + 0.5)
    found = expected({Proof(n, lost): m})
    assert (found.low, found.high) == once
    assert 0 <= found.low <= found.high <= m


def test_more_proof_makes_the_range_narrower_but_never_narrower_than_luck() -> None:
    widths = [expected({Proof(n, n * 4 // 10): 70}) for n in (10, 100, 1_000, 100_000)]
    spans = [one.high - one.low for one in widths]
    assert spans == sorted(spans, reverse=True)
    assert spans[-1] >= 14  # of 70 draws at 40% alone: 20 to 36


def test_many_accounts_are_counted_without_overflow() -> None:
    found = expected({Proof(200, 60): 6_000, Proof(90, 45): 4_000})
    assert found.low < found.count < found.high
    assert found.high <= 10_000


@pytest.mark.parametrize("shared", [0, 30, 60])
def test_the_range_holds_what_happens_nine_times_of_ten_whatever_two_hold_outs_share(shared: int) -> None:
    """Two rules with a true rate of 40%, each proven on 60 renewals of which some are the same ones."""
    dice = random.Random(7)

    def lost_of(n: int) -> int:
        return sum(dice.random() < 0.4 for _ in range(n))

    held = 0
    for _round in range(400):
        common = lost_of(shared)
        one, other = common + lost_of(60 - shared), common + lost_of(60 - shared)
        proofs = [(60, one)] * 40 + [(60, other)] * 30
        held += expected_of(proofs).holds(lost_of(70))
    assert held >= 0.93 * 400
