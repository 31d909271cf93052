"""Events of months that the book has none of yet are gathered in a table of their own, which has no index.

An index filled row by row costs as much as the rows; built once, when all of them are there, it is nearly free (`settling.py`).
"""

from __future__ import annotations

from datetime import date

from accounts.loading.job import run, value
from csm_portal.lib.periods import period_of

GATHERED = "load_gathered"
WITHIN = "load_gathered_within"


def open_gathering() -> None:
    """Make the table that gathers, where there is none."""
    run(f"CREATE TABLE IF NOT EXISTS {GATHERED} (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (day)")


def is_gathering() -> bool:
    """Whether there are gathered events, or may be soon."""
    return value(f"SELECT to_regclass('{GATHERED}') IS NOT NULL") is True


def make_month(month: date, *, gather: bool) -> bool:
    """Make the partition for the month's events when it is missing. True: for gathered events, as the book has none of that month."""
    gathered = gather and value(f"SELECT to_regclass('{partition_of('event', month)}') IS NULL") is True
    made = value(f"SELECT ensure_month('{GATHERED if gathered else 'event'}', '{month}')")
    if gathered and made:
        # Checked row by row, so that nobody has to read the whole month again when it is attached.
        within = f"day >= '{month}' AND day < '{period_of('month', month).after}'"
        # Nor is it vacuumed before, which would keep it from being attached.
        run(f"ALTER TABLE {partition_of(GATHERED, month)} ADD CONSTRAINT {WITHIN} CHECK ({within}), SET (autovacuum_enabled = off)")
    return gathered


def partition_of(parent: str, month: date) -> str:
    """Name of the month's partition, as `ensure_month` gives it."""
    return f"{parent}_{month:%Y_%m}"
