"""What may be asked of MRR and attrition, and the periods of an answer when none are asked for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.api.parameters import Parameter, fault, filters_in
from accounts.cuts import BY
from churn.as_of import Basis
from churn.cuts_sql import MORE_CUTS
from churn.spans import SPAN
from csm_portal.lib.periods import ONE_DAY, add_months, period_of

MRR_GRAINS = ("month", "quarter", SPAN)
ATTRITION_GRAINS = ("week", *MRR_GRAINS)
PERIODS = 12
# Far more than anybody reads; every further period costs.
MOST_PERIODS = 600
SHORTEST = {"week": 7, "month": 28, "quarter": 90}
FIRST_YEAR, LAST_YEAR = 1900, 2200

GROUP_BY = (*BY, *MORE_CUTS)
MRR_GRAIN = Parameter("grain", _("One of month, quarter, span; span is one row for [from, to)."), default="month", choices=MRR_GRAINS)
ATTRITION_GRAIN = Parameter(
    "grain", _("One of week (seats only), month, quarter, span; span is one row for [from, to)."), default="month", choices=ATTRITION_GRAINS
)
MEASURE = Parameter("measure", _("One of logo, seat, revenue."), default="logo", choices=("logo", "seat", "revenue"))
CUT_BY = Parameter("by", _("One of %(choices)s.") % {"choices": ", ".join(GROUP_BY)}, default="all", choices=GROUP_BY)
MORE_FILTERS = tuple(
    Parameter(name, _("Only rows whose %(name)s is this; repeat for several.") % {"name": name}, many=True) for name in MORE_CUTS
)


def every_filter(asked: dict[str, Any]) -> dict[str, list[str]]:
    """The cuts asked for with the values let through; cuts without value are left out."""
    return filters_in(asked) | {name: asked[name] for name in MORE_CUTS if asked.get(name)}


def periods_in(asked: dict[str, Any], basis: Basis) -> tuple[date, date]:
    """[from, to): to the as-of day by default, and from eleven periods before the one that ends there (of a span: months).

    Raises a fault for years that no book has, and for more periods than an answer holds.
    """
    for name in ("from", "to"):
        if asked[name] is not None and not FIRST_YEAR <= asked[name].year <= LAST_YEAR:
            raise fault(name, _("Lies outside of the years %(first)s to %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR})
    after: date = asked["to"] or basis.as_of + ONE_DAY
    grain = asked["grain"]
    first: date = asked["from"] or _first_of_last(grain, after - ONE_DAY, basis.week_starts)
    if first >= after:
        raise fault("from", _("Lies at or after the last published day; give `to` as well."), "from_not_before_to")
    if grain != SPAN and (min(after, basis.as_of) - first).days > SHORTEST[grain] * MOST_PERIODS:
        raise fault("from", _("More than %(most)s periods at once; ask for fewer.") % {"most": MOST_PERIODS}, "too_many_periods")
    return first, after


def _first_of_last(grain: str, last: date, week_starts: str) -> date:
    """First day of the twelfth period back, counted with the one that holds the day."""
    back = PERIODS - 1
    if grain == "week":
        return period_of(grain, last, week_starts=week_starts).first - timedelta(weeks=back)
    if grain == "quarter":
        return add_months(period_of(grain, last).first, -3 * back)
    return add_months(last, -back)
