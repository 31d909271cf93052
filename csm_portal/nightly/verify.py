"""Checks between building and publishing: what does not add up is never shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.db import connection

from csm_portal.nightly.faults import faulty
from csm_portal.nightly.plan import Plan
from health.models import Run
from health.scope import EVERYBODY, Scope


class ImplausibleError(Exception):
    """The run's figures contradict their input; nothing was published. The message says which and where."""


def check(run: Run, plan: Plan, about: Scope = EVERYBODY) -> None:
    """Compare the run with its input, day by day, for whom it is about, less the accounts that failed in it.

    Raises `ImplausibleError` on a contradiction.
    """
    days = list(plan.activity)
    scope = replace(about, without=faulty(run))
    if days:
        _fail_on(
            "the days' event counts differ from the seat days' they were made of",
            """
            SELECT d.day, coalesce(a.n, 0), coalesce(s.n, 0)
            FROM unnest(%(days)s::date[]) AS d(day)
            LEFT JOIN (
                SELECT day, sum(events) AS n FROM health_accountday WHERE run_id = %(run)s /* only account_id */ GROUP BY day
            ) a USING (day)
            LEFT JOIN (
                SELECT day, sum(events) AS n FROM seat_day WHERE day = ANY(%(days)s) /* only account_id */ GROUP BY day
            ) s USING (day)
            WHERE coalesce(a.n, 0) <> coalesce(s.n, 0) ORDER BY d.day LIMIT 3
            """,
            run,
            days,
            scope,
        )
        _fail_on(
            "accounts with a running contract have no graded day",
            """
            SELECT d.day, count(*), min(c.account_id)
            FROM unnest(%(days)s::date[]) AS d(day)
            JOIN accounts_contract c ON c.starts_on <= d.day AND (c.ends_on IS NULL OR c.ends_on > d.day)
            LEFT JOIN health_accountday a ON a.account_id = c.account_id AND a.day = d.day AND a.run_id = %(run)s
            WHERE a.account_id IS NULL /* only c.account_id */ GROUP BY d.day ORDER BY d.day LIMIT 3
            """,
            run,
            days,
            scope,
        )
    _fail_on(
        "a seat day still belongs to a claimed day that was not rolled up",
        """
        SELECT d.day, count(*), min(d.account_id) FROM accounts_dirtyday d
        WHERE d.claimed_by = %(run)s AND d.events AND d.day <> ALL(%(days)s) GROUP BY d.day ORDER BY d.day LIMIT 3
        """,
        run,
        days,
    )


def _fail_on(what: str, query: str, run: Run, days: list[date], scope: Scope = EVERYBODY) -> None:
    with connection.cursor() as cursor:
        cursor.execute(scope.apply(query), {"run": run.pk, "days": days})
        rows = cursor.fetchall()
    if rows:
        found = "; ".join(f"{row[0]}: {row[1]} against {row[2]}" for row in rows)
        raise ImplausibleError(f"Not published: {what} ({found}).")
