"""MRR movements per period and group, and the list behind each number. docs/methods/mrr.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from accounts.cuts import ALL
from churn.as_of import Basis, read_basis
from churn.sides_sql import LOGO_IDS, MONEY_IDS, Asked, listed, totals
from churn.spans import SPAN, Span, spans

if TYPE_CHECKING:
    from accounts.models import User

GRAINS = ("month", "quarter", SPAN)
ZERO = Decimal("0.00")
# No group asked for: None is the group of those without value.
ANY: Any = object()


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of one period and group: sums of money, and how many paid. What MRR and attrition are told from.

    `squares` is the sum of s², and of the `losers`, who pay less at the end, `lost_squares` that of (s - e)² and `lost_by_start` that of
    (s - e) s: what the interval of lost money is told from.
    """

    span: Span
    group: str | None
    start: Decimal = ZERO
    new: Decimal = ZERO
    expansion: Decimal = ZERO
    contraction: Decimal = ZERO
    churn: Decimal = ZERO
    reactivation: Decimal = ZERO
    fx: Decimal = ZERO
    end: Decimal = ZERO
    kept: Decimal = ZERO
    end_of_start: Decimal = ZERO
    accounts: int = 0
    without_rate: int = 0
    logos: int = 0
    logos_remaining: int = 0
    logos_joined: int = 0
    squares: Decimal = ZERO
    lost_squares: Decimal = ZERO
    lost_by_start: Decimal = ZERO
    losers: int = 0
    money_ids: Mapping[str, list[str]] | None = None
    logo_ids: Mapping[str, list[str]] | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """What became of the MRR of one period and group; amounts in one currency at the rates of the period's first day.

    start + new + expansion + reactivation - contraction - churn = end, to the cent; end + fx = the next period's start. `kept` is the sum
    of the lesser of both sides and `end_of_start` the end of those there at the start. `accounts` paid at the start, `without_rate` are
    left out for want of an exchange rate. `ids` (only with detail) are the accounts behind each number.
    """

    period: str
    first: date
    after: date
    group: str | None
    start: Decimal
    new: Decimal
    expansion: Decimal
    contraction: Decimal
    churn: Decimal
    reactivation: Decimal
    fx: Decimal
    end: Decimal
    kept: Decimal
    end_of_start: Decimal
    accounts: int
    provisional: bool
    without_rate: int
    as_of: date
    version: int | None
    ids: Mapping[str, list[str]] | None = None

    @property
    def gross_churn(self) -> Decimal | None:
        """(churn + contraction) / start; None: nothing to lose."""
        return _share(self.churn + self.contraction, self.start)

    @property
    def net_churn(self) -> Decimal | None:
        """(churn + contraction - expansion - reactivation) / start; below 0 where more was won back than lost."""
        return _share(self.churn + self.contraction - self.expansion - self.reactivation, self.start)

    @property
    def grr(self) -> Decimal | None:
        """Gross revenue retention: sum of min(s, e) / sum of s, over those there at the start."""
        return _share(self.kept, self.start)

    @property
    def nrr(self) -> Decimal | None:
        """Net revenue retention: sum of e / sum of s, over those there at the start."""
        return _share(self.end_of_start, self.start)

    @property
    def quick_ratio(self) -> Decimal | None:
        """(new + expansion + reactivation) / (contraction + churn); None where nothing was lost."""
        return _share(self.new + self.expansion + self.reactivation, self.contraction + self.churn)


@dataclass(frozen=True, slots=True)
class AccountMovement:
    """One account behind a period's numbers. `kind` is a movement, `same`, or `without_rate` (then no amount is known).

    `product` is named by=product only. `paid_before` and `paid_after` are what the contracts say of both sides. `fx` is what new rates make
    of its end until the next period starts.
    """

    external_id: str
    name: str
    owner: str
    kind: str
    start: Decimal | None
    end: Decimal | None
    paid_before: bool
    paid_after: bool
    product: str = ""
    fx: Decimal = ZERO

    @property
    def change(self) -> Decimal | None:
        """End less start."""
        return None if self.start is None or self.end is None else self.end - self.start


