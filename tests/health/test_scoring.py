"""Laws of the score: bounds, monotone, weights renormalised over what is known, bands on the unrounded score."""

from __future__ import annotations

from decimal import Decimal
from math import isnan

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from health.caps import FACETS, HUMAN_FACETS, parse_conditions
from health.model_types import Cap, HealthRules
from health.scoring import Scores, score_facets
from health.types import BANDS, Band

values_or_unknown = st.dictionaries(
    st.sampled_from(FACETS), st.floats(0, 100).map(lambda v: round(v, 4)) | st.just(float("nan")), min_size=1
)
weightings = st.dictionaries(st.sampled_from(FACETS), st.integers(0, 60).map(Decimal), min_size=1)


def rules(weights: dict[str, int] | dict[str, Decimal], *, min_coverage: str = "0", caps: tuple[Cap, ...] = ()) -> HealthRules:
    exact = {key: Decimal(weight) for key, weight in weights.items()}
    return HealthRules(Decimal(min_coverage), exact, amber=Decimal(50), green=Decimal(75), caps=caps)


def graded(values: dict[str, float], model: HealthRules, **facts: float) -> Scores:
    return score_facets(values, facts, model)


def band_of(scores: Scores) -> Band:
    return BANDS[int(scores.band)]


def test_the_worked_example_of_the_methods_page() -> None:
    scores = graded(
        {"activity": 66.6667, "ratings": 75, "support": 90, "invoices": 60, "growth": 50, "surveys": float("nan"), "outcome": 75},
        rules({"activity": 40, "ratings": 25, "support": 10, "invoices": 10, "surveys": 5, "growth": 5, "outcome": 5}, min_coverage="0.5"),
    )
    assert float(scores.score) == pytest.approx(70.1755, abs=5e-5)
    assert float(scores.coverage) == 0.95
    assert float(scores.machine) == pytest.approx(68.4524, abs=5e-5)
    assert float(scores.human) == 75
    assert band_of(scores) is Band.AMBER


@given(values_or_unknown, weightings)
def test_the_score_lies_between_the_lowest_and_the_highest_weighing_facet(values: dict[str, float], weights: dict[str, Decimal]) -> None:
    known = [value for key, value in values.items() if weights.get(key, 0) > 0 and not isnan(value)]
    score = float(graded(values, rules(weights)).score)
    if known:
        assert min(known) - 1e-6 <= score <= max(known) + 1e-6
        assert 0 <= score <= 100
    else:
        assert np.isnan(score)


