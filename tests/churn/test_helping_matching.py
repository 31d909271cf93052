"""What was tried beside similar renewals without: who is like whom, the difference and its interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.helping.matching import Episode, compared, distance, matched
from churn.helping.newcombe import difference

ONE = Episode(1, 1, "2026-Q1", 90, "mid", "amber", 60.0, 50.0, 1_000.0, renewed=True)


def like(key: int, **changed: object) -> Episode:
    """Another account, alike but for what is named."""
    return replace(ONE, key=key, account=key, **changed)  # type: ignore[arg-type]


def test_only_what_is_alike_in_everything_is_set_beside() -> None:
    others = [
        like(2, score=69.0),
        like(3, score=71.0),
        like(4, quarter="2026-Q2"),
        like(5, lead=60),
        like(6, tier="enterprise"),
        like(7, band="green"),
        like(8, activity=76.0),
        like(9, mrr=3_100.0),
        like(10, mrr=None),
        like(11, mrr=2_900.0),
    ]
    assert [one.key for one in matched([ONE], others)[0]] == [2, 11]


def test_the_five_nearest_count_and_never_the_account_itself() -> None:
    others = [like(2 + place, score=60.0 + place) for place in range(7)]
    own = replace(ONE, key=99)
    assert [one.key for one in matched([ONE], [own, *reversed(others)])[0]] == [2, 3, 4, 5, 6]


def test_what_is_unknown_on_both_sides_says_nothing_and_on_one_side_makes_them_unlike() -> None:
    blank = replace(ONE, score=None, activity=None, mrr=None)
    assert distance(blank, replace(blank, key=2)) == 0
    assert distance(blank, ONE) > 1


known = st.one_of(st.none(), st.floats(0, 100))
others = st.lists(st.tuples(known, known, st.one_of(st.none(), st.floats(1, 10_000))), max_size=12)


@given(others)
def test_the_nearest_are_those_of_least_distance(values: list[tuple[float | None, float | None, float | None]]) -> None:
    group = [like(2 + at, score=score, activity=activity, mrr=mrr) for at, (score, activity, mrr) in enumerate(values)]
    near = sorted((other for other in group if distance(ONE, other) <= 1), key=lambda other: (distance(ONE, other), other.key))
    assert matched([ONE], group)[0] == near[:5]


def test_below_twenty_matched_ones_no_difference_is_told() -> None:
    treated = [like(key, renewed=key < 9) for key in range(10)]
    untreated = [like(100 + key, renewed=key < 7) for key in range(10)]
    found = compared(treated, untreated)
    assert (found.treated, found.matched, found.renewed, found.missing) == (10, 10, 9, 10)
    assert found.rate == 0.9
    assert (found.difference, found.low, found.high) == (None, None, None)


def test_the_difference_weighs_each_matched_one_the_same() -> None:
    # Two strata: 20 with likes that all renewed, 10 with likes of which none did.
    treated = [like(key) for key in range(20)] + [like(50 + key, tier="small", renewed=False) for key in range(10)]
    untreated = [like(100 + key) for key in range(3)] + [like(200 + key, tier="small", renewed=False) for key in range(9)]
    found = compared(treated, untreated)
    assert found.rate == pytest.approx(2 / 3)
    assert found.other == pytest.approx(2 / 3)
    assert found.difference == pytest.approx(0)


def test_those_with_nobody_like_them_are_counted_and_left_out() -> None:
    found = compared([ONE, like(2, tier="rare")], [like(3)])
    assert (found.treated, found.matched, found.missing) == (2, 1, 19)
    assert compared([], [ONE]).matched == 0


def test_the_same_question_gets_the_same_interval() -> None:
    treated, untreated = [like(key, renewed=key % 3 > 0) for key in range(30)], [like(100 + key, renewed=key % 2 > 0) for key in range(40)]
    assert compared(treated, untreated) == compared(treated, untreated)


def world(seed: int, effect: float) -> tuple[list[Episode], list[Episode]]:
    """Accounts of which the worse ones are helped more often; the help adds `effect` to the chance of renewal."""
    random = np.random.default_rng(seed)
    sides: tuple[list[Episode], list[Episode]] = ([], [])
    for key in range(1_600):
        score = float(random.uniform(20, 95))
        helped = random.random() < (0.4 if score < 50 else 0.1)
        chance = 0.35 + 0.5 * (score - 20) / 75 + (effect if helped else 0)
        band = "red" if score < 50 else "amber" if score < 75 else "green"
        one = replace(ONE, key=key, account=key, score=score, band=band, mrr=None, activity=None, renewed=bool(random.random() < chance))
        sides[not helped].append(one)
    return sides


@pytest.mark.parametrize("effect", [0.0, 0.15])
def test_who_is_helped_for_being_worse_is_compared_with_those_who_are_as_bad(effect: float) -> None:
    plain, found = [], []
    for seed in range(6):
        treated, untreated = world(seed, effect)
        rates = [sum(one.renewed for one in side) / len(side) for side in (treated, untreated)]
        plain.append(rates[0] - rates[1])
        found.append(compared(treated, untreated))
    assert np.mean(plain) < effect - 0.08  # side by side without matching help looks harmful
    assert np.mean([one.difference or 0 for one in found]) == pytest.approx(effect, abs=0.03)
    assert sum((one.low or 0) <= effect <= (one.high or 0) for one in found) >= 5


def test_the_difference_of_two_shares_has_newcombes_interval() -> None:
    # Newcombe 1998, Table II, method 10.
    found = difference(56, 70, 48, 80)
    assert [found.value, found.low, found.high] == pytest.approx([0.2, 0.0524, 0.3339], abs=1e-4)
    found = difference(10, 10, 0, 20)
    assert [found.low, found.high] == pytest.approx([0.6791, 1], abs=1e-4)
    found = difference(5, 50, 9, 50)
    assert [found.low, found.high] == pytest.approx([-0.2199, 0.0603], abs=1e-4)
    assert difference(0, 0, 5, 9).value is None


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
def test_a_difference_turns_its_sign_with_its_sides_and_lies_inside_its_interval(a: int, n: int, b: int, m: int) -> None:
    one, other = difference(min(a, n), n, min(b, m), m), difference(min(b, m), m, min(a, n), n)
    assert one.value is not None
    assert one.low is not None
    assert one.high is not None
    assert other.low is not None
    assert -1 <= one.low <= one.value <= one.high <= 1
    assert one.high == pytest.approx(-other.low)
