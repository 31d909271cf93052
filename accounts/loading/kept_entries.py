# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Rows of files that a person has changed in the portal since: the change stays while the file repeats what it said before.

Such a row holds in `kept` what the file said, by column. A file that brings anything else wins, and that column is forgotten: somebody
has changed it at its origin. Columns nobody changed follow the file as ever.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from accounts.loading.job import GOOD, TYPED, Job, rows, run
from accounts.loading.kept_edits import CODE
from accounts.loading.quoting import name
from accounts.loading.upsert import upsert


def kept_after(kept: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`kept` of a row of a file after a person changed its columns from `old` to `new`; what is put back as the file has it is let go."""
    before, after = _plain(old), _plain(new)
    found = dict(kept)
    for column, value in after.items():
        said = found.get(column, before[column])
        if value == said:
            found.pop(column, None)
        else:
            found[column] = said
    return found


def apply_with_kept(job: Job) -> None:
    """Write the rows of a target whose table has `kept`; values that stay are flagged `kept_edit`."""
    target = job.bound.target
    if rows(f"SELECT 1 FROM {target.table} WHERE kept <> '{{}}' LIMIT 1"):
        for column in target.columns:
            if column.field in job.present - {*target.key, "recorded_at"}:
                _keep(job, column.field, f"{CODE}:{column.name}")
    upsert(job)


def leave_out_removed(job: Job, prefix: str, *, same: str, still: str) -> None:
    """Leave out typed rows that a person removed (logged under `prefix`) while the file repeats what it said; each flagged `kept_edit`.

    `same` is the column whose value must be what the file said then, `still` a condition on the typed row `t` that must hold besides.
    """
    source = job.setting.source_id
    run(f"""
        UPDATE {TYPED} t SET repeat = true, flags = t.flags || '{CODE}:{same}'::text
        FROM (
            SELECT DISTINCT ON (old->>'external_id') old->>'external_id' AS external_id, (old || (old->'kept'))->>'{same}' AS said
            FROM accounts_accountedit
            WHERE field LIKE '{prefix}%' AND new IS NULL AND undone_at IS NULL AND (old->>'source_id')::bigint = {source}
            ORDER BY old->>'external_id', edited_at DESC, id DESC
        ) e
        WHERE {GOOD} AND e.external_id = t.external_id AND e.said IS NOT DISTINCT FROM t.{name(same)}::text AND {still}
          AND NOT EXISTS (SELECT FROM {job.bound.target.table} b WHERE b.source_id = {source} AND b.external_id = t.external_id)
    """)


def _keep(job: Job, field: str, flag: str) -> None:
    """One column: forget it where the file says something new, else give the typed row what the table holds."""
    mine = f"b.source_id = {job.setting.source_id} AND b.external_id = t.external_id AND b.kept ? '{field}' AND {GOOD}"
    said = f"coalesce(to_jsonb(t.{name(field)}), 'null'::jsonb)"
    run(
        f"UPDATE {job.bound.target.table} b SET kept = b.kept - '{field}' FROM {TYPED} t"
        f" WHERE {mine} AND b.kept -> '{field}' IS DISTINCT FROM {said}"
    )
    run(
        f"UPDATE {TYPED} t SET {name(field)} = b.{name(field)}, flags = t.flags || '{flag}'::text FROM {job.bound.target.table} b"
        f" WHERE {mine} AND t.{name(field)} IS DISTINCT FROM b.{name(field)}"
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON holds them: days as text."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(values), cls=DjangoJSONEncoder))
    return plain