@given(values_or_unknown, weightings, st.sampled_from(FACETS), st.floats(0, 100), st.floats(0, 100))
def test_a_better_facet_never_lowers_the_score(
    values: dict[str, float], weights: dict[str, Decimal], key: str, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    worse, better = graded({**values, key: low}, rules(weights)), graded({**values, key: high}, rules(weights))
    assert isnan(float(worse.score)) == isnan(float(better.score))
    assert isnan(float(worse.score)) or float(better.score) >= float(worse.score) - 1e-6
    assert int(better.band) >= int(worse.band)


@given(values_or_unknown, weightings)
def test_unknown_facets_leave_the_score_as_if_they_had_no_weight(values: dict[str, float], weights: dict[str, Decimal]) -> None:
    known = {key: value for key, value in values.items() if not isnan(value)}
    assume(known)
    with_unknown, without = graded(values, rules(weights)), graded(known, rules(weights))
    np.testing.assert_array_equal(with_unknown.score, without.score)


@given(values_or_unknown, weightings, st.integers(2, 50))
def test_only_the_proportion_of_the_weights_matters(values: dict[str, float], weights: dict[str, Decimal], times: int) -> None:
    scaled = {key: weight * times for key, weight in weights.items()}
    np.testing.assert_allclose(graded(values, rules(weights)).score, graded(values, rules(scaled)).score, atol=1e-6)


@given(values_or_unknown, weightings)
def test_coverage_is_the_known_share_of_the_weight(values: dict[str, float], weights: dict[str, Decimal]) -> None:
    whole = sum(weights.values())
    known = sum(weight for key, weight in weights.items() if not isnan(values.get(key, float("nan"))))
    coverage = float(graded(values, rules(weights)).coverage)
    assert coverage == pytest.approx(float(known / whole) if whole else 0, abs=1e-8)


@given(values_or_unknown, weightings)
def test_below_the_minimum_coverage_the_score_is_unknown_and_its_parts_stay(values: dict[str, float], weights: dict[str, Decimal]) -> None:
    free, strict = graded(values, rules(weights)), graded(values, rules(weights, min_coverage="0.6"))
    if float(strict.coverage) < 0.6:
        assert np.isnan(float(strict.score))
        assert band_of(strict) is Band.UNKNOWN
    else:
        np.testing.assert_array_equal(strict.score, free.score)
    np.testing.assert_array_equal(strict.machine, free.machine)


def test_coverage_exactly_at_the_minimum_is_enough() -> None:
    model = rules({"activity": 3, "support": 7}, min_coverage="0.3")
    assert float(graded({"activity": 80.0, "support": float("nan")}, model).score) == 80


@given(values_or_unknown, weightings)
def test_each_part_is_the_mean_of_its_own_facets(values: dict[str, float], weights: dict[str, Decimal]) -> None:
    scores = graded(values, rules(weights))
    mine = {key: value for key, value in values.items() if key in HUMAN_FACETS}
    if mine:
        np.testing.assert_array_equal(scores.human, graded(mine, rules(weights)).score)
    else:
        assert np.isnan(float(scores.human))


@pytest.mark.parametrize(
    ("score", "band"), [(0.0, Band.RED), (49.9999, Band.RED), (50.0, Band.AMBER), (74.9999, Band.AMBER), (75.0, Band.GREEN)]
)
def test_bands_begin_at_their_border(score: float, band: Band) -> None:
    assert band_of(graded({"activity": score}, rules({"activity": 1}))) is band


def test_a_border_reached_by_thirds_is_reached() -> None:
    assert band_of(graded({"activity": 0.1, "support": 99.9}, rules({"activity": 3, "support": 3}))) is Band.AMBER


OVERDUE = Cap("invoice_overdue_days >= 60", parse_conditions("invoice_overdue_days >= 60"), Band.AMBER)


@pytest.mark.parametrize(
    ("value", "overdue", "band", "held"),
    [
        (90.0, 60.0, Band.AMBER, True),
        (90.0, 59.0, Band.GREEN, False),
        (90.0, float("nan"), Band.GREEN, False),
        (60.0, 80.0, Band.AMBER, False),
        (20.0, 80.0, Band.RED, False),
    ],
)
def test_a_cap_limits_the_band_and_leaves_the_score(value: float, overdue: float, band: Band, held: bool) -> None:
    scores = graded({"activity": value}, rules({"activity": 1}, caps=(OVERDUE,)), invoice_overdue_days=overdue)
    assert float(scores.score) == value
    assert band_of(scores) is band
    assert [bool(one) for one in scores.held] == [held]


def test_a_cap_never_makes_an_unknown_score_known() -> None:
    model = rules({"activity": 1, "support": 9}, min_coverage="0.5", caps=(OVERDUE,))
    scores = graded({"activity": 90.0, "support": float("nan")}, model, invoice_overdue_days=90.0)
    assert band_of(scores) is Band.UNKNOWN


def test_the_lowest_of_several_caps_counts() -> None:
    red = Cap("activity < 95", parse_conditions("activity < 95"), Band.RED)
    scores = graded({"activity": 90.0}, rules({"activity": 1}, caps=(OVERDUE, red)), invoice_overdue_days=70.0, activity=90.0)
    assert band_of(scores) is Band.RED
    assert [bool(one) for one in scores.held] == [True, True]


def test_many_accounts_are_graded_at_once_as_one_by_one() -> None:
    values = {"activity": np.array([10.0, np.nan, 90.0]), "ratings": np.array([np.nan, np.nan, 100.0])}
    together = score_facets(values, {}, rules({"activity": 40, "ratings": 25}))
    for place in range(3):
        alone = graded({key: float(value[place]) for key, value in values.items()}, rules({"activity": 40, "ratings": 25}))
        np.testing.assert_array_equal(together.score[place], alone.score)
        assert together.band[place] == int(alone.band)
