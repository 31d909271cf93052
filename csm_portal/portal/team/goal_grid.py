"""The grid of targets: lines, cells as typed and read, what is wrong with one and what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from csm_portal.lib.periods import add_months
from csm_portal.portal import words
from csm_portal.portal.headlines import KEYS
from csm_portal.portal.stats import NPS
from csm_portal.portal.team.goals import Goals
from csm_portal.portal.team.tree import Kind, Line

if TYPE_CHECKING:
    from csm_portal.portal.team.goals import Cell

# Expansion may lift the net amount above what was due; the other rates end at 100 %.
BOUNDS = {"renewal_rate_count": (0, 100), "renewal_rate_amount": (0, 200), "monthly_active_rate": (0, 100), NPS: (-100, 100)}
HUNDRED = Decimal(100)
PLACES = Decimal("0.01")
MONTHS_BACK, MONTHS_AHEAD = 1, 12
# More lines than these are shown one team at a time.
MOST_LINES = 80


@dataclass(slots=True)
class Box:
    """One cell: its name in the form, the text in it, the value of the day beside it, and what is wrong."""

    name: str
    label: str
    text: str
    now: str
    problem: str = ""


@dataclass(slots=True)
class GridLine:
    """One person or team of the grid."""

    line: Line
    boxes: list[Box] = field(default_factory=list)


def months(today: date) -> list[tuple[str, str]]:
    """The months whose targets may be set: key and name. What lies further back is settled."""
    found = [add_months(today, ahead) for ahead in range(-MONTHS_BACK, MONTHS_AHEAD + 1)]
    return [(f"{month:%Y-%m}", words.month(month)) for month in found]


def month_asked(text: str, today: date) -> date | None:
    """The first day of the month named, this month where none is; None where it may not be set."""
    if not text:
        return today.replace(day=1)
    return date.fromisoformat(f"{text}-01") if text in {key for key, _name in months(today)} else None


def grid(
    lines: list[Line], goals: Goals, typed: Mapping[str, str], problems: Mapping[Cell, str], labels: Mapping[str, str]
) -> list[GridLine]:
    """The lines with the targets set, or with what was typed where that is not yet right."""
    made = []
    for line in lines:
        values = line.figures.month_values
        boxes = []
        for metric in KEYS:
            name, value = f"{line.key}.{metric}", values[metric]
            goal = goals.get(line.key, {}).get(metric)
            text = typed.get(name, "") if name in typed else in_box(metric, goal)
            now = words.UNKNOWN if value is None else words.number(value) if metric == NPS else words.percent(value)
            label = f"{line.name}: {labels[metric]}"
            boxes.append(Box(name, label, text, now, problems.get((line.key, metric), "")))
        made.append(GridLine(line, boxes))
    return made


def in_box(metric: str, value: Decimal | None) -> str:
    """A target as it is typed: percent without the sign, points for NPS; empty where none is set."""
    if value is None:
        return ""
    shown = (value if metric == NPS else value * HUNDRED).normalize()
    return f"{shown:f}"


def read_box(metric: str, text: str) -> Decimal | None:
    """The value of what was typed, None for an empty box. Raises ValueError with what would be right."""
    plain = text.strip().removesuffix("%").removesuffix("％").strip().replace("−", "-")
    if not plain:
        return None
    low, high = BOUNDS[metric]
    try:
        value = Decimal(plain) if len(plain) <= 12 else None
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite() or not low <= value <= high:
        told = {"text": text.strip()[:20], "low": low, "high": high}
        if metric == NPS:
            raise ValueError(_("“%(text)s” is no NPS: write a number from %(low)d to %(high)d, such as 40.") % told)
        raise ValueError(_("“%(text)s” is no rate: write a number from %(low)d to %(high)d, such as 85 for 85%%.") % told)
    value = value.quantize(PLACES)
    return value if metric == NPS else value / HUNDRED


def read(posted: Mapping[str, str]) -> tuple[dict[Cell, Decimal | None], dict[Cell, str]]:
    """The cells that can be read and, by cell, what is wrong with the others. Names that are no cells are passed over."""
    wanted: dict[Cell, Decimal | None] = {}
    problems: dict[Cell, str] = {}
    for name, text in posted.items():
        line, dot, metric = name.partition(".")
        if not dot or metric not in BOUNDS or line[:1] not in ("p", "t") or not (line[1:].isascii() and line[1:].isdigit()):
            continue
        try:
            wanted[line, metric] = read_box(metric, text)
        except ValueError as wrong:
            problems[line, metric] = str(wrong)
    return wanted, problems


def settable(top: Line, allowed: set[str]) -> list[Line]:
    """The lines of people and teams that may be given targets, in the order of the table, the whole team first."""
    return [line for line in top.lines() if line.key in allowed and line.kind in (Kind.TOTAL, Kind.TEAM, Kind.PERSON)]
