"""Which days a run has to build: pure set arithmetic over days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from csm_portal.lib.periods import add_months

# A level stays in the activity facet for 28 days, so a redone day may move the scores of the 27 days after it.
HEALTH_REACH_DAYS = 28


@dataclass(frozen=True)
class Known:
    """What the tables say before a run: every set holds local days."""

    data_from: date | None
    activity: frozenset[date]
    health: frozenset[date]
    dirty: frozenset[date]


@dataclass(frozen=True)
class Plan:
    """Days a run builds, ascending: activity days (all accounts) and health days."""

    as_of: date
    activity: tuple[date, ...]
    health: tuple[date, ...]

    @property
    def first_day(self) -> date:
        """The earliest day touched."""
        return min((*self.activity[:1], *self.health[:1], self.as_of))


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included; nothing when `first` is later."""
    return (first + timedelta(days=i) for i in range((last - first).days + 1))


def plan_run(as_of: date, known: Known, *, first: date | None = None) -> Plan:
    """Days to build as of `as_of`.

    Without `first`: every day since the data begin that no run has published, and every dirty one. With `first` (a span of history): all
    days of the span, and before it what nobody has published of its first week, month and 28-day window and of the month before, which
    the first month is compared with; dirty days elsewhere only where they are published already.
    The as-of day's health is always built anew: ratings or tickets may have come without touching a day's activity.
    """
    start = known.data_from
    if start is None or start > as_of:
        return Plan(as_of, (), (as_of,))
    if first is None:
        fresh = set(days_between(start, as_of)) - known.activity
        health = set(days_between(start, as_of)) - known.health
    else:
        # Whole months only: a month published from its last days would read as one in which little happened.
        lead_in = min(add_months(first, -1), first - timedelta(days=HEALTH_REACH_DAYS - 1))
        fresh = set(days_between(max(start, first), as_of))
        fresh |= set(days_between(max(start, lead_in), first - timedelta(days=1))) - known.activity
        health = set(days_between(max(start, first), as_of))
    dirty = {day for day in known.dirty if start <= day <= as_of and (day in fresh or day in known.activity)}
    reached = {near for day in dirty for near in days_between(day, min(as_of, day + timedelta(days=HEALTH_REACH_DAYS - 1)))}
    return Plan(as_of, tuple(sorted(fresh | dirty)), tuple(sorted(health | (reached & known.health) | {as_of})))


def by_month(days: Iterable[date]) -> Iterator[tuple[str, tuple[date, ...]]]:
    """Days in chunks of one calendar month, labelled `YYYY-MM`: the unit of work a killed run repeats at most."""
    chunk: list[date] = []
    for day in days:
        if chunk and (day.year, day.month) != (chunk[0].year, chunk[0].month):
            yield f"{chunk[0]:%Y-%m}", tuple(chunk)
            chunk = []
        chunk.append(day)
    if chunk:
        yield f"{chunk[0]:%Y-%m}", tuple(chunk)
