"""Brings two columns of the current rows up to date between nights: when an account was last rated, and last spoken to.

Score, band and reasons stay what the last night published; only these two say at once what a colleague has just done.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.conf import settings
from django.db import connection

from health.versions import calendar_on

# The same two facts as the night gathers (health/state_sql.py, FACTS): a store's count for the brand it belongs to, and for itself.
REFRESH = """
WITH wanted AS (
    SELECT id FROM accounts_account WHERE id = ANY(%(ids)s)
    UNION SELECT counts_for_id FROM accounts_account WHERE id = ANY(%(ids)s) AND counts_for_id IS NOT NULL
), member AS (
    SELECT a.id, a.id AS shown, coalesce(nullif(a.timezone, ''), %(zone)s) AS zone FROM accounts_account a JOIN wanted w ON w.id = a.id
    UNION ALL
    SELECT a.id, a.counts_for_id, coalesce(nullif(a.timezone, ''), %(zone)s) FROM accounts_account a JOIN wanted w ON w.id = a.counts_for_id
), rated AS (
    SELECT m.shown, max(r.rated_on) AS day FROM health_rating r JOIN member m ON m.id = r.account_id
    WHERE r.rated_on <= %(today)s GROUP BY m.shown
), contact AS (
    SELECT t.shown, max(t.day) AS day FROM (
        SELECT m.shown, (i.happened_at AT TIME ZONE m.zone)::date AS day FROM accounts_interaction i JOIN member m ON m.id = i.account_id
        UNION ALL
        SELECT m.shown, v.held_on FROM health_review v JOIN member m ON m.id = v.account_id WHERE v.held_on IS NOT NULL
    ) t WHERE t.day <= %(today)s GROUP BY t.shown
)
UPDATE health_accountstate s SET rated_on = rated.day, last_contact_on = contact.day
FROM wanted w LEFT JOIN rated ON rated.shown = w.id LEFT JOIN contact ON contact.shown = w.id
WHERE s.account_id = w.id AND (s.rated_on, s.last_contact_on) IS DISTINCT FROM (rated.day, contact.day)
"""


def refresh_touched(account_ids: Collection[int], today: date) -> int:
    """Write `rated_on` and `last_contact_on` of these accounts, and of those they count for, as known now; returns the rows changed.

    An account without a row (no night yet) gets none. Days after `today` do not count yet.
    """
    if not account_ids:
        return 0
    zone = calendar_on(today).default_timezone or settings.TIME_ZONE
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, {"ids": list(account_ids), "zone": zone, "today": today})
        return int(cursor.rowcount)
