"""Events that were placed by what was known of their person, placed anew when more is known: they wait again, and `attach` decides.

Thus it makes no difference when what was told: a person's second account, the person behind an earlier id, the seat of that person.
"""

from __future__ import annotations

from django.db import connection, transaction

from accounts.dirty import marking, wait_for_markers
from accounts.loading.first_days import redo_first_days
from accounts.models import InferredEvent
from accounts.types import Waiting

LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('csm_portal attach'))"
_UNSETTLED = "SELECT source_id, other_id, user_id, said_at FROM accounts_trackedalias WHERE NOT settled ORDER BY source_id, other_id"
_NO_LONGER = """
DROP TABLE IF EXISTS intake_again;
CREATE TEMP TABLE intake_again ON COMMIT DROP AS
SELECT i.* FROM accounts_inferredevent i
WHERE i.account_external_id = '' AND i.person IN (SELECT external_id FROM accounts_seat GROUP BY 1 HAVING count(*) > 1)
UNION
SELECT i.* FROM accounts_trackedalias a JOIN accounts_inferredevent i ON i.source_id = a.source_id AND i.other_id = a.other_id
WHERE NOT a.settled AND i.other_id <> '' AND i.person <> a.user_id AND (i.person <> '' OR EXISTS (
    SELECT FROM accounts_seat s WHERE s.account_id = i.account_id AND s.external_id = a.user_id
))
"""
# The day is the account's, so it may be the one before or after.
_TAKEN = """
DROP TABLE IF EXISTS intake_back;
CREATE TEMP TABLE intake_back ON COMMIT DROP AS
WITH gone AS (
    DELETE FROM event e USING intake_again g
    WHERE e.account_id = g.account_id AND e.source_id = g.source_id AND e.message_id = g.message_id
      AND e.day BETWEEN (g.occurred_at AT TIME ZONE 'UTC')::date - 1 AND (g.occurred_at AT TIME ZONE 'UTC')::date + 1
    RETURNING e.*, g.account_external_id, g.person, g.other_id
)
SELECT * FROM gone
"""
_WAIT = f"""
INSERT INTO accounts_pendingevent (source_id, message_id, account_external_id, user_id, other_id, action, product, occurred_at,
                                   received_at, quantity, value, properties, reason)
SELECT b.source_id, b.message_id, b.account_external_id, CASE WHEN b.other_id = '' THEN b.person ELSE '' END, b.other_id, c.name,
       b.product, b.occurred_at, b.recorded_at, b.quantity, b.value, b.properties, '{Waiting.ATTACHING}'
FROM intake_back b JOIN accounts_action c ON c.id = b.action_id
ON CONFLICT DO NOTHING
"""  # noqa: S608 - only constants enter
_FORGET = "DELETE FROM accounts_inferredevent i USING intake_again g WHERE i.id = g.id"
# What was said of it meanwhile is still to do.
_SETTLE = """
UPDATE accounts_trackedalias a SET settled = true FROM (
    SELECT l.id FROM accounts_trackedalias l
    JOIN unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[]) AS r (source_id, other_id, user_id, said_at)
        USING (source_id, other_id, user_id, said_at)
    WHERE NOT EXISTS (
        SELECT FROM accounts_inferredevent i WHERE i.source_id = l.source_id AND i.other_id = l.other_id AND i.other_id <> ''
          AND i.person <> l.user_id
    )
    ORDER BY l.source_id, l.other_id FOR UPDATE OF l SKIP LOCKED
) r WHERE a.id = r.id
"""


def take_back() -> int:
    """Let events wait again that would not be placed today where they stand. How many; none where another process is at it."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSETTLED)
        aliases = cursor.fetchall()
    if not aliases and not InferredEvent.objects.filter(account_external_id="").exists():
        return 0
    if aliases:
        # Requests that began before these names were told place events without them; from here on those are stored.
        with transaction.atomic():
            wait_for_markers()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute(_NO_LONGER)
        cursor.execute(_TAKEN)
        cursor.execute("SELECT count(*) FROM intake_back")
        back = int(cursor.fetchone()[0])
        if back:
            cursor.execute(_WAIT)
            cursor.execute(marking("SELECT account_id, day FROM intake_back"))
            redo_first_days("SELECT seat_id FROM intake_back WHERE seat_id IS NOT NULL")
        cursor.execute(_FORGET)
    if aliases:
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, [list(one) for one in zip(*aliases, strict=True)])
    return back
