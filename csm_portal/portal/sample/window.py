"""Days as whole numbers (`date.toordinal`), the book's span, and local instants written in UTC."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Window:
    """The book's span: `first` and `last` are both inside it; nothing after `last` is written as having happened."""

    first: int
    last: int

    @classmethod
    def ending(cls, as_of: date, months: int) -> Window:
        """Whole months back from the month of `as_of`, which counts as one."""
        return cls(first=add_months(as_of.replace(day=1).toordinal(), 1 - months), last=as_of.toordinal())

    @property
    def days(self) -> int:
        return self.last - self.first + 1


def add_months(day: int, months: int) -> int:
    """The same day of the month, `months` later (or earlier); the month's last day when it is shorter."""
    start = date.fromordinal(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])).toordinal()


@lru_cache(maxsize=100_000)
def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def iso(day: int | None) -> str:
    """`YYYY-MM-DD`, or an empty field for an unknown day."""
    return "" if day is None else _iso(int(day))


@lru_cache(maxsize=64)
def offsets(timezone: str, first: int, last: int) -> NDArray[np.int64]:
    """Minutes that the zone is ahead of UTC at noon of each day in [first, last]."""
    zone = ZoneInfo(timezone)
    noon = [datetime.combine(date.fromordinal(day), time(12), zone).utcoffset() for day in range(first, last + 1)]
    return np.array([(shift or timedelta()) // timedelta(minutes=1) for shift in noon], dtype=np.int64)


def instant(day: int, minute: int, timezone: str) -> str:
    """A local day and minute of the day as an ISO instant in UTC."""
    local = datetime.combine(date.fromordinal(day), time(), ZoneInfo(timezone)) + timedelta(minutes=minute)
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
