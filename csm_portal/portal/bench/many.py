"""A book of many accounts in a minute or two: a small sample book goes through load and nights, then its rows are copied by the database.

Copies get ids of their own, far apart; everything that hangs on an account hangs on its copy likewise. The daily tables are copied
for the latest weeks only (see `KEPT_DAYS`), which is what a list of the whole book reads; the first accounts keep their whole history.
"""

from __future__ import annotations

import io
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError

from csm_portal.portal.bench.scratch import run_command, scratch_database

ORIGINALS, MONTHS = 200, 8
# Copies of the staff: one for so many copies of the book, so that a CSM has about a hundred accounts.
BOOKS_PER_STAFF = 5
# Ids of one copy are this far from those of the one before; the originals stay below it.
APART = 10_000_000
KEPT_DAYS = {"health_accountday": 100, "health_healthscore": 40, "seat_day": 35}
# Neither a page reads them, nor do they say anything about an account: what is still to be computed, and the raw rows.
LEFT_OUT = {"event", "event_key", "accounts_dirtyday", "accounts_usagedaily"}
USERS, ACCOUNTS = "accounts_user", "accounts_account"

COLUMNS = """
SELECT a.attname, coalesce(f.confrelid::regclass::text, '')
FROM pg_attribute a
LEFT JOIN pg_constraint f ON f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""
BELOW = """
SELECT DISTINCT f.conrelid::regclass::text FROM pg_constraint f
JOIN pg_class c ON c.oid = f.conrelid AND NOT c.relispartition
WHERE f.contype = 'f' AND f.confrelid = 'accounts_account'::regclass
"""


@dataclass(frozen=True)
class Book:
    """A book in a scratch database: where it is, the day after its last, how much there is of it, and how long making it took (s)."""

    url: str
    today: date
    rows: dict[str, int]
    seconds: float


@contextmanager
def large_book(accounts: int, *, whole: bool = False) -> Iterator[Book]:
    """A published book of this many accounts (a multiple of the originals), dropped afterwards.

    `whole`: with the days before the sample's own span, so that a night on the book has one new day and no history to make up for.
    """
    with tempfile.TemporaryDirectory() as name, scratch_database("pages") as url:
        began = time.monotonic()
        folder = Path(name)
        call_command("sample", name, accounts=min(ORIGINALS, accounts), months=MONTHS, verbosity=0, stdout=io.StringIO())
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        for definition in sorted(folder.glob("*.toml")):
            run_command(["define", str(definition)], url)
        run_command(["load", name, "--source", "sample"], url)
        run_command(["nightly", "--from", about["from"], "--to", about["to"]], url)
        if whole:
            run_command(["nightly", "--as-of", about["to"]], url)
        for one in about["sign_ins"]:
            run_command(["user", one["email"], "--role", one["role"]], url)
        last = date.fromisoformat(about["to"])
        rows = multiply(max(1, accounts // ORIGINALS), last)
        yield Book(url, last + timedelta(days=1), rows, time.monotonic() - began)


def multiply(times: int, last: date) -> dict[str, int]:
    """Copy every account until there are so many times as many; returns the rows of each table."""
    with connection.cursor() as cursor:
        cursor.execute(BELOW)
        below = {row[0] for row in cursor.fetchall()} - {ACCOUNTS} - LEFT_OUT
        tables = [USERS, ACCOUNTS, *sorted(below), "seat_day"]
        copied = set(tables)
        with transaction.atomic():
            _without_checks()
            for table in tables:
                cursor.execute(copy_statement(table, _columns(table), copied, last), [times - 1])
        cursor.execute("SET session_replication_role = DEFAULT")
        rows = {}
        for table in tables:
            if "id" in dict(_columns(table)):
                cursor.execute(f"SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM {table}))", [table])  # noqa: S608 - names from the catalogue
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - names from the catalogue
            rows[table] = cursor.fetchone()[0]
        cursor.execute("VACUUM ANALYZE")
    return rows


def _without_checks() -> None:
    """Leave out the foreign keys' checks, one trigger per row, where the database lets us: the copies are right by construction."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
    except DatabaseError:
        return


def _columns(table: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        found: list[tuple[str, str]] = cursor.fetchall()
    # The partitioned table declares no foreign keys.
    declared = {"account_id": ACCOUNTS, "seat_id": "accounts_seat"} if table == "seat_day" else {}
    return [(name, declared.get(name, target)) for name, target in found]


def copy_statement(table: str, columns: list[tuple[str, str]], copied: set[str], last: date) -> str:
    """INSERT of all copies of a table's rows; its one parameter is their number."""
    shift = f"(k / {BOOKS_PER_STAFF}) * {APART}"
    chosen = []
    for name, target in columns:
        if name == "id":
            chosen.append(f"t.id + {shift if table == USERS else f'k * {APART}'}")
        elif target == USERS:
            chosen.append(f"t.{name} + {shift}")
        elif target in copied:
            chosen.append(f"t.{name} + k * {APART}")
        elif name == "external_id" or (name == "email" and table == USERS):
            chosen.append(f"t.{name} || '-' || k")
        elif name == "name" and table == ACCOUNTS:
            chosen.append("t.name || ' ' || k")
        else:
            chosen.append(f"t.{name}")
    kept = f"AND t.day > date '{last}' - {KEPT_DAYS[table]}" if table in KEPT_DAYS else ""
    staff = f"AND k %% {BOOKS_PER_STAFF} = 0" if table == USERS else ""
    names = ", ".join(name for name, _target in columns)
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(chosen)} FROM {table} t, generate_series(1, %s) k WHERE true {kept} {staff}"  # noqa: S608 - names from the catalogue, numbers of ours