def movements(  # noqa: PLR0917 - the span and the cut read in this order everywhere
    user: User,
    grain: str,
    first: date,
    after: date,
    by: str = ALL,
    filters: Mapping[str, Sequence[str]] | None = None,
    *,
    detail: bool = False,
    currency: str = "",
    basis: Basis | None = None,
) -> list[Movement]:
    """One row per period that begins in `[first, after)` (for `span`: that one range) and group of its end; the nameless group last.

    Every group that occurs has a row in every period. `currency` is told in instead of the reporting currency, at the rates of the
    period's first day too. Nothing published: no rows. `basis` saves reading the as-of day again. Raises ValueError for a grain that
    is none of GRAINS.
    """
    basis = basis or read_basis()
    found = read_sides(user, grain, first, after, by, filters, detail=detail, currency=currency, basis=basis)
    return [movement(one, basis) for one in found] if basis else []


def read_sides(  # noqa: PLR0917
    user: User,
    grain: str,
    first: date,
    after: date,
    by: str = ALL,
    filters: Mapping[str, Sequence[str]] | None = None,
    *,
    detail: bool = False,
    currency: str = "",
    basis: Basis | None = None,
) -> list[Sides]:
    """Both sides of every period and group in one query: what `movements` and the attrition of logos and revenue are told from."""
    if grain not in GRAINS:
        raise ValueError(f"no MRR by {grain!r}; known are {', '.join(GRAINS)}")
    periods = spans(grain, first, after, basis.as_of) if basis else []
    if basis is None or not periods:
        return []
    sql, params = totals(user, periods, Asked(by, filters or {}, basis, currency or settings.REPORTING_CURRENCY), detail=detail)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    found = {(row[0], row[1]): _sides(periods[row[0]], row, detail=detail) for row in rows}
    groups = [ALL] if by == ALL else sorted({name for _, name in found}, key=lambda name: (name is None, name or ""))
    empty: Any = {"money_ids": {name: [] for name in MONEY_IDS}, "logo_ids": {name: [] for name in LOGO_IDS}} if detail else {}
    return [found.get((place, group)) or Sides(span, group, **empty) for place, span in enumerate(periods) for group in groups]


def movement(sides: Sides, basis: Basis) -> Movement:
    """The sides of a period as what became of its MRR."""
    return Movement(
        period=sides.span.label,
        first=sides.span.first,
        after=sides.span.after,
        group=sides.group,
        start=sides.start,
        new=sides.new,
        expansion=sides.expansion,
        contraction=sides.contraction,
        churn=sides.churn,
        reactivation=sides.reactivation,
        fx=sides.fx,
        end=sides.end,
        kept=sides.kept,
        end_of_start=sides.end_of_start,
        accounts=sides.accounts,
        provisional=sides.span.provisional,
        without_rate=sides.without_rate,
        as_of=basis.as_of,
        version=basis.version,
        ids=sides.money_ids,
    )


def account_movements(
    user: User,
    span: Span,
    filters: Mapping[str, Sequence[str]] | None = None,
    *,
    by: str = ALL,
    group: str | None = ANY,
    kind: str | None = None,
    currency: str = "",
    basis: Basis | None = None,
) -> list[AccountMovement]:
    """The accounts behind the numbers of one period, largest change first; `group` and `kind` narrow them to one number's.

    By product each account stands once per product. Accounts that paid on neither side are left out.
    """
    basis = basis or read_basis()
    if basis is None:
        return []
    sql, params = listed(user, span, Asked(by, filters or {}, basis, currency or settings.REPORTING_CURRENCY))
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    return [AccountMovement(*row[:10]) for row in rows if group in (ANY, row[10]) and kind in (None, row[3])]


def _sides(span: Span, row: tuple[Any, ...], *, detail: bool) -> Sides:
    sums: Any = row[1:21]
    if not detail:
        return Sides(span, *sums)
    lists = [ids or [] for ids in row[21:]]
    money, logos = lists[: len(MONEY_IDS)], lists[len(MONEY_IDS) :]
    ids: Any = {"money_ids": dict(zip(MONEY_IDS, money, strict=True)), "logo_ids": dict(zip(LOGO_IDS, logos, strict=True))}
    return Sides(span, *sums, **ids)


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole if whole else None
