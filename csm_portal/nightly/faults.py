"""Accounts a run could not compute: written down, kept at their last good figures, and resolved by the run that can."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from accounts.models import Account, DirtyDay
from csm_portal.nightly.plan import Plan
from health.models import AccountDay, AccountFault, AccountPeriod, AccountState, HealthScore, Run, ScenarioPeriod
from health.types import Grain

# Table, the column a slice's first day is compared with, the slice's grain, and what else a row has to be.
TABLES: Sequence[tuple[type[Any], str, Grain, str]] = (
    (AccountDay, "day", Grain.DAY, ""),
    (HealthScore, "day", Grain.HEALTH, ""),
    (AccountPeriod, "starts_on", Grain.WEEK, "AND t.grain = 'week'"),
    (AccountPeriod, "starts_on", Grain.MONTH, "AND t.grain = 'month'"),
    (ScenarioPeriod, "starts_on", Grain.MONTH, ""),
)


def faulty(run: Run) -> frozenset[int]:
    """Accounts that failed in the run."""
    found = AccountFault.objects.filter(run=run, resolved_at__isnull=True).values_list("account_id", flat=True)
    return frozenset(found)


def name_of(account: int) -> str:
    """How the account is called outside, for the progress of a run."""
    return str(Account.objects.values_list("external_id", flat=True).get(pk=account))


@transaction.atomic
def note(run: Run, account: int, step: str, reason: str, now: datetime) -> None:
    """Write down that an account failed in a step of the run; again for the same run changes nothing but the reason."""
    still_open = AccountFault.objects.filter(account_id=account, step=step, resolved_at__isnull=True)
    still_open.exclude(run=run).update(attempts=F("attempts") + 1)
    if still_open.update(run=run, reason=reason, last_at=now):
        return
    good_on: date | None = AccountState.objects.filter(pk=account).values_list("as_of", flat=True).first()
    AccountFault.objects.create(run=run, account_id=account, step=step, reason=reason, first_at=now, last_at=now, good_on=good_on)


@transaction.atomic
def keep_last_good(run: Run, slices: Mapping[Grain, Sequence[date]], accounts: Collection[int]) -> None:
    """Make the run hold, for these accounts, what readers see now instead of what it built; a day never shown before has no row.

    `slices`: first days of what the run builds, by grain. Repeating it changes nothing.
    """
    for model in {model for model, *_rest in TABLES}:
        model.objects.filter(run=run, account_id__in=accounts).delete()
    for model, column, grain, more in TABLES:
        table = model._meta.db_table
        names = [field.column for field in model._meta.concrete_fields if field.column and field.column != "run_id"]
        query = f"""
            INSERT INTO {table} (run_id, {", ".join(names)})
            SELECT %(run)s, {", ".join(f"t.{name}" for name in names)} FROM {table} t
            JOIN health_publishedslice s ON s.grain = %(grain)s AND s.starts_on = t.{column} AND s.run_id = t.run_id
            WHERE t.account_id = ANY(%(accounts)s) AND t.{column} = ANY(%(days)s) AND t.run_id <> %(run)s {more}
        """  # noqa: S608 - names of the models' own tables
        with connection.cursor() as cursor:
            cursor.execute(query, {"run": run.pk, "accounts": list(accounts), "grain": grain, "days": list(slices[grain])})


def leave_marked(run: Run, plan: Plan, accounts: Collection[int], now: datetime) -> None:
    """Days of the run that it could not redo for these accounts stay marked, so that a later run does. Part of the publication."""
    if not accounts:
        return
    DirtyDay.objects.filter(claimed_by=run.pk, account_id__in=accounts).update(claimed_by=None)
    query = """
        INSERT INTO accounts_dirtyday (account_id, day, events, claimed_by, marked_at)
        SELECT account, day, false, NULL::bigint, %s FROM unnest(%s::bigint[]) account CROSS JOIN unnest(%s::date[]) day
        ORDER BY 1, 2 ON CONFLICT (account_id, day) DO NOTHING
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [now, sorted(accounts), list(plan.activity)])


def mark_stale(accounts: Collection[int]) -> None:
    """Say on the current rows, which stay, that no newer ones could be made. Part of the publication."""
    AccountState.objects.filter(account__in=accounts, stale_since__isnull=True).update(stale_since=F("as_of"))


def resolve(accounts: Collection[int], now: datetime) -> int:
    """Close the faults of all accounts but these, which failed again. Part of the publication of the latest day."""
    still_open = AccountFault.objects.filter(resolved_at__isnull=True).exclude(account_id__in=accounts)
    return still_open.update(resolved_at=now)
