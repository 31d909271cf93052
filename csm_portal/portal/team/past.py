"""Earlier months and weeks and the month's headlines, from the services that Today and REST read, by owner and team of that time."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection

from accounts.models import Account
from csm_portal.lib.periods import add_months, label
from csm_portal.portal.headlines import Headline, headlines
from csm_portal.portal.team.figures import ByDesk, Desk, Figures
from health.books import visible_book
from health.rates_sql import DESK

if TYPE_CHECKING:
    from accounts.models import User

MONTHS = 12
# The counts of `health.rates`, without what the table does not show: the index of each slice is read once, however many months there are.
RATES = """
WITH book (id) AS MATERIALIZED ({book})
SELECT p.grain, p.starts_on, p.csm_id, p.team_id,
       count(*) FILTER (WHERE p.paying),
       count(*) FILTER (WHERE p.paying AND p.active),
       count(*) FILTER (WHERE p.paying AND p.active IS NULL),
       count(*) FILTER (WHERE p.provisional), max(p.version)
FROM (
    SELECT grain, starts_on, run_id FROM health_publishedslice
    WHERE starts_on <= %(as_of)s
      AND ((grain = 'month' AND starts_on >= %(first_month)s) OR (grain = 'week' AND starts_on >= %(first_week)s))
    OFFSET 0
) s
CROSS JOIN LATERAL (
    SELECT * FROM health_accountperiod o WHERE o.run_id = s.run_id AND o.grain = s.grain AND o.starts_on = s.starts_on OFFSET 0
) p {mine}
GROUP BY 1, 2, 3, 4
"""
COUNTS = ("paying", "active", "unknown", "provisional")


def rates(user: User, as_of: date) -> tuple[ByDesk, dict[date, int]]:
    """Counts behind the active rates of the last 12 months and 2 weeks, the running ones included; one query.

    Also the activity definition behind each month, by its first day.

    They are those of `activity_rates`, by owner and team at once: tests/portal/test_team_data.py holds both equal.
    """
    book, params = visible_book(user)
    everything = not Account.objects.visible_to(user).query.where
    sql = RATES.format(book=book, mine="" if everything else "WHERE p.account_id IN (SELECT id FROM book)")
    spans = {"first_month": add_months(as_of, 1 - MONTHS), "first_week": as_of - timedelta(days=13), "as_of": as_of}
    found: ByDesk = {}
    versions: dict[date, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, **spans})
        for grain, starts_on, csm, team, *counts, version in cursor.fetchall():
            name = label(grain, starts_on)
            past = found.setdefault((csm, team), Figures()).past
            past.update({(grain, name, what): n for what, n in zip(COUNTS, counts, strict=True)})
            if grain == "month":
                versions[starts_on] = max(versions.get(starts_on, 0), version)
    return found, versions


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
