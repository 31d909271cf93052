"""The borders that keep false alarms inside the budget, found on the installation's own quiet weeks. Pure.

A false alarm is one in a week after which the account went on as before: in the four weeks after, its mean open day held at least 80% of
that of the eight weeks before. docs/methods/alarms.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from churn.alarms import policy
from churn.alarms.baseline import WEEK, Bools, Floats
from churn.alarms.judging import Borders, Judged, day_counts, is_many, judged, low_days, low_totals, silenced
from csm_portal.lib.estimates import Z_95


@dataclass(frozen=True, slots=True)
class Tried:
    """What one border gives: false alarms in quiet account-weeks, per 50 accounts and week with its 95% interval; `alarms` are all."""

    z: float
    false: int
    alarms: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tuned:
    """The borders chosen. `weeks`: quiet account-weeks they were measured on; with too few `rate` is None and nothing was tuned.

    `tried`: borders of totals, each together with the border of days that was chosen first; `days` is what that one gives alone.
    """

    z: float
    total: float
    rate: float | None
    weeks: int
    tried: tuple[Tried, ...]
    left_out: tuple[int, ...]
    days: Tried | None = None

    @property
    def borders(self) -> Borders:
        """Both borders."""
        return Borders(self.z, self.total)

    @property
    def within(self) -> bool:
        """Whether the budget is kept; no where even the strictest border exceeds it."""
        return self.rate is not None and self.rate <= policy.BUDGET


def tuned(values: Floats, is_open: Bools) -> Tuned:
    """The keenest border of days that spends at most a tenth of the budget, then the keenest of totals that keeps both within it.

    Of the borders tried the one is taken whose rate, and that of every stricter one, is within; the strictest where none is.
    Arrays as in `baseline`: whole weeks from a Monday on. Days on which many dropped are left out throughout (`left_out`, columns).
    """
    found, left_out = without_ours(values, is_open, policy.UNTUNED)
    quiet = quiet_weeks(values, found)
    weeks = int(quiet.sum())
    if weeks < policy.FEWEST_WEEKS:
        return Tuned(policy.UNTUNED, policy.UNTUNED_TOTAL, None, weeks, (), left_out)
    days = _keenest([_tried(low_days(found, z), quiet, z) for z in policy.DAY_BORDERS], policy.BUDGET * policy.SHARE_OF_DAYS)
    by_day = low_days(found, days.z)
    tried = tuple(_tried(by_day | low_totals(found, z), quiet, z) for z in policy.TOTAL_BORDERS)
    chosen = _keenest(tried, policy.BUDGET)
    return Tuned(days.z, chosen.z, chosen.rate, weeks, tried, left_out, days)


def _keenest(tried: Sequence[Tried], budget: float) -> Tried:
    """Of borders from the keenest to the strictest."""
    chosen = tried[-1]
    for one in reversed(tried):
        if one.rate > budget:
            break
        chosen = one
    return chosen


def without_ours(values: Floats, is_open: Bools, border: float | Floats) -> tuple[Judged, tuple[int, ...]]:
    """Judged without the days on which many dropped, and those days: they count neither as low nor towards what is usual."""
    found = judged(values, is_open)
    ours = tuple(int(column) for column in np.flatnonzero(is_many(*day_counts(found, border))))
    if ours:
        kept = is_open.copy()
        kept[:, list(ours)] = False
        found = judged(values, kept)
    return found, ours


def quiet_weeks(values: Floats, found: Judged) -> Bools:
    """Accounts x weeks: something was said in the week, and the account went on as before."""
    n_weeks = values.shape[1] // WEEK
    shape = (values.shape[0], n_weeks, WEEK)
    inside = np.s_[:, : n_weeks * WEEK]
    n_open = found.is_open[inside].reshape(shape).sum(axis=2)
    totals = np.where(found.is_open[inside], values[inside], 0.0).reshape(shape).sum(axis=2)
    days_before, sum_before = (_sum(part, -policy.BEFORE_WEEKS, 0) for part in (n_open, totals))
    days_after, sum_after = (_sum(part, 1, policy.AFTER_WEEKS + 1) for part in (n_open, totals))
    known = (days_before >= policy.FEWEST_BEFORE) & (days_after >= policy.FEWEST_AFTER)
    held = sum_after * days_before >= policy.QUIET_SHARE * sum_before * days_after
    # The weeks without eight before and four after them have no full view on either side.
    view = np.zeros(n_weeks, dtype=bool)
    view[policy.BEFORE_WEEKS : max(n_weeks - policy.AFTER_WEEKS, 0)] = True
    return np.asarray(found.told[inside].reshape(shape).any(axis=2) & known & held & view)


def _tried(held: Bools, quiet: Bools, border: float) -> Tried:
    told = silenced(held)
    per_week = told[:, : quiet.shape[1] * WEEK].reshape(*quiet.shape, WEEK).any(axis=2)
    false = int((per_week & quiet).sum())
    low, high = count_interval(false)
    scale = policy.BOOK / int(quiet.sum())
    return Tried(border, false, int(told.sum()), false * scale, low * scale, high * scale)


def count_interval(n: int) -> tuple[float, float]:
    """95% interval of a Poisson count (Byar's approximation): 0 gives 0 … 3.7."""
    low = 0.0 if n == 0 else n * (1 - 1 / (9 * n) - Z_95 / (3 * sqrt(n))) ** 3
    return max(0.0, low), (n + 1) * (1 - 1 / (9 * (n + 1)) + Z_95 / (3 * sqrt(n + 1))) ** 3


def _sum(weeks: Floats, first: int, after: int) -> Floats:
    """For each week the sum over the weeks `[week + first, week + after)` that there are."""
    sums = np.concatenate((np.zeros((weeks.shape[0], 1)), np.cumsum(weeks, axis=1, dtype=np.float64)), axis=1)
    at = np.arange(weeks.shape[1])
    return np.asarray(sums[:, np.clip(at + after, 0, weeks.shape[1])] - sums[:, np.clip(at + first, 0, weeks.shape[1])])
