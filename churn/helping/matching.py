"""Accounts where something was tried against similar ones where nothing was. Pure: numbers in, a difference with its interval out.

Like is compared with like: same quarter of the due, same distance to it, same tier and band, near in score, activity and MRR, all read just
before the step. What is left unlike cannot be seen from here, so a difference "goes with" the step; it is no proof. docs/methods/helped.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, log, nan

import numpy as np
from numpy.typing import NDArray

from churn.helping import policy

Floats = NDArray[np.float64]
ALLOWED = (policy.SCORE_POINTS, policy.ACTIVITY_POINTS, log(policy.MRR_TIMES))


@dataclass(frozen=True, slots=True)
class Episode:
    """One decided due at one distance before it. `score` and `activity` run 0 … 100, `mrr` is above 0; each None where unknown.

    `key` says which due it is, so that one due is never matched with itself.
    """

    key: int
    account: int
    quarter: str
    lead: int
    tier: str
    band: str
    score: float | None
    activity: float | None
    mrr: float | None
    renewed: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of the matched ones and of those like them.

    `treated` of all those tried had somebody like them: `matched`; they renewed at `rate`, those like them at `other` (each treated one's
    controls weigh 1 together). `difference` = rate - other with its 95% interval; None below 20 matched.
    """

    treated: int
    matched: int
    renewed: int
    controls: int
    rate: float | None
    other: float | None
    difference: float | None
    low: float | None
    high: float | None

    @property
    def missing(self) -> int:
        """Matched ones that are lacking until a difference is told."""
        return max(0, policy.FEWEST - self.matched)


def compared(treated: Sequence[Episode], untreated: Sequence[Episode]) -> Compared:
    """Each treated one against the mean of its (up to 5) nearest untreated ones; those with nobody like them are left out and counted."""
    chosen = matched(treated, untreated)
    pairs = [(one, likes) for one, likes in zip(treated, chosen, strict=True) if likes]
    controls = {like.key for _one, likes in pairs for like in likes}
    renewed = sum(one.renewed for one, _likes in pairs)
    if not pairs:
        return Compared(len(treated), 0, 0, 0, None, None, None, None, None)
    rate = renewed / len(pairs)
    other = sum(sum(like.renewed for like in likes) / len(likes) for _one, likes in pairs) / len(pairs)
    if len(pairs) < policy.FEWEST:
        return Compared(len(treated), len(pairs), renewed, len(controls), rate, other, None, None, None)
    low, high = interval(pairs)
    return Compared(len(treated), len(pairs), renewed, len(controls), rate, other, rate - other, low, high)


def matched(treated: Sequence[Episode], untreated: Sequence[Episode]) -> list[list[Episode]]:
    """For each treated one its nearest likes, nearest first, equals by key; untreated ones may serve several."""
    strata: dict[tuple[str, int, str, str], list[Episode]] = defaultdict(list)
    for one in untreated:
        strata[_stratum(one)].append(one)
    groups = {key: _Group(sorted(members, key=lambda one: one.key)) for key, members in strata.items()}
    return [groups[_stratum(one)].nearest(one) if _stratum(one) in groups else [] for one in treated]


class _Group:
    """Untreated ones of one stratum, ready to be measured all at once."""

    def __init__(self, members: Sequence[Episode]) -> None:
        self.members = members
        self.accounts = np.asarray([one.account for one in members])
        self.values = np.asarray([_measures(one) for one in members]).T

    def nearest(self, one: Episode) -> list[Episode]:
        """The nearest likes of a treated one; `distance` of each is 1 at most."""
        far = np.zeros(len(self.members))
        for own, others, allowed in zip(_measures(one), self.values, ALLOWED, strict=True):
            parts = np.where(np.isnan(others), 0.0, 2.0) if np.isnan(own) else np.nan_to_num(np.abs(others - own) / allowed, nan=2.0)
            far = np.maximum(far, parts)
        far[self.accounts == one.account] = np.inf
        order = np.argsort(far, kind="stable")[: policy.MOST_CONTROLS]
        return [self.members[place] for place in order if far[place] <= 1]


def distance(one: Episode, other: Episode) -> float:
    """0 … 1 where they are alike, the largest of the distances in units of what is allowed; above 1 where they are not.

    A value unknown on one side alone makes them unlike; unknown on both it says nothing.
    """
    pairs = zip(_measures(one), _measures(other), ALLOWED, strict=True)
    return max(_far(mine, theirs, allowed) for mine, theirs, allowed in pairs)


def interval(pairs: Sequence[tuple[Episode, Sequence[Episode]]]) -> tuple[float, float]:
    """95% percentile interval of the difference over 1,000 draws of whole accounts, treated and untreated alike; the same on every call.

    A treated one whose likes were all left out by a draw drops out of that draw.
    """
    accounts = sorted({one.account for one, _likes in pairs} | {like.account for _one, likes in pairs for like in likes})
    place = {account: at for at, account in enumerate(accounts)}
    widest = max(len(likes) for _one, likes in pairs)
    own = np.asarray([place[one.account] for one, _likes in pairs])
    kept = np.asarray([one.renewed for one, _likes in pairs], dtype=np.float64)
    at, valid, others = np.zeros((len(pairs), widest), dtype=np.intp), np.zeros((len(pairs), widest)), np.zeros((len(pairs), widest))
    for row, (_one, likes) in enumerate(pairs):
        for column, like in enumerate(likes):
            at[row, column], valid[row, column], others[row, column] = place[like.account], 1.0, like.renewed
    random = np.random.default_rng(policy.SEED)
    found: list[float] = []
    for _draw in range(policy.REPLICATES):
        times = np.bincount(random.integers(0, len(accounts), size=len(accounts)), minlength=len(accounts)).astype(np.float64)
        weights = times[at] * valid
        total = weights.sum(axis=1)
        there = times[own] * (total > 0)
        if there.sum() == 0:
            continue
        control = np.divide((weights * others).sum(axis=1), total, out=np.zeros_like(total), where=total > 0)
        found.append(float((there * (kept - control)).sum() / there.sum()))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def _stratum(one: Episode) -> tuple[str, int, str, str]:
    return one.quarter, one.lead, one.tier, one.band


def _measures(one: Episode) -> tuple[float, float, float]:
    """Score, activity and the logarithm of the MRR; NaN where unknown."""
    mrr = None if one.mrr is None or one.mrr <= 0 else log(one.mrr)
    score, activity, size = (nan if value is None else value for value in (one.score, one.activity, mrr))
    return score, activity, size


def _far(one: float, other: float, allowed: float) -> float:
    if isnan(one) or isnan(other):
        return 0.0 if isnan(one) and isnan(other) else 2.0
    return abs(one - other) / allowed
