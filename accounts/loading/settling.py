# ruff: noqa: S608 - statements are composed of names of our own and of dates
"""Gathered events become the book's: each month of them is indexed at once and attached as it is.

Until then they are committed but belong to no month: nobody sees them, and nothing is marked stale. A load that was killed leaves them
behind; the next load, or undo, settles them before anything else.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction

from accounts.dirty import mark_event_rows
from accounts.loading.apply_events import move_first_days
from accounts.loading.fresh_months import GATHERED, WITHIN, is_gathering, partition_of
from accounts.loading.job import rows, run, value
from accounts.loading.quoting import literal, name, names
from accounts.loading.zones import redo_days
from csm_portal.lib.periods import period_of

_DAYS = "load_gathered_day"
_SEATS = "load_gathered_seat"
# The lock of `ensure_month`: who makes a month's partition meanwhile waits, then finds it.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('ensure_month event'))"


def settle() -> None:
    """Put what was gathered into the book: months, marks and the first days of seats, all or nothing. Nothing to do is no fault."""
    if not is_gathering():
        return
    with transaction.atomic():
        own = f"SELECT relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = '{GATHERED}'::regclass ORDER BY 1"
        months = [row[0] for row in rows(own)]
        for table in months:
            run(f"CREATE INDEX {table}_account_id_day_idx ON {name(table)} (account_id, day)")
        # Without figures the planner takes long tables for short ones and reads them in one process.
        run(f"ANALYZE {GATHERED}; DROP TABLE IF EXISTS {_DAYS}, {_SEATS}")
        run(f"CREATE TEMP TABLE {_DAYS} AS SELECT account_id, day FROM {GATHERED} GROUP BY 1, 2")
        run(f"CREATE TEMP TABLE {_SEATS} AS SELECT seat_id, min(day) AS day FROM {GATHERED} WHERE seat_id IS NOT NULL GROUP BY 1")
        for table in months:
            _settle_month(table)
        run(f"DROP TABLE {GATHERED}")
        mark_event_rows(f"SELECT account_id, day FROM {_DAYS}")
        move_first_days(f"SELECT seat_id, day FROM {_SEATS}")
        run(f"DROP TABLE {_DAYS}, {_SEATS}")


def settle_leftovers() -> None:
    """Settle what a load left behind that came to no end; accounts may have moved to another zone since."""
    if not is_gathering():
        return
    with transaction.atomic():
        touched = [row[0] for row in rows(f"SELECT DISTINCT account_id FROM {GATHERED}")]
        settle()
        redo_days(touched)


def _settle_month(table: str) -> None:
    year, number = table.removeprefix(f"{GATHERED}_").split("_")
    month = date(int(year), int(number), 1)
    final = partition_of("event", month)
    run(_LOCK)
    run(f"ALTER TABLE {GATHERED} DETACH PARTITION {name(table)}")
    if value(f"SELECT to_regclass('{final}') IS NOT NULL"):
        columns = [row[0] for row in rows(f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0")]
        run(f"INSERT INTO event ({names(columns)}) SELECT {names(columns)} FROM {name(table)}")
        run(f"DROP TABLE {name(table)}")
        return
    run(f"ALTER TABLE {name(table)} RENAME TO {name(final)}")
    run(f"ALTER INDEX {table}_account_id_day_idx RENAME TO {final}_account_id_day_idx")
    span = period_of("month", month)
    run(f"ALTER TABLE event ATTACH PARTITION {name(final)} FOR VALUES FROM ({_day(span.first)}) TO ({_day(span.after)})")
    run(f"ALTER TABLE {name(final)} DROP CONSTRAINT {WITHIN}, RESET (autovacuum_enabled)")


def _day(day: date) -> str:
    return literal(day.isoformat())
