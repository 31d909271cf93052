"""How the calibrated score, the learned weights and the challenger did on past quarters, each fitted only on what had closed before. Pure.

A quarter's renewals are predicted by fits on the renewals that had closed when the first of them was looked at: 90 days before its due day.
docs/methods/likelihood.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

from churn.likelihood import shrunk
from churn.likelihood.past import LOST_FOR_SCORE, Past, counted
from health.lab.separation import auc

MOST_QUARTERS, RECENT = 12, 4
FEWEST_OF_QUARTER = 5
# A chance told as 0 or 1 would cost without end when it is wrong once.
LEAST_CHANCE = 1e-6

Predict = Callable[[Sequence[Past], Sequence[Past]], Sequence[float] | None]


@dataclass(frozen=True, slots=True)
class Side:
    """One way to tell on one quarter. Log-loss in nats, per renewal; `lost` as predicted."""

    log_loss: float
    auc: float | None
    lost: float


@dataclass(frozen=True, slots=True)
class Trial:
    """A quarter out of time: its renewals with a score, what the fits were made on, and each side; a side that could not be fitted is
    missing. `chances` are per side and renewal, in the order of `past`."""

    quarter: str
    n: int
    lost: int
    trained_n: int
    trained_lost: int
    sides: Mapping[str, Side]
    past: tuple[Past, ...] = field(default=(), repr=False)
    chances: Mapping[str, Sequence[float]] = field(default_factory=dict, repr=False)


def by_score(train: Sequence[Past], test: Sequence[Past]) -> list[float] | None:
    """Chances by the score of the experts with two numbers; None where they cannot be fitted."""
    try:
        fitted = shrunk.calibrate([one.score for one in train], [one.renewed for one in train], [one.count for one in train])
    except shrunk.OneOutcome:
        return None
    told: list[float] = fitted.tell([{shrunk.SCORE: one.score} for one in test]).value.tolist()
    return told


def by_learning(expert: Mapping[str, float]) -> Predict:
    """Chances by the facets, held near these experts' weights."""

    def predict(train: Sequence[Past], test: Sequence[Past]) -> list[float] | None:
        try:
            fitted = learn(train, expert)
        except shrunk.OneOutcome:
            return None
        told: list[float] = fitted.tell([one.facets for one in test]).value.tolist()
        return told

    return predict


def learn(train: Sequence[Past], expert: Mapping[str, float]) -> shrunk.ShrunkLogit:
    """The fit near the experts' weights. Raises OneOutcome."""
    return shrunk.fit([one.facets for one in train], [one.renewed for one in train], expert, counts=[one.count for one in train])


def trials(past: Sequence[Past], sides: Mapping[str, Predict], recent: Mapping[str, Predict] | None = None) -> list[Trial]:
    """The last quarters in order, each tried on what had closed before; one with too little to fit on, or to try on, is left out.

    The `recent` sides are dear, and tried on the last four quarters alone.
    """
    known = [one for one in past if one.score is not None]
    quarters = sorted({one.quarter for one in known})[-MOST_QUARTERS:]
    newest = set(quarters[-RECENT:])
    found = [_trial(quarter, known, {**sides, **(recent or {})} if quarter in newest else sides) for quarter in quarters]
    return [one for one in found if one is not None]


def _trial(quarter: str, known: Sequence[Past], sides: Mapping[str, Predict]) -> Trial | None:
    test = [one for one in known if one.quarter == quarter]
    first = min(one.seen_on for one in test)
    train = [one for one in known if one.closed_on < first]
    n, lost = counted(train)
    if lost < LOST_FOR_SCORE or n - lost < LOST_FOR_SCORE or len(test) < FEWEST_OF_QUARTER:
        return None
    chances = {name: list(told) for name, predict in sides.items() if (told := predict(train, test)) is not None}
    if not chances:
        return None
    found = {name: side(told, test) for name, told in chances.items()}
    return Trial(quarter, *counted(test), n, lost, found, tuple(test), chances)


def side(chances: Sequence[float], past: Sequence[Past]) -> Side:
    """Log-loss per renewal, AUC, and how many losses the chances foresaw."""
    weight = sum(one.count for one in past)
    cost = 0.0
    for chance, one in zip(chances, past, strict=True):
        told = min(max(chance if one.renewed else 1 - chance, LEAST_CHANCE), 1.0)
        cost -= one.count * log(told)
    foreseen = sum((1 - chance) * one.count for chance, one in zip(chances, past, strict=True))
    return Side(cost / weight, auc(chances, [one.renewed for one in past]), foreseen)


def trial_body(one: Trial) -> dict[str, Any]:
    """For JSON, rounded to 6 places."""
    sides = {
        name: {
            "log_loss": round(found.log_loss, 6),
            "auc": None if found.auc is None else round(found.auc, 6),
            "lost": round(found.lost, 3),
        }
        for name, found in one.sides.items()
    }
    counts = {"n": one.n, "lost": one.lost, "trained_n": one.trained_n, "trained_lost": one.trained_lost}
    return {"quarter": one.quarter, **counts, "sides": sides}
