"""Renewals that fall due, derived anew from the contracts each night and merged where they differ. What people entered wins."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from accounts.terms import DueState, Settled, settle
from churn import frames
from churn.as_of import figures_as_of
from churn.cases import PACK_OPENS
from churn.models import CaseCheck, CaseOutcome, RenewalCase
from churn.types import CheckKind
from csm_portal.lib.money import Rates
from csm_portal.lib.periods import ONE_DAY
from health.scope import EVERYBODY, Scope
from health.states import set_renewals

Key = tuple[int, str, date]


class CaseRow(NamedTuple):
    """One due as it is stored; the names are the table's columns. Amounts are None where a rate is missing or nothing was renewed."""

    account_id: int
    product: str
    ends_on: date
    starts_on: date
    decision_on: date
    currency: str
    due_mrr: Decimal
    renewed_mrr: Decimal | None
    due_reporting: Decimal | None
    renewed_reporting: Decimal | None
    state: str
    contract_state: str
    auto_renew_lapsed: bool
    resolved_on: date | None


class Entered(NamedTuple):
    """An outcome in force. `renewed_mrr` in the due's currency; None: as the contracts say, else as before."""

    state: str
    renewed_mrr: Decimal | None
    decided_on: date


KEY = ("account_id", "product", "ends_on")
COLUMNS = CaseRow._fields
REST = tuple(name for name in COLUMNS if name not in KEY)
PACKS = f"""
INSERT INTO {CaseCheck._meta.db_table} (account_id, product, ends_on, kind, checked_at)
SELECT c.account_id, c.product, c.ends_on, %(kind)s, %(opened_at)s
FROM {RenewalCase._meta.db_table} c
WHERE c.state = 'open' AND c.decision_on <= %(opened_on)s::date + {PACK_OPENS}
ORDER BY c.account_id, c.product, c.ends_on
ON CONFLICT (account_id, product, ends_on, kind) WHERE withdrawn_at IS NULL DO NOTHING
"""  # noqa: S608 - names of the models' own tables


