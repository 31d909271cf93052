"""One expression, many engines: the committed SQL is what it generates, and engines agree to the last digit."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from django.db import connection, transaction

from health.rollup.run import statement

expression = pytest.importorskip("health.rollup.expression")

TABLES = {
    "rollup_event": "account_id bigint, day date, seat_id bigint, action_id bigint, quantity decimal(18, 6), value decimal(18, 4)",
    "rollup_usage": "account_id bigint, day date, seat_id bigint, action_id bigint, quantity decimal(18, 6), distinct_seats integer",
    "rollup_dirty": "account_id bigint, day date, payer_id bigint, ruleset integer, exclusion integer, version integer",
    "rollup_rule": "ruleset integer, action_id bigint, weight decimal(18, 6), min_quantity decimal(18, 6), passive boolean,"
    " scenarios bigint, measure integer",
    "rollup_excluded": "exclusion integer, seat_id bigint",
    "counts_seat_day": "account_id bigint, day date, seat_id bigint, events integer, key_actions decimal(24, 6), logged_in boolean,"
    " distinct_seats integer, north_star decimal(24, 6)",
    "counts_seat": "seat_id bigint, first date, after date",
    "counts_base": "account_id bigint, day date, every_seat boolean",
}
COLUMNS = {
    "seat_day": "account_id, day, seat_id, events, key_actions, logged_in, distinct_seats, scenarios, north_star, version",
    "account_counts": "account_id, day, events, key_actions, north_star, active_seats, key_seats, names_a_seat",
}
FIRST = date(2026, 3, 1)


@pytest.mark.parametrize("engine", ["postgres", "duckdb"])
@pytest.mark.parametrize("step", ["seat_day", "account_counts"])
def test_the_committed_sql_is_what_the_expression_generates(step: str, engine: str) -> None:
    assert statement(step, engine) == expression.sql(step, engine)


def golden() -> dict[str, list[tuple[Any, ...]]]:
    """A small book with every case in it, the same each time."""
    chance = random.Random(20260301)
    days = [FIRST + timedelta(days=i) for i in range(5)]

    def quantity() -> Decimal:
        return Decimal(chance.randrange(0, 120_000_000)) / 1_000_000

    def seat() -> int | None:
        return chance.randint(1, 8) if chance.random() < 0.9 else None

    rows: dict[str, list[tuple[Any, ...]]] = {}
    rows["rollup_event"] = [
        (chance.randint(1, 4), chance.choice(days), seat(), chance.randint(1, 6), quantity(), chance.choice([None, Decimal("12.5")]))
        for _ in range(600)
    ]
    rows["rollup_usage"] = []
    for _ in range(200):
        who = seat()
        told = chance.choice([None, 3, 7]) if who is None else None
        rows["rollup_usage"].append(
            (chance.randint(1, 4), chance.choice(days), who, chance.randint(1, 6), chance.choice([Decimal(0), quantity()]), told)
        )
    # Account 2 counts for account 1, account 4 is clean on the last day.
    rows["rollup_dirty"] = [
        (account, day, 1 if account == 2 else account, i % 2, i % 2, 1 + i % 2)
        for account in range(1, 5)
        for i, day in enumerate(days)
        if (account, i) != (4, 4)
    ]
    rows["rollup_rule"] = [
        (0, 1, Decimal(1), None, False, 1, 1),
        (0, 2, Decimal("0.333333"), Decimal(60), False, 2, 0),
        (0, 3, Decimal(0), None, True, 0, 2),
        (1, 1, Decimal("2.5"), None, False, 3, 3),
        (1, 4, Decimal(7), Decimal("59.999999"), True, 4, 0),
    ]
    rows["rollup_excluded"] = [(0, 8), (1, 8), (1, 7)]
    rows["counts_seat_day"] = [
        (account, day, who, 1, quantity(), chance.random() < 0.5, chance.choice([None, 4]) if who == 0 else None, quantity())
        for account in (1, 2)
        for day in days
        for who in range(5)
    ]
    rows["counts_seat"] = [(1, FIRST, date(9999, 1, 1)), (2, FIRST, days[2]), (3, days[2], date(9999, 1, 1))]
    rows["counts_base"] = [(1, day, False) for day in days] + [(2, day, True) for day in days[:3]]
    return rows


def typed(engine: str, table: str) -> str:
    """The table's columns; bigints stand for themselves in both engines."""
    return TABLES[table] if engine == "duckdb" else TABLES[table].replace("decimal", "numeric")


def plain(rows: list[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    """Rows as text, decimals without trailing zeros, in order."""
    return sorted(tuple(str(cell.normalize() + 0) if isinstance(cell, Decimal) else str(cell) for cell in row) for row in rows)


def in_duckdb(step: str) -> list[tuple[str, ...]]:
    with duckdb.connect() as engine:
        for table, rows in golden().items():
            engine.execute(f"CREATE TABLE {table} ({typed('duckdb', table)})")
            engine.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
        return plain(engine.execute(f"SELECT {COLUMNS[step]} FROM ({statement(step, 'duckdb')}) done").fetchall())  # noqa: S608


def in_postgres(step: str) -> list[tuple[str, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in golden().items():
            cursor.execute(f"CREATE TEMP TABLE {table} ({typed('postgres', table)}) ON COMMIT DROP")
            cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)  # noqa: S608
        cursor.execute(f"SELECT {COLUMNS[step]} FROM ({statement(step)}) done")  # noqa: S608
        found = plain(cursor.fetchall())
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["seat_day", "account_counts"])
def test_duckdb_and_postgresql_give_the_same_rows(step: str) -> None:
    rows = in_postgres(step)
    assert len(rows) > 7
    assert in_duckdb(step) == rows
