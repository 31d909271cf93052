"""Whether the bands separate those who were lost: counts against the counts that would do, so that no rounded share decides. Pure.

Green separates where it loses at most half the share that all lose, red where it loses at least twice that share.
docs/methods/calibration.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from csm_portal.lib.estimates import share

GREEN, RED = "green", "red"


@dataclass(frozen=True, slots=True)
class Side:
    """A band: `lost` of its `n` renewals, the 95% interval of that share, and the count it may not exceed (green) or must reach (red).

    Of a band without renewals `n` is 0 and the shares are None.
    """

    band: str
    n: int
    lost: int
    low: float | None
    high: float | None
    border: int

    @property
    def holds(self) -> bool:
        """Whether the band does its part; an empty one does not."""
        return bool(self.n) and (self.lost <= self.border if self.band == GREEN else self.lost >= self.border)

    @property
    def by_chance(self) -> bool:
        """Whether the border lies inside the interval, so that a few renewals more may turn it."""
        return self.low is not None and self.high is not None and self.low * self.n <= self.border <= self.high * self.n


@dataclass(frozen=True, slots=True)
class Separation:
    """`lost` of the `n` renewals of all bands, and the two bands that are held against them."""

    n: int
    lost: int
    green: Side
    red: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        """Green and red."""
        return self.green, self.red

    @property
    def holds(self) -> bool:
        """Whether both bands do their part."""
        return self.green.holds and self.red.holds


def separation(bands: Mapping[str, tuple[int, int]]) -> Separation:
    """Green and red held against all bands together; a band is (lost, n)."""
    n, lost = (sum(one[place] for one in bands.values()) for place in (1, 0))
    # In whole numbers: half of the base is lost * n_band / (2 n), twice it 2 * lost * n_band / n rounded up.
    green = _side(GREEN, bands, lambda size: lost * size // (2 * n))
    return Separation(n, lost, green, _side(RED, bands, lambda size: -(-2 * lost * size // n)))


def _side(name: str, bands: Mapping[str, tuple[int, int]], border: Callable[[int], int]) -> Side:
    lost, n = bands.get(name, (0, 0))
    found = share(lost, n)
    return Side(name, n, lost, found.low, found.high, border(n) if n else 0)
