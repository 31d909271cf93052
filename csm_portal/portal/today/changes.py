"""Since your last visit: what changed in the visible book, in words, worst money first."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from accounts.types import Role
from csm_portal.portal.addresses import account_address
from csm_portal.portal.book.rows import reason_of
from csm_portal.portal.qbr.addresses import qbr_address
from csm_portal.portal.today import changes_sql
from csm_portal.portal.today.policy import SHOWN
from csm_portal.portal.today.visits import Since
from csm_portal.web import reader, remembered
from health.books import visible_book
from health.judging.rating_queue import asking

if TYPE_CHECKING:
    from accounts.models import User

# Where a piece of news is acted on; elsewhere the account's page.
ADDRESSES: Mapping[str, Callable[[str], str]] = {"review_due": qbr_address}


@dataclass(frozen=True, slots=True)
class Change:
    """One piece of news about one account. `weight` is its MRR in the reporting currency (unknown counts as 0 in the order).

    `is_new`: it happened since the last visit; otherwise it was open before and still is. `good`: a turn for the better.
    """

    kind: str
    name: str
    href: str
    day: date | None
    facts: Mapping[str, Any]
    reason: str
    is_new: bool
    good: bool
    weight: Decimal
    mrr: Decimal | None
    currency: str
    renewal_on: date | None
    decision_on: date | None


@dataclass(frozen=True, slots=True)
class Group:
    """The news of one kind: how many happened since the last visit, and how many stand open in all."""

    kind: str
    n_new: int
    n_all: int
    items: Sequence[Change] = field(default_factory=tuple)

    @property
    def n_before(self) -> int:
        """Open already at the last visit."""
        return self.n_all - self.n_new


@dataclass(frozen=True, slots=True)
class News:
    """What to show at once (news, then what was open before as far as there is room), what to fold away, and the counts of all."""

    shown: Sequence[Group]
    waiting: Sequence[Group]
    folded: Sequence[Group]
    n_new: int
    n_before: int
    n_folded: int


def changes(user: User, since: Since, today: date, as_of: date | None, run_id: int | None) -> News:
    """The news for one reader, in two queries; remembered, since a large book is dear to compare: a minute for a CSM, who acts on
    them, five for whoever reads the books of others."""
    if as_of is None or run_id is None:
        return arrange([])
    name = f"since:{reader(user)}:{run_id}:{today}:{since.day}:{since.seen}"
    rows = remembered(name, lambda: _rows(user, since, today, as_of), seconds=60 if user.role == Role.CSM else 300)
    return arrange(groups_of(rows))


def _rows(user: User, since: Since, today: date, as_of: date) -> list[tuple[Any, ...]]:
    book, params = visible_book(user)
    params |= asking(today)
    params |= changes_sql.LIMITS | {"today": today, "as_of": as_of, "visit": since.day, "seen": since.seen, "zone": settings.TIME_ZONE}
    params["reader"] = user.pk
    params["gap"] = (as_of - since.seen).days
    with connection.cursor() as cursor:
        cursor.execute(changes_sql.SETTINGS + changes_sql.STATEMENT.replace("{book}", book), params)
        for _setting in range(changes_sql.SETTINGS.count(";")):
            cursor.nextset()
        return list(cursor.fetchall())


def groups_of(rows: Sequence[tuple[Any, ...]]) -> list[Group]:
    """Rows of the statement as groups, in the order of urgency that KINDS has."""
    found: dict[str, list[Change]] = {}
    counts: dict[str, tuple[int, int]] = {}
    for kind, is_new, n_new, n_all, day, facts, rank, weight, external_id, name, mrr, currency, renewal_on, decision_on, reason in rows:
        counts[kind] = (n_new, n_all)
        found.setdefault(kind, []).append(
            Change(
                kind=kind,
                name=name,
                href=ADDRESSES.get(kind, account_address)(external_id),
                day=day,
                facts=json.loads(facts),
                reason=reason_of(json.loads(reason)) if kind == "band_changed" else "",
                is_new=is_new,
                good=kind == "band_changed" and bool(rank),
                weight=weight or Decimal(0),
                mrr=mrr,
                currency=currency,
                renewal_on=renewal_on,
                decision_on=decision_on,
            )
        )
    return [Group(kind, *counts[kind], found[kind]) for kind in changes_sql.KINDS if kind in found]


def arrange(groups: Sequence[Group], room: int = SHOWN) -> News:
    """Choose what stands at once: the worst news of every kind first, then by money, `room` lines in all. The rest is folded.

    What was open before fills the room that the news leave, in the same way. Nothing is lost between the parts, and inside a kind the
    order stays.
    """
    new = _chosen(groups, room, is_new=True)
    old = _chosen(groups, room - len(new), is_new=False)
    shown, waiting = _parts(groups, new), _parts(groups, old)
    n_new, n_all = sum(group.n_new for group in groups), sum(group.n_all for group in groups)
    return News(
        shown=shown,
        waiting=waiting,
        folded=_parts(groups, {id(item) for group in groups for item in group.items} - new - old),
        n_new=n_new,
        n_before=n_all - n_new,
        n_folded=n_all - len(new) - len(old),
    )


def _chosen(groups: Sequence[Group], room: int, *, is_new: bool) -> set[int]:
    """The items to show, by identity: the first of every kind, then the most money."""
    lists = [[item for item in group.items if item.is_new is is_new] for group in groups]
    first = sorted((items[0] for items in lists if items), key=_urgency)
    more = sorted((item for items in lists for item in items[1:]), key=_urgency)
    return {id(item) for item in [*first, *more][: max(0, room)]}


def _parts(groups: Sequence[Group], wanted: set[int]) -> list[Group]:
    found = [Group(group.kind, group.n_new, group.n_all, [item for item in group.items if id(item) in wanted]) for group in groups]
    return [group for group in found if group.items]


def _urgency(item: Change) -> tuple[bool, Decimal]:
    # A turn for the better waits until everything else has its place.
    return item.good, -item.weight
