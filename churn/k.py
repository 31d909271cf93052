"""k of "renewal rate = k x active rate", with what stands behind it, and the way back from a target. Pure.

R is the renewed share of some dues, A the share of them whose account was active before; k = R / A. With p1 and p0, the renewed shares of
the active and of the others, R = A p1 + (1 - A) p0, so k = p1 + p0 (1 - A) / A: k changes with A, p1 and p0 need not.
docs/methods/k.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from math import ceil, exp, log, sqrt

from csm_portal.lib.estimates import Z_95, wilson

# Below this many dues an interval for k holds less often than it says, and half of it is wider than 0.1: too few to be told.
FEWEST = 50
# A due of one side only, and fewer of them, say nothing about that side.
FEWEST_OF_A_SIDE = 5
# Floats must not turn "exactly reached" into one account more.
HAIR = 1e-9


class Measure(StrEnum):
    """What is compared: dues as they are counted, or their MRR; gross takes at most what was due, net lets growth in."""

    COUNT = "count"
    GROSS = "gross"
    NET = "net"


class Window(StrEnum):
    """Which months tell whether an account was active: month D-3 alone, or the mean of the three months before D."""

    LEAD = "lead"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Point:
    """One decided due: its weight (1, or the MRR due), what was kept of it in the same unit, and its activity, 0 … 1."""

    weight: float
    kept: float
    active: float


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over dues from which everything here follows; those of two sets of dues simply add up.

    w is the weight, y what was kept, a the activity; `wya` is the sum of w y a, and so on.
    """

    n: int = 0
    w: float = 0.0
    wa: float = 0.0
    y: float = 0.0
    ya: float = 0.0
    ww: float = 0.0
    wwa: float = 0.0
    wwaa: float = 0.0
    wy: float = 0.0
    wya: float = 0.0
    wyaa: float = 0.0
    yy: float = 0.0
    yya: float = 0.0
    yyaa: float = 0.0

    def __add__(self, other: Moments) -> Moments:
        return Moments(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Moments)))


@dataclass(frozen=True, slots=True)
class Rate:
    """A renewed share with its 95% interval; `weight` is what it is a share of. None where there is nothing of that kind.

    The net rate may exceed 1, and so may its interval.
    """

    weight: float
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Relation:
    """A, R and k of some dues, with p1 (active ones) and p0 (the others).

    `k` is None where nothing was active, its interval also where the dues show no spread at all. `spread` is the standard error of log k.
    """

    measure: Measure
    n: int
    active: float | None
    rate: Rate
    p1: Rate
    p0: Rate
    k: float | None
    low: float | None
    high: float | None
    spread: float | None

    @property
    def enough(self) -> bool:
        """Whether there are dues enough to tell k."""
        return self.n >= FEWEST and self.low is not None


@dataclass(frozen=True, slots=True)
class Pool:
    """k of several batches together: the middle with its 95% interval, and `between`, the spread of log k beyond chance."""

    n: int
    k: float
    low: float
    high: float
    between: float


@dataclass(frozen=True, slots=True)
class Way:
    """From the accounts as they are to a target rate. Rates are shares.

    `expected` is what p1 and p0 make of the active share, `best` the same with every account active. `more` is how many accounts more
    have to be active: 0 where the target is reached, None where even all of them would not do.
    """

    n: int
    active: int
    target: float
    expected: float
    best: float
    more: int | None


def moments(points: Iterable[Point]) -> Moments:
    """The sums of some dues."""
    total = Moments()
    for one in points:
        w, y, a = one.weight, one.kept, one.active
        squares = [first * second * a**power for first, second in ((w, w), (w, y), (y, y)) for power in (0, 1, 2)]
        total += Moments(1, w, w * a, y, y * a, *squares)
    return total


def relation(of: Moments, measure: Measure = Measure.COUNT) -> Relation:
    """A, R, p1, p0 and k of the dues behind the sums, each with its interval.

    Shares: Wilson, by amount with the effective number of dues (Kish); net rates by the spread of their ratio. k: on the log scale,
    k exp(± 1.96 s) with s² = sum of (y / sum y - w a / sum w a)², which for counts is ((1 - A) / A + (1 - R) / R - 2 cov / (A R)) / n.
    """
    bounded = measure is not Measure.NET
    rate = _rate(of.w, of.y, (of.ww, of.wy, of.yy), bounded=bounded)
    p1 = _rate(of.wa, of.ya, (of.wwaa, of.wyaa, of.yyaa), bounded=bounded)
    idle = of.w - of.wa
    squares = (of.ww - 2 * of.wwa + of.wwaa, of.wy - 2 * of.wya + of.wyaa, of.yy - 2 * of.yya + of.yyaa)
    # What is left of a difference of equal sums is nothing.
    p0 = _rate(idle if idle > HAIR * of.w else 0.0, of.y - of.ya, squares, bounded=bounded)
    active = of.wa / of.w if of.w > 0 else None
    k = of.y / of.wa if of.wa > 0 else None
    spread = _spread(of)
    low, high = (None, None) if k is None or spread is None else (k * exp(-Z_95 * spread), k * exp(Z_95 * spread))
    return Relation(measure, of.n, active, rate, p1, p0, k, low, high, spread)


