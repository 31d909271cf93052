"""The chance of renewal that the score would have told before each due: fitted only on outcomes that had closed by then. Pure.

Two numbers turn the score of 0 … 100 into a chance, as in the likelihood of renewal with an infinite strength (churn/likelihood/shrunk.py);
the score itself is no chance. They are found by Newton's method here, so that a page need not wait for a library of optimisation.
For the dues of a month they are fitted as of the day on which the first of them could have been told, so many days before the month.
docs/methods/calibration.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log

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
    chances: list[float | None] = [None] * len(rows)
    known = sorted((one for one in rows if one.value is not None), key=lambda one: one.closed_on)
    months: dict[date, list[int]] = {}
    for at, one in enumerate(rows):
        if one.value is not None:
            months.setdefault(one.ends_on.replace(day=1), []).append(at)
    for first, places in months.items():
        told_on = first - timedelta(days=lead)
        fit = two_numbers([(one.value, one.renewed) for one in known if one.value is not None and one.closed_on < told_on])
        if fit is not None:
            for at in places:
                chances[at] = fit.chance(rows[at].value or 0.0)
    return chances


def two_numbers(pairs: Sequence[tuple[float, bool]]) -> TwoNumbers | None:
    """The fit of (value, renewed); None with fewer than 10 lost or 10 kept."""
    # Slow to import, and a page without enough renewals needs none of it.
    import numpy as np

    kept = sum(renewed for _value, renewed in pairs)
    if min(kept, len(pairs) - kept) < OF_EACH:
        return None
    z = (np.array([value for value, _renewed in pairs]) - MIDDLE) / SPREAD
    outcome = np.array([renewed for _value, renewed in pairs], dtype=float)
    flat = TwoNumbers(log(kept / (len(pairs) - kept)), 0.0)
    a, s = flat.intercept, 0.0
    for _round in range(ROUNDS):
        chance = 1 / (1 + np.exp(-(a + s * z)))
        spread = chance * (1 - chance)
        up, slope_up = float((outcome - chance).sum()), float((outcome - chance) @ z)
        own, both, slope_own = float(spread.sum()), float(spread @ z), float(spread @ z**2)
        area = own * slope_own - both**2
        if area < CLOSE:
            break
        step = (slope_own * up - both * slope_up) / area, (own * slope_up - both * up) / area
        a, s = min(max(a + step[0], -MOST), MOST), min(max(s + step[1], -MOST), MOST)
        if max(abs(step[0]), abs(step[1])) < CLOSE:
            break
    # A score that runs the wrong way tells nothing.
    return TwoNumbers(a, s) if s > 0 else flat
