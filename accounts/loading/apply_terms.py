# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Contracts, seats and quiet periods: rows that reach over days, and the days that a change of them makes stale."""

from __future__ import annotations

from accounts.dirty import mark_event_rows, mark_spans
from accounts.loading.job import GOOD, TYPED, Job, run
from accounts.loading.kept_edits import keep_removed
from accounts.loading.payers import settle_payers
from accounts.loading.upsert import TOUCHED, upsert


def apply_contracts(job: Job) -> None:
    """Write contracts; the days of the old and of the new term are stale where the row differs."""
    term = "SELECT account_id, starts_on AS first_on, ends_on - 1 AS last_on FROM"
    run("DROP TABLE IF EXISTS load_before")
    run(
        "CREATE TEMP TABLE load_before AS SELECT c.* FROM accounts_contract c"
        f" WHERE c.source_id = {job.setting.source_id} AND c.external_id IN (SELECT external_id FROM {TYPED} WHERE {GOOD})"
    )
    upsert(job)
    settle_payers()
    mark_spans(
        f"{term} load_before WHERE id IN (SELECT id FROM {TOUCHED}) UNION ALL {term} accounts_contract WHERE id IN (SELECT id FROM"
        f" {TOUCHED})"
    )
    run("DROP TABLE load_before")


def apply_quiet_periods(job: Job) -> None:
    """Write quiet periods; their days are open or closed anew. What was removed by hand stays away."""
    keep_removed()
    upsert(job)
    mark_spans(
        "SELECT account_id, date_trunc('month', starts_on)::date AS first_on, (date_trunc('month', ends_on) + interval '1 month - 1"
        " day')::date AS last_on"
        f" FROM accounts_quietperiod WHERE id IN (SELECT id FROM {TOUCHED})"
    )


def apply_seats(job: Job) -> None:
    """Write seats and their units; a changed one counts anew from the day it was or is activated.

    Its own event days are redone when it turns to or from a bot or an excluded person.
    """
    run("DROP TABLE IF EXISTS load_before")
    run(
        "CREATE TEMP TABLE load_before AS SELECT s.* FROM accounts_seat s"
        f" JOIN (SELECT account_id, external_id FROM {TYPED} WHERE {GOOD}) t ON t.account_id = s.account_id AND t.external_id ="
        f" s.external_id"
    )
    run(
        f"INSERT INTO accounts_unit (account_id, name) SELECT DISTINCT t.account_id, t.unit FROM {TYPED} t WHERE {GOOD} AND t.unit"
        f" IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM accounts_unit u WHERE u.account_id = t.account_id AND u.name = t.unit) ORDER BY 1, 2 ON"
        " CONFLICT DO NOTHING"
    )
    run(f"ALTER TABLE {TYPED} ADD COLUMN unit_id bigint")
    run(
        f"UPDATE {TYPED} t SET unit_id = u.id FROM accounts_unit u WHERE u.account_id = t.account_id AND u.name = t.unit AND t.unit"
        f" IS NOT NULL"
    )
    upsert(job, resolved={"unit": "unit_id"})
    counted = "kind, persona, lower(email), activated_on, deactivated_on"
    changed = (
        f"SELECT s.*, least(coalesce(s.activated_on, s.first_event_on), coalesce(b.activated_on, b.first_event_on)) AS since,"
        f" b.id IS NULL OR ROW(b.kind, b.persona, lower(b.email)) IS DISTINCT FROM ROW(s.kind, s.persona, lower(s.email)) AS who"
        f" FROM accounts_seat s LEFT JOIN load_before b ON b.id = s.id WHERE s.id IN (SELECT id FROM {TOUCHED})"
        f" AND (b.id IS NULL OR ROW({', '.join(_of('b', counted))}) IS DISTINCT FROM ROW({', '.join(_of('s', counted))}))"
    )
    run("DROP TABLE IF EXISTS load_changed")
    run(f"CREATE TEMP TABLE load_changed AS {changed}")
    mark_spans("SELECT account_id, since AS first_on, NULL::date AS last_on FROM load_changed WHERE since IS NOT NULL")
    mark_event_rows(
        "SELECT c.account_id, e.day FROM load_changed c JOIN event e ON e.account_id = c.account_id AND e.seat_id = c.id WHERE c.who"
        " UNION SELECT c.account_id, u.day FROM load_changed c JOIN accounts_usagedaily u ON u.seat_id = c.id WHERE c.who"
    )
    run("DROP TABLE load_before; DROP TABLE load_changed")


def _of(alias: str, columns: str) -> list[str]:
    return [f"lower({alias}.email)" if column == "lower(email)" else f"{alias}.{column}" for column in columns.split(", ")]
