"""From facets to score, parts, coverage and band. Pure; any shape of arrays, NaN is unknown. docs/methods/health.md."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from health.caps import FACETS, HUMAN_FACETS, MACHINE_FACETS, holds
from health.model_types import HealthRules
from health.types import NOISE_PLACES, RANK, UNKNOWN_RANK

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Score and parts 0..100, NaN unknown; coverage 0..1; band as its rank in BANDS.

    `held`: for each cap of the rules, where it kept the band lower than the score alone would have it.
    """

    score: Floats
    machine: Floats
    human: Floats
    coverage: Floats
    band: NDArray[np.int8]
    held: tuple[NDArray[np.bool_], ...]


def weighted_mean(values: Mapping[str, Floats], weights: Mapping[str, float], part: Container[str]) -> tuple[Floats, Floats]:
    """Sum of weight x value / sum of weights over the known facets of a part, and that sum of weights. NaN where nothing known weighs."""
    shape = np.shape(next(iter(values.values())))
    points, weight = np.zeros(shape), np.zeros(shape)
    for key, value in values.items():
        if key in part and weights.get(key, 0.0) > 0:
            known = ~np.isnan(value)
            points += np.where(known, value, 0.0) * weights[key]
            weight += known * weights[key]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weight > 0, np.round(points / weight, NOISE_PLACES), np.nan), weight


def score_facets(values: Mapping[str, Any], cap_values: Mapping[str, Any], rules: HealthRules) -> Scores:
    """Grade accounts by the values of their facets (0..100, NaN unknown) and the figures that caps look at.

    Unknown facets drop out and the others' weights stand for the whole; below `min_coverage` the score is unknown. Bands go by the
    unrounded score: below `amber` red, below `green` amber. A cap limits the band and leaves the score.
    """
    arrays = {key: np.asarray(value, dtype=np.float64) for key, value in values.items()}
    weights = {key: float(weight) for key, weight in rules.weights.items()}
    whole = sum(weights.values())
    mean, known_weight = weighted_mean(arrays, weights, FACETS)
    machine, _ = weighted_mean(arrays, weights, MACHINE_FACETS)
    human, _ = weighted_mean(arrays, weights, HUMAN_FACETS)
    coverage = known_weight / whole if whole > 0 else np.zeros_like(known_weight)
    coverage = np.round(coverage, NOISE_PLACES)
    score = np.where(coverage >= float(rules.min_coverage), mean, np.nan)
    band = np.where(np.isnan(score), UNKNOWN_RANK, (score >= float(rules.amber)).astype(np.int8) + (score >= float(rules.green)))
    capped, held = band, []
    for cap in rules.caps:
        met = np.ones(np.shape(score), dtype=np.bool_)
        for condition in cap.conditions:
            met &= holds(condition, np.asarray(cap_values[condition.field], dtype=np.float64))
        bites = met & (band != UNKNOWN_RANK) & (band > RANK[cap.band])
        capped = np.where(bites, np.minimum(capped, RANK[cap.band]), capped)
        held.append(bites)
    return Scores(score, machine, human, coverage, capped.astype(np.int8), tuple(held))
