"""What contracts say: MRR on a day, what fell due, what succeeded it, whether it was renewed or lost.

Pure. Terms are half-open: one that ends on 1 January and one that starts then leave no gap. docs/methods/renewals.md and mrr.md.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

EARLIEST_SUCCESSOR_DAYS = 90  # a successor starts at most this long before the old term ends
GROWTH_DAYS = 365
ZERO = Decimal(0)


class DueState(StrEnum):
    """What became of a due, as of a day."""

    OPEN = "open"
    RENEWED = "renewed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Term:
    """One signed contract, `[starts_on, ends_on)`; `ends_on` None: open-ended. MRR per month in `currency`.

    `known_on` is the day it was recorded; None, or later than the start: taken as known when it starts.
    """

    id: int
    account: int
    product: str
    starts_on: date
    ends_on: date | None
    currency: str
    mrr: Decimal
    auto_renew: bool = False
    notice_days: int = 0
    plan: str = ""
    known_on: date | None = None

    def runs_on(self, day: date) -> bool:
        """Whether the term covers the day."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)

    @property
    def known_from(self) -> date:
        """First day on which it may be reckoned with."""
        return self.starts_on if self.known_on is None else min(self.known_on, self.starts_on)


@dataclass(frozen=True, slots=True)
class Due:
    """A decision: (account, product, ends_on) of contracts with MRR above 0. `amounts` is their MRR by currency."""

    account: int
    product: str
    ends_on: date
    starts_on: date
    decision_on: date
    amounts: Mapping[str, Decimal]
    auto_renew: bool
    terms: tuple[Term, ...]

    @property
    def currency(self) -> str:
        """Currency of the largest amount; ties by its code."""
        return min(self.amounts, key=lambda code: (-self.amounts[code], code))


@dataclass(frozen=True, slots=True)
class Settled:
    """A due with what is known of it as of a day.

    `resolved_on` is the first day on which renewed or lost was known, None while open. `renewed` is the successors' MRR by currency.
    """

    due: Due
    state: DueState
    successors: tuple[Term, ...]
    resolved_on: date | None

    @property
    def renewed(self) -> dict[str, Decimal]:
        """MRR of the successors by currency; empty: none."""
        return _by_currency(self.successors)

    @property
    def auto_renew_lapsed(self) -> bool:
        """It was to renew by itself, and no new contract came: lost all the same, and listed as a mismatch."""
        return self.state is DueState.LOST and self.due.auto_renew


def mrr_on(terms: Iterable[Term], day: date) -> dict[str, Decimal]:
    """MRR of the terms that run on the day, by currency; empty when nothing runs."""
    return _by_currency(term for term in terms if term.runs_on(day))


def is_paying(terms: Iterable[Term], day: date) -> bool:
    """Whether a term with MRR above 0 runs on the day; a trial at 0 pays nothing."""
    return any(term.mrr > 0 and term.runs_on(day) for term in terms)


def first_paying_day(terms: Iterable[Term]) -> date | None:
    """First day with MRR above 0; None: never paid."""
    return min((term.starts_on for term in terms if term.mrr > 0), default=None)


def largest_running(terms: Iterable[Term], day: date) -> Term | None:
    """The running term with the highest MRR (the latest start, then the highest id, among equals): its plan is the account's."""
    running = [term for term in terms if term.runs_on(day)]
    return max(running, key=lambda term: (term.mrr, term.starts_on, term.id), default=None)


def growth_basis(terms: Sequence[Term], day: date) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """MRR now and then, by currency: then is 365 days before, or the first paying day after that where nothing was paid."""
    then = day - timedelta(days=GROWTH_DAYS)
    if not is_paying(terms, then):
        then = min((term.starts_on for term in terms if term.mrr > 0 and then < term.starts_on <= day), default=day)
    return mrr_on(terms, day), mrr_on(terms, then)


def list_dues(terms: Iterable[Term]) -> list[Due]:
    """Every due of the terms, by account, end and product. Open-ended terms and those at MRR 0 are never due.

    Terms of one product that end on the same day are one decision: their MRR adds up, and the longest notice counts.
    """
    groups: dict[tuple[int, date, str], list[Term]] = defaultdict(list)
    for term in terms:
        if term.ends_on is not None and term.mrr > 0:
            groups[term.account, term.ends_on, term.product].append(term)
    return [_due(account, product, ends_on, group) for (account, ends_on, product), group in sorted(groups.items())]


