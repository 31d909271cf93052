"""How likely a share as high as one seen is by the luck of the draw. Standard library only.

docs/methods/risk-rules.md.
"""

from __future__ import annotations

from math import exp, lgamma


def at_least(population: int, lost: int, drawn: int, seen: int) -> float:
    """P that `drawn` of a `population` with `lost` lost hold `seen` lost or more (hypergeometric): the p of a rate above the base.

    1 where fewer cannot be. Raises ValueError for counts that no draw gives.
    """
    if not (0 <= lost <= population and 0 <= drawn <= population and seen <= min(drawn, lost)):
        raise ValueError(f"no draw of {drawn} from {population} with {lost} lost holds {seen}")
    least = max(0, drawn + lost - population)
    if seen <= least:
        return 1.0
    if seen <= drawn * lost / population:
        # The shorter side is the other one, and the first term of this one may be too small for a float.
        return 1.0 - _sum(population, lost, drawn, seen - 1, -1)
    return _sum(population, lost, drawn, seen, 1)


def _sum(population: int, lost: int, drawn: int, start: int, step: int) -> float:
    """Chances of `start` and all beyond it, up (1) or down (-1); terms shrink away from the middle."""
    rest = population - lost - drawn
    term = exp(_choose(lost, start) + _choose(population - lost, drawn - start) - _choose(population, drawn))
    total, k = term, start
    while term > total * 1e-16:
        if step > 0:
            term *= (lost - k) * (drawn - k) / ((k + 1) * (rest + k + 1))
        else:
            term *= k * (rest + k) / ((lost - k + 1) * (drawn - k + 1))
        if term <= 0:
            break
        total += term
        k += step
    return min(1.0, total)


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
