"""The monotone regression near the experts' weights: its limits, laws, and what it does on renewals whose true chances are known."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.likelihood import shrunk
from health.lab.separation import auc
from tests.churn.simulated_renewals import EXPERTS, TRUE, Renewals, hand_scores, log_loss, simulate

LEARNED = simulate(300, seed=1)
FITTED = shrunk.fit(LEARNED.rows, LEARNED.renewed, EXPERTS["typical"])


def test_at_infinite_strength_the_experts_weights_count_and_two_numbers_are_fitted() -> None:
    found = shrunk.fit(LEARNED.rows, LEARNED.renewed, EXPERTS["typical"], strength=inf)
    assert found.learned == pytest.approx([found.slope * w for w in found.expert])
    assert found.indicators == ()
    assert found.learned_share == 0
    near = shrunk.fit(LEARNED.rows, LEARNED.renewed, EXPERTS["typical"], strength=1e7)
    assert near.learned == pytest.approx([near.slope * w for w in near.expert], abs=0.01)


def test_a_score_is_calibrated_with_the_two_numbers_it_was_made_with() -> None:
    dice = np.random.default_rng(3)
    scores = dice.uniform(0, 100, 20_000)
    chances = 1 / (1 + np.exp(-(0.4 + 1.3 * (scores - 50) / 25)))
    found = shrunk.calibrate(scores.tolist(), (dice.random(20_000) < chances).tolist())
    assert found.intercept == pytest.approx(0.4, abs=0.06)
    assert found.slope == pytest.approx(1.3, abs=0.06)
    told = found.tell([{"score": 50.0}, {"score": None}])
    assert told.low[0] < told.value[0] < told.high[0]
    assert told.value[0] == pytest.approx(1 / (1 + np.exp(-0.4)), abs=0.02)
    assert isnan(told.value[1])


@pytest.mark.parametrize(("n", "lost", "learned"), [(300, 30, 0.73), (111, 11.1, 0.5), (68, 12.24, 0.5)])
def test_how_much_the_renewals_say_is_the_worked_share(n: float, lost: float, learned: float) -> None:
    assert replace(FITTED, n=n, lost=lost).learned_share == pytest.approx(learned, abs=0.005)


def test_without_experts_the_data_alone_decide() -> None:
    many = simulate(20_000, seed=9)
    hidden = [{**row, "ratings": None, "surveys": None} for row in many.rows]
    found = shrunk.fit(hidden, many.renewed, dict.fromkeys(TRUE, 0.0), strength=0.0)
    # The ratings and surveys that nobody sees leave their part to the others.
    assert set(found.facets) == set(TRUE) - {"ratings", "surveys"}
    ordered = sorted(found.facets, key=lambda name: -found.learned[found.facets.index(name)])
    assert ordered[:2] == ["activity", "outcome"]


def test_a_facet_that_is_often_missing_has_an_indicator_and_a_fitted_body_comes_back_whole() -> None:
    assert FITTED.indicators == ("surveys",)
    alone = [{"growth": row["growth"], "surveys": row["surveys"]} for row in simulate(3_000, seed=4).rows]
    told = shrunk.fit(alone, simulate(3_000, seed=4).renewed, {"growth": 1.0, "surveys": 1.0})
    assert told.unknown[0] < 0, "who skips surveys is unhappy, if nothing else tells so"
    assert shrunk.from_body(FITTED.body()) == FITTED
    endless = shrunk.fit(LEARNED.rows, LEARNED.renewed, EXPERTS["good"], strength=inf)
    assert shrunk.from_body(endless.body()) == endless


def test_a_row_of_which_nothing_is_known_is_not_told_of() -> None:
    told = FITTED.tell([dict.fromkeys(TRUE), {}, {"activity": 80.0}])
    assert [isnan(value) for value in told.value] == [True, True, False]
    assert FITTED.tell([]).value.size == 0


@pytest.mark.parametrize("renewed", [[], [True] * 30, [False] * 30])
def test_one_outcome_alone_is_refused(renewed: list[bool]) -> None:
    with pytest.raises(shrunk.OneOutcome):
        shrunk.fit(LEARNED.rows[: len(renewed)], renewed, EXPERTS["good"])
    with pytest.raises(shrunk.OneOutcome):
        shrunk.calibrate([50.0] * len(renewed), renewed)


def test_rows_without_any_facet_are_refused() -> None:
    with pytest.raises(shrunk.OneOutcome):
        shrunk.fit([{"activity": None}] * 20, [True] * 10 + [False] * 10, {"activity": 1.0})


def test_a_clean_cut_between_lost_and_renewed_stays_finite() -> None:
    found = shrunk.calibrate([10.0, 12.0, 80.0, 90.0, 95.0] * 4, [False, False, True, True, True] * 4)
    told = found.tell([{"score": 10.0}, {"score": 95.0}])
    assert 0 <= told.low[0] <= told.value[0] < 0.05
    assert 0.95 < told.value[1] <= told.high[1] <= 1


def test_one_lost_renewal_among_many_tells_a_high_chance_with_a_wide_interval() -> None:
    found = shrunk.fit(LEARNED.rows[:40], [False] + [True] * 39, EXPERTS["good"])
    told = found.tell(LEARNED.rows[:40])
    assert np.mean(told.value) == pytest.approx(39 / 40, abs=0.03)
    assert np.all(told.low <= told.value)
    assert np.all(told.value <= told.high)


def test_a_row_counted_by_halves_twice_is_the_row() -> None:
    twice = shrunk.fit([*LEARNED.rows, *LEARNED.rows], LEARNED.renewed * 2, EXPERTS["typical"], counts=[0.5] * 600)
    assert twice.learned == pytest.approx(FITTED.learned, abs=1e-3)
    assert twice.n == 300


@given(facet=st.sampled_from(sorted(TRUE)), value=st.floats(0, 100), more=st.floats(0, 100), row=st.integers(0, 299))
def test_a_better_facet_never_lowers_the_chance(facet: str, value: float, more: float, row: int) -> None:
    low, high = sorted((value, more))
    told = FITTED.tell([{**LEARNED.rows[row], facet: low}, {**LEARNED.rows[row], facet: high}])
    assert told.value[0] <= told.value[1] + 1e-12
    assert 0 <= told.low[0] <= told.value[0] <= told.high[0] <= 1


def _gains(experts: str, n: int, draws: int) -> tuple[float, float]:
    """Mean gain of the learned weights over the calibrated score on a hold-out of 3,000: in AUC, and in log-loss (positive: better)."""
    held = simulate(3_000, seed=77)
    scores = hand_scores(held.rows, EXPERTS[experts])
    gained = []
    for draw in range(draws):
        past = simulate(n, seed=100 + draw)
        hand = shrunk.calibrate(hand_scores(past.rows, EXPERTS[experts]), past.renewed).tell([{"score": one} for one in scores]).value
        ours = shrunk.fit(past.rows, past.renewed, EXPERTS[experts]).tell(held.rows).value
        gained.append((_auc(ours, held) - _auc(hand, held), log_loss(hand, held.renewed) - log_loss(ours, held.renewed)))
    return float(np.mean([one for one, _ in gained])), float(np.mean([one for _, one in gained]))


def _auc(chances: shrunk.Floats, held: Renewals) -> float:
    found = auc(chances.tolist(), held.renewed)
    assert found is not None
    return found


def test_learning_costs_good_experts_next_to_nothing_and_gains_on_poor_ones() -> None:
    assert _gains("good", 300, 5)[0] > -0.01
    auc_typical, loss_typical = _gains("typical", 300, 5)
    assert auc_typical > 0
    assert loss_typical > 0
    auc_poor, loss_poor = _gains("poor", 300, 5)
    assert auc_poor > 0.04
    assert loss_poor > 0.01


@pytest.mark.parametrize(("n", "width"), [(100, 0.4), (300, 0.28), (1000, 0.16)])
def test_the_interval_holds_the_true_chance(n: int, width: float) -> None:
    held = simulate(500, seed=5)
    covered, widths = [], []
    for draw in range(8):
        past = simulate(n, seed=500 + draw)
        told = shrunk.fit(past.rows, past.renewed, EXPERTS["good"]).tell(held.rows)
        covered.append(np.mean((told.low <= held.chances) & (held.chances <= told.high)))
        widths.append(np.mean(told.high - told.low))
    assert np.mean(covered) > 0.88
    assert np.mean(widths) < width


def test_the_score_read_as_a_percentage_is_far_off_and_two_numbers_mend_it() -> None:
    past, held = simulate(300, seed=11), simulate(3_000, seed=12)
    scores = hand_scores(held.rows, EXPERTS["typical"])
    told = shrunk.calibrate(hand_scores(past.rows, EXPERTS["typical"]), past.renewed).tell([{"score": one} for one in scores]).value
    kept = np.mean(held.renewed)
    assert kept - np.mean(scores) / 100 > 0.15
    assert np.mean(told) == pytest.approx(kept, abs=0.04)
