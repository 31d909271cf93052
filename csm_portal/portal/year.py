"""A year of daily levels as a calendar: one square per day, its size saying the level as well as its colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

STEP, LEFT, TOP = 13, 28, 14
# Side of the square by level word; unknown is an outline of full size.
SIDES = {"zero": 3, "low": 6, "medium": 9, "high": 11, "unknown": 10}


@dataclass(frozen=True)
class Cell:
    """One day: where its square stands, its level word and its place in the list of days."""

    x: float
    y: float
    side: int
    level: str
    day: date


@dataclass(frozen=True)
class Label:
    """A month's first week, or a weekday, to be named beside the squares."""

    x: int
    y: int
    day: date


@dataclass(frozen=True)
class OffPath:
    """The ground behind all days off of one kind (`holiday` or `quiet`), in one path."""

    kind: str
    d: str


@dataclass(frozen=True)
class YearCalendar:
    """Squares in columns of weeks (Monday on top) with the places of the labels, the ground of days off, and where something changed."""

    width: int
    height: int
    cells: list[Cell]
    months: list[Label]
    weekdays: list[Label]
    off: list[OffPath]
    borders: list[str]


def draw(
    levels: Mapping[date, str], *, last: date, n_weeks: int = 53, off: Mapping[date, str] | None = None, changes: Sequence[date] = ()
) -> YearCalendar:
    """Calendar of the weeks up to the one of `last`. A day without an entry, and any day after `last`, has no square.

    `off` names the days off that are marked (`holiday` or `quiet`); weekends are not, their rows show them. A line stands before each day
    of `changes` (a new version of the definition) that lies inside.
    """
    first = last - timedelta(days=last.weekday()) - timedelta(weeks=n_weeks - 1)
    cells, months, seen = [], [], set()
    grounds: dict[str, list[str]] = {}
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        week, weekday = divmod(offset, 7)
        if day.day <= 7 and weekday == 0 and (day.year, day.month) not in seen:
            seen.add((day.year, day.month))
            months.append(Label(LEFT + week * STEP, TOP - 4, day))
        if kind := (off or {}).get(day):
            grounds.setdefault(kind, []).append(f"M{LEFT + week * STEP - 1} {TOP + weekday * STEP - 1}h{STEP}v{STEP}h-{STEP}z")
        level = levels.get(day)
        if level is None:
            continue
        side = SIDES[level]
        pad = (STEP - 2 - side) / 2
        cells.append(Cell(LEFT + week * STEP + pad, TOP + weekday * STEP + pad, side, level, day))
    weekdays = [Label(0, TOP + place * STEP + 9, first + timedelta(days=place)) for place in (0, 2, 4)]
    borders = [_border((day - first).days) for day in changes if first < day <= last]
    paths = [OffPath(kind, "".join(parts)) for kind, parts in grounds.items()]
    return YearCalendar(LEFT + n_weeks * STEP, TOP + 7 * STEP, cells, months, weekdays, paths, borders)


def _border(offset: int) -> str:
    """A line down between the day before and this one: it steps to the left where the day is no Monday."""
    week, weekday = divmod(offset, 7)
    x, y = LEFT + week * STEP - 1, TOP + weekday * STEP - 1
    above = f"M{x + STEP} {TOP - 1}V{y}H{x}" if weekday else f"M{x} {y}"
    return f"{above}V{TOP + 7 * STEP - 1}"
