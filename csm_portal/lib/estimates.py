"""Shares with their intervals, and whether two differ. Standard library only: pages call it.

docs/methods/estimates.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt

Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n` with the 95% Wilson interval; all three are None where n is 0: unknown, not 0."""

    hits: int
    n: int
    value: float | None
    low: float | None
    high: float | None


def share(hits: int, n: int) -> Share:
    """The share and its 95% Wilson score interval, which stays inside 0 … 1 and holds at 0 and at n too.

    Raises ValueError where hits lie outside 0 … n.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    if n == 0:
        return Share(0, 0, None, None, None)
    low, high = wilson(hits / n, n)
    # A share of all or nothing has its end exactly there; floats would miss it by a hair.
    return Share(hits, n, hits / n, 0.0 if hits == 0 else low, 1.0 if hits == n else high)


def wilson(value: float, n: float) -> tuple[float, float]:
    """The 95% Wilson score interval of a share of `n` (above 0; of a weighted share the effective number, which need not be whole)."""
    square = Z_95 * Z_95
    middle = (value + square / (2 * n)) / (1 + square / n)
    half = Z_95 * sqrt(value * (1 - value) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def difference_p(hits_a: int, n_a: int, hits_b: int, n_b: int) -> float | None:
    """Two-sided p of the pooled z test that two shares are equal; None where a side is empty. 1 where both are all or nothing alike."""
    if n_a == 0 or n_b == 0:
        return None
    pooled = (hits_a + hits_b) / (n_a + n_b)
    spread = sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    if spread == 0:
        return 1.0
    return erfc(abs(hits_a / n_a - hits_b / n_b) / spread / sqrt(2))