def _rate(w: float, y: float, squares: tuple[float, float, float], *, bounded: bool) -> Rate:
    """y / w with its interval; `squares` are the sums of w², w y and y²."""
    if w <= 0:
        return Rate(0.0, None, None, None)
    ww, wy, yy = squares
    value = y / w
    if bounded:
        value = min(1.0, max(0.0, value))
        low, high = wilson(value, w * w / ww)
        return Rate(w, value, 0.0 if value == 0 else low, 1.0 if value == 1 else high)
    half = Z_95 * sqrt(max(0.0, yy - 2 * value * wy + value * value * ww)) / w
    return Rate(w, value, max(0.0, value - half), value + half)


def _spread(of: Moments) -> float | None:
    """Standard error of log k; None where k is 0 or undefined, or where kept and active go together without exception."""
    # Squares, because that of an amount beyond all money vanishes.
    if of.n < 2 or of.y**2 <= 0 or of.wa**2 <= 0:
        return None
    variance = of.yy / of.y**2 - 2 * of.wya / (of.y * of.wa) + of.wwaa / of.wa**2
    return sqrt(variance) if variance > HAIR else None


def pool(batches: Sequence[Relation]) -> Pool | None:
    """k of the batches together by random effects (DerSimonian and Laird on log k); None where fewer than two have an interval."""
    known = [(log(one.k), one.spread**2) for one in batches if one.k and one.spread]
    if len(known) < 2:
        return None
    weights = [1 / variance for _value, variance in known]
    total = sum(weights)
    middle = sum(weight * value for weight, (value, _variance) in zip(weights, known, strict=True)) / total
    beyond = sum(weight * (value - middle) ** 2 for weight, (value, _variance) in zip(weights, known, strict=True)) - (len(known) - 1)
    between = max(0.0, beyond / (total - sum(weight * weight for weight in weights) / total))
    weights = [1 / (variance + between) for _value, variance in known]
    total = sum(weights)
    middle = sum(weight * value for weight, (value, _variance) in zip(weights, known, strict=True)) / total
    half = Z_95 / sqrt(total)
    return Pool(len(known), exp(middle), exp(middle - half), exp(middle + half), sqrt(between))


def shrunk(one: Relation, pooled: Pool | None) -> float | None:
    """The batch's k drawn towards the pool by as much as its own interval is wide; the pool itself where the batch tells nothing."""
    if pooled is None:
        return None
    if not one.k or not one.spread:
        return pooled.k
    between = pooled.between**2
    return exp((between * log(one.k) + one.spread**2 * log(pooled.k)) / (between + one.spread**2))


def parts(found: Relation) -> tuple[float, float] | None:
    """p1 and p0 where a way back from a target may be told; None where there are too few dues, or the active did not renew more.

    The active renew more where the difference of both shares is above 0 by more than chance (1.96 standard errors).
    """
    p1, p0 = found.p1, found.p0
    if not found.enough or p1.value is None or p0.value is None or min(p1.weight, p0.weight) < FEWEST_OF_A_SIDE:
        return None
    spread = sqrt(p1.value * (1 - p1.value) / p1.weight + p0.value * (1 - p0.value) / p0.weight)
    return (p1.value, p0.value) if p1.value - p0.value > Z_95 * spread else None


def way(n: int, active: int, p1: float, p0: float, target: float) -> Way:
    """How many of `n` accounts, `active` of them active, have to become active for the expected renewal rate to reach the target.

    Each one raises what is expected by p1 - p0. Raises ValueError where p1 is not above p0, or the counts make no sense.
    """
    if p1 <= p0 or not 0 <= active <= n or n == 0:
        raise ValueError(f"no way for {active} of {n} with p1 {p1} and p0 {p0}")
    expected = (active * p1 + (n - active) * p0) / n
    more = max(0, ceil((target - expected) * n / (p1 - p0) - HAIR))
    return Way(n, active, target, expected, p1, more if more <= n - active else None)


def way_by_k(n: int, active: int, k: float, target: float) -> int | None:
    """The same by k alone, as if k stayed what it is: accounts more for A = target / k; None where A would have to exceed 1.

    It promises more than p1 and p0 do, since k falls as A grows.
    """
    more = max(0, ceil(target / k * n - HAIR) - active)
    return more if active + more <= n else None
