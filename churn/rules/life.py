"""The life of a combination: what became of the renewals it matched, quarter by quarter, and when it is retired. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from churn.rules.conditions import Condition
from churn.rules.gates import FAILED_QUARTERS, QUARTER_LEAST, RETIRE_UNDER
from churn.rules.past import Count, Half
from csm_portal.lib.estimates import share

UNDER_BASE, QUARTERS_FAILED = "under_base", "quarters_failed"


@dataclass(frozen=True, slots=True)
class Quarter:
    """Renewals due in one quarter: those that the rule matched, and all."""

    quarter: str
    matched: Count
    base: Count

    @property
    def failed(self) -> bool | None:
        """Whether the matched were lost no more often than all; None where fewer than ten were matched: nothing to be said."""
        if self.matched.n < QUARTER_LEAST or self.matched.rate is None or self.base.rate is None:
            return None
        return self.matched.rate <= self.base.rate


def quarter_of(day: date) -> str:
    """`2026-Q3`."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def life(half: Half, conditions: Sequence[Condition]) -> list[Quarter]:
    """The quarters of these renewals in order, also those in which the rule matched none."""
    matched = half.matching(conditions)
    counts: dict[str, list[int]] = {}
    for place, (day, lost) in enumerate(zip(half.past.days, half.past.lost, strict=True)):
        count = counts.setdefault(quarter_of(day), [0, 0, 0, 0])
        count[2] += 1
        count[3] += lost
        if matched >> place & 1:
            count[0] += 1
            count[1] += lost
    return [Quarter(name, Count(*count[:2]), Count(*count[2:])) for name, count in sorted(counts.items())]


def retire_why(quarters: Sequence[Quarter], after: str) -> str:
    """Why a rule is to be retired by the quarters after the one its check ended in; empty: it lives.

    `under_base`: the high end of its rate in all of them (Wilson 95%) lies under 1.2 times their base rate, ten matched or more.
    `quarters_failed`: the last two quarters that could be judged, one after the other, were no better than the base.
    """
    later = [one for one in quarters if one.quarter > after]
    n, lost = sum(one.matched.n for one in later), sum(one.matched.lost for one in later)
    base = sum(one.base.lost for one in later) / max(1, sum(one.base.n for one in later))
    high = share(lost, n).high
    if n >= QUARTER_LEAST and high is not None and high < RETIRE_UNDER * base:
        return UNDER_BASE
    verdicts = [one.failed for one in later if one.failed is not None]
    if len(verdicts) >= FAILED_QUARTERS and all(verdicts[-FAILED_QUARTERS:]):
        return QUARTERS_FAILED
    return ""
