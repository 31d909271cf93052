"""The difference of two shares with its interval. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from csm_portal.lib.estimates import share


@dataclass(frozen=True, slots=True)
class Difference:
    """Share of the first less share of the second, -1 … 1, with its 95% interval; all None where a side is empty."""

    value: float | None
    low: float | None
    high: float | None


def difference(hits: int, n: int, other_hits: int, other_n: int) -> Difference:
    """Newcombe's hybrid score interval of two Wilson intervals (1998, method 10): holds at 0 and at n too."""
    one, other = share(hits, n), share(other_hits, other_n)
    if one.value is None or one.low is None or one.high is None or other.value is None or other.low is None or other.high is None:
        return Difference(None, None, None)
    middle = one.value - other.value
    below = sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    above = sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Difference(middle, max(-1.0, middle - below), min(1.0, middle + above))
