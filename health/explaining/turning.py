"""The smallest facts that would turn a score green: every single deed, then every pair, graded by the scoring itself. Pure.

docs/methods/explain.md says what counts as a deed and what is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from health.caps import FACETS, FACT_SOURCES
from health.explaining.steps import Facts, Ladder, Step
from health.facets.compute import cap_values
from health.facets.facet import Facet
from health.model_types import HealthRules
from health.scoring import Scores, score_facets
from health.types import BANDS, RANK, Band

MOST_OPTIONS = 3
# Rungs of a ladder that are tried in pairs: a facet of thousands of seats has as many.
MOST_RUNGS = 60
Values = dict[str, NDArray[np.float64]]
Evidence = dict[str, dict[str, NDArray[np.float64]]]


@dataclass(frozen=True, slots=True)
class Option:
    """Deeds that together make the band green, the score they would give (0..100), and how many single deeds they are."""

    steps: tuple[Step, ...]
    score: float
    effort: int


@dataclass(frozen=True, slots=True)
class Turning:
    """`state`: `green` already, `override` (a band set by hand stands above all facts), `possible`, or `out_of_reach`.

    `options`: smallest first. `best`: the score and band that everything listed would give together, where no option is enough.
    """

    state: str
    options: tuple[Option, ...] = ()
    best_score: float | None = None
    best_band: str = ""


def turn_green(facets: Mapping[str, Facts], rules: HealthRules, found: Sequence[Ladder], *, band: str, overridden: bool) -> Turning:
    """Up to three options of one or two facets; a pair is listed only where it takes fewer deeds than either facet alone."""
    if overridden:
        return Turning("override")
    if band == Band.GREEN:
        return Turning("green")
    singles = [option for ladder in found for option in _smallest(facets, rules, [ladder])]
    alone = {option.steps[0].facet: option.effort for option in singles}
    pairs = [option for pair in combinations(found, 2) for option in _smallest(facets, rules, [_thinned(ladder) for ladder in pair])]
    kept = [option for option in pairs if all(option.effort < alone.get(step.facet, option.effort + 1) for step in option.steps)]
    options = sorted([*singles, *kept], key=lambda one: (one.effort, len(one.steps), -one.score))[:MOST_OPTIONS]
    if options:
        return Turning("possible", tuple(options))
    best_score, best_band = _best(facets, rules, found)
    return Turning("out_of_reach", (), best_score, best_band)


def grade(facets: Mapping[str, Facts], rules: HealthRules, steps: Sequence[Step]) -> tuple[float | None, str]:
    """Score (None: unknown) and band once the steps are done."""
    scores = _scores(facets, rules, [[step] for step in steps])
    score = float(scores.score[0])
    return None if np.isnan(score) else score, BANDS[int(scores.band[0])]


def _smallest(facets: Mapping[str, Facts], rules: HealthRules, found: Sequence[Ladder]) -> list[Option]:
    """The combination of one step per ladder that is green with the fewest deeds, the best score among equals; empty where none is."""
    places = [place.ravel() for place in np.meshgrid(*(np.arange(len(ladder.steps)) for ladder in found), indexing="ij")]
    chosen = [[ladder.steps[at] for at in place.tolist()] for ladder, place in zip(found, places, strict=True)]
    scores = _scores(facets, rules, chosen)
    green = np.flatnonzero(scores.band == RANK[Band.GREEN])
    if not green.size:
        return []
    effort = np.array([sum(steps[at].effort for steps in chosen) for at in green.tolist()])
    best = int(green[np.lexsort((-scores.score[green], effort))[0]])
    steps = tuple(line[best] for line in chosen)
    return [Option(steps, float(scores.score[best]), sum(step.effort for step in steps))]


def _best(facets: Mapping[str, Facts], rules: HealthRules, found: Sequence[Ladder]) -> tuple[float | None, str]:
    """Everything at its highest together."""
    tops = [max(ladder.steps, key=lambda step: (step.value is not None, step.value or 0.0)) for ladder in found]
    return grade(facets, rules, tops)


def _thinned(ladder: Ladder) -> Ladder:
    if len(ladder.steps) <= MOST_RUNGS:
        return ladder
    kept = np.unique(np.geomspace(1, len(ladder.steps), MOST_RUNGS).round().astype(int)) - 1
    return Ladder(ladder.facet, tuple(ladder.steps[at] for at in kept.tolist()))


def _scores(facets: Mapping[str, Facts], rules: HealthRules, chosen: Sequence[Sequence[Step]]) -> Scores:
    """Scores of as many cases as each list of steps is long: case i takes the i-th step of every list."""
    cases = len(chosen[0]) if chosen else 1
    values: Values = {key: np.full(cases, _number((facets.get(key) or {}).get("value"))) for key in FACETS}
    evidence: Evidence = {key: {} for key in FACETS}
    for key, fact in FACT_SOURCES.values():
        evidence[key][fact] = np.full(cases, _number(((facets.get(key) or {}).get("evidence") or {}).get(fact)))
    for steps in chosen:
        key = steps[0].facet
        values[key] = np.array([_number(step.value) for step in steps])
        for fact, before in evidence[key].items():
            evidence[key][fact] = np.array([_number(step.evidence.get(fact, old)) for step, old in zip(steps, before, strict=True)])
    graded = {key: Facet(values[key], evidence[key]) for key in FACETS}
    fields = {condition.field for cap in rules.caps for condition in cap.conditions}
    return score_facets(values, {field: cap_values(graded, field) for field in fields}, rules)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
