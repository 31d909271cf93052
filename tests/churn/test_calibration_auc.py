"""The order of renewed above lost, and how sure it is."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.calibration.auc import auc

PAIRS = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: 0 < sum(kept for _score, kept in rows) < len(rows)
)


def simulated(seed: int, n: int) -> tuple[list[float], list[bool]]:
    """Scores of normal spread, those renewed 1 higher: a true AUC of 0.760."""
    chance = random.Random(seed)
    renewed = [chance.random() < 0.8 for _ in range(n)]
    return [chance.gauss(1.0 if kept else 0.0, 1.0) for kept in renewed], renewed


def test_the_worked_example_of_the_methods_page() -> None:
    found = auc([80, 60, 60, 60, 20], [True, True, True, False, False])
    assert found is not None
    assert found.value == pytest.approx(5 / 6)
    assert (found.lost, found.kept) == (2, 3)


@given(PAIRS)
def test_it_is_the_share_of_pairs_in_order_with_ties_as_half(rows: list[tuple[int, bool]]) -> None:
    kept = [score for score, renewed in rows if renewed]
    lost = [score for score, renewed in rows if not renewed]
    pairs = [1.0 if one > other else 0.5 if one == other else 0.0 for one in kept for other in lost]
    found = auc([score for score, _renewed in rows], [renewed for _score, renewed in rows])
    assert found is not None
    assert found.value == pytest.approx(sum(pairs) / len(pairs))
    if found.low is not None and found.high is not None:
        assert 0 <= found.low <= found.value + 1e-9
        assert found.value - 1e-9 <= found.high <= 1


@given(PAIRS)
def test_another_scale_changes_nothing_and_the_other_way_round_mirrors_it(rows: list[tuple[int, bool]]) -> None:
    scores, renewed = [float(score) for score, _renewed in rows], [kept for _score, kept in rows]
    found, scaled, turned = auc(scores, renewed), auc([score**3 + 7 for score in scores], renewed), auc([-one for one in scores], renewed)
    assert found
    assert scaled
    assert turned
    assert scaled.value == pytest.approx(found.value)
    assert turned.value == pytest.approx(1 - found.value)


def test_with_one_side_empty_there_is_none() -> None:
    assert auc([1.0, 2.0], [True, True]) is None
    assert auc([1.0, 2.0], [False, False]) is None
    assert auc([], []) is None


def test_a_single_lost_one_has_no_interval() -> None:
    found = auc([1.0, 2.0, 3.0], [False, True, True])
    assert found is not None
    assert (found.value, found.low, found.high) == (1.0, None, None)


def test_without_a_fault_the_interval_is_as_wide_as_the_smaller_side_is_small() -> None:
    found = auc([1.0] * 10 + [2.0] * 90, [False] * 10 + [True] * 90)
    assert found is not None
    assert found.value == 1
    assert found.low == pytest.approx(0.722, abs=0.001)


def test_the_interval_holds_the_true_value_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        found = auc(*simulated(seed, 200))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.760 <= found.high
    assert 0.90 <= held / 200 <= 0.99


def test_rows_counted_twice_are_no_more_sure_when_they_belong_to_one_account() -> None:
    scores, renewed = simulated(1, 300)
    once = auc(scores, renewed)
    by_account = auc(scores * 2, renewed * 2, [*range(300), *range(300)])
    as_if_new = auc(scores * 2, renewed * 2)
    assert once
    assert by_account
    assert as_if_new
    width = [found.high - found.low for found in (once, by_account, as_if_new) if found.low is not None and found.high is not None]
    assert width[1] == pytest.approx(width[0], rel=0.02)
    assert width[2] < 0.75 * width[0]
