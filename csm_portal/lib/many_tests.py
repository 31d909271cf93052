"""Tests that are made by the dozen: whether a share moves along ordered groups, and what a small p means among many. Standard library.

docs/methods/cohorts.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, sqrt


def trend_z(groups: Sequence[tuple[int, int]]) -> float | None:
    """Cochran and Armitage's z for `(hits, n)` of groups in order, a step apart: above 0 where the share rises along them.

    None where it is not defined: fewer than two groups with members, or all or nobody hit.
    """
    n = sum(size for _hits, size in groups)
    hits = sum(count for count, _size in groups)
    if n == 0 or hits in (0, n):
        return None
    share = hits / n
    drift = sum(place * (count - size * share) for place, (count, size) in enumerate(groups))
    first = sum(place * size for place, (_count, size) in enumerate(groups))
    spread = sum(place * place * size for place, (_count, size) in enumerate(groups)) - first * first / n
    if spread <= 0:
        return None
    return drift / sqrt(share * (1 - share) * spread)


def two_sided_p(z: float) -> float:
    """Chance of a normal value at least as far from 0."""
    return erfc(abs(z) / sqrt(2))


def q_values(ps: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p, in the order given: calling all below 0.05 true is wrong about one of them in twenty."""
    order = sorted(range(len(ps)), key=lambda place: ps[place], reverse=True)
    found = [0.0] * len(ps)
    lowest = 1.0
    for rank, place in enumerate(order):
        lowest = min(lowest, ps[place] * len(ps) / (len(ps) - rank))
        found[place] = lowest
    return found
