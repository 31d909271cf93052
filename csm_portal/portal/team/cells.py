"""What a cell of the table holds, ready to be placed: lines of words and links, a stacked bar, a line of months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

BAR_WIDTH, BAR_HEIGHT = 104, 8
SPARK_WIDTH, SPARK_HEIGHT = 104, 24


@dataclass(frozen=True, slots=True)
class Part:
    """A word or number; `href` leads to the accounts that it counts, `says` is what it means in full."""

    text: str
    href: str = ""
    css: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a stacked bar."""

    css: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Spark:
    """A line of months. `path` is broken where a month has no rate; `last` is the place of the newest one, `down` are lines across it."""

    path: str
    last: tuple[str, str] | None
    says: str
    down: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: rows of parts, below a bar or a spark where there is one."""

    lines: list[list[Part]]
    css: str = ""
    bar: list[Segment] = field(default_factory=list)
    spark: Spark | None = None


def stacked(counts: Sequence[tuple[str, int]]) -> list[Segment]:
    """Segments in proportion to (css class, count); nothing where all counts are 0."""
    whole = sum(count for _css, count in counts)
    segments, left = [], 0.0
    for css, count in counts:
        if count:
            width = BAR_WIDTH * count / whole
            segments.append(Segment(css, f"{left:.2f}", f"{width:.2f}"))
            left += width
    return segments


def spark(values: Sequence[float | None], low: float, says: str, down: Sequence[int] = ()) -> Spark | None:
    """Shares as a line on a scale from `low` (below 1) to 100 %; None where nothing is known. `down`: places at which a line stands."""
    if all(value is None for value in values):
        return None
    step = (SPARK_WIDTH - 4) / max(1, len(values) - 1)
    path, pen, last = [], "M", None
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        x, y = f"{2 + place * step:.1f}", f"{SPARK_HEIGHT - 2 - (SPARK_HEIGHT - 4) * min(1.0, max(0.0, (value - low) / (1 - low))):.1f}"
        path.append(f"{pen}{x} {y}")
        pen, last = "L", (x, y)
    return Spark(" ".join(path), last, says, "".join(f"M{2 + place * step:.1f} 0V{SPARK_HEIGHT}" for place in down))
