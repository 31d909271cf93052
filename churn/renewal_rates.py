"""Renewal rates by count, gross and net amount, per period and cut; and forecasts against what happened. docs/methods/renewals.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection

from accounts.cuts import ALL
from churn.as_of import Basis, read_basis
from churn.renewal_rates_sql import WHICH, accuracy_statement, rates_statement
from churn.spans import SPAN, Span, spans
from csm_portal.lib.estimates import Share, share
from csm_portal.lib.periods import ONE_DAY

if TYPE_CHECKING:
    from accounts.models import User

GRAINS = ("month", "quarter", SPAN)
ZERO = Decimal(0)
NONE = (0, 0, 0, 0, ZERO, ZERO, ZERO, ZERO, 0)
Filters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Renewed:
    """One period and group. Counts are dues that end in the period; rates are shares of the decided ones, None where none is decided.

    Amounts are MRR in the reporting currency at the rate of each term's end: `due_amount` at the end of the old terms of the decided
    dues, `renewed_amount` of what followed, `kept_amount` of it without expansion, `open_amount` of the dues not decided yet. Those
    without an exchange rate (`without_rate`) are counted, but in no decided amount. `rate_net` may exceed 1. `provisional`: the period
    still runs, or a due of it is open.
    """

    period: str
    first: date
    after: date
    group: str | None
    due: int
    renewed: int
    lost: int
    open: int
    rate_count: Decimal | None
    rate_gross: Decimal | None
    rate_net: Decimal | None
    due_amount: Decimal
    renewed_amount: Decimal
    kept_amount: Decimal
    open_amount: Decimal
    without_rate: int
    provisional: bool
    as_of: date
    version: int | None
    ids: dict[str, list[str]] = field(default_factory=dict)

    @property
    def estimate(self) -> Share:
        """The rate by count with its 95% interval."""
        return share(self.renewed, self.renewed + self.lost)


@dataclass(frozen=True, slots=True)
class Hit:
    """The dues of one category of forecast, and how many of them were renewed."""

    category: str
    forecast: int
    renewed: int

    @property
    def estimate(self) -> Share:
        """Share renewed, with its 95% interval."""
        return share(self.renewed, self.forecast)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Forecasts of one group against what happened to the dues that ended in `[first, after)` and are decided.

    The forecast that counts is the last one entered by the decision day and before the outcome, else the first one after (`late`).
    `expected` is the sum of probabilities, to be held against `renewed`. Amounts are of the dues with a forecast, in the reporting
    currency at the rate of their end: `forecast_amount` renewal and expansion as told, `renewal_amount` without the expansion,
    `weighted_amount` by probability, `actual_amount` what was renewed; `without_rate` of them are in no amount.
    """

    group: str | None
    decided: int
    forecast: int
    late: int
    expected: Decimal
    renewed: int
    renewal_amount: Decimal
    forecast_amount: Decimal
    weighted_amount: Decimal
    actual_amount: Decimal
    without_rate: int
    categories: tuple[Hit, ...]
    as_of: date
    version: int | None

    @property
    def without_forecast(self) -> int:
        """Decided dues that nobody had forecast."""
        return self.decided - self.forecast

    @property
    def amount_ratio(self) -> Decimal | None:
        """What was renewed for each unit forecast; 1 is exact, None: nothing was forecast."""
        return self.actual_amount / self.forecast_amount if self.forecast_amount else None

    @property
    def weighted_ratio(self) -> Decimal | None:
        """The same for each unit forecast times its probability."""
        return self.actual_amount / self.weighted_amount if self.weighted_amount else None


