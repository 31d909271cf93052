# ruff: noqa: S608 - statements are composed of names from the catalog and the registry, and of numbers
"""Taking an import back: what it made is removed, what it changed is put back, where nobody has changed it since.

One transaction; what stays is told with the reason. Only imports whose rows were kept (`ImportRun.recorded`) can be taken back.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models.functions import Now

from accounts.loading.computed import computed, histories
from accounts.loading.job import rows, run, value
from accounts.loading.load import Say, alone
from accounts.loading.quoting import literal, name, names
from accounts.loading.recording import record_as
from accounts.loading.undo_marks import mark_after, mark_before
from accounts.loading.undo_plan import EVENTS, NET, PLAN, columns_of, make_net, make_plan
from accounts.models import ImportRun
from accounts.types import JobState

EXAMPLES = 5
LEFT = ("changed", "used", "gone")
# What a person knows a row by, whichever of these it has.
LABELS = ("external_id", "email", "path", "name", "question", "scenario", "metric", "currency", "text", "day", "starts_on")


class CannotUndo(Exception):
    """Why this import cannot be taken back: `code` is one of unknown, running, not_recorded, undone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def why_not(run_row: ImportRun) -> str:
    """The code of why the import cannot be undone; empty when it can."""
    if run_row.undone_at is not None:
        return "undone"
    if run_row.state in (JobState.DUE, JobState.RUNNING):
        return "running"
    return "" if run_row.recorded and not run_row.dry_run else "not_recorded"


def undo_import(run_id: int, *, by: int | None, say: Say = lambda _: None) -> dict[str, Any]:
    """Take the import back and write down what became of it. Raises CannotUndo; nothing is changed then.

    The report: {events, tables: [{table, removed, put_back, restored, left: {reason: count}, examples: [{label, reason, columns}]}]}.
    """
    with alone(say), transaction.atomic():
        record_as(None)
        run_row = ImportRun.objects.select_for_update().filter(pk=run_id).first()
        if code := why_not(run_row) if run_row else "unknown":
            raise CannotUndo(code)
        say("finding what the import changed")
        run(f"DROP TABLE IF EXISTS {NET}, {PLAN}, {EVENTS}")
        tables = make_net(run_id)
        events = _take_events(run_id)
        make_plan(run_id, tables, with_events=True)
        say("marking the days that are computed anew")
        mark_before(tables)
        counts = {table: _take_back(table, say) for table in tables}
        _drop_computed()
        mark_after(tables)
        report = {"events": events, "tables": [_report(table, counts[table]) for table in tables if _touched(table)]}
        run(f"DELETE FROM accounts_importedrow WHERE run_id = {run_id}")
        ImportRun.objects.filter(pk=run_id).update(undone_at=Now(), undone_by_id=by, undo_report=report)
    return report


def _take_events(run_id: int) -> int:
    """Remove the events of the import with their ids, so that the same files can be loaded again. How many."""
    run(f"CREATE TEMP TABLE {EVENTS} (source_id bigint, message_id text, account_id bigint, seat_id bigint, day date) ON COMMIT DROP")
    had = f"SELECT EXISTS (SELECT FROM accounts_importfile WHERE run_id = {run_id} AND target = 'events')"
    if not value(had):
        return 0
    run(
        f"WITH gone AS (DELETE FROM event WHERE loaded_by_id = {run_id} RETURNING source_id, message_id, account_id, seat_id, day)"
        f" INSERT INTO {EVENTS} SELECT * FROM gone"
    )
    run(f"ANALYZE {EVENTS}")
    return run(f"DELETE FROM event_key k USING {EVENTS} e WHERE k.source_id = e.source_id AND k.message_id = e.message_id")


def _take_back(table: str, say: Say) -> dict[str, int]:
    """Remove, put back and restore the rows of one table. Foreign keys are looked at when the transaction ends."""
    say(f"taking back {table.split('_', 1)[1]}")
    watch = [(one, value(f"SELECT coalesce(max(id), 0) FROM {name(one.table)}")) for one in histories() if one.parent == table]
    done = {"removed": _remove(table)}
    done["put_back"] = sum(
        _put_back(table, list(columns))
        for (columns,) in rows(f"SELECT DISTINCT columns FROM {PLAN} WHERE tbl = {literal(table)} AND act = 'back'")
    )
    for history, last in watch:
        # The trigger has written down the way back; a history of what was said knows neither the import nor its undo.
        own = f"SELECT id FROM {PLAN} WHERE tbl = {literal(table)} AND act = 'back'"
        run(f"DELETE FROM {name(history.table)} h WHERE h.id > {last} AND h.{name(history.column)} IN ({own})")
    columns = columns_of(table)
    done["restored"] = run(
        f"INSERT INTO {name(table)} ({names(columns)}) SELECT {names(columns, 'r.')} FROM {NET} n JOIN {PLAN} p USING (tbl, id),"
        f" jsonb_populate_record(NULL::{name(table)}, n.before) r WHERE n.tbl = {literal(table)} AND p.act = 'restore'"
        " ON CONFLICT DO NOTHING"
    )
    return done


