"""The periods over which renewals are counted, named in the address and anchored at the day of the figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from csm_portal.lib.periods import Period, add_months, period_of

MONTH, OWN = "month", "own"
KEYS = (MONTH, "last-month", "next-month", "quarter", "last-quarter", "next-quarter", "next-90", "last-90", "year", OWN)
NINETY = timedelta(days=90)
LONGEST_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Span:
    """One choice of the list: `period` is half-open; `key` is what the address says."""

    key: str
    period: Period

    @property
    def name(self) -> str:
        """What the list of periods calls it."""
        return names()[self.key]

    @property
    def query(self) -> dict[str, str]:
        """The part of the address that leads here; the first choice needs none."""
        if self.key == OWN:
            return {"period": OWN, "from": self.period.first.isoformat(), "to": self.period.last.isoformat()}
        return {} if self.key == MONTH else {"period": self.key}


def span_asked(query: Mapping[str, str], as_of: date) -> Span:
    """The period of the address; whatever makes no sense is the month of the figures.

    The form sends the period it showed as `was`: where that is still chosen, but its days are others, the days are what was asked for.
    """
    key = query.get("period", MONTH)
    key = key if key in KEYS else MONTH
    own = _own(query)
    if key == OWN:
        return Span(OWN, own) if own else Span(MONTH, _period(MONTH, as_of))
    period = _period(key, as_of)
    return Span(OWN, own) if own and own != period and query.get("was") == key else Span(key, period)


def _own(query: Mapping[str, str]) -> Period | None:
    first, last = _day(query.get("from")), _day(query.get("to"))
    if first is None or last is None or last == date.max or not timedelta() <= last - first < timedelta(days=LONGEST_DAYS):
        return None
    return Period(first, last + timedelta(days=1))


def _period(key: str, as_of: date) -> Period:
    tomorrow = as_of + timedelta(days=1)
    month, quarter = period_of("month", as_of), period_of("quarter", as_of)
    return {
        "last-month": Period(add_months(as_of, -1), month.first),
        "next-month": Period(month.after, add_months(as_of, 2)),
        "quarter": quarter,
        "last-quarter": Period(add_months(quarter.first, -3), quarter.first),
        "next-quarter": Period(quarter.after, add_months(quarter.first, 6)),
        "next-90": Period(tomorrow, tomorrow + NINETY),
        "last-90": Period(tomorrow - NINETY, tomorrow),
        "year": Period(date(as_of.year, 1, 1), tomorrow),
    }.get(key, month)


def names() -> dict[str, str]:
    """Key and name of every period on offer, in order."""
    return {
        MONTH: _("this month"),
        "last-month": _("last month"),
        "next-month": _("next month"),
        "quarter": _("this quarter"),
        "last-quarter": _("last quarter"),
        "next-quarter": _("next quarter"),
        "next-90": _("next 90 days"),
        "last-90": _("last 90 days"),
        "year": _("year to date"),
        OWN: _("from … to …"),
    }


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
