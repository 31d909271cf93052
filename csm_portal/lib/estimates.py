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


def effective_number(  # noqa: PLR0917 - the sums in the order of the formula
    n: int, total: float, squares: float, lost: float, lost_squares: float, lost_by_weight: float
) -> float | None:
    """As how many units of equal weight the `n` units of a weighted share count; between 1 and n, None where they weigh nothing.

    `total` and `squares` are the sums of the weights and of their squares; `lost` is the sum of the lost parts (each between 0 and its
    unit's weight), `lost_squares` that of their squares and `lost_by_weight` that of part times weight. The lesser of two numbers: Kish's
    (total² / squares), which holds where weight and loss have nothing to do with each other, and the one that the spread of the losses
    tells (of a ratio, by linearisation), which also sees that large units leave more often. With equal
    units lost wholly it is n. docs/methods/estimates.md.
    """
    if n == 0 or total <= 0:
        return None
    kish = total * total / squares
    rate = lost / total
    spread = lost_squares - 2 * rate * lost_by_weight + rate * rate * squares
    if spread <= squares * 1e-12:
        return min(max(kish, 1.0), float(n))
    seen = rate * (1 - rate) * total * total / spread
    return min(max(min(kish, seen), 1.0), float(n))


def weighted_interval(rate: float, n: float) -> tuple[float, float]:
    """The 95% Wilson interval of a weighted share of `n` effective units; its end is exact at none and at all."""
    low, high = wilson(rate, n)
    return 0.0 if rate <= 0 else low, 1.0 if rate >= 1 else high


def difference_p(hits_a: int, n_a: int, hits_b: int, n_b: int) -> float | None:
    """Two-sided p of the pooled z test that two shares are equal; None where a side is empty. 1 where both are all or nothing alike."""
    if n_a == 0 or n_b == 0:
        return None
    pooled = (hits_a + hits_b) / (n_a + n_b)
    spread = sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    if spread == 0:
        return 1.0
    return erfc(abs(hits_a / n_a - hits_b / n_b) / spread / sqrt(2))
