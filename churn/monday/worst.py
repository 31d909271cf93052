"""The worst tenth of the scores as a single condition, for a book whose losses are too few for combinations. Pure.

The border is taken from the older half of the renewals and proven on the newer, like any combination. docs/methods/monday.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from churn.monday.policy import EXPECTED_LOST, LEAST_LOST, LEAST_RENEWALS, WORST_SHARE
from csm_portal.lib.estimates import share


@dataclass(frozen=True, slots=True)
class Seen:
    """One decided renewal: the day it was due, the score (0 … 100) as stored 90 days before, and whether it was lost."""

    ends_on: date
    score: float
    lost: bool


@dataclass(frozen=True, slots=True)
class Worst:
    """The border (scores at or below it count as worst) with its proof: of `n` in the newer half `lost` were lost, of all of it the base.

    `why` is empty where the list may rest on it, else what is against it: `few` (too few to prove anything) or `no_difference` (the worst
    were lost no more often than the others: the lower end of their interval does not pass the base rate).
    """

    border: float
    n: int
    lost: int
    base_n: int
    base_lost: int
    checked_from: date | None
    checked_to: date | None
    why: str


def worst_tenth(seen: Sequence[Seen]) -> Worst:
    """The worst tenth of past scores, in any order of `seen`. With fewer than two renewals everything is 0 and `why` is `few`."""
    ordered = sorted(seen, key=lambda one: one.ends_on)
    older, newer = ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :]
    if not older:
        return Worst(0.0, 0, 0, len(newer), sum(one.lost for one in newer), None, None, "few")
    scores = sorted(one.score for one in older)
    border = scores[max(0, int(len(scores) * WORST_SHARE) - 1)]
    worst = [one for one in newer if one.score <= border]
    n, lost, base_lost = len(worst), sum(one.lost for one in worst), sum(one.lost for one in newer)
    why = "few" if n < LEAST_RENEWALS or lost < LEAST_LOST else ""
    # Few losses among the worst are an answer of their own where as many as of all would have been enough.
    told = not why or (n >= LEAST_RENEWALS and n * base_lost >= EXPECTED_LOST * len(newer))
    if told and (share(lost, n).low or 0) <= base_lost / len(newer):
        why = "no_difference"
    return Worst(border, n, lost, len(newer), base_lost, newer[0].ends_on, newer[-1].ends_on, why)
