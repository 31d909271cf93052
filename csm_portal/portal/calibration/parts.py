"""What the calibration page places: figures, rows of its tables, and what is missing. Texts, ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure at the head: `key` of its explanation, its value, its interval, and what it is held against."""

    key: str
    name: str
    value: str
    interval: str
    note: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of groups. `href` leads to the renewals it counts (empty: no list)."""

    name: str
    href: str
    n: str
    amount: str
    expected: str
    renewed: str
    interval: str
    gross: str
    lost: str
    lift: str
    caught: str
    health: str
    band: str = ""


@dataclass(frozen=True, slots=True)
class QuarterRow:
    """One past quarter in words; `far` marks one whose losses lie beyond chance."""

    name: str
    href: str
    n: str
    renewed: str
    auc: str
    interval: str
    expected_lost: str
    lost: str
    far: bool
    green_lost: str


@dataclass(frozen=True, slots=True)
class KindRow:
    """Losses of one kind in words."""

    name: str
    lost: str
    green: str
    amount: str
    auc: str
    interval: str


@dataclass(frozen=True, slots=True)
class MissRow:
    """A renewal that went against its band."""

    name: str
    href: str
    product: str
    ends_on: date
    owner: str
    health: str
    amount: str
    why: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What is needed before something can be told: how much there is of it, and when it will be enough."""

    name: str
    have: str
    text: str
    done: bool


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page places. `warning` asks to look for a leak first; `drift` that expectation and outcome part."""

    empty: str
    finding: str
    good: bool
    warning: str
    drift: str
    span: str
    chart: dict[str, Any] | None
    chart_text: str
    months: list[Row]
    tiles: list[Tile]
    reliability: dict[str, Any] | None
    groups: list[Row]
    fault_text: str
    bands: list[Row]
    without: int
    parts: list[Row]
    tenths: bool
    quarters: list[QuarterRow]
    kinds: list[KindRow]
    green_lost: list[MissRow]
    green_lost_n: int
    red_renewed: list[MissRow]
    red_renewed_n: int
    left_out: str
    missing: list[Missing]
