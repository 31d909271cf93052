"""Days, weeks, months and quarters as half-open ranges of days, and their labels as the API writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GRAINS = ("day", "week", "month", "quarter")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days `[first, after)`."""

    first: date
    after: date

    @property
    def last(self) -> date:
        """The last day inside."""
        return self.after - ONE_DAY

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day < self.after

    def days(self) -> Iterator[date]:
        """Every day inside, ascending."""
        return days_in(self.first, self.after)


def days_in(first: date, after: date) -> Iterator[date]:
    """Every day of `[first, after)`, ascending; nothing when `after` is not later."""
    return (first + timedelta(days=i) for i in range((after - first).days))


def add_months(day: date, months: int) -> date:
    """First day of the month that lies `months` after the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def period_of(grain: str, day: date, *, week_starts: str = "monday") -> Period:
    """The day, week, month or quarter that holds `day`; weeks begin on the weekday named."""
    if grain == "day":
        return Period(day, day + ONE_DAY)
    if grain == "week":
        first = day - timedelta(days=(day.weekday() - WEEKDAYS.index(week_starts)) % 7)
        return Period(first, first + timedelta(days=7))
    if grain == "month":
        return Period(day.replace(day=1), add_months(day, 1))
    if grain == "quarter":
        first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        return Period(first, add_months(first, 3))
    raise ValueError(f"unknown grain {grain!r}; known are {', '.join(GRAINS)}")


def periods_from(grain: str, first: date, after: date, *, week_starts: str = "monday") -> list[Period]:
    """Periods whose first day lies in `[first, after)`, ascending."""
    found = []
    period = period_of(grain, first, week_starts=week_starts)
    if period.first < first:
        period = period_of(grain, period.after, week_starts=week_starts)
    while period.first < after:
        found.append(period)
        period = period_of(grain, period.after, week_starts=week_starts)
    return found


def label(grain: str, first: date) -> str:
    """Name of the period that begins on `first`: `2026-03-05`, `2026-W10`, `2026-03`, `2026-Q1`.

    A week that does not begin on a Monday is named by its first day, since ISO weeks begin on Mondays.
    """
    if grain == "week" and first.weekday() == 0:
        year, week, _ = first.isocalendar()
        return f"{year:04d}-W{week:02d}"
    if grain == "month":
        return f"{first:%Y-%m}"
    if grain == "quarter":
        return f"{first.year:04d}-Q{(first.month + 2) // 3}"
    return first.isoformat()


def first_day_of_week(name: str) -> date:
    """First day of the week that `label` names: `2026-W10`, or a day where weeks do not begin on a Monday."""
    year, mark, week = name.partition("-W")
    return date.fromisocalendar(int(year), int(week), 1) if mark else date.fromisoformat(name)
