"""Renewals that fall due, derived anew from the contracts each night and merged where they differ."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import connection

from accounts.terms import DueState, Settled, next_due, settle
from churn import frames
from churn.models import RenewalCase
from csm_portal.lib.money import Rates
from health.states import set_renewals

KEY = ("account_id", "product", "ends_on")
COLUMNS = (
    *KEY,
    "starts_on",
    "decision_on",
    "currency",
    "due_mrr",
    "renewed_mrr",
    "due_reporting",
    "renewed_reporting",
    "state",
    "contract_state",
    "auto_renew_lapsed",
    "resolved_on",
)
REST = tuple(name for name in COLUMNS if name not in KEY)


def stage_cases(as_of: date) -> int:
    """Make the temporary table `next_case` with every due as of the day, and write each account's next one into `next_state`.

    Call it after `health.states.stage_states`, in the same transaction. Returns the number of dues.
    """
    settled = settle(frames.terms_of_all(as_of), as_of, frames.renewal_rules(as_of).renewal_grace_days)
    rates = frames.rates_until(as_of)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.next_case")
        cursor.execute(f"CREATE TEMP TABLE next_case ON COMMIT DROP AS SELECT {', '.join(COLUMNS)} FROM churn_renewalcase WHERE false")  # noqa: S608
        with cursor.copy(f"COPY next_case ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for one in settled:
                copy.write_row(case_row(one, rates))
        cursor.execute("CREATE UNIQUE INDEX ON next_case (account_id, product, ends_on)")
        cursor.execute("ANALYZE next_case")
    set_renewals(_next_dues(settled))
    return len(settled)


def merge_cases() -> int:
    """Bring the renewal cases to what `next_case` says; equal ones are left alone, those no longer due go. Returns the rows written."""
    where = " AND ".join(f"c.{name} = n.{name}" for name in KEY)
    table = RenewalCase._meta.db_table
    query = f"""
        MERGE INTO {table} c USING next_case n ON {where}
        WHEN MATCHED AND ({", ".join(f"c.{name}" for name in REST)}) IS DISTINCT FROM ({", ".join(f"n.{name}" for name in REST)})
            THEN UPDATE SET {", ".join(f"{name} = n.{name}" for name in REST)}
        WHEN NOT MATCHED THEN INSERT ({", ".join(COLUMNS)}) VALUES ({", ".join(f"n.{name}" for name in COLUMNS)})
    """  # noqa: S608 - names of the model's own columns
    with connection.cursor() as cursor:
        cursor.execute(query)
        written = int(cursor.rowcount)
        cursor.execute(f"DELETE FROM {table} c WHERE NOT EXISTS (SELECT FROM next_case n WHERE {where})")  # noqa: S608
        return written + int(cursor.rowcount)


def case_row(one: Settled, rates: Rates) -> tuple[object, ...]:
    """Values of COLUMNS for one due. Amounts in the due's currency, and in the reporting currency at the rate of `ends_on`.

    A due that ends after the as-of day takes the latest rate known. None where a rate is missing, or for the renewed side without
    successor.
    """
    due = one.due
    renewed: Decimal | None = None
    renewed_reporting: Decimal | None = None
    if one.state is DueState.RENEWED:
        renewed = rates.exchange(one.renewed, due.currency, due.ends_on)
        renewed_reporting = rates.to_reporting(one.renewed, due.ends_on)
    due_mrr = rates.exchange(due.amounts, due.currency, due.ends_on)
    return (
        due.account,
        due.product,
        due.ends_on,
        due.starts_on,
        due.decision_on,
        due.currency,
        due.amounts[due.currency] if due_mrr is None else due_mrr,
        renewed,
        rates.to_reporting(due.amounts, due.ends_on),
        renewed_reporting,
        one.state.value,
        one.state.value,
        one.auto_renew_lapsed,
        one.resolved_on,
    )


def _next_dues(settled: list[Settled]) -> list[tuple[int, date, date]]:
    """Per account the open due that ends first; overdue ones come before those still to come."""
    by_account: dict[int, list[Settled]] = {}
    for one in settled:
        by_account.setdefault(one.due.account, []).append(one)
    found = [next_due(dues) for dues in by_account.values()]
    return [(one.due.account, one.due.ends_on, one.due.decision_on) for one in found if one is not None]
