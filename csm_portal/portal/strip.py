"""The strip of daily levels as SVG geometry: a bar per day, its height saying the level as well as its colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

BAR, GAP, HEIGHT = 3, 1, 20
# Letters of AccountState.strip and the height of their bar; unknown is an outline, not a bar.
HEIGHTS = {"Z": 2, "L": 7, "M": 13, "H": 20}
NAMES = {"Z": "zero", "L": "low", "M": "medium", "H": "high", "U": "unknown"}


@dataclass(frozen=True)
class LevelPath:
    """All bars of one level, in one path."""

    level: str
    d: str


@dataclass(frozen=True)
class Strip:
    """A drawn strip: geometry, and how many days stood at each level (in the order high … unknown)."""

    width: int
    height: int
    paths: list[LevelPath]
    days: dict[str, int]


def draw(letters: Sequence[str]) -> Strip:
    """Geometry of a strip, oldest day first. Letters other than Z L M H count as unknown; an empty strip has no paths."""
    bars: dict[str, list[str]] = {letter: [] for letter in NAMES}
    for place, letter in enumerate(letters):
        left = place * (BAR + GAP)
        tall = HEIGHTS.get(letter)
        if tall is None:
            bars["U"].append(f"M{left + 0.5} {HEIGHT - 3.5}h2v3h-2z")
        else:
            bars[letter].append(f"M{left} {HEIGHT - tall}h{BAR}v{tall}h-{BAR}z")
    counts = Counter(letter if letter in NAMES else "U" for letter in letters)
    return Strip(
        width=max(1, len(letters) * (BAR + GAP)),
        height=HEIGHT,
        paths=[LevelPath(NAMES[letter], "".join(parts)) for letter, parts in bars.items() if parts],
        days={NAMES[letter]: counts[letter] for letter in "HMLZU" if counts[letter]},
    )
