"""Imports so far: who loaded what and when, with what result, and what an undo did."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.loading.registry import targets
from accounts.loading.rejects import COLUMNS
from accounts.loading.report import COUNTS
from accounts.loading.undo import why_not
from accounts.models import ImportedRow, ImportRun, RejectedRow, User
from accounts.types import JobState
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.web import Page

PER_PAGE = 20
SHOWN_REJECTS = 50
SHOWN_FILES = 3
# Tables that no file is named after.
TABLES = {
    "accounts_action": "actions",
    "accounts_fitrecord": "fit history",
    "accounts_ownership": "owners",
    "accounts_team": "teams",
    "accounts_unit": "units",
    "health_outcomeversion": "outcome history",
}


@dataclass(frozen=True)
class Line:
    """One import in the list."""

    run: ImportRun
    files: str
    who: str
    state: str
    took: str
    counts: dict[str, int]


@dataclass(frozen=True)
class Undone:
    """What an undo did in one table, in words."""

    table: str
    removed: int
    put_back: int
    restored: int
    left: list[str]
    examples: list[str]


def imports_of(user: User) -> QuerySet[ImportRun]:
    """Loads that were for good, the latest first."""
    return ImportRun.objects.visible_to(user).filter(dry_run=False).order_by("-started_at", "-id")


def page_of(user: User, number: int) -> tuple[Page, list[Line]]:
    """One page of the list, with its lines."""
    found = imports_of(user)
    page = Page(max(1, number), found.count(), PER_PAGE)
    page = replace(page, number=min(page.number, page.n_pages))
    shown = found.select_related("source", "by", "undone_by").prefetch_related("files")[(page.number - 1) * PER_PAGE :][:PER_PAGE]
    return page, [line_of(run) for run in shown]


def line_of(run: ImportRun) -> Line:
    """An import in words; counts are of all its files."""
    files = sorted(run.files.all(), key=lambda file: file.pk)
    names = list(dict.fromkeys(file.name.split(" #")[0] for file in files))
    more = len(names) - SHOWN_FILES
    shown = ", ".join(names[:SHOWN_FILES])
    if more > 0:
        shown += ngettext(" and %(n)d more", " and %(n)d more", more) % {"n": more}
    counts = {count: sum(getattr(file, count) for file in files) for count in COUNTS}
    who = (run.by.name or run.by.email) if run.by else _("the command")
    state = _("undone") if run.undone_at else words.job_state(run.state)
    return Line(run, shown or run.folder, who, state, took(run.started_at, run.finished_at), counts)


def took(first: datetime | None, last: datetime | None) -> str:
    """How long it took, in words; a dash while it runs."""
    if not first or not last:
        return words.UNKNOWN
    seconds = max(0, round((last - first).total_seconds()))
    if seconds < 60:
        return _("%(n)d s") % {"n": seconds}
    return _("%(m)d min %(s)d s") % {"m": seconds // 60, "s": seconds % 60}


def may_undo(run: ImportRun) -> str:
    """Empty when it can be taken back, else why not in words."""
    return {
        "": "",
        "undone": _("It has been taken back."),
        "running": _("It has not ended yet."),
        "not_recorded": _("It was loaded by the command or by an earlier version, which keep no copy of what they change."),
    }[why_not(run)]


def newer(run: ImportRun) -> int:
    """Imports after this one that still stand: what they changed stays when this one is taken back."""
    return ImportRun.objects.filter(
        dry_run=False, undone_at=None, state__in=[JobState.SUCCEEDED, JobState.FAILED], started_at__gt=run.started_at
    ).count()


def kept_rows(run: ImportRun) -> list[tuple[str, int]]:
    """Rows that the import made, changed or removed, per table."""
    found = ImportedRow.objects.filter(run=run).values_list("table").annotate(n=Count("pk")).order_by("table")
    return [(table_name(table), n) for table, n in found]


def table_name(table: str) -> str:
    """The table as the files call it."""
    known = {target.table: target.name for target in targets().values()}
    return known.get(table) or TABLES.get(table, table)


def undone(run: ImportRun) -> list[Undone]:
    """What the undo did, table by table."""
    report = run.undo_report or {}
    lines = [Undone("events", report["events"], 0, 0, [], [])] if report.get("events") else []
    for one in report.get("tables", []):
        left = [_left(reason, n) for reason, n in sorted(one["left"].items()) if n]
        lines.append(
            Undone(table_name(one["table"]), one["removed"], one["put_back"], one["restored"], left, [_example(e) for e in one["examples"]])
        )
    return lines


def left_of(run: ImportRun) -> int:
    """Rows that the undo left as they are."""
    return sum(sum(one["left"].values()) for one in (run.undo_report or {}).get("tables", []))


def _left(reason: str, n: int) -> str:
    said = {
        "changed": ngettext("%(n)s changed since", "%(n)s changed since", n),
        "used": ngettext("%(n)s that later rows refer to", "%(n)s that later rows refer to", n),
        "gone": ngettext("%(n)s not there any more", "%(n)s not there any more", n),
    }[reason]
    return said % {"n": words.number(n)}


def _example(example: dict[str, Any]) -> str:
    columns = ", ".join(one for one in example["columns"] if one != "loaded_by_id")
    return f"{example['label']} ({columns})" if columns else str(example["label"])


def rejects(run: ImportRun) -> QuerySet[RejectedRow]:
    """Rejected and flagged rows of an import, in the order of its files."""
    return RejectedRow.objects.filter(run=run).order_by("file", "line", "pk")


def reject_lines(run: ImportRun) -> Iterator[tuple[Cell, ...]]:
    """All of them as a table, the head first."""
    yield COLUMNS
    for row in rejects(run).iterator(chunk_size=2_000):
        yield (
            row.file,
            row.line,
            row.column,
            row.code,
            row.value,
            row.reason,
            "true" if row.flagged else "false",
            json.dumps(row.row, ensure_ascii=False),
        )


def dry_reject_lines(folder: Path) -> Iterator[tuple[Cell, ...]]:
    """Those of a dry run, from the files it left."""
    yield COLUMNS
    for path in sorted(folder.glob("*.rejects.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield tuple(row[name] for name in COLUMNS)


def rejected_total(run: ImportRun) -> int:
    """Rows rejected in all files."""
    return int(run.files.aggregate(n=Sum("rejected"))["n"] or 0)
