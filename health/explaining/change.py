"""Why a score is not what it was: a signed list per facet that sums to the change, exactly as printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

PLACES = 4
UNIT = Decimal(1).scaleb(-PLACES)
Facets = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Share:
    """What one facet did to the change of the score, in points of the score."""

    facet: str
    delta: Decimal


def contributions(facets: Facets) -> dict[str, Fraction]:
    """Points that each known facet gives: weight x value / sum of known weights. They sum to the score; none known: nothing."""
    known = {key: (_exact(one["weight"]), _exact(one["value"])) for key, one in facets.items() if one.get("value") is not None}
    total = sum(weight for weight, _value in known.values())
    return {key: weight * value / total for key, (weight, value) in known.items() if weight} if total else {}


def explain_change(then: Facets, now: Facets, change: Decimal) -> list[Share]:
    """Signed shares of `change` (4 places), the largest first; a facet that came or went is in it, so a change of coverage is too.

    Each is w v / W now - w v / W then, printed by largest remainder: what rounding leaves over goes to those who lost most by it.
    """
    before, after = contributions(then), contributions(now)
    raw = {key: (after.get(key, Fraction(0)) - before.get(key, Fraction(0))) / Fraction(UNIT) for key in sorted({*before, *after})}
    units = {key: value.numerator // value.denominator for key, value in raw.items()}
    left = int(change / UNIT) - sum(units.values())
    step = 1 if left > 0 else -1
    order = sorted(raw, key=lambda key: (-(raw[key] - units[key]) * step, key))
    for turn in range(abs(left) if order else 0):
        units[order[turn % len(order)]] += step
    shares = [Share(key, count * UNIT) for key, count in units.items()]
    return sorted(shares, key=lambda share: (-abs(share.delta), share.facet))


def _exact(number: Any) -> Fraction:
    return Fraction(str(number))
