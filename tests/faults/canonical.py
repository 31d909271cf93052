"""What a database says, whoever computed it and when: a dump without surrogate ids, run ids and clocks, in one order, as a hash per table.

Two databases are "byte-identical" when these agree. A reference is written as the natural key of what it refers to; rows of runs are those
that readers see. Columns that tell when or by which run something was written are left out, as are references to rows without a key of
their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

# What each kind of row is called by people, in terms of the row `t`.
KEYS: dict[str, LiteralString] = {
    "accounts_account": "t.external_id",
    "accounts_action": "t.name",
    "accounts_contact": "t.external_id",
    "accounts_contract": "t.external_id",
    "accounts_invoice": "t.external_id",
    "accounts_seat": "(SELECT a.external_id FROM accounts_account a WHERE a.id = t.account_id) || ' ' || t.external_id",
    "accounts_source": "t.name",
    "accounts_team": "t.path",
    "accounts_unit": "(SELECT a.external_id FROM accounts_account a WHERE a.id = t.account_id) || ' ' || t.name",
    "accounts_user": "t.email",
    "churn_play": "t.key",
    "churn_riskrule": "t.key",
    "health_outcome": "(SELECT a.external_id FROM accounts_account a WHERE a.id = t.account_id) || ' ' || t.statement",
    "health_review": "(SELECT a.external_id FROM accounts_account a WHERE a.id = t.account_id) || ' ' || t.planned_on::text",
}
# References that the database does not declare (`event` has none).
UNDECLARED = {"account_id": "accounts_account", "seat_id": "accounts_seat", "action_id": "accounts_action", "source_id": "accounts_source"}
# When and by which process a row was written, never what it says.
CLOCKS = frozenset(
    {"id", "run_id", "loaded_by_id", "claimed_by", "recorded_at", "received_at", "marked_at", "started_at", "finished_at", "lease_until"}
    | {"created_at", "updated_at", "published_at", "entered_at", "opened_at", "checked_at", "made_at", "queued_at", "due_at", "done_at"}
    | {"first_at", "last_at", "said_at", "last_used_at", "last_login", "joined_at", "password", "seconds", "attempts", "key_sha256"}
    | {"key_prefix", "preferences", "agreement_id"}
)
# Rows of runs: only those that the pointer of their day, week or month names are there for a reader.
PUBLISHED: dict[str, LiteralString] = {
    "health_accountday": "s.grain = 'day' AND s.starts_on = t.day",
    "health_healthscore": "s.grain = 'health' AND s.starts_on = t.day",
    "health_accountperiod": "s.grain = t.grain AND s.starts_on = t.starts_on",
    "health_scenarioperiod": "s.grain = 'month' AND s.starts_on = t.starts_on",
}
# What came in over HTTP or as files. `said_at`, `first_at` and `last_at` of what trackers said are content here.
INPUT = (
    "accounts_account",
    "accounts_action",
    "accounts_contract",
    "accounts_invoice",
    "accounts_pendingevent",
    "accounts_seat",
    "accounts_ticket",
    "accounts_trackedalias",
    "accounts_trackedlink",
    "accounts_trackedtrait",
    "accounts_unit",
    "accounts_usagedaily",
    "event",
    "event_key",
)
# What a night publishes.
FIGURES = (
    *PUBLISHED,
    "accounts_dirtyday",
    "churn_renewalcase",
    "health_accountstate",
    "health_outcomeproof",
    "health_publishedslice",
    "seat_day",
)
_SAID = {"said_at", "first_at", "last_at"}
_COLUMNS = """
SELECT a.attname, (
    SELECT f.confrelid::regclass::text FROM pg_constraint f
    WHERE f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum] LIMIT 1
)
FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname COLLATE "C"
"""
_Session = psycopg.Connection[tuple[Any, ...]]


def digests(session: _Session, tables: Sequence[str] = (*INPUT, *FIGURES)) -> dict[str, str]:
    """The SHA-256 of each table's dump."""
    found = {}
    for table in tables:
        digest = hashlib.sha256()
        for line in lines(session, table):
            digest.update(line.encode() + b"\n")
        found[table] = digest.hexdigest()
    return found


def lines(session: _Session, table: str) -> Iterable[str]:
    """The rows of a table as text, in one order."""
    statement = _statement(session, table)
    with session.cursor().copy(sql.SQL("COPY ({}) TO STDOUT").format(statement)) as copy:
        copy.set_types(["text"])
        for row in copy.rows():
            yield str(row[0])


def differing(one: Iterable[str], other: Iterable[str]) -> int:
    """How many rows one dump has that the other has not, and the other way round."""
    left, right = list(one), list(other)
    counts: dict[str, int] = {}
    for sign, rows in ((1, left), (-1, right)):
        for row in rows:
            counts[row] = counts.get(row, 0) + sign
    return sum(abs(value) for value in counts.values())


def _statement(session: _Session, table: str) -> sql.Composed:
    columns: list[sql.Composable] = []
    joins: list[sql.Composable] = []
    for name, referred in session.execute(_COLUMNS, [table]).fetchall():
        if name in CLOCKS and not (name in _SAID and table.startswith("accounts_tracked")):
            continue
        target = referred or UNDECLARED.get(name)
        if target is None:
            columns.append(sql.SQL("t.{}").format(sql.Identifier(name)))
        elif target in KEYS:
            alias = sql.Identifier(f"k_{name}")
            keys = sql.SQL("(SELECT t.id, {} AS key FROM {} t)").format(sql.SQL(KEYS[target]), sql.Identifier(target))
            joins.append(sql.SQL(" LEFT JOIN {} {} ON {}.id = t.{}").format(keys, alias, alias, sql.Identifier(name)))
            columns.append(sql.SQL("{}.key").format(alias))
    where: sql.Composable = sql.SQL("")
    if table in PUBLISHED:
        where = sql.SQL(" JOIN health_publishedslice s ON s.run_id = t.run_id AND {}").format(sql.SQL(PUBLISHED[table]))
    row = sql.SQL('ROW({})::text COLLATE "C"').format(sql.SQL(", ").join(columns))
    return sql.SQL("SELECT {} AS line FROM {} t{}{} ORDER BY 1").format(row, sql.Identifier(table), where, sql.SQL("").join(joins))
