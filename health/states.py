"""The current row of every account: staged beside the readers, then merged where it differs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection

from csm_portal.lib.periods import period_of
from csm_portal.lib.versions import version_on
from health import state_sql
from health.judging.override_bands import correct_staged
from health.models import AccountState, Run
from health.reasons import top_reason
from health.scope import EVERYBODY, Scope
from health.types import Grain
from health.value.named_states import name_states
from health.versions import calendar_on, north_star_versions
from health.working_time import stage_working_days

STEPS = (
    state_sql.FORGET,
    state_sql.DAYS,
    state_sql.MEMBERS,
    state_sql.STRIP,
    state_sql.MONEY,
    state_sql.SCORE,
    state_sql.STAR,
    state_sql.FACTS,
    state_sql.RUNNING,
    state_sql.NEXT,
)
COLUMNS = tuple(field.column or field.name for field in AccountState._meta.concrete_fields)
KEY = "account_id"
# Which run saw it is no difference: a night done again rewrites only what it changed.
COMPARED = tuple(name for name in COLUMNS if name not in {KEY, "run_id"})


def stage_states(run_id: int, as_of: date, scope: Scope = EVERYBODY) -> int:
    """Make the temporary table `next_state` with a row for every account in scope as of the day; returns their number.

    Days, periods and scores come from this run where it built them, else from the published one; money, outcomes, ratings, contacts and
    tickets from the rows known now; an override in force on the day after, when the row is read, sets the band. Renewal columns stay
    empty until `set_renewals`. Needs an open transaction, which drops the table.
    """
    calendar = calendar_on(as_of)
    month = period_of(Grain.MONTH, as_of)
    star = version_on(north_star_versions(), as_of)
    stage_working_days(as_of, month.last, scope=scope)
    values: dict[str, int | str | date | Decimal | None] = {
        "run": run_id,
        "as_of": as_of,
        "first_day": Run.objects.values_list("first_day", flat=True).get(pk=run_id),
        "week": period_of(Grain.WEEK, as_of, week_starts=calendar.week_starts).first,
        "month": month.first,
        "zone": calendar.default_timezone or settings.TIME_ZONE,
        "reporting": settings.REPORTING_CURRENCY,
        "star_since": star.effective_from if star else None,
        "star_threshold": star.rules.threshold if star else None,
    }
    with connection.cursor() as cursor:
        for step in STEPS:
            cursor.execute(scope.apply(step), values)
        name_states(cursor, as_of, scope)
        correct_staged(as_of + timedelta(days=1))
        _set_reasons(as_of)
        cursor.execute("SELECT count(*) FROM next_state")
        (staged,) = cursor.fetchone()
    return int(staged)


def set_renewals(dues: Iterable[tuple[int, date, date]]) -> int:
    """Write (account, renewal_on, decision_on) of the next dues into `next_state`; returns the accounts set."""
    accounts, ends, decisions = [], [], []
    for account, renewal_on, decision_on in dues:
        accounts.append(account)
        ends.append(renewal_on)
        decisions.append(decision_on)
    query = """
        UPDATE next_state n SET renewal_on = d.renewal_on, decision_on = d.decision_on
        FROM unnest(%s::bigint[], %s::date[], %s::date[]) AS d(account_id, renewal_on, decision_on) WHERE n.account_id = d.account_id
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [accounts, ends, decisions])
        return int(cursor.rowcount)


def merge_states() -> int:
    """Bring `health_accountstate` to what `next_state` says; rows that are the same already are left alone. Returns the rows written.

    Accounts are kept for ever, so nothing is deleted.
    """
    rest = [name for name in COLUMNS if name != KEY]
    query = f"""
        MERGE INTO health_accountstate s USING next_state n ON s.{KEY} = n.{KEY}
        WHEN MATCHED AND ({", ".join(f"s.{name}" for name in COMPARED)}) IS DISTINCT FROM ({", ".join(f"n.{name}" for name in COMPARED)})
            THEN UPDATE SET {", ".join(f"{name} = n.{name}" for name in rest)}
        WHEN NOT MATCHED THEN INSERT ({", ".join(COLUMNS)}) VALUES ({", ".join(f"n.{name}" for name in COLUMNS)})
    """  # noqa: S608 - names of the model's own columns
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.rowcount)


def tidy_states() -> None:
    """Clear away what `merge_states` replaced, and mark the pages as seen by all: a list then counts its rows in the index alone.

    A merge leaves an old copy of every row it wrote, and until they are cleared each count looks at the table too. Inside a transaction,
    where it is not possible, the server's own housekeeping does it later.
    """
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE, SKIP_LOCKED) health_accountstate")


def _set_reasons(as_of: date) -> None:
    """The top reason of every scored account, found in its facets and caps."""
    accounts: list[int] = []
    reasons: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, facets::text, caps::text, band FROM next_state WHERE health_version IS NOT NULL")
        for account, facets, caps, band in cursor.fetchall():
            accounts.append(account)
            reasons.append(json.dumps(top_reason(json.loads(facets), json.loads(caps), band, as_of), ensure_ascii=False))
        cursor.execute(
            "UPDATE next_state n SET top_reason = r.reason::jsonb FROM unnest(%s::bigint[], %s::text[]) AS r(account_id, reason)"
            " WHERE n.account_id = r.account_id",
            [accounts, reasons],
        )