def match_successors(terms: Sequence[Term], grace_days: int) -> list[tuple[Due, tuple[Term, ...]]]:
    """Each due with the terms that continue it: same product first, then any; each term continues at most one.

    A successor starts within `[ends_on - 90, ends_on + grace_days]`, ends later and has MRR above 0; the start nearest to the old end wins.
    A due of several terms may have as many successors of its product; of another product it takes one, when its own has none.
    """
    dues = list_dues(terms)
    by_product: dict[tuple[int, str], _ByStart] = defaultdict(_ByStart)
    by_account: dict[int, _ByStart] = defaultdict(_ByStart)
    for term in sorted((term for term in terms if term.mrr > 0), key=lambda term: (term.starts_on, term.id)):
        by_product[term.account, term.product].add(term)
        by_account[term.account].add(term)
    taken: set[int] = set()
    found: list[list[Term]] = []
    for due in dues:
        same = by_product[due.account, due.product].around(due.ends_on, grace_days)
        found.append([term for _ in due.terms for term in _take_nearest(due, same, taken)])
    for due, successors in zip(dues, found, strict=True):
        if not successors:
            successors.extend(_take_nearest(due, by_account[due.account].around(due.ends_on, grace_days), taken))
    return [(due, tuple(successors)) for due, successors in zip(dues, found, strict=True)]


def settle(terms: Iterable[Term], as_of: date, grace_days: int) -> list[Settled]:
    """What is known of every due at the close of `as_of`, from the terms known by then.

    Renewed once a successor is known, also before the term ends (it counts at its due date all the same). Lost on the first day after
    the grace without one. Open before that.
    """
    known = [term for term in terms if term.known_from <= as_of]
    grace = timedelta(days=grace_days)
    settled: list[Settled] = []
    for due, successors in match_successors(known, grace_days):
        lost_on = due.ends_on + grace + timedelta(days=1)
        if successors:
            resolved_on = max(min(term.known_from for term in successors), *(term.known_from for term in due.terms))
            settled.append(Settled(due, DueState.RENEWED, successors, resolved_on))
        elif as_of >= lost_on:
            settled.append(Settled(due, DueState.LOST, (), lost_on))
        else:
            settled.append(Settled(due, DueState.OPEN, (), None))
    return settled


def _due(account: int, product: str, ends_on: date, group: list[Term]) -> Due:
    return Due(
        account=account,
        product=product,
        ends_on=ends_on,
        starts_on=min(term.starts_on for term in group),
        decision_on=ends_on - timedelta(days=max(term.notice_days for term in group)),
        amounts=_by_currency(group),
        auto_renew=any(term.auto_renew for term in group),
        terms=tuple(sorted(group, key=lambda term: term.id)),
    )


@dataclass(slots=True)
class _ByStart:
    """Terms in order of their start, so that those that may succeed a due are found without looking at the others."""

    terms: list[Term] = field(default_factory=list)
    starts: list[date] = field(default_factory=list)

    def add(self, term: Term) -> None:
        self.terms.append(term)
        self.starts.append(term.starts_on)

    def around(self, end: date, grace_days: int) -> list[Term]:
        """Those that start from 90 days before the end to the end of the grace."""
        first, last = end - timedelta(days=EARLIEST_SUCCESSOR_DAYS), end + timedelta(days=grace_days)
        return self.terms[bisect_left(self.starts, first) : bisect_right(self.starts, last)]


def _take_nearest(due: Due, candidates: Iterable[Term], taken: set[int]) -> list[Term]:
    fitting = [term for term in candidates if term.id not in taken and (term.ends_on is None or term.ends_on > due.ends_on)]
    if not fitting:
        return []
    nearest = min(fitting, key=lambda term: (abs((term.starts_on - due.ends_on).days), term.starts_on, term.id))
    taken.add(nearest.id)
    return [nearest]


def _by_currency(terms: Iterable[Term]) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for term in terms:
        amounts[term.currency] = amounts.get(term.currency, ZERO) + term.mrr
    return amounts
