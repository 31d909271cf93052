"""Which days make an alarm: three of the last five open days far under the usual, or the total of two weeks. Pure.

Arrays as in `baseline`; a border is one z for all days, or one per day. docs/methods/alarms.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn.alarms import policy
from churn.alarms.baseline import Against, Bools, Floats, Places, per_day, per_total

# Nearly every account has four open days in so many.
NEAR = 14


class Borders(NamedTuple):
    """The z under which a day is low, and that under which a total of two weeks is an alarm."""

    day: float | Floats
    total: float | Floats


UNTUNED = Borders(policy.UNTUNED, policy.UNTUNED_TOTAL)


@dataclass(frozen=True, slots=True)
class Judged:
    """Days and totals against their usual. `order`: per account the columns of its open days, first to last, then the closed ones.

    `mean`: the mean usual of the last five open days, in `order`; NaN where fewer than three of them have one.
    """

    is_open: Bools
    days: Against
    totals: Against
    order: Places
    mean: Floats

    @property
    def told(self) -> Bools:
        """Days of which something is said of the day itself or of the two weeks it ends."""
        return np.asarray(~(np.isnan(self.days.z) & np.isnan(self.totals.z)))

    @property
    def by_total(self) -> Bools:
        """Open days on which single ones are not judged: under 10 a day are usual."""
        out = np.zeros_like(self.is_open)
        np.put_along_axis(out, self.order, self.mean < policy.DAILY_FROM, axis=1)
        return out


def judged(values: Floats, is_open: Bools, since: int = 0) -> Judged:
    """Everything that does not hang on the border. `since`: only days from that column on are to be judged."""
    days, totals = _days_from(values, is_open, since), per_total(values, is_open, since)
    order = np.argsort(~is_open, axis=1, kind="stable")
    usual = np.take_along_axis(days.usual, order, axis=1)
    known = ~np.isnan(usual)
    n = _last_five(known.astype(np.float64))
    total = _last_five(np.where(known, usual, 0.0))
    mean = np.where(n >= policy.LOW_DAYS, total / np.maximum(n, 1.0), np.nan)
    return Judged(is_open, days, totals, order, mean)


def _days_from(values: Floats, is_open: Bools, since: int) -> Against:
    """The days that are judged, and the four open ones before them that are judged with them."""
    if since <= NEAR:
        return per_day(values, is_open)
    near = is_open[:, since - NEAR : since].sum(axis=1) >= policy.OF_DAYS - 1
    found = Against(*(np.full(values.shape, np.nan) for _part in range(4)))
    # Of those who were closed for long the four days lie anywhere.
    for rows, first in ((near, since - NEAR), (~near, 0)):
        told = per_day(values[rows], is_open[rows], first)
        for name in ("value", "usual", "spread", "z"):
            getattr(found, name)[rows] = getattr(told, name)
    return found


def hits(found: Judged, borders: Borders) -> Bools:
    """Days on which a rule holds, silence not yet kept: the third low day of five, or the end of two low weeks."""
    return low_days(found, borders.day) | low_totals(found, borders.total)


def low_days(found: Judged, border: float | Floats) -> Bools:
    """The third low day of five, where ten a day or more are usual."""
    low = found.days.z < border
    packed = np.take_along_axis(low, found.order, axis=1)
    three = packed & (_last_five(packed.astype(np.float64)) >= policy.LOW_DAYS) & (found.mean >= policy.DAILY_FROM)
    out = np.zeros_like(low)
    np.put_along_axis(out, found.order, three, axis=1)
    return out


def low_totals(found: Judged, border: float | Floats) -> Bools:
    """Open days that end two weeks far under the usual."""
    return np.asarray(found.totals.z < border)


def silenced(found: Bools, last: NDArray[np.int64] | None = None) -> Bools:
    """The hits that are told: after one an account is silent for 14 days. `last`: column of the alarm before (far below 0: none)."""
    quiet_until = np.full(found.shape[0], np.iinfo(np.int64).min // 2) if last is None else last + policy.SILENT_DAYS
    told = np.zeros_like(found)
    for day in np.flatnonzero(found.any(axis=0)):
        now = found[:, day] & (day >= quiet_until)
        told[now, day] = True
        quiet_until = np.where(now, day + policy.SILENT_DAYS, quiet_until)
    return told


def day_counts(found: Judged, border: float | Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Per day the accounts under the border, and all that are judged by the day; small accounts are not, zero is usual for them."""
    able = ~np.isnan(found.days.z) & (found.days.usual >= policy.DAILY_FROM)
    return (able & (found.days.z < border)).sum(axis=0), able.sum(axis=0)


def is_many(dropped: NDArray[np.int64], accounts: NDArray[np.int64]) -> Bools:
    """Days on which more than a fifth dropped: our outage, broken tracking, a holiday we do not know. Under 20 accounts nothing is said."""
    return np.asarray((accounts >= policy.MANY_FEWEST) & (dropped > policy.MANY_SHARE * accounts))


def _last_five(packed: Floats) -> Floats:
    """Sum over each column and the four before it."""
    sums = np.cumsum(packed, axis=1)
    sums[:, policy.OF_DAYS :] -= sums[:, : -policy.OF_DAYS].copy()
    return np.asarray(sums)
