"""Which dues a page of rates is about: its periods, its cut and its filters, as the address asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.cuts import BY as EVERY_BY
from accounts.types import Role
from csm_portal.lib.periods import ONE_DAY, add_months, period_of
from csm_portal.portal.renewals.asked import BY

GRAINS = ("month", "quarter")
# Periods shown unless dates are asked for: a year of months, two years of quarters.
MONTHS = {"month": 12, "quarter": 24}
LONGEST = timedelta(days=3_660)
EARLIEST, LATEST = date(1990, 1, 1), date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice: dues that end in `[first, after)`, per `grain` and by `by`; `filters` are values by cut. `own`: dates were asked for.

    `problem` says what is wrong with dates that were asked for and are not followed.
    """

    grain: str
    first: date
    after: date
    by: str
    by_first: str
    filters: tuple[tuple[str, str], ...] = ()
    own: bool = False
    problem: str = ""

    @property
    def cuts(self) -> Mapping[str, list[str]]:
        """The filters as the figures take them."""
        return {name: [value] for name, value in self.filters}

    @property
    def last(self) -> date:
        """Last day inside."""
        return self.after - ONE_DAY

    def query(self, *, without: str = "", **changed: str) -> str:
        """The address's query, with other values or one filter less; what makes no difference is left out."""
        dates = {"from": self.first.isoformat(), "to": self.last.isoformat()} if self.own else {}
        made = {"grain": self.grain if self.grain != GRAINS[0] else "", "by": self.by if self.by != self.by_first else "", **dates}
        made |= {name: value for name, value in self.filters if name != without}
        return urlencode([(name, value) for name, value in {**made, **changed}.items() if value])

    def dues(self, first: date, after: date, *, state: str = "all", group: tuple[str, str] | None = None, on: date | None = None) -> str:
        """Query of the list behind a number: the dues that end in `[first, after)`, in this state, of this group as it stood `on`."""
        made = {"state": state, "from": first.isoformat(), "to": after.isoformat(), **dict(self.filters)}
        if group is not None:
            made[group[0]] = group[1]
        cut = any(name in BY for name in made)
        return urlencode({**made, **({"on": on.isoformat()} if on and cut else {})})


def choice(query: QueryDict, as_of: date, role: str) -> Choice:
    """What the address asks for; without dates the periods that end with the running one. Nonsense is passed over, of dates with a word."""
    grain = query.get("grain", GRAINS[0])
    grain = grain if grain in GRAINS else GRAINS[0]
    by_first = "product" if role == Role.CSM else "csm"
    by = query.get("by", by_first)
    found = _dates(query)
    now = period_of(grain, as_of)
    first, after = found or (add_months(now.after, -MONTHS[grain]), now.after)
    filters = tuple((name, value) for name in BY if (value := query.get(name, "").replace("\0", "")[:300]))
    problem = "" if found or not (query.get("from") or query.get("to")) else _problem(query)
    return Choice(grain, first, after, by if by in EVERY_BY else by_first, by_first, filters, found is not None, problem)


def _dates(query: QueryDict) -> tuple[date, date] | None:
    first, last = _day(query.get("from", "")), _day(query.get("to", ""))
    if first is None or last is None or not timedelta() <= last - first < LONGEST:
        return None
    return first, last + ONE_DAY


def _problem(query: QueryDict) -> str:
    """What would be right instead."""
    first, last = _day(query.get("from", "")), _day(query.get("to", ""))
    if first is None or last is None:
        return _("These dates are not known; right would be two days as YYYY-MM-DD. Shown are the last periods.")
    if last < first:
        return _("The first day lies after the last one; right would be the other way round. Shown are the last periods.")
    return _("So long a span is not counted at once; right would be at most ten years. Shown are the last periods.")


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if EARLIEST <= found < LATEST else None
