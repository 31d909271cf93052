# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Accounts: the rows, their parents, the history of their owners, and what a changed attribute makes stale."""

from __future__ import annotations

from accounts.dirty import mark_spans
from accounts.loading.job import GOOD, TYPED, Job, rows, run
from accounts.loading.kept_edits import keep_edits
from accounts.loading.payers import settle_payers
from accounts.loading.upsert import TOUCHED, count, upsert
from accounts.loading.zones import redo_days

# Attributes that decide a level: the calendar, and what a definition's profiles choose by.
DECIDING = ("country", "work_week", "timezone", "tier", "plan", "lifecycle_stage", "industry", "region", "employees")


def apply(job: Job) -> None:
    """Write the accounts of the typed table."""
    deciding = ", ".join(f"a.{field}" for field in DECIDING)
    run("DROP TABLE IF EXISTS load_before")
    run(f"CREATE TEMP TABLE load_before AS SELECT a.id, a.timezone, md5(ROW({deciding})::text) AS deciding FROM accounts_account a"
        f" WHERE a.external_id IN (SELECT external_id FROM {TYPED} WHERE {GOOD})")  # fmt: skip
    keep_edits(job)
    upsert(job, without=("parent_external_id",))
    if "parent_external_id" in job.present:
        _set_parents()
        count(job)
    for role, field in (("owner", "owner_id"), ("co_owner", "co_owner_id")):
        if field in job.present:
            _keep_history(role, field, job)
    moved = [row[0] for row in rows("SELECT a.id FROM accounts_account a JOIN load_before b ON b.id = a.id WHERE a.timezone <> b.timezone")]
    if moved:
        redo_days(moved)
    mark_spans(
        "SELECT a.id AS account_id, NULL::date AS first_on, NULL::date AS last_on FROM accounts_account a"
        f" JOIN load_before b ON b.id = a.id WHERE md5(ROW({deciding})::text) <> b.deciding"
    )
    run("DROP TABLE load_before")
    settle_payers()


def _set_parents() -> None:
    """Link to parents, whatever their order in the file. Unknown ones and rings are flagged and left open."""
    run("DROP TABLE IF EXISTS load_parent")
    run(
        "CREATE TEMP TABLE load_parent AS SELECT t.n, a.id, p.id AS parent_id, t.parent_external_id IS NOT NULL AND p.id IS NULL AS"
        " unknown, false AS ring"
        f" FROM {TYPED} t JOIN accounts_account a ON a.external_id = t.external_id LEFT JOIN accounts_account p ON p.external_id ="
        f" t.parent_external_id WHERE {GOOD}"
    )
    run(
        "UPDATE load_parent l SET ring = true, parent_id = NULL FROM ("
        "WITH RECURSIVE link AS (SELECT a.id, CASE WHEN l.id IS NULL THEN a.parent_id ELSE l.parent_id END AS parent_id"
        " FROM accounts_account a LEFT JOIN load_parent l ON l.id = a.id),"
        " walk AS (SELECT id, parent_id AS at, 1 AS depth FROM link WHERE id IN (SELECT id FROM load_parent WHERE parent_id IS NOT NULL)"
        " UNION ALL SELECT w.id, k.parent_id, w.depth + 1 FROM walk w JOIN link k ON k.id = w.at WHERE k.parent_id IS NOT NULL AND"
        " w.at <> w.id AND w.depth < 100)"
        " SELECT DISTINCT id FROM walk WHERE at = id) r WHERE r.id = l.id"
    )
    run(f"UPDATE {TYPED} t SET flags = flags || CASE WHEN l.ring THEN 'parent_ring:parent_external_id' ELSE"
        f" 'unknown_parent:parent_external_id' END"
        " FROM load_parent l WHERE l.n = t.n AND (l.ring OR l.unknown)")  # fmt: skip
    run(
        "WITH up AS (UPDATE accounts_account a SET parent_id = l.parent_id FROM load_parent l WHERE l.id = a.id"
        f" AND a.parent_id IS DISTINCT FROM l.parent_id RETURNING a.id) INSERT INTO {TOUCHED} SELECT id, false FROM up WHERE id NOT"
        f" IN (SELECT id FROM {TOUCHED})"
    )
    run("DROP TABLE load_parent")


def _keep_history(role: str, field: str, job: Job) -> None:
    """Close the ownership that ended on the day of the load and open the one that begins; the first one known counts since ever."""
    changed = (
        f"SELECT a.id, a.{field} AS user_id FROM accounts_account a JOIN {TYPED} t ON t.external_id = a.external_id"
        f" LEFT JOIN accounts_ownership o ON o.account_id = a.id AND o.role = '{role}' AND o.ends_on IS NULL WHERE {GOOD} AND"
        f" o.user_id IS DISTINCT FROM a.{field}"
    )
    run("DROP TABLE IF EXISTS load_owner")
    run(f"CREATE TEMP TABLE load_owner AS {changed}")
    day = f"'{job.on.isoformat()}'::date"
    current = f"o.account_id = c.id AND o.role = '{role}' AND o.ends_on IS NULL"
    # Two changes on one day: the one in between never counted.
    run(f"DELETE FROM accounts_ownership o USING load_owner c WHERE {current} AND o.starts_on >= {day}")
    run(f"UPDATE accounts_ownership o SET ends_on = {day} FROM load_owner c WHERE {current}")
    run(
        "INSERT INTO accounts_ownership (account_id, user_id, role, starts_on)"
        f" SELECT c.id, c.user_id, '{role}', CASE WHEN EXISTS (SELECT FROM accounts_ownership o WHERE o.account_id = c.id AND"
        f" o.role = '{role}')"
        f" THEN {day} ELSE '0001-01-01'::date END FROM load_owner c WHERE c.user_id IS NOT NULL ORDER BY 1"
    )
    run("DROP TABLE load_owner")
