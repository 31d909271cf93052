"""How many of a list will be lost: the number expected, and the range that the hold-out supports. Standard library only: pages call it.

A range of a count is wider than the interval of its rate: it holds the doubt about the rate and the luck of the draw.
docs/methods/monday.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import exp, lgamma, log, sqrt

# Outside the range on each side.
TAIL = 0.025


@dataclass(frozen=True, slots=True)
class Proof:
    """What a chance of loss rests on: of `n` hold-out renewals (above 0) `lost` were lost."""

    n: int
    lost: int

    @property
    def rate(self) -> float:
        """Share lost, 0 … 1."""
        return self.lost / self.n


@dataclass(frozen=True, slots=True)
class Expected:
    """Accounts of a list, how many are expected to be lost (a sum of rates, so not whole), and the 95% range of that count."""

    accounts: int
    count: float
    low: int
    high: int

    def holds(self, lost: int) -> bool:
        """Whether what happened lies inside the range."""
        return self.low <= lost <= self.high


def expected(proofs: Mapping[Proof, int]) -> Expected:
    """The count expected of accounts (values) whose chances rest on these proofs.

    With one proof: m * lost / n, range BetaBinomial(m, lost + 1/2, n - lost + 1/2). With several the rates are taken to err together,
    because what changed since the hold-out changed for all: one beta with the mean of their means and the mean of their spreads.
    No accounts: 0 (0 to 0). Raises ValueError for a proof that is none.
    """
    known = {proof: m for proof, m in proofs.items() if m > 0}
    if any(not 0 <= proof.lost <= proof.n or proof.n == 0 for proof in known):
        raise ValueError("a proof is lost of n hold-out renewals, n above 0")
    total = sum(known.values())
    if not total:
        return Expected(0, 0.0, 0, 0)
    a, b = _pooled(known, total)
    low, high = count_range(total, a, b)
    return Expected(total, sum(m * proof.rate for proof, m in known.items()), low, high)


def expected_of(pairs: Iterable[tuple[int, int]]) -> Expected:
    """The same of accounts told one by one, each as (n, lost) of its proof."""
    return expected(Counter(Proof(n, lost) for n, lost in pairs))


def count_range(m: int, a: float, b: float, tail: float = TAIL) -> tuple[int, int]:
    """The smallest counts that BetaBinomial(m, a, b) exceeds with at most 1 - tail and at most tail: both ends belong to the range."""
    sums = list(accumulate(exp(one) for one in _log_shares(m, a, b)))
    whole = sums[-1]
    low = next((k for k, upto in enumerate(sums) if upto >= tail * whole), m)
    high = next((k for k, upto in enumerate(sums) if upto >= (1 - tail) * whole), m)
    return low, high


def _pooled(proofs: Mapping[Proof, int], total: int) -> tuple[float, float]:
    """One beta for all: exactly a proof's own where there is one."""
    mean = spread = 0.0
    for proof, m in proofs.items():
        a, b = proof.lost + 0.5, proof.n - proof.lost + 0.5
        share = a / (a + b)
        mean += m * share / total
        spread += m * sqrt(share * (1 - share) / (a + b + 1)) / total
    weight = mean * (1 - mean) / spread**2 - 1
    return mean * weight, (1 - mean) * weight


def _log_shares(m: int, a: float, b: float) -> list[float]:
    """Logarithm of the share of each count 0 … m, each from the one before: a product of ratios, so no large factorials."""
    told = [lgamma(m + b) + lgamma(a + b) - lgamma(b) - lgamma(m + a + b)]
    for k in range(m):
        told.append(told[-1] + log((m - k) * (k + a)) - log((k + 1) * (m - k - 1 + b)))
    return told