def stage_cases(as_of: date, scope: Scope = EVERYBODY) -> int:
    """Make the temporary table `next_case` with every due of the accounts in scope, and write each account's next one into `next_state`.

    Call it after `health.states.stage_states`, in the same transaction. Until that ends nobody enters an outcome, so none is overlooked.
    Returns the number of dues.
    """
    among = scope.among
    known = frames.terms_of_all(as_of) if among is None else frames.terms_of_some(among, as_of)
    terms = [term for term in known if scope.holds(term.account)]
    settled = settle(terms, as_of, frames.renewal_rules(as_of).renewal_grace_days)
    rates = frames.rates_until(as_of)
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {CaseOutcome._meta.db_table} IN SHARE MODE")
        entered = outcomes_in_force(among)
        rows = [case_row(one, rates, entered.get((one.due.account, one.due.product, one.due.ends_on))) for one in settled]
        cursor.execute("DROP TABLE IF EXISTS pg_temp.next_case")
        cursor.execute(f"CREATE TEMP TABLE next_case ON COMMIT DROP AS SELECT {', '.join(COLUMNS)} FROM churn_renewalcase WHERE false")  # noqa: S608
        with cursor.copy(f"COPY next_case ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("CREATE UNIQUE INDEX ON next_case (account_id, product, ends_on)")
        cursor.execute("ANALYZE next_case")
    set_renewals(next_dues(rows))
    return len(rows)


def merge_cases(scope: Scope = EVERYBODY) -> int:
    """Bring the renewal cases of the accounts in scope to what `next_case` says; equal ones are left alone, those no longer due go.

    Returns the rows written.
    """
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
        gone = f"DELETE FROM {table} c WHERE NOT EXISTS (SELECT FROM next_case n WHERE {where}) /* only c.account_id */"  # noqa: S608
        cursor.execute(scope.apply(gone))
        return written + int(cursor.rowcount)


def open_packs(as_of: date) -> int:
    """Tick "pack opened" for every open renewal whose decision is 90 days away or less on the day after `as_of`; returns how many.

    That is the day on which people see this night's figures; the tick says its first instant, and has no author. A second time nothing
    is left to do.
    """
    opened_on = as_of + ONE_DAY
    opened_at = datetime.combine(opened_on, time(), tzinfo=ZoneInfo(settings.TIME_ZONE))
    with connection.cursor() as cursor:
        cursor.execute(PACKS, {"kind": CheckKind.PACK_OPENED.value, "opened_on": opened_on, "opened_at": opened_at})
        return int(cursor.rowcount)


def settle_one(case: RenewalCase) -> None:
    """Write into the case what the night would, from the account's contracts and outcomes as they are now.

    A due that the contracts no longer have stays as it is until the night takes it away.
    """
    as_of = figures_as_of()
    if as_of is None:
        return
    settled = settle(frames.terms_of_one(case.account_id, as_of), as_of, frames.renewal_rules(as_of).renewal_grace_days)
    key = (case.account_id, case.product, case.ends_on)
    one = next((one for one in settled if (one.due.account, one.due.product, one.due.ends_on) == key), None)
    if one is None:
        return
    row = case_row(one, frames.rates_until(as_of), outcomes_in_force([case.account_id]).get(key))
    for name in REST:
        setattr(case, name, getattr(row, name))
    case.save(update_fields=REST)


def outcomes_in_force(accounts: Collection[int] | None = None) -> dict[Key, Entered]:
    """What people entered and have not withdrawn, by due; of some accounts, or of all."""
    rows = CaseOutcome.objects.filter(withdrawn_at__isnull=True)
    if accounts is not None:
        rows = rows.filter(account__in=accounts)
    columns = ("account_id", "product", "ends_on", "state", "renewed_mrr", "decided_on")
    return {tuple(row[:3]): Entered(*row[3:]) for row in rows.values_list(*columns)}


def case_row(one: Settled, rates: Rates, entered: Entered | None = None) -> CaseRow:
    """One due in its own currency, and in the reporting currency at the rate of `ends_on`, with the outcome that was entered for it.

    A due that ends after the as-of day takes the latest rate known. None where a rate is missing, or for the renewed side where nothing
    was renewed. An entered renewal without amount takes the successors', or without any the old term's. `contract_state` and
    `auto_renew_lapsed` stay what the contracts alone say.
    """
    due = one.due
    renewed = renewed_reporting = None
    due_mrr = rates.exchange(due.amounts, due.currency, due.ends_on)
    due_mrr = due.amounts[due.currency] if due_mrr is None else due_mrr
    due_reporting = rates.to_reporting(due.amounts, due.ends_on)
    state, resolved_on = one.state.value, one.resolved_on
    if one.state is DueState.RENEWED:
        renewed = rates.exchange(one.renewed, due.currency, due.ends_on)
        renewed_reporting = rates.to_reporting(one.renewed, due.ends_on)
    if entered is not None:
        state, resolved_on = entered.state, entered.decided_on
        if state == DueState.LOST:
            renewed = renewed_reporting = None
        elif entered.renewed_mrr is not None:
            renewed = entered.renewed_mrr
            renewed_reporting = rates.to_reporting({due.currency: renewed}, due.ends_on)
        elif one.state is not DueState.RENEWED:
            renewed, renewed_reporting = due_mrr, due_reporting
    return CaseRow(
        due.account,
        due.product,
        due.ends_on,
        due.starts_on,
        due.decision_on,
        due.currency,
        due_mrr,
        renewed,
        due_reporting,
        renewed_reporting,
        state,
        one.state.value,
        one.auto_renew_lapsed,
        resolved_on,
    )


def next_dues(rows: Iterable[CaseRow]) -> list[tuple[int, date, date]]:
    """Per account (account, end, decision) of the open due that ends first; overdue ones come before those still to come."""
    found: dict[int, CaseRow] = {}
    for row in rows:
        if row.state == DueState.OPEN:
            known = found.get(row.account_id)
            if known is None or (row.ends_on, row.product) < (known.ends_on, known.product):
                found[row.account_id] = row
    return [(row.account_id, row.ends_on, row.decision_on) for row in found.values()]
