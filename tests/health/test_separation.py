"""Which side separates past renewals better: worked rates, the AUC's meaning, and a paired interval that keeps its promise."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health.lab.separation import NONE, auc, compare, comparison_body, overall, ranked, split, split_body

DUES = st.lists(st.tuples(st.one_of(st.none(), st.booleans()), st.booleans()), max_size=60)


def test_a_worked_split() -> None:
    # 20 active of whom 18 renewed, 10 inactive of whom 5 did, 2 unknown.
    active: list[bool | None] = [True] * 20 + [False] * 10 + [None] * 2
    renewed = [True] * 18 + [False] * 2 + [True] * 5 + [False] * 5 + [True, False]
    found = split("draft", active, renewed)
    assert (found.active.hits, found.active.n, found.inactive.hits, found.inactive.n, found.unknown) == (18, 20, 5, 10, 2)
    assert found.difference == pytest.approx(0.4)
    # Newcombe's interval from the two Wilson ones, by hand.
    assert found.diff_low == pytest.approx(0.0686, abs=1e-4)
    assert found.diff_high == pytest.approx(0.6731, abs=1e-4)
    # AUC of a yes or no: half of 1 + (share of renewed active - share of lost active).
    assert found.auc == pytest.approx((1 + 18 / 23 - 2 / 7) / 2)
    assert split_body(found)["active"] == {"n": 20, "renewed": 18, "rate": 0.9, "low": 0.698966, "high": 0.972134}


@given(DUES)
def test_a_split_counts_every_due_once(dues: list[tuple[bool | None, bool]]) -> None:
    found = split("x", [a for a, _ in dues], [r for _, r in dues])
    assert found.active.n + found.inactive.n + found.unknown == len(dues)
    assert (found.difference is None) == (found.active.n == 0 or found.inactive.n == 0)
    if found.difference is not None and found.diff_low is not None and found.diff_high is not None:
        assert -1 - 1e-9 <= found.diff_low <= found.difference <= found.diff_high <= 1 + 1e-9


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=40))
def test_the_auc_is_the_share_of_pairs_in_the_right_order(dues: list[tuple[int, bool]]) -> None:
    kept, lost = [v for v, r in dues if r], [v for v, r in dues if not r]
    found = auc([float(v) for v, _ in dues], [r for _, r in dues])
    if not kept or not lost:
        assert found is None
    else:
        assert found == pytest.approx(sum((k > v) + (k == v) / 2 for k in kept for v in lost) / (len(kept) * len(lost)))


def test_a_side_that_ranks_perfectly_is_proven_better_than_one_that_guesses() -> None:
    chance = random.Random(5)
    renewed = [chance.random() < 0.8 for _ in range(200)]
    guess: list[float | None] = [chance.random() for _ in renewed]
    sure: list[float | None] = [float(one) for one in renewed]
    found = compare(guess, sure, renewed)
    assert (found.better, found.why, found.n) == ("draft", "proven", 200)
    assert found.low is not None
    assert found.low > 0
    assert compare(sure, guess, renewed).better == "published"


def test_the_same_values_are_the_same_and_few_dues_compare_nothing() -> None:
    renewed = [True] * 20 + [False] * 6
    values: list[float | None] = [float(place % 7) for place in range(26)]
    same = compare(values, values, renewed)
    assert (same.better, same.why, same.difference, same.low, same.high) == (NONE, "same", 0, 0, 0)
    few = compare(values[:24], values[:24], renewed[:24])
    assert comparison_body(few) == {"better": "none", "why": "too_few", "n": 24, "difference": None, "low": None, "high": None}


def test_the_paired_interval_holds_its_level() -> None:
    # Two equally good noisy views of one truth: "better" is said in about one of twenty.
    chance, said = random.Random(11), 0
    for _ in range(200):
        truth = [chance.gauss(0, 1) for _ in range(150)]
        renewed = [one + chance.gauss(0, 1) > -0.8 for one in truth]
        views: list[list[float | None]] = [[one + chance.gauss(0, 1) for one in truth] for _ in range(2)]
        said += compare(views[0], views[1], renewed).better != NONE
    assert 2 <= said <= 22


def test_unknown_scores_stand_apart_and_bands_keep_their_dues() -> None:
    found = ranked("published", [80.0, 20.0, None], ["green", "red", "unknown"], [True, False, True])
    assert (found.auc, found.n, found.unknown) == (1.0, 2, 1)
    assert {band: (one.hits, one.n) for band, one in found.bands.items()} == {"green": (1, 1), "red": (0, 1), "unknown": (1, 1)}


def test_a_contradiction_between_activity_and_health_names_no_side() -> None:
    renewed = [True] * 100 + [False] * 30
    sure: list[float | None] = [float(one) for one in renewed]
    wrong: list[float | None] = [float(place % 2) for place in range(130)]
    better, worse, same = compare(wrong, sure, renewed), compare(sure, wrong, renewed), compare(sure, sure, renewed)
    assert overall([better, same]) == "draft"
    assert overall([worse, same]) == "published"
    assert overall([better, worse]) == overall([same]) == NONE
