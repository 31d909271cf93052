"""Past renewals as a fit reads them, and the gates that say what may be told from so many. Pure.

docs/methods/likelihood.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from churn.types import Basis

# Below this many closed renewals nothing is told; a band needs half of them to speak for itself.
FEWEST, FEWEST_OF_BAND = 20, 10
# Lost ones from which two numbers may be fitted; renewals and lost ones from which learned weights count by default.
LOST_FOR_SCORE = 10
FOR_LEARNED = (200, 35)


@dataclass(frozen=True, slots=True)
class Past:
    """One closed renewal: what was known on `seen_on`, and what became of it by `closed_on`.

    `count`: how many renewals it stands for; a weekly snapshot of a short term is a part of one.
    """

    account_id: int
    seen_on: date
    ends_on: date
    closed_on: date
    renewed: bool
    score: float | None
    band: str
    facets: Mapping[str, float | None]
    count: float = 1.0

    @property
    def quarter(self) -> str:
        """`2026-Q3`, of the due day."""
        return f"{self.ends_on.year}-Q{(self.ends_on.month + 2) // 3}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a likelihood rests on, and why on nothing stronger: `few`, `few_lost`, `learned_few`, `untested`, `worse` or `learned`."""

    basis: Basis
    why: str


def counted(past: Sequence[Past]) -> tuple[int, int]:
    """How many renewals these stand for, and how many of them were lost."""
    return round(sum(one.count for one in past)), round(sum(one.count for one in past if not one.renewed))


def verdict(n: int, lost: int, last: tuple[float, float] | None) -> Verdict:
    """By the counts; `last` is the log-loss of the calibrated score and of the learned weights on the last quarter both were tried on."""
    if n < FEWEST:
        return Verdict(Basis.NONE, "few")
    # With nobody kept there is no slope either; the bands say as much as is known.
    if lost < LOST_FOR_SCORE or n - lost < LOST_FOR_SCORE:
        return Verdict(Basis.BANDS, "few_lost")
    if n < FOR_LEARNED[0] or lost < FOR_LEARNED[1]:
        return Verdict(Basis.SCORE, "learned_few")
    if last is None:
        return Verdict(Basis.SCORE, "untested")
    return Verdict(Basis.LEARNED, "learned") if last[1] <= last[0] else Verdict(Basis.SCORE, "worse")


def enough_on(dues: Sequence[date], n: int, lost: int, *, wanted: tuple[int, int] = FOR_LEARNED, closes_after: int = 30) -> date | None:
    """The day on which there are `wanted` renewals and lost ones, if the open dues close so many days after their end and as many are
    lost as until now. None: not with the dues known today, or nothing was lost yet."""
    if n >= wanted[0] and lost >= wanted[1]:
        return None
    rate = lost / n if n else 0.0
    seen_n, seen_lost = n, float(lost)
    for day in sorted(dues):
        seen_n, seen_lost = seen_n + 1, seen_lost + rate
        if seen_n >= wanted[0] and seen_lost >= wanted[1]:
            return date.fromordinal(day.toordinal() + closes_after)
    return None
