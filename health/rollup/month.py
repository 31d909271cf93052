"""Two ways to write a month's seat days: a few days into the partition that is there, or the whole month as a new one.

Writing costs more than reading. Where nothing of the month is to be kept, a table filled in parallel and indexed once takes the
partition's place; readers wait only for the exchange of names.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from csm_portal.lib.periods import period_of
from health.scope import EVERYBODY, Scope

COLUMNS = "account_id, day, seat_id, events, key_actions, logged_in, distinct_seats, scenarios, north_star, version"

# A few rows tell most often that other days are to be kept; only if they do not is the month compared pair by pair.
DIRTY = """
SELECT account_id, day FROM accounts_dirtyday
WHERE claimed_by = %(run_id)s AND events AND day BETWEEN %(first)s AND %(last)s"""
FEW = "SELECT account_id, day FROM seat_day WHERE day >= %(month)s AND day < %(after)s LIMIT 1000"
EVERY = "SELECT DISTINCT account_id, day FROM seat_day WHERE day >= %(month)s AND day < %(after)s"
KEEPS = "SELECT EXISTS (SELECT account_id, day FROM ({rows}) there EXCEPT ({dirty}))"
# An index would be walked once per (account, day); most of the month is read, so it is scanned and joined by hash.
SCAN = "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_memoize = off"
AS_BEFORE = "SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT; SET LOCAL enable_memoize TO DEFAULT"
# The process that puts the workers' groups together and writes them has enough to do; where there is no worker it reads all the same.
WRITE_ONLY = "SET LOCAL parallel_leader_participation = off"
READ_TOO = "SET LOCAL parallel_leader_participation TO DEFAULT"
# The same constraints as the parent's, or it would not take the table.
COMPLETE = """
ALTER TABLE {name}_new
    ALTER account_id SET NOT NULL, ALTER day SET NOT NULL, ALTER seat_id SET NOT NULL, ALTER events SET NOT NULL,
    ALTER key_actions SET NOT NULL, ALTER logged_in SET NOT NULL, ALTER scenarios SET NOT NULL, ALTER north_star SET NOT NULL,
    ALTER version SET NOT NULL, ALTER scenarios SET DEFAULT 0, ALTER north_star SET DEFAULT 0,
    ADD CONSTRAINT seat_day_events_check CHECK (events > 0), ADD CONSTRAINT seat_day_key_actions_check CHECK (key_actions >= 0),
    ADD CONSTRAINT {name}_new_pkey PRIMARY KEY (account_id, day, seat_id);
DROP TABLE IF EXISTS {name};
ALTER TABLE {name}_new RENAME TO {name};
ALTER TABLE {name} RENAME CONSTRAINT {name}_new_pkey TO {name}_pkey;
ALTER TABLE seat_day ATTACH PARTITION {name} FOR VALUES FROM ('{month}') TO ('{after}');
"""
FORGET = """
DELETE FROM seat_day s USING accounts_dirtyday d
WHERE d.claimed_by = %(run_id)s AND d.events AND d.day BETWEEN %(first)s AND %(last)s
  AND s.account_id = d.account_id AND s.day = d.day AND s.day BETWEEN %(first)s AND %(last)s /* only d.account_id */
"""


def replace_month(cursor: Any, select: str, span: Mapping[str, Any]) -> int | None:
    """Write the month as a new partition; None, and nothing done, where seat days of the month are to be kept."""
    month = period_of("month", span["first"])
    for rows in (FEW, EVERY):
        cursor.execute(KEEPS.format(rows=rows, dirty=DIRTY), {**span, "month": month.first, "after": month.after})
        if cursor.fetchone()[0]:
            return None
    name = partition_of(month.first)
    cursor.execute(f"{SCAN}; {WRITE_ONLY}")
    cursor.execute(f"CREATE TABLE {name}_new AS SELECT {COLUMNS} FROM ({select}) rolled")  # noqa: S608 - generated and committed SQL
    written = int(cursor.rowcount)
    cursor.execute(COMPLETE.format(name=name, month=month.first.isoformat(), after=month.after.isoformat()))
    cursor.execute(f"{AS_BEFORE}; {READ_TOO}")
    return written


def insert_rows(cursor: Any, select: str, span: Mapping[str, Any], scope: Scope = EVERYBODY) -> int:
    """Replace the span's dirty (account, day)s of the accounts in scope inside the partition that is there; returns rows written."""
    cursor.execute("SELECT ensure_month('seat_day', %s)", [span["first"]])
    cursor.execute(scope.apply(FORGET), span)
    cursor.execute(f"INSERT INTO seat_day ({COLUMNS}) SELECT {COLUMNS} FROM ({select}) rolled")  # noqa: S608 - generated and committed SQL
    return int(cursor.rowcount)


def partition_of(month: date) -> str:
    """Name of the month's partition, as `ensure_month` gives it."""
    return f"seat_day_{month:%Y_%m}"
