# ruff: noqa: S608 - statements are composed of names of our own
"""The first day of seats whose rows went away: it moves to the earliest row that is left."""

from __future__ import annotations

from accounts.dirty import mark_spans
from accounts.loading.job import run


def redo_first_days(seats: str) -> None:
    """Set `first_event_on` of these seats (SQL of their ids) to their first event or count, NULL without any, and mark what that moves."""
    run("DROP TABLE IF EXISTS seat_first_day")
    run(
        "CREATE TEMP TABLE seat_first_day ON COMMIT DROP AS SELECT s.id, s.account_id, s.activated_on, s.first_event_on AS old, least("
        "(SELECT min(e.day) FROM event e WHERE e.account_id = s.account_id AND e.seat_id = s.id),"
        " (SELECT min(u.day) FROM accounts_usagedaily u WHERE u.seat_id = s.id)) AS new"
        f" FROM accounts_seat s WHERE s.id IN ({seats})"
    )
    run("DELETE FROM seat_first_day WHERE old IS NOT DISTINCT FROM new")
    mark_spans(
        "SELECT account_id, least(old, new) AS first_on, CASE WHEN old IS NOT NULL AND new IS NOT NULL THEN greatest(old, new) - 1 END"
        " AS last_on FROM seat_first_day WHERE activated_on IS NULL"
    )
    run("UPDATE accounts_seat s SET first_event_on = f.new FROM seat_first_day f WHERE f.id = s.id")
