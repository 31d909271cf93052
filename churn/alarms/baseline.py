"""An account's usual weekday, and how far under it a day lies. Pure: arrays of accounts x days in, arrays out.

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


def per_week(values: Floats, is_open: Bools) -> Against:
    """The same of whole weeks, a column per week: totals against the median daily mean of 8 weeks before times this week's open days.

    So a week with a holiday is measured by the days that were left. Weeks with under 3 open days say nothing and count for none.
    Columns behind the last whole week are passed over.
    """
    n_weeks = values.shape[1] // WEEK
    shape = (values.shape[0], n_weeks, WEEK)
    inside = np.s_[:, : n_weeks * WEEK]
    days = is_open[inside].reshape(shape)
    n_open = days.sum(axis=2)
    totals = np.where(days, values[inside].reshape(shape), 0.0).sum(axis=2)
    told = n_open >= policy.FEWEST_OPEN_DAYS
    means = np.divide(totals, n_open, out=np.zeros_like(totals), where=told)
    mean, deviation = _before(means, told)
    usual = mean * n_open
    usual = np.where(usual >= policy.FEWEST_A_WEEK, usual, np.nan)
    spread = np.maximum(np.maximum(policy.MAD_TO_SPREAD * deviation * n_open, np.sqrt(usual)), 1.0)
    return Against(totals, usual, spread, (totals - usual) / spread)


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
