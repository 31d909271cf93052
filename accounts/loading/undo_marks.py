# ruff: noqa: S608 - statements are composed of names of our own and of numbers
"""What an undo makes stale, by the rules of the load: the days of its events and counts, the spans of terms, seats and calendars.

Asked before the rows change and again after, as a term that comes back has other days than the one that goes.
"""

from __future__ import annotations

from accounts.dirty import mark_event_rows, mark_spans
from accounts.loading.apply_accounts import DECIDING
from accounts.loading.first_days import redo_first_days
from accounts.loading.job import rows
from accounts.loading.payers import settle_payers
from accounts.loading.undo_plan import EVENTS, NET, PLAN
from accounts.loading.zones import redo_days

# Columns of a seat that decide whose use counts, and from when.
COUNTED = ("kind", "persona", "email", "activated_on", "deactivated_on")
WHO = ("kind", "persona", "email")
# Account and first and last day made stale by each row `t` of a table; both days inclusive, NULL for open.
SPANS = {
    "accounts_contract": ("t.account_id", "t.starts_on", "t.ends_on - 1"),
    "accounts_quietperiod": (
        "t.account_id",
        "date_trunc('month', t.starts_on)::date",
        "(date_trunc('month', t.ends_on) + interval '1 month - 1 day')::date",
    ),
    "health_scenarioagreement": ("t.account_id", "t.starts_on", "NULL::date"),
}


def mark_before(tables: list[str]) -> None:
    """Mark what the rows as they are now bear on; the events are gone already and stand in EVENTS."""
    mark_event_rows(f"SELECT account_id, day FROM {EVENTS} GROUP BY 1, 2")
    _mark(tables)


def mark_after(tables: list[str]) -> None:
    """The same of the rows that came back; local days, first days of seats and payers are computed anew."""
    if moved := [row[0] for row in rows(_changed("accounts_account", ("timezone",)))]:
        redo_days(moved)
    _mark(tables)
    _first_days(tables)
    settle_payers()


def _mark(tables: list[str]) -> None:
    for table, (account, first, last) in SPANS.items():
        if table in tables:
            touched = f"SELECT id FROM {PLAN} WHERE tbl = '{table}' AND act <> 'none'"
            mark_spans(f"SELECT {account} AS account_id, {first} AS first_on, {last} AS last_on FROM {table} t WHERE t.id IN ({touched})")
    if "accounts_usagedaily" in tables:
        touched = f"SELECT id FROM {PLAN} WHERE tbl = 'accounts_usagedaily' AND act <> 'none'"
        mark_event_rows(f"SELECT account_id, day FROM accounts_usagedaily WHERE id IN ({touched})")
    if "accounts_account" in tables:
        touched = _changed("accounts_account", DECIDING)
        mark_spans(f"SELECT id AS account_id, NULL::date AS first_on, NULL::date AS last_on FROM accounts_account WHERE id IN ({touched})")
    if "accounts_seat" in tables:
        _mark_seats()


def _mark_seats() -> None:
    since = "coalesce(activated_on, first_event_on)"
    touched = _changed("accounts_seat", COUNTED, made=True)
    mark_spans(
        f"SELECT account_id, {since} AS first_on, NULL::date AS last_on FROM accounts_seat WHERE {since} IS NOT NULL AND id IN ({touched})"
    )
    other = _changed("accounts_seat", WHO)
    mark_event_rows(
        "SELECT s.account_id, e.day FROM accounts_seat s JOIN event e ON e.account_id = s.account_id AND e.seat_id = s.id"
        f" WHERE s.id IN ({other}) UNION SELECT account_id, day FROM accounts_usagedaily WHERE seat_id IN ({other})"
    )


def _changed(table: str, columns: tuple[str, ...], *, made: bool = False) -> str:
    """SQL of the rows of which one of these columns is put back; with `made` those that the import made as well."""
    listed = ", ".join(f"'{column}'" for column in columns)
    also = " OR act = 'go'" if made else ""
    return f"SELECT id FROM {PLAN} WHERE tbl = '{table}' AND ((act = 'back' AND columns && ARRAY[{listed}]::text[]){also})"


def _first_days(tables: list[str]) -> None:
    """A seat that stays began to be used on the first day of what is left."""
    seats = f"SELECT seat_id FROM {EVENTS} WHERE seat_id IS NOT NULL"
    if "accounts_seat" in tables:
        seats += f" UNION SELECT id FROM {PLAN} WHERE tbl = 'accounts_seat'"
    if "accounts_usagedaily" in tables:
        seats += f" UNION SELECT (coalesce(after, before)->>'seat_id')::bigint FROM {NET} WHERE tbl = 'accounts_usagedaily'"
    redo_first_days(seats)
