"""The database of the tests: made once for all processes of a run, and emptied after a test that commits.

Migrations take seconds, and each process of pytest-xdist would repeat them: the first one to need a database migrates a template and every
one copies it. Django's own clearing truncates every table, filled or not, and makes the permissions anew; here only rows that are there go.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

# Set by the first process when the run's servers are its own (conftest.py of the checkout).
OWN_SERVERS = "PORTAL_TEST_SERVERS"
TEMPLATE = "test_portal_template"
# What migrations leave in the database, and no test changes.
KEPT = ("django_migrations", "django_content_type", "auth_permission")
# A table up to this size is emptied row by row, which is faster than the new files that truncating makes.
SMALL_BYTES = 1_000_000

_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> ALL(%s)
    ORDER BY relname
"""
_SIZE = "SELECT COALESCE(SUM(pg_table_size(relid)), 0) FROM pg_partition_tree(%s)"


def use_template(folder: Path, wrapper: BaseDatabaseWrapper = connection) -> None:
    """Have the test database made as a copy of a migrated one. `folder` is shared by the processes of the run.

    Only on servers of the run's own: elsewhere a template would stay behind and be out of date the next time.
    """
    if not os.environ.get(OWN_SERVERS):
        return
    with (folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / "template.made"
        if not made.exists():
            _make_template(wrapper)
            made.touch()
    wrapper.settings_dict["TEST"]["TEMPLATE"] = TEMPLATE


def _make_template(wrapper: BaseDatabaseWrapper) -> None:
    """Migrate the template, and leave the connection as it was."""
    settings: dict[str, Any] = wrapper.settings_dict
    name, test_name = settings["NAME"], settings["TEST"]["NAME"]
    settings["TEST"]["NAME"] = TEMPLATE
    try:
        wrapper.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        wrapper.close()
        settings["NAME"], settings["TEST"]["NAME"] = name, test_name


_kept: list[bool] = []


@contextmanager
def kept() -> Iterator[None]:
    """Leave what is committed inside the block to the tests that follow in it; at its end all goes. For a book that a module shares."""
    _kept.append(True)
    try:
        yield
    finally:
        _kept.pop()
        empty()


def clear() -> None:
    """After a test that commits: remove what it has committed, unless a module keeps its book."""
    if not _kept:
        empty()


def empty(wrapper: BaseDatabaseWrapper = connection) -> None:
    """Remove every row that a test has committed, those of partitioned tables too, which Django's clearing does not know."""
    assert str(wrapper.settings_dict["NAME"]).startswith("test_"), "not a test's database"
    with wrapper.cursor() as cursor:
        cursor.execute(_TABLES, [list(KEPT)])
        cursor.execute(_filled(tuple(name for (name,) in cursor.fetchall())))
        filled = [name for (name,) in cursor.fetchall()]
        if not filled:
            return
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        (mighty,) = cursor.fetchone()
        large = [name for name in filled if not mighty or _size(cursor, name) > SMALL_BYTES]
        with transaction.atomic():
            if large:
                cursor.execute(f"TRUNCATE {', '.join(map(_quoted, large))} CASCADE")
            if mighty:
                # Without the triggers, those of foreign keys among them: at the end nothing is left that could refer to anything.
                cursor.execute("SET LOCAL session_replication_role = replica")
            for name in filled:
                if name not in large:
                    cursor.execute(f"DELETE FROM {_quoted(name)}")  # noqa: S608 - the catalogue's own names


@cache
def _filled(names: tuple[str, ...]) -> str:
    """A query for the tables that hold rows."""
    return " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {_quoted(name)})" for name in names)  # noqa: S608 - the same


def _size(cursor: Any, name: str) -> int:
    cursor.execute(_SIZE, [name])
    size: int = cursor.fetchone()[0]
    return size


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
