"""What the columns of the table of people share: the setting of a table, the shape of a column, small readings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from churn.k_reads import last_whole_month
from csm_portal.lib.periods import Period, add_months, label, period_of
from csm_portal.lib.versions import changes
from csm_portal.portal import words
from csm_portal.portal.team.cells import Cell, Part
from csm_portal.portal.team.past import MONTHS
from csm_portal.portal.team.tree import Line, Measure

if TYPE_CHECKING:
    from csm_portal.portal.team.drill import Drill

POINTS_FLAT = 0.0005
Value = str | int | float | Decimal | None


@dataclass(frozen=True)
class Setting:
    """What all cells of one table share. `versions`: the activity definition behind each month, by its first day."""

    as_of: date
    period: Period
    currency: str
    drill: Drill
    provisional: bool
    lowest_rate: float = 0.0
    targets: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    renewing: tuple[float, float] | None = None
    versions: Mapping[date, int] = field(default_factory=dict)

    @property
    def whole_month(self) -> date:
        """First day of the last month that has ended."""
        return last_whole_month(self.as_of)

    @property
    def month(self) -> str:
        """The running month as the rates name it."""
        return label("month", self.as_of)

    @property
    def months(self) -> list[str]:
        """The last 12 months, the running one last."""
        return [label("month", add_months(self.as_of, back - MONTHS + 1)) for back in range(MONTHS)]

    @property
    def version_changes(self) -> list[tuple[date, int]]:
        """Of the months shown, those from which another activity definition counted."""
        return changes(sorted(self.versions.items()))

    @property
    def last_month(self) -> str:
        """The month before, as the rates name it."""
        return label("month", add_months(self.as_of, -1))

    @property
    def month_name(self) -> str:
        """The running month in words."""
        return words.month(self.as_of)


@dataclass(frozen=True)
class Column:
    """One column. `measure` is what it sorts by; `figures` are heading and value of each of its columns in a file."""

    key: str
    name: str
    note: str
    cell: Callable[[Line], Cell]
    measure: Measure
    figures: Sequence[tuple[str, Callable[[Line], Value]]]
    ascending_first: bool = False
    help: str = ""


def change(now: float | None, before: float | None, says: str, *, scale: int = 100, unit: str = "") -> Part | None:
    """A change as a part with its direction; None where either side is unknown."""
    if now is None or before is None:
        return None
    shown = Decimal(str((now - before) * scale))
    text = words.signed(shown, 1) + unit
    way = "flat" if text.startswith("±") else "up" if shown > 0 else "down"
    return Part(text, css=f"change change-{way}", says=says)


def kept(*parts: Part | None) -> list[Part]:
    """The parts that are there."""
    return [part for part in parts if part is not None]


def reading(name: str) -> Callable[[Line], Value]:
    """Reads one figure of a line."""

    def read(line: Line) -> Value:
        value: Value = getattr(line.figures, name)
        return value

    return read


def share_of(part: int, whole: int) -> float | None:
    """A part of a whole; None where the whole is 0."""
    return part / whole if whole else None


def short(amount: Decimal) -> str:
    """An amount in thousands or millions, for narrow places: `950`, `12.3k`, `4.1M`."""
    if abs(amount) < 1_000:
        return words.number(amount)
    if abs(amount) < 1_000_000:
        return f"{words.number(amount / 1_000, 1)}k"
    return f"{words.number(amount / 1_000_000, 1)}M"


def lowest_rate(top: Line, as_of: date) -> float:
    """Where the scale of the trends begins, one for all lines: the lowest rate of the last 12 months, down to the next 10 %."""
    months = [label("month", add_months(as_of, -back)) for back in range(MONTHS)]
    known = [rate for line in top.lines() for month in months if (rate := line.figures.rate_of("month", month)) is not None]
    return int(min(known, default=0.0) * 10) / 10 if min(known, default=0.0) < 1 else 0.0


def running_week(as_of: date, known: Sequence[str]) -> tuple[str, str] | None:
    """The running week and the one before, of those that the rates know; None where there is none."""
    if not known:
        return None
    newest, *earlier = sorted(set(known), reverse=True)
    return newest, earlier[0] if earlier else ""


def provisional_month(line: Line, as_of: date) -> bool:
    """Whether the running month still runs, or its calendar is not official."""
    month = period_of("month", as_of)
    return as_of < month.last or line.figures.past["month", label("month", as_of), "provisional"] > 0
