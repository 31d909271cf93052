"""The chance of renewal that the score would have told before each due: fitted only on outcomes that had closed by then. Pure.

Two numbers turn the score of 0 … 100 into a chance, as in the likelihood of renewal with an infinite strength (churn/likelihood/shrunk.py);
the score itself is no chance. They are found by Newton's method here, so that a page need not wait for a library of optimisation.
For the dues of a month they are fitted as of the day on which the first of them could have been told, so many days before the month.
docs/methods/calibration.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Lost and kept ones that two numbers need; with fewer nothing is told.
OF_EACH = 10
MIDDLE, SPREAD = 50.0, 25.0
# Where a score parts the lost from the renewed without a fault, nothing but these borders ends the fit.
MOST, ROUNDS, CLOSE = 12.0, 60, 1e-9


@dataclass(frozen=True, slots=True)
class Told:
    """One decided renewal with what it is told by: `value` 0 … 100, or None. Its outcome is known from `closed_on` on."""

    ends_on: date
    closed_on: date
    renewed: bool
    value: float | None


@dataclass(frozen=True, slots=True)
class TwoNumbers:
    """logit P(renewed) = intercept + slope (value - 50) / 25, slope >= 0."""

    intercept: float
    slope: float

    def chance(self, value: float) -> float:
        """Of renewal, 0 … 1."""
        return 1 / (1 + exp(-(self.intercept + self.slope * (value - MIDDLE) / SPREAD)))


def expected(rows: Sequence[Told], lead: int) -> list[float | None]:
    """A chance for each row, 0 … 1; None where its value is unknown, or fewer than 10 lost and 10 kept ones had closed before."""
    return chances(rows, fits(rows, {month_of(one.ends_on) for one in rows}, lead))


def fits(rows: Sequence[Told], months: Iterable[date], lead: int) -> dict[date, TwoNumbers]:
    """The two numbers as they could be told for the dues of each month (its first day); a month without enough before it is left out."""
    known = [one for one in rows if one.value is not None]
    made = {}
    for month in months:
        told_on = month - timedelta(days=lead)
        fit = two_numbers([(one.value, one.renewed) for one in known if one.value is not None and one.closed_on < told_on])
        if fit is not None:
            made[month] = fit
    return made


def chances(rows: Sequence[Told], found: Mapping[date, TwoNumbers]) -> list[float | None]:
    """The chance of each row by the fit of its month."""
    fit_of = [found.get(month_of(one.ends_on)) for one in rows]
    return [None if fit is None or one.value is None else fit.chance(one.value) for one, fit in zip(rows, fit_of, strict=True)]


def month_of(day: date) -> date:
    """First day of the month."""
    return day.replace(day=1)


def two_numbers(pairs: Sequence[tuple[float, bool]]) -> TwoNumbers | None:
    """The fit of (value, renewed); None with fewer than 10 lost or 10 kept."""
    found = numbers([(value,) for value, _renewed in pairs], [renewed for _value, renewed in pairs])
    return None if found is None else TwoNumbers(found[0], found[1])


def numbers(rows: Sequence[tuple[float, ...]], renewed: Sequence[bool]) -> tuple[float, ...] | None:
    """(a, s…) of logit P(renewed) = a + sum s_j (value_j - 50) / 25, every s_j >= 0; None with fewer than 10 lost or 10 kept."""
    # Slow to import, and a page without enough renewals needs none of it.
    import numpy as np

    kept = sum(renewed)
    if min(kept, len(rows) - kept) < OF_EACH:
        return None
    outcome = np.array(renewed, dtype=float)
    every = np.column_stack((np.ones(len(rows)), (np.array(rows, dtype=float) - MIDDLE) / SPREAD))
    used = list(range(every.shape[1]))
    while True:
        found = _newton(every[:, used], outcome, log(kept / (len(rows) - kept)))
        against = [at for at, value in zip(used, found, strict=True) if at and value <= 0]
        if not against:
            told = dict(zip(used, found, strict=True))
            return tuple(told.get(at, 0.0) for at in range(every.shape[1]))
        # What runs the wrong way tells nothing.
        used = [at for at in used if at not in against]


def _newton(design: NDArray[np.float64], outcome: NDArray[np.float64], start: float) -> list[float]:
    import numpy as np

    theta = np.zeros(design.shape[1])
    theta[0] = start
    for _round in range(ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(design @ theta, -35.0, 35.0)))
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + CLOSE * np.eye(len(theta))
        after = np.clip(theta + np.linalg.solve(curve, design.T @ (outcome - chance)), -MOST, MOST)
        moved = float(np.abs(after - theta).max())
        theta = after
        if moved < CLOSE:
            break
    found: list[float] = theta.tolist()
    return found
