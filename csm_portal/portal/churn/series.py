"""The three attritions over the periods of a trend, as equal rows whatever is counted: customers, seats or money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from csm_portal.lib.periods import ONE_DAY, label
from csm_portal.portal import words

if TYPE_CHECKING:
    from churn.attrition import Attrition, Three

LOGO, SEAT, REVENUE = "logo", "seat", "revenue"
MEASURES = (LOGO, SEAT, REVENUE)


@dataclass(frozen=True, slots=True)
class Point:
    """One period of one measure. Counts of customers or seats, amounts of money; `rate` is None where nobody was there at the start.

    `losers` units lost something, of `counted` (of money: as many of equal size); None where nobody was there.
    """

    first: date
    after: date
    start: Decimal
    lost: Decimal
    remaining: Decimal
    joined: Decimal
    rate: float | None
    low: float | None
    high: float | None
    provisional: bool
    losers: int = 0
    counted: float | None = None
    without_rate: int = 0
    bought: int | None = None
    bought_lost: int | None = None


def points(rows: Sequence[Attrition]) -> list[Point]:
    """Rows of one measure, whatever it counts."""
    return [
        Point(
            first=row.first,
            after=row.after,
            start=Decimal(row.start),
            lost=Decimal(row.lost),
            remaining=Decimal(row.remaining),
            joined=Decimal(row.joined),
            rate=_float(row.rate),
            low=_float(row.low),
            high=_float(row.high),
            provisional=row.provisional,
            losers=row.losers,
            counted=row.counted,
            without_rate=row.without_rate,
            bought=row.purchased_start,
            bought_lost=row.purchased_lost,
        )
        for row in rows
    ]


def three(rows: Sequence[Three]) -> dict[str, list[Point]]:
    """The points of each measure."""
    return {
        LOGO: points([row.logo for row in rows]),
        SEAT: points([row.seat for row in rows if row.seat]),
        REVENUE: points([row.revenue for row in rows]),
    }


def _float(value: Decimal | float | None) -> float | None:
    return None if value is None else float(value)


def known_of(points: Sequence[Point]) -> list[Point]:
    """Without the periods before anything was there: a trend begins where something could be lost."""
    first = next((place for place, point in enumerate(points) if point.rate is not None), len(points))
    return list(points[first:])


def stamp(grain: str, first: date) -> str:
    """A period on an axis, as short as it stays clear: `Oct 2026`, `2026 Q3`, `W44`."""
    if grain == "quarter":
        return label(grain, first).replace("-", " ")
    if grain == "month" and words.chinese():
        return f"{first:%y}年{first.month}月"
    if grain == "week" and first.isocalendar().weekday == 1:
        number = first.isocalendar().week
        return f"{number}周" if words.chinese() else f"W{number}"
    return words.short_day(first) if grain == "week" else shown_name(grain, first)


def shown_name(grain: str, first: date, after: date | None = None) -> str:
    """A period in words: `Oct 2026`, `2026 Q3`, `W44 2026`, or its two ends."""
    if grain == "month":
        return words.month(first)
    if grain == "week":
        return words.week(first)
    if grain == "quarter":
        year, _dash, quarter = label(grain, first).partition("-Q")
        return f"{year}年第{quarter}季度" if words.chinese() else f"Q{quarter} {year}"
    last = after - ONE_DAY if after else first
    return f"{words.day(first)} – {words.day(last)}"
