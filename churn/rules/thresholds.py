"""Which single conditions a search starts from: borders that the figures themselves suggest, at most a few of each facet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import floor, inf, log10, sqrt

from churn.rules.conditions import WHOLE, Condition, Feature, Risk, Unit, Value
from churn.rules.gates import Gates
from churn.rules.past import Count, Half

# With no more different values than this each is a border; else the values at these shares of the renewals, counted from the risky end:
# never beyond the middle, for what most renewals show is no sign of risk.
FEW_VALUES = 12
SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class Tried:
    """A condition with its facet and the renewals of the half that meet it."""

    condition: Condition
    facet: str
    bits: int


def tried_of(half: Half, features: Sequence[Feature], gates: Gates) -> list[Tried]:
    """The conditions a search of this half starts from, the most telling first; features without figures have none.

    Of a facet the condition that separates best alone, then the one that separates best together with one of another facet: a signal
    that says nothing alone may say much in company. How far a rate stands above the base counts in standard errors.
    """
    every = [
        Tried(condition, feature.facet, bits)
        for feature in features
        for condition in borders(feature, half.past.values.get(feature.key, ()))
        if gates.fewest <= (bits := half.bits(condition)).bit_count() < half.whole.n
    ]
    alone = [above(half.whole, half.count(one.bits)) for one in every]
    paired = _paired(half, every, gates)
    chosen: list[tuple[float, int]] = []
    for facet in dict.fromkeys(one.facet for one in every):
        places = [place for place, one in enumerate(every) if one.facet == facet]
        first = max(places, key=lambda place: alone[place])
        rest = sorted((place for place in places if place != first), key=lambda place: max(paired[place], alone[place]), reverse=True)
        chosen += [(max(alone[place], paired[place]), place) for place in [first, *rest][: gates.per_facet]]
    chosen.sort(key=lambda one: (-one[0], every[one[1]].condition.spelled))
    return [every[place] for _strength, place in chosen[: gates.most_conditions]]


def borders(feature: Feature, column: Sequence[Value]) -> list[Condition]:
    """The conditions on a feature that its own figures suggest, in the direction of the risk."""
    if feature.risk is Risk.WORD:
        return [Condition(feature.key, "=", word) for word in sorted({one for one in column if isinstance(one, str) and one})]
    if feature.unit is Unit.FLAG:
        return [Condition(feature.key, "=", 1.0)]
    figures = sorted((one for one in column if isinstance(one, int | float)), reverse=feature.risk is Risk.HIGH)
    if not figures:
        return []
    distinct = sorted(set(figures))
    if len(distinct) > FEW_VALUES:
        distinct = sorted({rounded(figures[int(share * (len(figures) - 1))], feature.unit) for share in SHARES})
    sign = ">=" if feature.risk is Risk.HIGH else "<="
    # The last value of all is met by everyone known: that is no border.
    last = figures[-1]
    return [Condition(feature.key, sign, float(value)) for value in distinct if value != last and not (feature.changes and value > 0)]


def rounded(value: float, unit: Unit) -> float:
    """A border as people say it: whole where the figure is whole, else two digits."""
    if unit in WHOLE:
        return float(round(value))
    if value == 0:
        return 0.0
    return round(value, 1 - floor(log10(abs(value))))


def above(whole: Count, part: Count) -> float:
    """How many standard errors the rate of a part stands above that of the whole; minus infinity where there is no telling."""
    if not 0 < part.n < whole.n or not 0 < whole.lost < whole.n:
        return -inf
    base = whole.lost / whole.n
    spread = sqrt(part.n * base * (1 - base) * (whole.n - part.n) / max(1, whole.n - 1))
    return (part.lost - part.n * base) / spread


def _paired(half: Half, every: Sequence[Tried], gates: Gates) -> list[float]:
    """For each condition how far the best pair with one of another facet stands above the base."""
    best = [-inf] * len(every)
    enough = gates.lost_of(half.whole.n)
    lost_bits, whole = half.lost_bits, half.whole
    for (a, one), (b, other) in combinations(enumerate(every), 2):
        if one.facet == other.facet:
            continue
        both = one.bits & other.bits
        lost = (both & lost_bits).bit_count()
        if lost < enough or (n := both.bit_count()) < gates.fewest:
            continue
        strength = above(whole, Count(n, lost))
        best[a] = max(best[a], strength)
        best[b] = max(best[b], strength)
    return best