def rates(  # noqa: PLR0917 - the span and the cut read in this order everywhere
    user: User,
    grain: str,
    first: date,
    after: date,
    by: str = ALL,
    filters: Filters | None = None,
    *,
    detail: bool = False,
    basis: Basis | None = None,
) -> list[Renewed]:
    """One row per period of `grain` (month, quarter, span) that begins in `[first, after)` and group, of the accounts `user` may see.

    A due counts in the period of its `ends_on`, also when it was renewed early or late; groups stand as at the close of the period, by
    product each due under its own. `detail` adds external ids, one per due. A period of the whole has a row also when nothing is due in
    it. Periods still to come tell what is known to fall due in them, by the groups of the as-of day. One query, one more without
    `basis`. Raises ValueError for another grain.
    """
    if grain not in GRAINS:
        raise ValueError(f"unknown grain {grain!r}; known are {', '.join(GRAINS)}")
    basis = basis or read_basis()
    if basis is None:
        return []
    asked = [_until(span, basis.as_of) for span in spans(grain, first, after, max(after, basis.as_of))]
    sql, params = rates_statement(user, asked, by, filters or {}, detail=detail)
    found: dict[int, list[Renewed]] = {}
    for row in _rows(sql, params):
        found.setdefault(row[0], []).append(_renewed(asked[row[0]], row[1], row[2:11], basis, row[11:]))
    if by == ALL:
        for place, span in enumerate(asked):
            found.setdefault(place, [_renewed(span, ALL, NONE, basis, [[]] * len(WHICH) if detail else [])])
    return [one for place in sorted(found) for one in found[place]]


def forecast_against_actual(
    user: User, first: date, after: date, by: str = "csm", filters: Filters | None = None, *, basis: Basis | None = None
) -> list[Accuracy]:
    """One row per group whose dues ended in `[first, after)` and are decided; the nameless group last. Groups as at the span's close.

    Dues that nobody forecast are counted (`without_forecast`) and in no other number. One query, one more without `basis`.
    """
    basis = basis or read_basis()
    if basis is None:
        return []
    (span,) = spans(SPAN, first, after, max(after, basis.as_of))
    groups: dict[str | None, list[tuple[Any, ...]]] = {}
    for row in _rows(*accuracy_statement(user, _until(span, basis.as_of), by, filters or {})):
        groups.setdefault(row[0], []).append(row)
    return [_accuracy(group, rows, basis) for group, rows in groups.items()]


def _until(span: Span, as_of: date) -> Span:
    """The period with the last day known of it; unlike a state, a due is known before its period begins."""
    last = span.after - ONE_DAY
    return replace(span, close=min(last, as_of), provisional=last > as_of)


def _rows(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _renewed(span: Span, group: str | None, counts: Sequence[Any], basis: Basis, ids: Sequence[list[str] | None]) -> Renewed:
    due, renewed, lost, open_, due_amount, renewed_amount, kept_amount, open_amount, without_rate = counts
    return Renewed(
        period=span.label,
        first=span.first,
        after=span.after,
        group=group,
        due=due,
        renewed=renewed,
        lost=lost,
        open=open_,
        rate_count=_ratio(Decimal(renewed), Decimal(renewed + lost)),
        rate_gross=_ratio(kept_amount, due_amount),
        rate_net=_ratio(renewed_amount, due_amount),
        due_amount=due_amount,
        renewed_amount=renewed_amount,
        kept_amount=kept_amount,
        open_amount=open_amount,
        without_rate=without_rate,
        provisional=span.provisional or open_ > 0,
        as_of=basis.as_of,
        version=basis.version,
        ids={name: found or [] for name, found in zip(WHICH, ids, strict=False)},
    )


def _accuracy(group: str | None, rows: Sequence[tuple[Any, ...]], basis: Basis) -> Accuracy:
    whole = next(row for row in rows if row[1] == "*")
    hits = tuple(Hit(row[1], row[3], row[6]) for row in rows if row[1] not in {"*", None})
    decided, forecast, late, expected, renewed, renewal, told, weighted, actual, without_rate = whole[2:]
    return Accuracy(
        group=group,
        decided=decided,
        forecast=forecast,
        late=late,
        expected=expected,
        renewed=renewed,
        renewal_amount=renewal,
        forecast_amount=told,
        weighted_amount=weighted,
        actual_amount=actual,
        without_rate=without_rate,
        categories=hits,
        as_of=basis.as_of,
        version=basis.version,
    )


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole if whole else None
