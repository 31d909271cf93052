"""Accounts x days: turns facts that hold for a stretch of days into one figure per account and day, without a loop over either.

A fact is a row number and a half-open stretch `[start, stop)` of day numbers (`date.toordinal`). Matrices are float64, rows x days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FOREVER = 4_000_000  # later than the last ordinal a date can have (3,652,059)


@dataclass(frozen=True, slots=True)
class Grid:
    """`rows` accounts by `days` days from the day number `first` on."""

    rows: int
    first: int
    days: int

    @property
    def numbers(self) -> Ints:
        """Day numbers of the columns, as one row to be compared with matrices."""
        return np.arange(self.first, self.first + self.days, dtype=np.int64)[None, :]

    def before(self, days: int) -> Grid:
        """The same grid with `days` more days in front, for windows that look back."""
        return Grid(self.rows, self.first - days, self.days + days)

    def blank(self, fill: float = np.nan) -> Floats:
        """A matrix of one value."""
        return np.full((self.rows, self.days), fill)

    def total(self, row: Ints, start: Ints, stop: Ints, weight: Floats | Bools | Ints | None = None) -> Floats:
        """Sum of the weights (count, without) of the facts that hold on each day. Exact while the weights are whole numbers."""
        begin, end = self._columns(start), self._columns(stop)
        kept = end > begin
        row, begin, end = row[kept], begin[kept], end[kept]
        width = self.days + 1
        size = self.rows * width
        amounts = None if weight is None else np.asarray(weight, dtype=np.float64)[kept]
        steps = np.bincount(row * width + begin, amounts, size) - np.bincount(row * width + end, amounts, size)
        summed: Floats = np.cumsum(steps.reshape(self.rows, width), axis=1)[:, :-1]
        return summed

    def peak(self, row: Ints, start: Ints, stop: Ints, value: Floats | Ints, fill: float = np.nan) -> Floats:
        """Highest value among the facts that hold on each day; `fill` where none does."""
        begin, end = self._columns(start), self._columns(stop)
        kept = end > begin
        begin, length = begin[kept], (end - begin)[kept]
        ends = np.cumsum(length)
        cells = np.repeat(row[kept] * self.days + begin - (ends - length), length) + np.arange(ends[-1] if ends.size else 0)
        highest = np.full(self.rows * self.days, -np.inf)
        np.maximum.at(highest, cells, np.repeat(np.asarray(value, dtype=np.float64)[kept], length))
        return np.where(np.isneginf(highest), fill, highest).reshape(self.rows, self.days)

    def highest_since(self, row: Ints, start: Ints, value: Floats | Ints) -> Floats:
        """Highest value among the facts that began on or before each day; NaN before the first."""
        begin = self._columns(start)
        kept = begin < self.days
        highest = np.full((self.rows, self.days), -np.inf)
        np.maximum.at(highest, (row[kept], begin[kept]), np.asarray(value, dtype=np.float64)[kept])
        np.maximum.accumulate(highest, axis=1, out=highest)
        return np.where(np.isneginf(highest), np.nan, highest)

    def place(self, row: Ints, day: Ints, value: Floats | Ints | Bools, fill: float = np.nan) -> Floats:
        """One value per (row, day) put into its cell; days outside are left out."""
        matrix = self.blank(fill)
        column = day - self.first
        kept = (column >= 0) & (column < self.days)
        matrix[row[kept], column[kept]] = np.asarray(value, dtype=np.float64)[kept]
        return matrix

    def _columns(self, day: Ints) -> Ints:
        return np.clip(day - self.first, 0, self.days)


def last_days(matrix: Floats | Bools | Ints, window: int) -> Floats:
    """Sum over the last `window` days including the day itself. The matrix begins `window` - 1 days before the result does."""
    sums = np.cumsum(np.asarray(matrix, dtype=np.float64), axis=1)
    summed: Floats = sums[:, window - 1 :].copy()
    summed[:, 1:] -= sums[:, :-window]
    return summed


def until_next(group: Ints, start: Ints, hold: Ints | int) -> Ints:
    """Day on which each fact stops counting: after `hold` days, or when the next of its group begins. Group -1 stands alone.

    Facts of one group and day must come in their order of arrival; the last one stands.
    """
    stop = start + np.asarray(hold, dtype=np.int64)
    order = np.lexsort((np.arange(start.size), start, group))
    follower, current = order[1:], order[:-1]
    same = (group[follower] == group[current]) & (group[current] >= 0)
    stop[current[same]] = np.minimum(stop[current[same]], start[follower[same]])
    return stop


def ratio(part: Floats, whole: Floats) -> Floats:
    """part / whole, NaN where the whole is 0 or unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
