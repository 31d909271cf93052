"""Which days make an alarm: three of the last five open days far under the usual, or a whole week of a small account. Pure.

Arrays as in `baseline`; a border is one z for all days, or one per day. docs/methods/alarms.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churn.alarms import policy
from churn.alarms.baseline import WEEK, Against, Bools, Floats, per_day, per_week

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Judged:
    """Days and weeks against their usual. `order`: per account the columns of its open days, first to last, then the closed ones.

    `mean`: the mean usual of the last five open days, in `order`; NaN where fewer than three of them have one.
    """

    is_open: Bools
    days: Against
    weeks: Against
    order: Places
    mean: Floats

    @property
    def told(self) -> Bools:
        """Days of which something is said of the day itself or of the week it ends."""
        told = ~np.isnan(self.days.z)
        told[:, WEEK - 1 : self.weeks.z.shape[1] * WEEK : WEEK] |= ~np.isnan(self.weeks.z)
        return np.asarray(told)


def judged(values: Floats, is_open: Bools) -> Judged:
    """Everything that does not hang on the border."""
    days, weeks = per_day(values, is_open), per_week(values, is_open)
    order = np.argsort(~is_open, axis=1, kind="stable")
    usual = np.take_along_axis(days.usual, order, axis=1)
    known = ~np.isnan(usual)
    n = _last_five(known.astype(np.float64))
    total = _last_five(np.where(known, usual, 0.0))
    mean = np.where(n >= policy.LOW_DAYS, total / np.maximum(n, 1.0), np.nan)
    return Judged(is_open, days, weeks, order, mean)


def hits(found: Judged, border: float | Floats) -> Bools:
    """Days on which the rule holds, silence not yet kept: the third low day of five, or the last day of a low week."""
    low = found.days.z < border
    packed = np.take_along_axis(low, found.order, axis=1)
    three = packed & (_last_five(packed.astype(np.float64)) >= policy.LOW_DAYS) & (found.mean >= policy.DAILY_FROM)
    out = np.zeros_like(low)
    np.put_along_axis(out, found.order, three, axis=1)
    ends = np.s_[:, WEEK - 1 : found.weeks.z.shape[1] * WEEK : WEEK]
    out[ends] |= (found.weeks.z < (border if isinstance(border, float) else border[ends[1]])) & small_weeks(found)
    return out


def small_weeks(found: Judged) -> Bools:
    """Weeks of accounts that usually do less than 10 a day."""
    shape = (found.is_open.shape[0], found.weeks.usual.shape[1], WEEK)
    n_open = found.is_open[:, : shape[1] * WEEK].reshape(shape).sum(axis=2)
    return np.asarray(found.weeks.usual < policy.DAILY_FROM * n_open)


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
