"""Renewals whose true chances are known: 8 facets, unhappy accounts skip surveys, managers rate too kindly, 18% lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# What each facet is really worth, and three sets of experts: who know it, who know it roughly, who don't.
TRUE: dict[str, float] = {
    "activity": 0.9,
    "adoption": 0.5,
    "support": 0.45,
    "invoices": 0.3,
    "surveys": 0.35,
    "growth": 0.4,
    "ratings": 0.5,
    "outcome": 0.6,
}
EXPERTS: dict[str, dict[str, float]] = {
    "good": TRUE,
    "typical": {
        "activity": 40,
        "adoption": 5,
        "support": 10,
        "invoices": 10,
        "surveys": 5,
        "growth": 5,
        "ratings": 25,
        "outcome": 20,
    },
    "poor": {
        "activity": 5,
        "adoption": 0,
        "support": 0,
        "invoices": 30,
        "surveys": 25,
        "growth": 5,
        "ratings": 40,
        "outcome": 0,
    },
}
INTERCEPT = 1.35


@dataclass(frozen=True)
class Renewals:
    rows: list[dict[str, float | None]]
    renewed: list[bool]
    chances: NDArray[np.float64]

    def part(self, first: int, after: int) -> Renewals:
        return Renewals(self.rows[first:after], self.renewed[first:after], self.chances[first:after])


def simulate(n: int, seed: int) -> Renewals:
    """`n` independent renewals; the chances follow from all facets as they really are, before anything is hidden or bent."""
    dice = np.random.default_rng(seed)
    mood = dice.normal(size=n)
    real = {name: 0.55 * mood + np.sqrt(1 - 0.55**2) * dice.normal(size=n) + 0.35 for name in TRUE}
    real = {name: np.clip(z, -2, 2) for name, z in real.items()}
    chances = 1 / (1 + np.exp(-(INTERCEPT + sum(TRUE[name] * real[name] for name in TRUE))))
    renewed = dice.random(n) < chances
    shown = {name: 50 + 25 * z for name, z in real.items()}
    shown["ratings"] = np.clip(0.5 * shown["ratings"] + 40 + 3 * dice.normal(size=n), 0, 100)
    skipped = dice.random(n) < 1 / (1 + np.exp(1.2 * mood + 0.2))
    rows: list[dict[str, float | None]] = [{name: float(column[at]) for name, column in shown.items()} for at in range(n)]
    for at in np.flatnonzero(skipped):
        rows[at]["surveys"] = None
    return Renewals(rows, renewed.tolist(), chances)


def hand_scores(rows: list[dict[str, float | None]], expert: dict[str, float]) -> list[float]:
    """The score as a health model makes it: the weighted mean of what is known."""
    scores = []
    for row in rows:
        known = [(expert[name], value) for name, value in row.items() if value is not None]
        scores.append(sum(w * value for w, value in known) / sum(w for w, _ in known))
    return scores


def log_loss(chances: NDArray[np.float64], renewed: list[bool]) -> float:
    outcome = np.asarray(renewed, dtype=float)
    return float(-np.mean(outcome * np.log(chances) + (1 - outcome) * np.log(1 - chances)))
