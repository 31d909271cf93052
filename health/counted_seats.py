"""Stages every seat with the days on which it is activated, for the set-based steps."""

from __future__ import annotations

from django.db import connection

from health.scope import EVERYBODY, Scope

# A seat counts from its activation, else from its first event, until its deactivation; with neither first day it never counts.
STAGE = """
DROP TABLE IF EXISTS pg_temp.graded_seat;
CREATE TEMP TABLE graded_seat ON COMMIT DROP AS
SELECT s.id AS seat_id, coalesce(a.counts_for_id, a.id) AS payer_id, s.persona,
       coalesce(s.activated_on, s.first_event_on) AS first, coalesce(s.deactivated_on, 'infinity'::date) AS after
FROM accounts_seat s JOIN accounts_account a ON a.id = s.account_id WHERE true /* among a.id */;
ANALYZE graded_seat;
"""


def stage_seats(scope: Scope = EVERYBODY) -> None:
    """Make `graded_seat`: each seat of whom the run is about, the account it counts for, and its days `[first, after)`."""
    with connection.cursor() as cursor:
        cursor.execute(scope.apply(STAGE))
