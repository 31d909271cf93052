"""Which type a loss looks like, and on what evidence: rules on facts, without a clock or a database. People decide.

docs/methods/reasons.md#suggested-type.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from churn import policy
from churn.types import ChurnType


@dataclass(frozen=True, slots=True)
class Facts:
    """What is on file around the day of a loss; None or 0: nothing is.

    `content`: mean of the latest answers of the 180 days before, as a share of their scale, 0 … 1, of `answers` people. `failed_on`: day
    of a bill that failed to be collected, `overdue_on` of one that was due and unpaid when the account left; both near the loss.
    `card_expired_on`: the payment method's end, near the loss. `bills`: of the 180 days before, `unpaid` of them were open at the loss.
    `decided_on`: day on which the customer decided, as a colleague entered it.
    """

    lost_on: date
    back_on: date | None = None
    outcome: str | None = None
    outcome_on: date | None = None
    one_off: bool = False
    content: float | None = None
    answers: int = 0
    failed_on: date | None = None
    overdue_on: date | None = None
    card_expired_on: date | None = None
    bills: int = 0
    unpaid: int = 0
    decided_on: date | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that speaks for a type: its name, and the day, text, count or share that belongs to it."""

    key: str
    speaks_for: ChurnType
    day: date | None = None
    text: str = ""
    n: int = 0
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The type that the evidence speaks for; UNKNOWN: none does. Evidence for other types stands there too, after that for this one."""

    type: ChurnType
    evidence: tuple[Evidence, ...]


def suggest(facts: Facts) -> Suggestion:
    """The type by the strongest evidence.

    A payment that failed or a card that expired comes first: a customer who then pays again was won back, not satisfied. Then satisfied:
    paid again within 180 days, or an outcome reached and content answers. Then a bill left overdue. Then voluntary: the customer
    decided, is unhappy, or paid every bill to the end. Else unknown.
    """
    found = [*_payment(facts), *_satisfied(facts), *_overdue(facts), *_voluntary(facts)]
    if not found:
        return Suggestion(ChurnType.UNKNOWN, ())
    kind = found[0].speaks_for
    return Suggestion(kind, tuple(sorted(found, key=lambda one: one.speaks_for != kind)))


def _payment(facts: Facts) -> list[Evidence]:
    found = []
    if facts.failed_on is not None:
        found.append(Evidence("payment_failed", ChurnType.INVOLUNTARY, facts.failed_on))
    if facts.card_expired_on is not None:
        found.append(Evidence("card_expired", ChurnType.INVOLUNTARY, facts.card_expired_on))
    return found


def _satisfied(facts: Facts) -> list[Evidence]:
    found = []
    if facts.back_on is not None and facts.back_on <= facts.lost_on + timedelta(days=policy.WIN_BACK_DAYS):
        found.append(Evidence("paid_again", ChurnType.SATISFIED, facts.back_on, n=(facts.back_on - facts.lost_on).days))
    if facts.outcome is not None and facts.content is not None and facts.content >= policy.CONTENT_SHARE:
        found.append(Evidence("outcome_reached", ChurnType.SATISFIED, facts.outcome_on, text=facts.outcome))
        found.append(Evidence("content", ChurnType.SATISFIED, n=facts.answers, share=facts.content))
    if found and facts.one_off:
        found.append(Evidence("one_off_need", ChurnType.SATISFIED))
    return found


def _overdue(facts: Facts) -> list[Evidence]:
    return [] if facts.overdue_on is None else [Evidence("invoice_overdue", ChurnType.INVOLUNTARY, facts.overdue_on)]


def _voluntary(facts: Facts) -> list[Evidence]:
    found = []
    if facts.decided_on is not None:
        found.append(Evidence("decided", ChurnType.VOLUNTARY, facts.decided_on))
    if facts.content is not None and facts.content <= policy.UNHAPPY_SHARE:
        found.append(Evidence("unhappy", ChurnType.VOLUNTARY, n=facts.answers, share=facts.content))
    if facts.bills and not facts.unpaid:
        found.append(Evidence("paid_to_the_end", ChurnType.VOLUNTARY, n=facts.bills))
    return found
