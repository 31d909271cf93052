"""Brings the outcome of the current rows up to date between nights, so that lists show at once what a colleague has just written down."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.conf import settings
from django.db import connection

from health.value.outcomes_sql import STATUS_ON, WORST, spans
from health.versions import calendar_on

_MINE = """(SELECT a.id AS account_id, coalesce(nullif(a.timezone, ''), %(zone)s) AS zone
    FROM accounts_account a WHERE a.id IN (SELECT id FROM touched) OR a.counts_for_id IN (SELECT id FROM touched))"""

# As the night gathers it (health/state_sql.py, FACTS): a store's outcome counts for the brand it belongs to, and for itself.
REFRESH = f"""
WITH touched AS (
    SELECT id FROM accounts_account WHERE id = ANY(%(ids)s)
    UNION SELECT counts_for_id FROM accounts_account WHERE id = ANY(%(ids)s) AND counts_for_id IS NOT NULL
), told AS (
    SELECT s.account_id, {STATUS_ON.format(day="%(today)s")} AS status
    FROM ({spans(_MINE)}) s WHERE s.since <= %(today)s AND (s.stop IS NULL OR s.stop > %(today)s)
), goal AS (
    SELECT t.id, {WORST} AS status
    FROM touched t JOIN accounts_account a ON a.id = t.id OR a.counts_for_id = t.id JOIN told ON told.account_id = a.id GROUP BY t.id
)
UPDATE health_accountstate s SET outcome_status = coalesce(goal.status, '')
FROM touched t LEFT JOIN goal ON goal.id = t.id
WHERE s.account_id = t.id AND s.outcome_status <> coalesce(goal.status, '')
"""  # noqa: S608 - built from our own text


def refresh_outcomes(account_ids: Collection[int], today: date) -> int:
    """Write `outcome_status` of these accounts, and of those they count for, as it stands on the day; returns the rows changed.

    An account without a row (no night yet) gets none.
    """
    if not account_ids:
        return 0
    zone = calendar_on(today).default_timezone or settings.TIME_ZONE
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, {"ids": list(account_ids), "zone": zone, "today": today})
        return int(cursor.rowcount)
