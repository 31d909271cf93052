"""Where the marks of the renewals' timeline stand. Pure: days and amounts in, places out.

The line is laid out in percent of its width, so it follows the window without a script; marks have a fixed size in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

# Percent of the width: overdue ones stand left of the line, which begins with today.
OVERDUE_AT, FIRST, LAST, SPAN_DAYS = 3.5, 9.0, 97.0, 90
SMALL, LARGE = 4.0, 9.0
LANE, LANES, TOP = 20, 5, 12
# Height of a line of words below, and how far its letters stand above the bottom.
LINE, DESCENT = 17, 4
# A mark keeps its neighbour in the lane this far off, in percent of the width.
APART = 3.2
# A shape for each band, so that the colour never stands alone: triangle, diamond, circle, ring.
SHAPES = {"red": "triangle", "amber": "diamond", "green": "circle"}


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: `x` in percent, `y` and the path in pixels around its middle."""

    x: str
    y: int
    shape: str
    d: str


def across(day: int) -> str:
    """Place of a day (0 = today, negative = overdue) in percent of the width."""
    return _percent(_at(day))


def place(days: Sequence[int], amounts: Sequence[Decimal | None], bands: Sequence[str]) -> list[Mark]:
    """One mark per renewal, in the order given (days ascending). Marks that would touch go into the next lane; a full line overlaps."""
    largest = max((amount for amount in amounts if amount), default=Decimal(0))
    free = [-100.0] * LANES
    marks = []
    for day, amount, band in zip(days, amounts, bands, strict=True):
        x = _at(day)
        lane = next((lane for lane in range(LANES) if x - free[lane] >= APART), min(range(LANES), key=lambda lane: free[lane]))
        free[lane] = x
        shape = shape_of(band)
        marks.append(Mark(_percent(x), TOP + LANE * lane, shape, path(shape, radius(amount, largest))))
    return marks


def height(marks: Sequence[Mark]) -> int:
    """Pixels that the lanes in use take; two at least, so that the panel does not jump between people."""
    return max([TOP + LANE, *(mark.y for mark in marks)]) + TOP


def radius(amount: Decimal | None, largest: Decimal) -> float:
    """The area follows the amount; an unknown or no amount is the smallest mark."""
    if not amount or not largest:
        return SMALL
    return round(SMALL + (LARGE - SMALL) * math.sqrt(amount / largest), 1)


def shape_of(band: str) -> str:
    """The shape that stands for a band; a ring for the unknown one."""
    return SHAPES.get(band, "ring")


def path(shape: str, r: float) -> str:
    """Outline around 0, 0."""
    if shape == "triangle":
        return f"M0 {-r:.1f}L{r:.1f} {r * 0.8:.1f}H{-r:.1f}z"
    if shape == "diamond":
        return f"M0 {-r:.1f}L{r:.1f} 0L0 {r:.1f}L{-r:.1f} 0z"
    return f"M{-r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0z"


def _at(day: int) -> float:
    if day < 0:
        return OVERDUE_AT
    return FIRST + (LAST - FIRST) * min(day, SPAN_DAYS) / SPAN_DAYS


def _percent(x: float) -> str:
    return f"{x:.2f}%"
