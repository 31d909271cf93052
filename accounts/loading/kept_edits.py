# ruff: noqa: S608 - statements are composed of names of our own
"""Hand-made changes that a file does not know of yet: they stay while it brings a value from before them.

A file that brings anything else wins: somebody has changed it at its origin. Values from before are those of every change in the
unbroken row of changes that ends in the account's present value; where a file has won since, the row is broken and the file goes on
winning.
"""

from __future__ import annotations

from accounts.edit_values import PEOPLE, Field
from accounts.loading.job import GOOD, TYPED, Job, rows, run

CODE = "kept_edit"
# Fields that both a file and a person may change, with their column in the file.
COLUMNS = {
    Field.OWNER: "csm_email",
    Field.CO_OWNER: "co_owner_email",
    Field.TAGS: "tags",
    Field.TIER: "tier",
    Field.STAGE: "lifecycle_stage",
}


def keep_edits(job: Job) -> None:
    """Give the typed rows the accounts' hand-made values where those stay, each flagged `kept_edit`."""
    if not rows("SELECT 1 FROM accounts_accountedit WHERE undone_at IS NULL LIMIT 1"):
        return
    for field, column in COLUMNS.items():
        target = PEOPLE.get(field, field.value)
        if target in job.present:
            run(_statement(field.value, target, f"{CODE}:{column}"))


def keep_removed() -> None:
    """Leave out typed quiet periods that were removed by hand (accounts/quiet.py), each flagged `kept_edit`."""
    run(f"""
        UPDATE {TYPED} t SET repeat = true, flags = t.flags || '{CODE}:from'::text
        FROM (
            SELECT DISTINCT ON (account_id, field) account_id, field, new FROM accounts_accountedit
            WHERE field LIKE 'quiet:%' AND undone_at IS NULL ORDER BY account_id, field, edited_at DESC, id DESC
        ) e
        WHERE {GOOD} AND e.account_id = t.account_id AND e.new IS NULL
          AND e.field = 'quiet:' || to_char(t.starts_on, 'YYYY-MM-DD') || ':' || to_char(t.ends_on, 'YYYY-MM-DD')
    """)


def _statement(field: str, target: str, flag: str) -> str:
    """One statement. `follows`: the changes from the last one back, each with whether it and all after it hang together."""
    null = "'null'::jsonb"
    # People are logged with their name.
    part = "->'id'" if field in PEOPLE else ""
    return f"""
        WITH edited AS (
            SELECT e.account_id, coalesce(e.old{part}, {null}) AS old, coalesce(e.new{part}, {null}) AS new,
                   lag(coalesce(e.old{part}, {null})) OVER latest_first AS next_old, row_number() OVER latest_first AS place
            FROM accounts_accountedit e JOIN accounts_account a ON a.id = e.account_id
            WHERE e.field = '{field}' AND e.undone_at IS NULL AND a.external_id IN (SELECT external_id FROM {TYPED} WHERE {GOOD})
            WINDOW latest_first AS (PARTITION BY e.account_id ORDER BY e.edited_at DESC, e.id DESC)
        ), follows AS (
            SELECT d.account_id, d.old, bool_and(d.new = coalesce(d.next_old, to_jsonb(a.{target}), {null}))
                   OVER (PARTITION BY d.account_id ORDER BY d.place) AS unbroken
            FROM edited d JOIN accounts_account a ON a.id = d.account_id
        )
        UPDATE {TYPED} t SET {target} = a.{target}, flags = t.flags || '{flag}'::text FROM accounts_account a
        WHERE a.external_id = t.external_id AND {GOOD} AND t.{target} IS DISTINCT FROM a.{target}
          AND EXISTS (SELECT FROM follows f WHERE f.account_id = a.id AND f.unbroken AND f.old = coalesce(to_jsonb(t.{target}), {null}))
    """
