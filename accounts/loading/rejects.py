# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Rows that were refused or flagged: into the table of the run, and from there into files to mend and load again."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.loading.job import TYPED, Job, rows
from accounts.loading.quoting import literal, name
from accounts.loading.reasons import SHAPES, reason, refine
from accounts.loading.staging import FAULTS, Staged

BATCH = 2_000
VALUE_LENGTH = 200
# Assumptions made for rows that were taken.
MARKS = ("zoneless", "dateless", "timed")
COLUMNS = ("file", "line", "column", "code", "value", "reason", "flagged", "row")


def record_faults(staged: Staged, run_id: int) -> None:
    """Lines that are no rows, once per file."""
    found = _batches(f"SELECT record, line, code, txt FROM {FAULTS} WHERE file = {literal(staged.file)} ORDER BY record")
    for batch in found:
        _store(
            run_id,
            [
                (staged.file, line, "", code, text[:VALUE_LENGTH], SHAPES[code], False, json.dumps({"line": text}))
                for _, line, code, text in batch
            ],
        )


def fault_codes(staged: Staged) -> Counter[str]:
    """How many lines each shape of fault cost."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT code, count(*) FROM {FAULTS} WHERE file = %s GROUP BY 1", [staged.file])
        return Counter(dict(cursor.fetchall()))


def record_problems(job: Job, more: str = "true") -> dict[str, int]:
    """What the typed table found, with counts into the report; `more` narrows the mapped rows to those of the chunk.

    How many rows that were taken rest on which assumption.
    """
    counts = ", ".join(f"count(*) FILTER (WHERE problem IS NULL AND {mark})" for mark in MARKS)
    rejected, flagged, *marked = rows(
        f"SELECT count(*) FILTER (WHERE problem IS NOT NULL), count(*) FILTER (WHERE problem IS NULL AND flags <> '{{}}'), {counts}"
        f" FROM {TYPED}"
    )[0]
    job.report.rejected += rejected
    job.report.flagged += flagged
    if rejected or flagged:
        _record_rows(job, more)
    return dict(zip(MARKS, marked, strict=True))


def _record_rows(job: Job, more: str) -> None:
    codes: Counter[str] = Counter(job.report.codes)
    cells = ", ".join(f"r.c{place}" for place in range(1, len(job.staged.header) + 1))
    statement = (
        f"SELECT t.n, t.problem, t.flags, to_jsonb(m), to_jsonb(ARRAY[{cells}]) FROM {TYPED} t"
        f" JOIN ({job.bound.select(more)}) m ON m.n = t.n JOIN {job.staged.table} r ON r.n = t.n AND {more}"
        " WHERE (t.problem IS NOT NULL OR t.flags <> '{}') ORDER BY t.n"
    )
    for batch in _batches(statement):
        _store(job.run_id, [row for found in batch for row in _rows(job, found, codes)])
    job.report.codes = dict(codes)


def _rows(job: Job, found: tuple[Any, ...], codes: Counter[str]) -> Iterator[tuple[Any, ...]]:
    record, problem, flags, mapped, cells = found
    mapped, cells = _loaded(mapped), _loaded(cells)
    row = json.dumps(
        dict(zip((title or f"column {place}" for place, title in enumerate(job.staged.header, 1)), cells, strict=True)), ensure_ascii=False
    )
    for fault, flagged in [(problem, False)] if problem else [(flag, True) for flag in flags]:
        code, _, column = fault.partition(":")
        shown = mapped.get("a:" + column) if code.startswith("lookup_") else mapped.get("t:" + column)
        text = str(shown if shown is not None else "")
        code = refine(code, text)
        codes[code] += 1
        said = reason(job.bound.target, column, code, text, job.bound.shape)
        yield job.staged.file, job.staged.line(record), job.bound.origin.get(column, column), code, text[:VALUE_LENGTH], said, flagged, row


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _batches(statement: str) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query through a cursor of the server, so that a million of them stay there."""
    with connection.cursor() as cursor:
        cursor.execute(f"DECLARE load_cursor NO SCROLL CURSOR WITH HOLD FOR {statement}")
        try:
            while True:
                cursor.execute(f"FETCH {BATCH} FROM load_cursor")
                if not (batch := cursor.fetchall()):
                    return
                yield batch
        finally:
            cursor.execute("CLOSE load_cursor")


def _store(run_id: int, found: Iterable[tuple[Any, ...]]) -> None:
    names = ", ".join(name(column) for column in ("run_id", "file", "line", "column", "code", "value", "reason", "flagged", "row"))
    with connection.cursor() as cursor, cursor.copy(f"COPY accounts_rejectedrow ({names}) FROM STDIN") as copy:
        for row in found:
            copy.write_row((run_id, *row))


def write_files(run_id: int, folder: Path, files: Iterable[str]) -> int:
    """One CSV per file with rejected or flagged rows; files of an earlier load of the same names go away. Rows written."""
    for file in files:
        (folder / f"{file}.rejects.csv").unlink(missing_ok=True)
    statement = (
        f'SELECT file, line, "column", code, value, reason, flagged, "row" FROM accounts_rejectedrow WHERE run_id ='
        f" {run_id} ORDER BY file, line, id"
    )
    written, current, handle, writer = 0, None, None, None
    try:
        for batch in _batches(statement):
            for row in batch:
                if row[0] != current:
                    if handle:
                        handle.close()
                    folder.mkdir(parents=True, exist_ok=True)
                    current = row[0]
                    handle = (folder / f"{current}.rejects.csv").open("w", encoding="utf-8", newline="")
                    writer = csv.writer(handle)
                    writer.writerow(COLUMNS)
                if writer is not None:
                    kept = row[7] if isinstance(row[7], str) else json.dumps(row[7], ensure_ascii=False)
                    writer.writerow([*row[:4], _as_text(row[4]), row[5], "true" if row[6] else "false", kept])
                written += 1
    finally:
        if handle:
            handle.close()
    return written


def _as_text(value: str) -> str:
    """A cell that a spreadsheet would take for a formula is marked as text."""
    return "'" + value if value[:1] in {"=", "+", "@", "\t", "\r"} else value
