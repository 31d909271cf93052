"""The ledger of loads: a killed load of the same input goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from django.db.models.functions import Now

from accounts.loading.report import COUNTS, FileReport
from accounts.models import ImportFile, ImportRun, Source
from accounts.types import JobState


def digest_of(mapping: str, source: str, files: Iterable[Path]) -> str:
    """SHA-256 over the mapping, the source's name, and names and bytes of the files."""
    total = hashlib.sha256(f"{len(mapping)}\n{mapping}\n{source}\n".encode())
    for path in sorted(files, key=lambda file: file.name):
        with path.open("rb") as stream:
            total.update(f"{path.name}\n{hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def open_run(
    source: Source, folder: str, mapping: str, digest: str, *, dry_run: bool, by: int | None = None, recorded: bool = False
) -> tuple[ImportRun, bool]:
    """The unfinished run of the same input, or a new one; and whether it is resumed. A resumed one is recorded if it was from its start."""
    unfinished = ImportRun.objects.filter(source=source, digest=digest, dry_run=False, state=JobState.RUNNING).order_by("-id").first()
    if unfinished is not None and not dry_run:
        return unfinished, True
    run = ImportRun.objects.create(
        source=source,
        folder=folder,
        mapping=mapping,
        digest=digest,
        dry_run=dry_run,
        state=JobState.RUNNING,
        started_at=Now(),
        by_id=by,
        recorded=recorded,
    )
    return run, False


def close_run(run: ImportRun, *, error: str = "") -> None:
    """All files are through."""
    ImportRun.objects.filter(pk=run.pk).update(state=JobState.FAILED if error else JobState.SUCCEEDED, finished_at=Now(), error=error)


def open_file(run: ImportRun, label: str, target: str) -> ImportFile:
    """The ledger row of one file into one target."""
    return ImportFile.objects.get_or_create(run=run, name=label, target=target, defaults={"state": JobState.DUE})[0]


def save_file(row: ImportFile, report: FileReport, state: JobState, done_through: int = 0) -> None:
    """Write counts and progress; part of the transaction that wrote the rows."""
    for count in COUNTS:
        setattr(row, count, getattr(report, count))
    row.state = state
    row.notes = {**report.as_notes(), "done_through": done_through}
    row.save(update_fields=[*COUNTS, "state", "notes"])


def restore(row: ImportFile) -> FileReport:
    """The report of a file (or of its finished chunks) as the ledger has it."""
    notes = row.notes if isinstance(row.notes, dict) else json.loads(row.notes)
    return FileReport(
        row.name,
        row.target,
        **{count: getattr(row, count) for count in COUNTS},
        left_out=notes.get("left_out", 0),
        codes=notes.get("codes", {}),
        notes=notes.get("notes", []),
        refused=notes.get("refused", ""),
    )
