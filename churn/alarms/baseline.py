"""An account's usual weekday and usual two weeks, and how far under them a day lies. Pure: arrays of accounts x days in, arrays out.

Rows are accounts, columns consecutive days from a Monday on. NaN says that nothing is said. docs/methods/alarms.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from churn.alarms import policy

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]
WEEK = 7


@dataclass(frozen=True, slots=True)
class Against:
    """Values beside what was usual. `usual`, `spread` and `z` are NaN where the day is closed or too few like it came before."""

    value: Floats
    usual: Floats
    spread: Floats
    z: Floats


def per_day(values: Floats, is_open: Bools, since: int = 0) -> Against:
    """Each open day against the median of the last 8 open days of its weekday (4 … 8, within 16 weeks, itself not among them).

    `spread` = max(1.4826 x median absolute deviation, sqrt(usual), 1), z = (value - usual) / spread: counts scatter at least as a Poisson.
    `since`: nothing need be said of the weeks before the one of that column.
    """
    usual, spread = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for weekday in range(WEEK):
        mine = np.s_[:, weekday::WEEK]
        usual[mine], deviation = _before(values[mine], is_open[mine], since // WEEK)
        spread[mine] = np.maximum(np.maximum(policy.MAD_TO_SPREAD * deviation, np.sqrt(usual[mine])), 1.0)
    return Against(values, usual, spread, (values - usual) / spread)


def per_total(values: Floats, is_open: Bools, since: int = 0) -> Against:
    """For each open day the total of the 14 days it ends, against the median daily mean of the 8 weeks before those times their open days.

    So two weeks with a holiday are measured by the days that were left. A week with under 3 open days says nothing and counts for none; a
    total that is usually under 10 is not judged. `spread` as of days, the deviation of daily means taken for two weeks of them.
    `since`: nothing need be said of totals that end before that column.
    """
    found = Against(*(np.full(values.shape, np.nan) for _part in range(4)))
    actions, n_open = _sums(np.where(is_open, values, 0.0)), _sums(is_open)
    for phase in range(WEEK):
        ends = np.arange(phase, values.shape[1], WEEK)
        ends = ends[ends >= WEEK - 1]
        after, before = ends + 1, ends + 1 - WEEK
        _totals_of(found, ends, actions[:, after] - actions[:, before], n_open[:, after] - n_open[:, before], since)
    for part in (found.value, found.usual, found.spread, found.z):
        part[~is_open] = np.nan
    return found


def _sums(part: Floats | Bools) -> Floats:
    """Of each row what stands before each column."""
    return np.concatenate((np.zeros((part.shape[0], 1)), np.cumsum(part, axis=1, dtype=np.float64)), axis=1)


def _totals_of(found: Against, ends: Places, actions: Floats, n_open: Floats, since: int) -> None:
    """Write what is said of the two weeks to each end but the first, from `since` on; `actions`, `n_open`: of the week to each end."""
    first = max(int(np.searchsorted(ends, since)), 1)
    told = n_open >= policy.FEWEST_OPEN_DAYS
    means = np.divide(actions, n_open, out=np.zeros_like(actions), where=told)
    middle, deviation = _before(means, told, first - 1)
    # What came before the first of the two weeks; it says nothing where that week says nothing.
    now, before = np.s_[:, first:], np.s_[:, first - 1 : -1]
    both, days = told[now], n_open[now] + n_open[before]
    usual = np.where(both, middle[before] * days, np.nan)
    usual = np.where(usual >= policy.FEWEST_TOTAL, usual, np.nan)
    apart = policy.MAD_TO_SPREAD * deviation[before] * days / np.sqrt(policy.TOTAL_DAYS / WEEK)
    spread = np.maximum(np.maximum(apart, np.sqrt(usual)), 1.0)
    value = actions[now] + actions[before]
    told_of = (value, usual, spread, (value - usual) / spread)
    for part, figures in zip((found.value, found.usual, found.spread, found.z), told_of, strict=True):
        part[:, ends[first:]] = figures


def _before(values: Floats, told: Bools, since: int) -> tuple[Floats, Floats]:
    """Median and median absolute deviation of the last 8 told values before each told one, from column `since` on; NaN elsewhere. Columns
    are weeks."""
    # The told ones come last, in their order: those from `since` on stand among as many last places as there are columns from there on.
    order = np.argsort(told, axis=1, kind="stable")
    there = np.take_along_axis(told, order, axis=1)
    packed = np.where(there, np.take_along_axis(values, order, axis=1), np.nan)
    windows = _windows(packed, np.nan)[:, since:]
    too_old = order[:, since:, None] - _windows(order.astype(np.float64), -np.inf)[:, since:] > policy.REACH_WEEKS
    windows = np.where(too_old, np.nan, windows)
    middle = _median(windows)
    deviation = _median(np.abs(windows - middle[:, :, None]))
    unpacked = np.full((2, *values.shape), np.nan)
    for place, found in enumerate((middle, deviation)):
        np.put_along_axis(unpacked[place], order[:, since:], np.where(there[:, since:], found, np.nan), axis=1)
    return unpacked[0], unpacked[1]


def _windows(packed: Floats, blank: float) -> Floats:
    """For each column the 8 before it."""
    left = np.full((packed.shape[0], policy.SAME_WEEKDAYS), blank)
    padded = np.concatenate((left, packed), axis=1)
    return sliding_window_view(padded, policy.SAME_WEEKDAYS, axis=1)[:, : packed.shape[1]]


def _median(windows: Floats) -> Floats:
    """Median of the last axis without its NaN; NaN where fewer than 4 are left."""
    ordered = np.sort(windows, axis=-1)  # NaN come last
    n = np.count_nonzero(~np.isnan(ordered), axis=-1)
    low = np.take_along_axis(ordered, np.maximum((n - 1) // 2, 0)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(ordered, np.minimum(n // 2, policy.SAME_WEEKDAYS - 1)[..., None], axis=-1)[..., 0]
    return np.where(n >= policy.FEWEST_SAME_WEEKDAYS, (low + high) / 2, np.nan)
