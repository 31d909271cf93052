"""The chance of renewal that the score would have told before each due: fitted only on outcomes that had closed by then. Pure.

Two numbers turn the score of 0 … 100 into a chance (csm_portal's likelihood with an infinite strength); the score itself is no chance.
For the dues of a month they are fitted as of the day on which the first of them could have been told, so many days before the month.
docs/methods/calibration.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from churn.likelihood.shrunk import SCORE, calibrate

# Lost and kept ones that two numbers need; with fewer nothing is told.
OF_EACH = 10


@dataclass(frozen=True, slots=True)
class Told:
    """One decided renewal with what it is told by: `value` 0 … 100, or None. Its outcome is known from `closed_on` on."""

    ends_on: date
    closed_on: date
    renewed: bool
    value: float | None


def expected(rows: Sequence[Told], lead: int) -> list[float | None]:
    """A chance for each row, 0 … 1; None where its value is unknown, or fewer than 10 lost and 10 kept ones had closed before."""
    chances: list[float | None] = [None] * len(rows)
    known = [one for one in rows if one.value is not None]
    months: dict[date, list[int]] = {}
    for at, one in enumerate(rows):
        if one.value is not None:
            months.setdefault(one.ends_on.replace(day=1), []).append(at)
    for first, places in months.items():
        told_on = first - timedelta(days=lead)
        before = [one for one in known if one.closed_on < told_on]
        for at, chance in zip(places, _chances(before, [rows[at].value for at in places]), strict=True):
            chances[at] = chance
    return chances


def _chances(before: Sequence[Told], values: Sequence[float | None]) -> list[float | None]:
    kept = sum(one.renewed for one in before)
    lost = len(before) - kept
    if min(kept, lost) < OF_EACH:
        return [None] * len(values)
    fit = calibrate([one.value for one in before], [one.renewed for one in before])
    return [float(chance) for chance in fit.tell([{SCORE: value} for value in values]).value]
