"""A Monday's list as somebody sees it: entries with their calls and what became of them, sums by owner, and the Mondays before."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection

from churn.as_of import Basis
from churn.monday.expected import Expected, Proof, expected
from churn.monday.listing_sql import ENTRIES, MONDAYS, SUMS
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

LEFT, RENEWED, OPEN = "left", "renewed", "open"
# No result yet.
TO_CALL = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An account on the list. `amount`: MRR in the reporting currency as of the list, None where a rate is missing.

    `chance` 0 … 1 is what the hold-out of `proof` bears out. `evidence` is as it was stored: conditions and figures, the due and its
    decision day, score, band and likelihood. `outcome`: left, renewed or open, as of the latest night. `result` empty: not called yet;
    `earlier` is then the latest result from an earlier list.
    """

    pk: int
    account_id: int
    external_id: str
    name: str
    rule_id: int | None
    amount: Decimal | None
    chance: float
    proof: Proof
    evidence: Mapping[str, Any]
    as_of: date
    outcome: str
    owner_email: str
    owner: str
    call_id: int | None
    result: str
    note: str
    called_at: datetime | None
    called_by: str
    called_by_email: str
    caller_id: int | None
    earlier: str
    earlier_at: datetime | None

    @property
    def due_on(self) -> date | None:
        """End of the term that is decided next."""
        return _day(self.evidence.get("due_on"))

    @property
    def decision_on(self) -> date | None:
        """Last day to decide it."""
        return _day(self.evidence.get("decision_on"))


@dataclass(slots=True)
class Sum:
    """Some entries added up. `at_risk`: the MRR expected to go, in the reporting currency; `unpriced` entries are in neither amount."""

    owner_email: str = ""
    owner: str = ""
    accounts: int = 0
    amount: Decimal = Decimal(0)
    at_risk: float = 0.0
    unpriced: int = 0
    proofs: Counter[Proof] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    # (result of the call, outcome) -> accounts
    together: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def expected(self) -> Expected:
        """How many of them are expected to leave."""
        return expected(self.proofs)

    @property
    def called(self) -> int:
        """Entries that have a result."""
        return self.accounts - self.results[TO_CALL]


@dataclass(frozen=True, slots=True)
class Monday:
    """One Monday: what its list rests on (`body`), and of the accounts that the viewer sees how many, the range, what became of them."""

    monday: date
    as_of: date
    body: Mapping[str, Any]
    accounts: int
    expected: Expected
    left: int
    renewed: int
    open: int

    @property
    def ground(self) -> str:
        """`rules`, `score` or `none`."""
        return str(self.body.get("ground", "none"))

    @property
    def holds(self) -> bool | None:
        """Whether the number that left lies in the range; None while it may still turn out either way, or nothing is decided."""
        least, most = self.left, self.left + self.open
        if not self.left + self.renewed:
            return None
        if least > self.expected.high or most < self.expected.low:
            return False
        return True if least >= self.expected.low and most <= self.expected.high else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of an owner by e-mail (empty text: of nobody), with this result (empty: not called yet); None: all."""

    owner: str | None = None
    result: str | None = None


def mondays(user: User, basis: Basis, monday: date | None = None) -> list[Monday]:
    """The latest Mondays up to `monday`, the latest first; one statement."""
    found: dict[date, tuple[date, Any, Counter[Proof], Counter[str]]] = {}
    for day, as_of, body, n, lost, outcome, count in _rows(MONDAYS, user, basis, monday=monday):
        known = found.setdefault(day, (as_of, _json(body), Counter(), Counter()))
        if count:
            known[2][Proof(n, lost)] += count
            known[3][outcome] += count
    return [
        Monday(day, as_of, body, proofs.total(), expected(proofs), then[LEFT], then[RENEWED], then[OPEN])
        for day, (as_of, body, proofs, then) in found.items()
    ]


def sums(user: User, basis: Basis, monday: date) -> list[Sum]:
    """The list of a Monday by owner, the most money at risk first; one statement."""
    found: dict[str, Sum] = defaultdict(Sum)
    for email, owner, result, outcome, n, lost, count, amount, at_risk, unpriced in _rows(SUMS, user, basis, monday=monday):
        one = found[email]
        one.owner_email, one.owner = email, owner
        _add(one, Proof(n, lost), count, result, outcome)
        one.amount += amount or 0
        one.at_risk += float(at_risk or 0)
        one.unpriced += unpriced
    return sorted(found.values(), key=lambda one: (-one.at_risk, one.owner, one.owner_email))


def whole(parts: Iterable[Sum]) -> Sum:
    """All of them as one."""
    total = Sum()
    for one in parts:
        total.accounts += one.accounts
        total.amount += one.amount
        total.at_risk += one.at_risk
        total.unpriced += one.unpriced
        for name in ("proofs", "results", "outcomes", "together"):
            getattr(total, name).update(getattr(one, name))
    return total


def entries(
    user: User, basis: Basis, monday: date, wanted: Wanted = Wanted(), *, limit: int | None = None, start: int = 0
) -> tuple[list[Entry], int]:
    """Entries of a Monday by the money expected to go, and how many there are in all; one statement."""
    rows = _rows(ENTRIES, user, basis, monday=monday, owner=wanted.owner, result=wanted.result, limit=limit, start=start)
    return [_entry(row) for row in rows], rows[0][-2] if rows else 0


def _add(one: Sum, proof: Proof, count: int, result: str, outcome: str) -> None:
    one.accounts += count
    one.proofs[proof] += count
    one.results[result] += count
    one.outcomes[outcome] += count
    one.together[result, outcome] += count


def _entry(row: tuple[Any, ...]) -> Entry:
    (pk, account, external_id, name, rule, amount, chance, n, lost, evidence, as_of, outcome, call, result, note, called_at,
     by, by_email, owner_email, owner, earlier, earlier_at, _n, caller) = row  # fmt: skip
    return Entry(
        pk, account, external_id, name, rule, amount, chance, Proof(n, lost), _json(evidence), as_of, outcome, owner_email, owner,
        call, result or "", note or "", called_at, by or "", by_email or "", caller, earlier or "", earlier_at,
    )  # fmt: skip


def _rows(sql: str, user: User, basis: Basis, **params: Any) -> list[tuple[Any, ...]]:
    book, values = visible_book(user)
    closed_before = basis.as_of - timedelta(days=basis.renewals.renewal_grace_days)
    with connection.cursor() as cursor:
        cursor.execute(sql.format(book=book), {**values, **params, "closed_before": closed_before})
        return list(cursor.fetchall())


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None
