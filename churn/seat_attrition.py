"""Attrition of seats: of those with a key action in the period before, who had none in this one. docs/methods/attrition.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import connection

from accounts.cuts import ALL
from churn.as_of import Basis, read_basis
from churn.revenue import ANY
from churn.seat_attrition_sql import IDS, MOST_PERIODS, Asked, listed, totals
from churn.spans import SPAN, Span, spans
from csm_portal.lib.periods import period_of

if TYPE_CHECKING:
    from accounts.models import User

GRAINS = ("week", "month", "quarter", SPAN)


@dataclass(frozen=True, slots=True)
class SeatSides:
    """Seats of one period and group. `purchased_*` are seats bought in paying contracts; None: no contract tells how many."""

    span: Span
    group: str | None
    start: int = 0
    remaining: int = 0
    joined: int = 0
    purchased_start: int | None = None
    purchased_lost: int | None = None
    ids: Mapping[str, list[str]] | None = None


@dataclass(frozen=True, slots=True)
class AccountSeats:
    """One account behind a period's seats."""

    external_id: str
    name: str
    owner: str
    start: int
    remaining: int
    joined: int

    @property
    def lost(self) -> int:
        """Seats with a key action in the period before and none in this one."""
        return self.start - self.remaining


def read_seats(  # noqa: PLR0917 - the span and the cut read in this order everywhere
    user: User,
    grain: str,
    first: date,
    after: date,
    by: str = ALL,
    filters: Mapping[str, Sequence[str]] | None = None,
    *,
    detail: bool = False,
    basis: Basis | None = None,
) -> list[SeatSides]:
    """Seats of every period and group, in one query per 60 periods. Raises ValueError for a grain that is none of GRAINS."""
    if grain not in GRAINS:
        raise ValueError(f"no seats by {grain!r}; known are {', '.join(GRAINS)}")
    basis = basis or read_basis()
    if basis is None:
        return []
    periods = spans(grain, first, after, basis.as_of, week_starts=basis.week_starts)
    found: dict[tuple[Span, str | None], SeatSides] = {}
    for start in range(0, len(periods), MOST_PERIODS):
        some = periods[start : start + MOST_PERIODS]
        sql, params = totals(user, Asked(some, before_first(grain, some[0], basis), by, filters or {}, detail=detail))
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            for place, group, *counts in cursor.fetchall():
                values: Any = [*counts[:5], _ids(counts[5:]) if detail else None]
                span = some[place - 1]
                found[span, group] = SeatSides(span, group, *values)
    groups = [ALL] if by == ALL else sorted({name for _, name in found}, key=lambda name: (name is None, name or ""))
    empty: Any = {"ids": {name: [] for name in IDS}} if detail else {}
    return [found.get((span, group)) or SeatSides(span, group, **empty) for span in periods for group in groups]


def account_seats(
    user: User,
    span: Span,
    grain: str,
    filters: Mapping[str, Sequence[str]] | None = None,
    *,
    by: str = ALL,
    group: str | None = ANY,
    basis: Basis | None = None,
) -> list[AccountSeats]:
    """The accounts behind the seats of one period, most lost seats first; `group` narrows them to one number's."""
    basis = basis or read_basis()
    if basis is None:
        return []
    sql, params = listed(user, Asked([span], before_first(grain, span, basis), by, filters or {}))
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [AccountSeats(*row[:6]) for row in cursor.fetchall() if group in (ANY, row[6])]


def before_first(grain: str, span: Span, basis: Basis) -> date:
    """First day of the period before: of the same grain, for a span of the same length."""
    if grain == SPAN:
        return span.first - (span.after - span.first)
    return period_of(grain, span.before, week_starts=basis.week_starts).first


def _ids(lists: Sequence[Any]) -> dict[str, list[str]]:
    # Django leaves JSON of plain statements as text.
    return {name: sorted(one for part in json.loads(parts or "[]") for one in part) for name, parts in zip(IDS, lists, strict=True)}
