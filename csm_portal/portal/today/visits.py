"""When somebody was here last: one row per person and day, written and read in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection

from csm_portal.portal.today.policy import FIRST_VISIT_DAYS, LONGEST_ABSENCE_DAYS

if TYPE_CHECKING:
    from accounts.models import User

# Today's row is made once and touched again only when newer figures are seen or an hour has gone by.
VISIT = """
WITH put AS (
    INSERT INTO accounts_visit (user_id, day, seen_as_of, first_at, last_at)
    VALUES (%(user)s, %(today)s, %(as_of)s, %(now)s, %(now)s)
    ON CONFLICT (user_id, day) DO UPDATE SET seen_as_of = excluded.seen_as_of, last_at = excluded.last_at
    WHERE accounts_visit.seen_as_of IS DISTINCT FROM excluded.seen_as_of
       OR accounts_visit.last_at < excluded.last_at - interval '1 hour'
)
SELECT day, seen_as_of FROM accounts_visit WHERE user_id = %(user)s AND day < %(today)s ORDER BY day DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Since:
    """What "since your last visit" starts from.

    `day` is the portal's day of that visit, `seen` the day of the figures it showed. `first`: there was no earlier visit, so it is a week;
    `shortened`: the visit lies further back than what is shown.
    """

    day: date
    seen: date
    first: bool = False
    shortened: bool = False


def visited(user: User, today: date, as_of: date | None, now: datetime) -> Since:
    """Write down today's visit; the answer is the latest earlier day. One cheap statement."""
    with connection.cursor() as cursor:
        cursor.execute(VISIT, {"user": user.pk, "today": today, "as_of": as_of, "now": now})
        row = cursor.fetchone()
    return since(row[0] if row else None, row[1] if row else None, today, as_of)


def since(last: date | None, seen: date | None, today: date, as_of: date | None) -> Since:
    """Where the news begin. Never later than yesterday, so `since.day < today` always; figures never newer than the current ones."""
    ceiling = as_of or today - timedelta(days=1)
    if last is None:
        return Since(today - timedelta(days=FIRST_VISIT_DAYS), ceiling - timedelta(days=FIRST_VISIT_DAYS), first=True)
    earliest = today - timedelta(days=LONGEST_ABSENCE_DAYS)
    then = min(seen or last - timedelta(days=1), ceiling)
    if last < earliest:
        return Since(earliest, max(then, earliest - timedelta(days=1)), shortened=True)
    return Since(last, then)