def _remove(table: str) -> int:
    return run(f"DELETE FROM {name(table)} t USING {PLAN} p WHERE p.tbl = {literal(table)} AND p.act = 'go' AND p.id = t.id")


def _put_back(table: str, columns: list[str]) -> int:
    """Give the rows with these changed columns their old values; where a rule of the table forbids that for some, one by one."""
    try:
        with transaction.atomic():
            return _update(table, columns, "true")
    except DatabaseError:
        pass  # below
    chosen = f"tbl = {literal(table)} AND act = 'back' AND columns = {_array(columns)}"
    return sum(_put_one_back(table, columns, pk) for (pk,) in rows(f"SELECT id FROM {PLAN} WHERE {chosen} ORDER BY id"))


def _put_one_back(table: str, columns: list[str], pk: int) -> int:
    try:
        with transaction.atomic():
            return _update(table, columns, f"p.id = {pk}")
    except DatabaseError:
        run(f"UPDATE {PLAN} SET act = 'changed' WHERE tbl = {literal(table)} AND id = {pk}")
        return 0


def _update(table: str, columns: list[str], more: str) -> int:
    return run(
        f"UPDATE {name(table)} t SET ({names(columns)}) = ROW({names(columns, 'r.')})"
        f" FROM {PLAN} p JOIN {NET} n USING (tbl, id), jsonb_populate_record(NULL::{name(table)}, n.before) r"
        f" WHERE p.tbl = {literal(table)} AND p.act = 'back' AND p.columns = {_array(columns)} AND t.id = p.id AND {more}"
    )


def _array(columns: list[str]) -> str:
    return "ARRAY[" + ", ".join(literal(column) for column in columns) + "]::text[]"


def _drop_computed() -> None:
    """What nights had computed of the rows that went."""
    going = {row[0] for row in rows(f"SELECT DISTINCT tbl FROM {PLAN} WHERE act = 'go'")}
    for one in computed():
        if one.parent in going:
            run(
                f"DELETE FROM {name(one.table)} c USING {PLAN} p"
                f" WHERE p.tbl = {literal(one.parent)} AND p.act = 'go' AND p.id = c.{name(one.column)}"
            )


# --- the report ---


def _touched(table: str) -> bool:
    return bool(value(f"SELECT EXISTS (SELECT FROM {PLAN} WHERE tbl = {literal(table)} AND act <> 'none')"))


def _report(table: str, done: dict[str, int]) -> dict[str, Any]:
    left = dict(rows(f"SELECT act, count(*) FROM {PLAN} WHERE tbl = {literal(table)} AND act IN ('changed', 'used', 'gone') GROUP BY 1"))
    partly = value(f"SELECT count(*) FROM {PLAN} WHERE tbl = {literal(table)} AND act = 'back' AND kept IS NOT NULL")
    if partly:
        left["changed"] = left.get("changed", 0) + partly
    found = rows(
        f"SELECT coalesce(n.after, n.before), CASE WHEN p.act = 'back' THEN 'changed' ELSE p.act END, coalesce(p.kept, '{{}}')"
        f" FROM {PLAN} p JOIN {NET} n USING (tbl, id) WHERE p.tbl = {literal(table)}"
        f" AND (p.act IN ('changed', 'used', 'gone') OR (p.act = 'back' AND p.kept IS NOT NULL)) ORDER BY p.id LIMIT {EXAMPLES}"
    )
    examples = [{"label": _label(row), "reason": reason, "columns": list(kept)} for row, reason, kept in found]
    return {"table": table, **done, "left": left, "examples": examples}


def _label(row: Any) -> str:
    fields = row if isinstance(row, dict) else json.loads(row)
    return next((str(fields[one]) for one in LABELS if fields.get(one)), "")
