"""Whether attrition worsens beyond noise, and what follows what. Pure; docs/methods/attrition-trend.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import erfc, sqrt
from statistics import fmean, stdev
from typing import TypeVar

# Each of the two tests may cry wolf in one of forty quiet years, both together in one of twenty.
LEVEL = 0.025
FEWEST_PERIODS = 6
FEWEST_LOST = 5
# One-sided 2.5% points of Student's t by degrees of freedom, from 4 on; beyond the table the last one is a little too strict.
T_POINTS = (2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086)
# Kendall's exact distribution grows with the square; above this many periods the normal one is as good.
EXACT_UP_TO = 40

T = TypeVar("T")


class Sign(StrEnum):
    """What a row of rates says of its end."""

    FEW = "few"
    STEADY = "steady"
    RISING = "rising"
    JUMP = "jump"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`p` is the one-sided chance of the sign without a cause (None where it is not computed); `n` periods entered."""

    sign: Sign
    n: int
    p: float | None = None
    usual: float | None = None

    @property
    def worsens(self) -> bool:
        """Whether a warning is due."""
        return self.sign in (Sign.RISING, Sign.JUMP)


def judged(rates: Sequence[float | None], lost: Sequence[int] | None = None, start: Sequence[float | None] | None = None) -> Verdict:
    """The verdict on finished periods in order. Unknown rates are left out; `lost` and `start` are the counts behind the rates, if any;
    of money they are the customers who pay less, and the number of customers of equal size that as much chance would come from.

    A jump comes first: it is what happened last. `usual` is the mean of the periods before.
    """
    known = [place for place, rate in enumerate(rates) if rate is not None]
    values = [rate for rate in rates if rate is not None]
    if len(values) < FEWEST_PERIODS:
        return Verdict(Sign.FEW, len(values))
    before, last = values[:-1], values[-1]
    usual = fmean(before)
    counts = (lost[known[-1]], start[known[-1]]) if lost is not None and start is not None else None
    if _jumps(before, last, counts):
        return Verdict(Sign.JUMP, len(values), usual=usual)
    p = rising_p(values)
    # A rise that has come back since is none that worsens.
    enough = last > usual and (lost is None or sum(lost[place] for place in known) >= FEWEST_LOST)
    sign = Sign.RISING if p is not None and p <= LEVEL and enough else Sign.STEADY
    return Verdict(sign, len(values), p, usual)


def _jumps(before: Sequence[float], last: float, counts: tuple[int, float | None] | None) -> bool:
    """Whether the last rate lies above the 97.5% prediction limit of those before.

    Their spread holds what differs between periods; where counts are known it is at least what chance alone makes of so many.
    """
    usual, spread = fmean(before), stdev(before)
    if counts is not None:
        lost, start = counts
        if lost < FEWEST_LOST or not start:
            return False
        share = max(usual, 1 / start)  # a row of zeros is no proof that nobody ever leaves
        spread = max(spread, sqrt(share * (1 - share) / start))
    if spread == 0:
        return False
    n = len(before)
    point = T_POINTS[min(n - 1 - 4, len(T_POINTS) - 1)]
    return last > usual + point * spread * sqrt(1 + 1 / n)


def rising_p(values: Sequence[float]) -> float | None:
    """One-sided p of the Mann-Kendall test that the values rise; None for fewer than two, or all alike.

    Exact without ties and up to 40 values, else the normal approximation with the variance corrected for ties.
    """
    n = len(values)
    if n < 2 or len(set(values)) == 1:
        return None
    pairs = [(values[i], values[j]) for i in range(n) for j in range(i + 1, n)]
    score = sum((later > earlier) - (later < earlier) for earlier, later in pairs)
    if len(set(values)) == n and n <= EXACT_UP_TO:
        falling = (len(pairs) - score) // 2
        counts = _by_inversions(n)
        return sum(counts[: falling + 1]) / sum(counts)
    ties = [values.count(value) for value in set(values)]
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    z = (score - (score > 0) + (score < 0)) / sqrt(variance)
    return erfc(z / sqrt(2)) / 2


@cache
def _by_inversions(n: int) -> tuple[int, ...]:
    """Number of orders of n things by how many of their pairs stand the wrong way round."""
    counts = [1]
    for size in range(2, n + 1):
        grown = [0] * (len(counts) + size - 1)
        for place, count in enumerate(counts):
            for more in range(size):
                grown[place + more] += count
        counts = grown
    return tuple(counts)


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Spearman's correlation, ties by their mean rank; None for fewer than five pairs or where one side never changes."""
    if len(pairs) < 5:
        return None
    left, right = (_ranks([pair[side] for pair in pairs]) for side in (0, 1))
    mean_left, mean_right = fmean(left), fmean(right)
    spread = sqrt(sum((x - mean_left) ** 2 for x in left) * sum((y - mean_right) ** 2 for y in right))
    if spread == 0:
        return None
    return sum((x - mean_left) * (y - mean_right) for x, y in zip(left, right, strict=True)) / spread


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    first = {value: ordered.index(value) for value in set(values)}
    return [first[value] + (ordered.count(value) + 1) / 2 for value in values]


def later_pairs(early: Sequence[T | None], late: Sequence[T | None], lag: int) -> list[tuple[T, T]]:
    """Each known early value with the late one `lag` places after it, where both are known."""
    found = zip(early, late[lag:], strict=False)
    return [(one, other) for one, other in found if one is not None and other is not None]
