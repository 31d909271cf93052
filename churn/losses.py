"""Losses as the contracts say: accounts that stopped paying, each with what it was worth and the reason recorded for it, if any.

What the contracts say counts up to the as-of day; reasons count as they are known now, so that an entry shows at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from accounts.cuts import ALL
from churn import losses_sql as sql
from churn.cuts_sql import cut
from csm_portal.lib.estimates import Share, share
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis

EVER = date(1, 1, 1)
# Of a list: what was lost, the dearest last; without an amount it may be the dearest.
ORDERS = {"latest": "lost_on DESC, amount DESC NULLS FIRST, account_id", "amount": "amount DESC NULLS FIRST, lost_on DESC, account_id"}
# Which losses a list holds: all that count, those nobody has given a reason for (fresh ones too), or every stop of paying.
CHOSEN = {
    "lost": "state = 'lost'",
    "waiting": "record_id IS NULL AND state <> 'late'",
    "recorded": "record_id IS NOT NULL",
    "every": "true",
}


@dataclass(frozen=True, slots=True)
class Loss:
    """One end of paying. `lost_on` is the first day without MRR, `back_on` the first one with MRR again (None: not so far).

    `amount`: MRR at the end, in the reporting currency at the rate of that day; None: no rate. `state`: `lost`, `fresh` while the grace
    for a late renewal runs and nobody has said why, `late` where it was renewed within the grace. `record_id` and what follows are None
    without a record. `told`: regrettable as the record says; `regrettable`: that, else by the fit of 90 days before; None: unknown.
    `owner`: None where nobody active owns the account.
    """

    account_id: int
    external_id: str
    name: str
    industry: str
    owner_id: int | None
    owner: str | None
    since: date
    lost_on: date
    back_on: date | None
    plan: str | None
    amount: Decimal | None
    state: str
    record_id: int | None
    type: str | None
    cause: str | None
    cause_source: str | None
    note: str | None
    churned_on: date | None
    told: bool | None
    recorded_at: datetime | None
    author_id: int | None
    author: str | None
    fit_then: str | None
    fit_recorded_at: datetime | None
    fit_now: str
    regrettable: bool | None

    @property
    def fit_edited_since(self) -> bool:
        """Whether the fit says something else now than it did 90 days before the loss (unknown then counts as nothing said)."""
        return self.fit_now != (self.fit_then or "unknown")

    @property
    def back_after(self) -> int | None:
        """Days until it paid again; None: not so far."""
        return None if self.back_on is None else (self.back_on - self.lost_on).days

    def grace_until(self, grace_days: int) -> date:
        """Last day on which a new contract would still be a late renewal."""
        return self.lost_on + timedelta(days=grace_days)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of losses; `n` and `total` (MRR, without those that have no rate) are of all of them."""

    rows: list[Loss]
    n: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class Count:
    """Losses of one group: how many, their MRR, and the share won back of those whose 180 days are over."""

    key: str | None
    losses: int
    amount: Decimal
    without_rate: int
    won_back: Share
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What the losses of a period add up to. `types`, `causes` and `regrettable` each sum to `whole`.

    `silent`: the share of losses of which nobody knows the cause: without a record, or the customer refused to say. `unrecorded` of them
    have no record. `fresh` and `late` are no losses (yet) and stand in no other number.
    """

    whole: Count
    silent: Share
    unrecorded: int
    fresh: int
    late: int
    types: list[Count]
    causes: list[Count]
    regrettable: dict[bool | None, int]
    as_of: date
    version: int | None


def listed(
    user: User, basis: Basis, *, first: date = EVER, after: date | None = None, filters: Mapping[str, Sequence[str]] | None = None,
    chosen: str = "lost", account: int | None = None, kind: str = "", order: str = "latest", limit: int | None = None, start: int = 0,
) -> Listed:  # fmt: skip
    """Losses in `[first, after)` of the accounts a user may see, in one query. `kind`: of one type (`none`: without a record).

    `chosen` is a key of CHOSEN, `order` one of ORDERS; `filters` are the cuts of every figure, as they were on the day of the loss.
    """
    found, params = _statement(user, basis, first, after, filters)
    conditions = [CHOSEN[chosen]]
    if account is not None:
        conditions.append("account_id = %(account)s")
    if kind:
        conditions.append("type IS NULL" if kind == "none" else "type = %(kind)s")
    tail = sql.LIST.format(chosen=" AND ".join(conditions), order=ORDERS[order])
    rows = _rows(found + tail, {**params, "account": account, "kind": kind, "limit": limit, "start": start})
    width = len(fields(Loss))
    if not rows:
        return Listed([], 0, Decimal(0))
    return Listed([Loss(*row[:width]) for row in rows], rows[0][width], rows[0][width + 1] or Decimal(0))


def counts(
    user: User, basis: Basis, first: date = EVER, after: date | None = None, filters: Mapping[str, Sequence[str]] | None = None
) -> Counts:
    """The losses in `[first, after)` by type, cause and regret, with the share of silent ones, in one query."""
    found, params = _statement(user, basis, first, after, filters)
    whole, silent, unrecorded, fresh, late = _count(None, (0, Decimal(0), 0, 0, 0)), share(0, 0), 0, 0, 0
    types, causes, regrettable = [], [], {}
    for level, kind, cause, source, regret, *sums in _rows(found + sql.COUNTS, params):
        losses, amount, without_rate, no_record, silently, still_fresh, renewed_late, observed, back = sums
        one = (losses, amount, without_rate, observed, back)
        if level == 0b1111:
            whole, silent, unrecorded = _count(None, one), share(silently, losses), no_record
            fresh, late = still_fresh, renewed_late
        elif not losses:
            continue
        elif level == 0b0111:
            types.append(_count(kind, one))
        elif level == 0b1001:
            causes.append(_count(cause, one, source))
        else:
            regrettable[regret] = losses
    types.sort(key=lambda one: (-one.losses, one.key or ""))
    causes.sort(key=lambda one: (-one.losses, one.key or "", one.source or ""))
    return Counts(whole, silent, unrecorded, fresh, late, types, causes, regrettable, basis.as_of, basis.version)


def _count(key: str | None, sums: tuple[int, Decimal, int, int, int], source: str | None = None) -> Count:
    losses, amount, without_rate, observed, back = sums
    return Count(key, losses, amount, without_rate, share(back, observed), source)


def _statement(
    user: User, basis: Basis, first: date, after: date | None, filters: Mapping[str, Sequence[str]] | None
) -> tuple[str, dict[str, Any]]:
    """The losses as a WITH clause, with every parameter but those of the tail."""
    book, params = visible_book(user)
    pieces = cut(ALL, filters or {}, day="s.lost_on")
    where = pieces.where
    if pieces.products:
        where += " AND worth.products && %(products)s::text[]"
    params |= {
        **pieces.params,
        "products": list(pieces.products),
        "as_of": basis.as_of,
        "grace": basis.renewals.renewal_grace_days,
        "reporting": settings.REPORTING_CURRENCY,
        "zone": settings.TIME_ZONE,
        "first": first,
        "after": after or basis.as_of + timedelta(days=1),
    }
    return sql.LOSSES.format(book=book, joins=pieces.joins, where=where), params


def _rows(statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())
