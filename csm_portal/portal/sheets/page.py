"""How a sheet's body is placed: the bars of its months, and the sheets that were shared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from churn.sheets import LANGUAGES
from csm_portal.portal import words

if TYPE_CHECKING:
    from churn.models import UsageSheet

LANGUAGE_NAMES = {"en": "English", "zh-hans": "中文"}
WIDTH, HEIGHT, TOP = 720, 96, 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One month of the chart, in the drawing's own units; `text` stands above it, empty for a month nobody knows."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    text: str
    text_y: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars and the stepped line above them; `anew` are lines down where the definition changed, `says` tells the same in words."""

    bars: list[Bar]
    line: str
    anew: str
    says: str
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Shared:
    """A sheet in a list."""

    href: str
    as_of: date
    language: str
    shared_at: datetime
    author: str


def chart(trend: Mapping[str, Any]) -> Chart | None:
    """The months of a body as a drawing; None where no month is known."""
    values, line = list(trend["bars"]), list(trend["line"])
    most = max((value for value in (*values, *line) if value is not None), default=None)
    if most is None or all(value is None for value in values):
        return None
    step = WIDTH / len(values)
    scale = (HEIGHT - TOP) / (most or 1)
    bars = [_bar(place, value, step, scale) for place, value in enumerate(values)]
    told = [f"{month}: {words.number(value)}" for month, value in zip(trend["months"], values, strict=True)]
    anew = "".join(f"M{place * step:.1f} 0V{HEIGHT}" for place in trend.get("anew", []))  # older sheets name none
    says = [f"{trend['title']}. {', '.join(told)}", trend.get("anew_text", "")]
    return Chart(bars, _steps(line, step, scale), anew, "; ".join(filter(None, says)))


def _bar(place: int, value: float | None, step: float, scale: float) -> Bar:
    height = (value or 0) * scale
    middle = place * step + step / 2
    return Bar(
        x=f"{middle - step * 0.3:.1f}",
        y=f"{HEIGHT - height:.1f}",
        width=f"{step * 0.6:.1f}",
        height=f"{height:.1f}",
        middle=f"{middle:.1f}",
        text="" if value is None else words.number(value),
        text_y=f"{HEIGHT - height - 3:.1f}",
    )


def _steps(line: Iterable[float | None], step: float, scale: float) -> str:
    """A line that is level through each month and broken where nothing is known."""
    path, pen = [], "M"
    for place, value in enumerate(line):
        if value is None:
            pen = "M"
            continue
        y = f"{HEIGHT - value * scale:.1f}"
        path.append(f"{pen}{place * step:.1f} {y} L{(place + 1) * step:.1f} {y}")
        pen = "L"
    return " ".join(path)


def customer_language(spoken: str | None, country: str, reader: str) -> str:
    """The language a sheet is written in unless somebody chooses: the customer's, by contact or country, else the reader's."""
    code = (spoken or "").lower()
    if code.startswith("zh") or (not code and country in {"CN", "TW", "HK", "MO"}):
        return "zh-hans"
    if code:
        return "en"
    return "zh-hans" if reader.startswith("zh") and not country else "en"


def language_asked(asked: str, fallback: str) -> str:
    """The language of the address, if sheets are written in it."""
    return asked if asked in LANGUAGES else fallback


def shared_row(row: Mapping[str, Any]) -> Shared:
    """A sheet as `find_case` tells it."""
    return Shared(
        reverse("portal:shared-sheet", args=[row["pk"]]),
        date.fromisoformat(row["as_of"]),
        LANGUAGE_NAMES[row["language"]],
        datetime.fromisoformat(row["shared_at"]),
        row["author"],
    )


def shared_of(sheet: UsageSheet) -> Shared:
    """A sheet as the database has it."""
    href = reverse("portal:shared-sheet", args=[sheet.pk])
    return Shared(href, sheet.as_of, LANGUAGE_NAMES[sheet.language], sheet.shared_at, sheet.author.get_full_name())
