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


def per_day(values: Floats, is_open: Bools) -> Against:
    """Each open day against the median of the last 8 open days of its weekday (4 … 8, within 16 weeks, itself not among them).

    `spread` = max(1.4826 x median absolute deviation, sqrt(usual), 1), z = (value - usual) / spread: counts scatter at least as a Poisson.
    """
    usual, spread = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for weekday in range(WEEK):
        mine = np.s_[:, weekday::WEEK]
        usual[mine], deviation = _before(values[mine], is_open[mine])
        spread[mine] = np.maximum(np.maximum(policy.MAD_TO_SPREAD * deviation, np.sqrt(usual[mine])), 1.0)
    return Against(values, usual, spread, (values - usual) / spread)


def per_total(values: Floats, is_open: Bools) -> Against:
    """For each open day the total of the 14 days it ends, against the median daily mean of the 8 weeks before those times their open days.

    So two weeks with a holiday are measured by the days that were left. A week with under 3 open days says nothing and counts for none; a
    total that is usually under 10 is not judged. `spread` as of days, the deviation of daily means taken for two weeks of them.
    """
    found = Against(*(np.full(values.shape, np.nan) for _part in range(4)))
    for phase in range(WEEK):
        ends = np.arange(phase, values.shape[1], WEEK)
        ends = ends[ends >= WEEK - 1]
        _totals_of(found, ends, *_weeks_to(ends, values, is_open))
    for part in (found.value, found.usual, found.spread, found.z):
        part[~is_open] = np.nan
    return found


def _weeks_to(ends: Places, values: Floats, is_open: Bools) -> tuple[Floats, Floats]:
    """Actions and number of open days in the seven days to each end."""
    made = []
    for part in (np.where(is_open, values, 0.0), is_open.astype(np.float64)):
        sums = np.concatenate((np.zeros((part.shape[0], 1)), np.cumsum(part, axis=1)), axis=1)
        made.append(sums[:, ends + 1] - sums[:, ends + 1 - WEEK])
    return made[0], made[1]


def _totals_of(found: Against, ends: Places, actions: Floats, n_open: Floats) -> None:
    """Write what is said of the two weeks to each end but the first."""
    told = n_open >= policy.FEWEST_OPEN_DAYS
    means = np.divide(actions, n_open, out=np.zeros_like(actions), where=told)
    middle, deviation = _before(means, told)
    # What came before the first of the two weeks; it says nothing where that week says nothing.
    both, days = told[:, 1:], n_open[:, 1:] + n_open[:, :-1]
    usual = np.where(both, middle[:, :-1] * days, np.nan)
    usual = np.where(usual >= policy.FEWEST_TOTAL, usual, np.nan)
    apart = policy.MAD_TO_SPREAD * deviation[:, :-1] * days / np.sqrt(policy.TOTAL_DAYS / WEEK)
    spread = np.maximum(np.maximum(apart, np.sqrt(usual)), 1.0)
    value = actions[:, 1:] + actions[:, :-1]
    told_of = (value, usual, spread, (value - usual) / spread)
    for part, figures in zip((found.value, found.usual, found.spread, found.z), told_of, strict=True):
        part[:, ends[1:]] = figures


def _before(values: Floats, told: Bools) -> tuple[Floats, Floats]:
    """Median and median absolute deviation of the last 8 told values before each told one; NaN elsewhere. Columns are weeks."""
    order = np.argsort(~told, axis=1, kind="stable")
    there = np.take_along_axis(told, order, axis=1)
    packed = np.where(there, np.take_along_axis(values, order, axis=1), np.nan)
    windows = _windows(packed, np.nan)
    too_old = order[:, :, None] - _windows(order.astype(np.float64), -np.inf) > policy.REACH_WEEKS
    windows = np.where(too_old, np.nan, windows)
    middle = _median(windows)
    deviation = _median(np.abs(windows - middle[:, :, None]))
    unpacked = np.full((2, *values.shape), np.nan)
    for place, found in enumerate((middle, deviation)):
        np.put_along_axis(unpacked[place], order, np.where(there, found, np.nan), axis=1)
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
