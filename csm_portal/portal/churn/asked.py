"""What the address asks for: period, trend, set, cut and currency. Whatever makes no sense in it is passed over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict

from accounts.api.parameters import read_day
from accounts.cuts import CUTS
from churn.cuts_sql import MORE_CUTS
from churn.spans import SPAN
from csm_portal.lib.periods import ONE_DAY, Period, add_months, label, period_of

MONTH, QUARTER, WEEK = "month", "quarter", "week"
GRAINS = (MONTH, QUARTER, SPAN)
ALL_CUTS = (*CUTS, *MORE_CUTS)
# Months of one step, and periods of a trend.
STEP = {MONTH: 1, QUARTER: 3}
TREND, MOST_LAG = 12, 3
LONGEST = timedelta(days=3_660)
EARLIEST = date(1990, 1, 1)
FIRST_CUT = "industry"
LONGEST_CODE = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """The choice: `period` is half-open, `filters` are values by cut, `lag` is in periods of the grain."""

    grain: str
    period: Period
    as_of: date
    by: str = FIRST_CUT
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    lag: int = 1
    currency: str = ""

    @property
    def by_cut(self) -> dict[str, list[str]]:
        """The filters as the figures take them."""
        return {name: list(values) for name, values in self.filters}

    @property
    def has_trend(self) -> bool:
        """A span has no periods like it before."""
        return self.grain != SPAN

    @property
    def trend_first(self) -> date:
        """First day of what is read: the trend, and before it what its first losses may have followed."""
        return add_months(self.period.first, -STEP[self.grain] * (TREND - 1 + MOST_LAG)) if self.has_trend else self.period.first

    @property
    def year_first(self) -> date:
        """First day of the twelve months that end with the period."""
        return min(self.period.first, add_months(self.period.last, -11))

    @property
    def provisional(self) -> bool:
        """Whether the period still runs."""
        return self.period.last > self.as_of

    @property
    def reporting(self) -> str:
        """The currency of amounts that are told at the rates of their own days."""
        return str(settings.REPORTING_CURRENCY)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The address without what makes no difference."""
        made = [("grain", self.grain)]
        if self.grain == SPAN:
            made += [("from", self.period.first.isoformat()), ("to", self.period.last.isoformat())]
        else:
            made.append(("period", label(self.grain, self.period.first)))
        made += [(name, value) for name, values in self.filters for value in values]
        if self.by != FIRST_CUT:
            made.append(("by", self.by))
        if self.lag != 1:
            made.append(("lag", str(self.lag)))
        if self.currency:
            made.append(("currency", self.currency))
        return made

    def query(self, *more: tuple[str, str], without: Iterable[str] = ()) -> str:
        """The address's query, with more in it or something left out."""
        left_out = {*without, *(name for name, _value in more)}
        return "?" + urlencode([(name, value) for name, value in self.pairs if name not in left_out] + [pair for pair in more if pair[1]])

    def for_period(self, grain: str, period: Period) -> Asked:
        """The same question of another period."""
        return replace(self, grain=grain, period=period)


def asked(query: QueryDict, as_of: date) -> Asked:
    """The question of an address; without one, the latest month that is over."""
    grain = query.get("grain", MONTH)
    grain = grain if grain in GRAINS else MONTH
    period = _span(query) if grain == SPAN else _period(grain, query.get("period", ""), as_of)
    if period is None or period.first > as_of:
        grain = MONTH if grain == SPAN else grain
        period = latest(grain, as_of)
    by = query.get("by", FIRST_CUT)
    lag = query.get("lag", "1")
    return Asked(
        grain=grain,
        period=period,
        as_of=as_of,
        by=by if by in ALL_CUTS else FIRST_CUT,
        filters=_filters(query),
        lag=int(lag) if lag in {str(step) for step in range(MOST_LAG + 1)} else 1,
        currency=_currency(query.get("currency", "")),
    )


def latest(grain: str, as_of: date) -> Period:
    """The last period that is over on the day of the figures."""
    now = period_of(grain, as_of)
    return now if now.last == as_of else period_of(grain, now.first - ONE_DAY)


def on_offer(grain: str, as_of: date) -> list[Period]:
    """Periods of a grain to choose from, the running one first."""
    n = 24 if grain == MONTH else 12
    now = period_of(grain, as_of)
    return [period_of(grain, add_months(now.first, -STEP[grain] * back)) for back in range(n)]


def _filters(query: QueryDict) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = [(name, sorted({value for value in query.getlist(name) if value and "\0" not in value})) for name in ALL_CUTS]
    return tuple((name, tuple(values)) for name, values in found if values)


def _currency(text: str) -> str:
    """As it was asked for, in capitals: one that is not known is told so. Empty: the reporting currency."""
    asked_for = "".join(sign for sign in text if sign.isprintable()).strip().upper()[:LONGEST_CODE]
    return "" if asked_for == settings.REPORTING_CURRENCY else asked_for


def _period(grain: str, text: str, as_of: date) -> Period | None:
    first = _day(text)
    return None if first is None else period_of(grain, first)


def _span(query: QueryDict) -> Period | None:
    first, last = _day(query.get("from", "")), _day(query.get("to", ""))
    if first is None or last is None or not timedelta() <= last - first < LONGEST:
        return None
    return Period(first, last + ONE_DAY)


def _day(text: str) -> date | None:
    try:
        found = read_day(text)
    except ValueError:
        return None
    return found if EARLIEST <= found < date(2200, 1, 1) else None
