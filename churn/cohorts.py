"""Triangles: who began together, and how many of them are still there in each later period.

docs/methods/cohorts.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.db.models import Min
from django.db.models.functions import Coalesce

from accounts.cuts import ALL
from accounts.models import Account, Contract, Seat
from churn.as_of import read_basis
from churn.cohorts_sql import account_triangle, seat_triangle
from csm_portal.lib.periods import ONE_DAY, Period, add_months, label, period_of, periods_from

if TYPE_CHECKING:
    from accounts.models import User

MEASURES = ("logo", "seat", "revenue")
GRAINS = ("week", "month")
# Days of the longest triangle by grain, ten years of weeks and thirty of months: an old date typed wrongly must not make a million cells.
MOST_DAYS = {"week": 3_640, "month": 10_958}


@dataclass(frozen=True, slots=True)
class Cell:
    """One finished cell. `offset` counts periods from the cohort's own, which is 0.

    Logo: `size` accounts paid at the close of the cohort's period, `remaining` of them at the close of this one. Revenue: their MRR in
    one currency at the rates of the cohort's first day; the share is net and may exceed 1. Seat: `size` seats were activated in
    the cohort's period, `remaining` of them had a key action in this one. `share` is None where size is 0.
    `ids`: external ids (of seats account/seat, a slash inside an id as %2F) that remain and that are lost, where asked for; with those of
    revenue `amounts`, what each account of the size paid then and pays in this period (0 where it is lost).
    """

    cohort: str
    first: date
    group: str | None
    measure: str
    size: int | Decimal
    offset: int
    remaining: int | Decimal
    share: Decimal | None
    as_of: date
    version: int | None
    ids: Mapping[str, list[str]] | None = None
    amounts: Mapping[str, tuple[Decimal, Decimal]] | None = None


def triangle(  # noqa: PLR0917 - the cohorts and the cut read in this order everywhere
    user: User,
    measure: str,
    grain: str,
    first: date | None = None,
    after: date | None = None,
    by: str = ALL,
    filters: Mapping[str, Sequence[str]] | None = None,
    *,
    detail: bool = False,
    currency: str = "",
) -> list[Cell]:
    """The finished cells of the cohorts that begin in `[first, after)`, by cohort, group (the nameless last) and offset.

    Without `first` from the oldest cohort on, but never more than ten years of weeks or thirty of months. Empty before anything is
    published. A cell whose period still runs, or (seats) of which nothing was graded, has no row. Groups are those of the close of the
    cohort's period. Revenue is told in `currency` (empty: the reporting one). One statement besides the as-of day. Raises ValueError for
    an unknown measure or grain.
    """
    if measure not in MEASURES or grain not in GRAINS:
        raise ValueError(f"no triangle of {measure!r} by {grain!r}")
    basis = read_basis()
    if basis is None:
        return []
    as_of, week_starts = basis.as_of, basis.week_starts
    begin = _oldest(user, measure, as_of) if first is None else first
    if begin > as_of:
        return []
    begin = max(begin, as_of - timedelta(days=MOST_DAYS[grain]))
    if first is None:
        begin = period_of(grain, begin, week_starts=week_starts).first
    known = [one for one in periods_from(grain, begin, as_of + ONE_DAY, week_starts=week_starts) if one.last <= as_of]
    cohorts = [one for one in known if after is None or one.first < after]
    if not cohorts:
        return []
    if measure == "seat":
        sql, params = seat_triangle(user, grain, by, filters or {}, len(known), detail=detail)
    else:
        sql, params = account_triangle(user, grain, by, filters or {}, len(known), money=measure == "revenue", detail=detail)
    with connection.cursor() as cursor:
        cursor.execute(sql, params | span_params(known, cohorts, as_of) | {"into": currency or settings.REPORTING_CURRENCY})
        rows = cursor.fetchall()
    names = [label(grain, one.first) for one in known]  # a triangle of ten years of weeks has a hundred thousand cells
    return [_cell(row, measure, names, known, as_of) for row in rows]


def span_params(known: Sequence[Period], cohorts: Sequence[Period], as_of: date) -> dict[str, Any]:
    """Parameters of the statements for these finished periods; cohorts are the first of them."""
    return {
        "firsts": [one.first for one in known],
        "closes": [one.last for one in known],
        "base": known[0].first,
        "last": known[-1].last,
        "after": cohorts[-1].after,
        "as_of": as_of,
        "reporting": settings.REPORTING_CURRENCY,
    }


def recent(grain: str, n: int, as_of: date, week_starts: str = "monday") -> date:
    """First day of the last `n` periods that are finished on the day."""
    end = period_of(grain, as_of + ONE_DAY, week_starts=week_starts).first
    return end - timedelta(weeks=n) if grain == "week" else add_months(end, -n)


def _oldest(user: User, measure: str, as_of: date) -> date:
    """Day on which the first member of any cohort began; the as-of day where nobody has."""
    if measure == "seat":
        book = Account.objects.visible_to(user).values("pk")
        seats = Seat.objects.annotate(payer=Coalesce("account__counts_for_id", "account_id")).filter(payer__in=book)
        found = seats.aggregate(day=Min(Coalesce("activated_on", "first_event_on")))["day"]
    else:
        days = Account.objects.visible_to(user).aggregate(onboarded=Min("onboarded_on"))
        paid = Contract.objects.visible_to(user).filter(mrr__gt=0).aggregate(day=Min("starts_on"))["day"]
        found = min((day for day in (days["onboarded"], paid) if day is not None), default=None)
    return as_of if found is None else found


def _cell(row: tuple[Any, ...], measure: str, names: Sequence[str], known: Sequence[Period], as_of: date) -> Cell:
    cohort, group, size, offset, remaining, version = row[:6]
    ids = amounts = None
    if len(row) > 6:
        kept, began = list(row[6]), list(row[7])
        ids = {"remaining": kept, "lost": sorted(set(began) - set(kept))}
        if measure == "revenue":
            now = dict(zip(kept, row[8], strict=True))
            amounts = {one: (then, now.get(one, Decimal("0.00"))) for one, then in zip(began, row[9], strict=True)}
    if measure == "revenue":
        size, remaining = Decimal(size), Decimal(remaining)
    else:
        size, remaining = int(size), int(remaining)
    share = Decimal(remaining) / Decimal(size) if size else None
    return Cell(names[cohort], known[cohort].first, group, measure, size, offset, remaining, share, as_of, version, ids, amounts)
