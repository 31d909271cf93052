"""Earlier months and weeks and the month's headlines, from the services that Today and REST read, by owner and team of that time."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from csm_portal.lib.periods import add_months
from csm_portal.portal.headlines import Headline, headlines
from csm_portal.portal.team.figures import ByDesk, Desk, Figures
from health.rates import activity_rates
from health.rates_sql import DESK
from health.types import Grain

if TYPE_CHECKING:
    from accounts.models import User

MONTHS = 12
COUNTS = ("paying", "active", "unknown", "joined")


def rates(user: User, as_of: date) -> ByDesk:
    """Counts behind the active rates of the last 12 months and 2 weeks, the running ones included; two queries."""
    found: ByDesk = {}
    spans = ((Grain.MONTH, add_months(as_of, 1 - MONTHS)), (Grain.WEEK, as_of - timedelta(days=13)))
    for grain, first in spans:
        for row in activity_rates(user, grain, first, as_of + timedelta(days=1), by=DESK):
            counts = found.setdefault(desk_of(row["group"]), Figures()).past
            counts.update(_counts(grain, row))
    return found


def _counts(grain: str, row: dict[str, Any]) -> Counter[tuple[str, str, str]]:
    period = row["period"]
    counts = Counter({(grain, period, name): row[name] for name in COUNTS})
    counts[grain, period, "provisional"] = int(row["provisional"])
    return counts


def month(user: User) -> tuple[ByDesk, Headline | None]:
    """Numerators and denominators of the headlines of the month of the figures; one query. Also one of them, for month and version."""
    found: ByDesk = {}
    rows = headlines(user, by=DESK)
    for headline in rows:
        figures = found.setdefault(desk_of(headline.group), Figures())
        top, bottom = headline.numerator or Decimal(0), headline.denominator or Decimal(0)
        if headline.key == "renewal_rate_count":
            figures.month_renewed, figures.month_decided = top, bottom
        elif headline.key == "renewal_rate_amount":
            figures.month_renewed_amount, figures.month_decided_amount = top, bottom
        elif headline.key == "nps":
            figures.promoters_less_detractors, figures.answers = top, headline.n
    return found, next((one for one in rows if one.key == "monthly_active_rate" and one.version is not None), None)


def desk_of(group: str | None) -> Desk:
    """Owner and team of a group `csm id:team id`, either of which may be missing."""
    csm, _between, team = (group or "").partition(":")
    return (int(csm) if csm else None, int(team) if team else None)
