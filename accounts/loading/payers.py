# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Which account an account counts for: itself, or, without a contract of its own, its nearest paying ancestor."""

from __future__ import annotations

from accounts.dirty import mark_event_rows, mark_rows_for, mark_spans
from accounts.loading.job import run

_RECURSION_LIMIT = 50


def settle_payers() -> int:
    """Bring `counts_for` up to date after accounts or contracts changed; days of an account that moves are marked for both payers."""
    run("DROP TABLE IF EXISTS load_payer")
    run(
        "CREATE TEMP TABLE load_payer AS WITH RECURSIVE own AS ("
        "SELECT a.id, a.parent_id FROM accounts_account a WHERE a.parent_id IS NOT NULL AND NOT EXISTS (SELECT FROM"
        " accounts_contract c WHERE c.account_id = a.id)),"
        " up AS (SELECT id, parent_id AS ancestor, 1 AS depth FROM own UNION ALL"
        f" SELECT u.id, p.parent_id, u.depth + 1 FROM up u JOIN accounts_account p ON p.id = u.ancestor WHERE p.parent_id IS NOT"
        f" NULL AND u.depth < {_RECURSION_LIMIT}),"
        " nearest AS (SELECT DISTINCT ON (u.id) u.id, u.ancestor FROM up u"
        " WHERE EXISTS (SELECT FROM accounts_contract c WHERE c.account_id = u.ancestor AND c.mrr > 0) ORDER BY u.id, u.depth)"
        " SELECT a.id, a.counts_for_id AS old, n.ancestor AS new FROM accounts_account a LEFT JOIN nearest n ON n.id = a.id"
        " WHERE a.counts_for_id IS DISTINCT FROM n.ancestor"
    )
    days = (
        "SELECT p.{side} AS account_id, d.day FROM load_payer p JOIN LATERAL"
        " (SELECT day FROM event WHERE account_id = p.id UNION SELECT day FROM accounts_usagedaily WHERE account_id = p.id) d ON true"
    )
    mark_rows_for(days.format(side="old").replace("p.old", "coalesce(p.old, p.id)"))
    mark_spans("SELECT id AS account_id, NULL::date AS first_on, NULL::date AS last_on FROM load_payer")
    moved = run("UPDATE accounts_account a SET counts_for_id = p.new FROM load_payer p WHERE p.id = a.id")
    mark_event_rows(days.format(side="id"))
    mark_spans("SELECT id AS account_id, NULL::date AS first_on, NULL::date AS last_on FROM load_payer")
    run("DROP TABLE load_payer")
    return moved
