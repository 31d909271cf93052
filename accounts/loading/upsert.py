# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""The way of most targets: one row per key, inserted or changed where it differs."""

from __future__ import annotations

from accounts.loading.job import GOOD, TYPED, Job, run, value
from accounts.loading.quoting import name, names
from accounts.loading.typing_rows import fields_of

TOUCHED = "load_touched"


def mark_repeats(job: Job) -> None:
    """Two rows of one key in a file: the first stays; an identical one repeats it (unchanged), another one conflicts (rejected)."""
    target = job.bound.target
    key = names(target.key)
    body = f"md5(ROW({names(fields_of(target))})::text)"
    shown = next((column.name for column in target.columns if column.field == target.key[-1]), target.key[-1])
    run(
        f"UPDATE {TYPED} t SET repeat = true, problem = CASE WHEN r.body <> r.first THEN 'conflicting_duplicate:{shown}' END FROM ("
        f"SELECT n, row_number() OVER w AS place, {body} AS body, first_value({body}) OVER w AS first FROM {TYPED} WHERE problem IS NULL"
        f" WINDOW w AS (PARTITION BY {key} ORDER BY n)) r WHERE r.n = t.n AND r.place > 1"
    )


def upsert(job: Job, *, without: tuple[str, ...] = (), resolved: dict[str, str] | None = None) -> None:
    """Insert what is new, change what differs, count. Ids of both are left in TOUCHED (id, created).

    `resolved` names the columns of TYPED that hold the id for a name (unit → unit_id).
    """
    target = job.bound.target
    known = resolved or {}
    fields = [known.get(field, field) for field in fields_of(target) if field not in without]
    present = {known.get(field, field) for field in job.present}
    extra = dict(target.starts_with)
    if target.has_source:
        extra["source_id"] = str(job.setting.source_id)
    if target.has_record:
        extra["loaded_by_id"] = str(job.run_id)
    changing = [field for field in fields if field in present and field not in target.key]
    conflict = target.conflict or names([*(["source_id"] if target.has_source else []), *target.key])
    run(f"DROP TABLE IF EXISTS {TOUCHED}")
    run(f"CREATE TEMP TABLE {TOUCHED} (id bigint, created boolean)")
    if changing:
        sets = [f"{name(field)} = excluded.{name(field)}" for field in changing] + (
            ["loaded_by_id = excluded.loaded_by_id"] if target.has_record else []
        )
        action = (
            f"DO UPDATE SET {', '.join(sets)} WHERE ({names(changing, 'b.')}) IS DISTINCT FROM ({names(changing, 'excluded.')})"
            if len(changing) > 1
            else f"DO UPDATE SET {', '.join(sets)} WHERE b.{name(changing[0])} IS DISTINCT FROM excluded.{name(changing[0])}"
        )
    else:
        action = "DO NOTHING"
    run(
        f"WITH up AS (INSERT INTO {target.table} AS b ({names([*fields, *extra])}) SELECT"
        f" {names(fields)}{''.join(', ' + sql for sql in extra.values())}"
        f" FROM {TYPED} WHERE {GOOD} ORDER BY {names(target.key)} ON CONFLICT ({conflict}) {action} RETURNING id, (xmax = 0) AS created)"
        f" INSERT INTO {TOUCHED} SELECT id, created FROM up"
    )
    count(job)


def count(job: Job) -> None:
    """Created, updated and unchanged from TOUCHED and the rows that were not rejected."""
    job.report.created = value(f"SELECT count(*) FROM {TOUCHED} WHERE created")
    job.report.updated = value(f"SELECT count(*) FROM {TOUCHED} WHERE NOT created")
    job.report.unchanged = value(f"SELECT count(*) FROM {TYPED} WHERE problem IS NULL") - job.report.created - job.report.updated
