"""Long work started from a page: a row first, then a message that wakes a worker; the row says how far it is."""

from __future__ import annotations

import contextlib
import csv
import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from kombu.exceptions import OperationalError

from accounts.loading.load import load_folder
from accounts.loading.mapping import MappingError
from accounts.loading.plan import BadUse
from accounts.loading.report import LoadReport
from accounts.models import JobRun
from accounts.policy import DEFAULT_SOURCE
from accounts.types import JobState
from csm_portal.portal.first_run import uploads

IMPORT, UNDO, NIGHTLY, HISTORY = "import", "undo-import", "nightly", "history"
PREVIEW, RESTATE = "preview", "restate"
CHECK, APPLY = "check", "apply"
# A worker takes a job at once; after this long there is none.
PATIENCE = timedelta(seconds=8)
SHOWN_REJECTS = 40
Say = Callable[[str], None]


@dataclass
class Outcome:
    """What became of the files of one upload; `error` is why nothing could be started."""

    dry_run: bool = True
    error: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    rejects: list[dict[str, str]] = field(default_factory=list)
    run: int | None = None

    def total(self, count: str) -> int:
        """Sum of one count over the files."""
        return sum(file[count] for file in self.files)

    @property
    def refused(self) -> bool:
        """A file could not be read at all."""
        return any(file["refused"] for file in self.files)


@transaction.atomic
def order(job: str, key: str, period: str, now: datetime) -> JobRun:
    """Write the job down and wake a worker once that is committed. One that runs or waits is left alone, a finished one begins anew."""
    row, made = JobRun.objects.get_or_create(job=job, key=key, period=period, defaults={"due_at": now})
    if not made:
        done = JobRun.objects.filter(pk=row.pk, state__in=[JobState.SUCCEEDED, JobState.FAILED])
        done.update(state=JobState.DUE, due_at=now, attempts=0, done=0, message="", error="", started_at=None, finished_at=None)
        row.refresh_from_db()
    transaction.on_commit(lambda: wake(row.pk))
    return row


@dataclass
class _Hands:
    """Who does the work: set by the room above, which knows the worker and the night."""

    wake: Callable[[int], None] | None = None
    do: Callable[[int], None] | None = None


_hands = _Hands()


def connect(wake: Callable[[int], None], do: Callable[[int], None]) -> None:
    """Say how a worker is woken for a job, and how a job is done in this process."""
    _hands.wake, _hands.do = wake, do


def wake(job_id: int) -> None:
    """Tell a worker; without a broker the row waits for the minute tick."""
    if _hands.wake is not None:
        with contextlib.suppress(OperationalError, OSError):
            _hands.wake(job_id)


def do_here(job_id: int) -> None:
    """Do the job in this process, unless somebody has it."""
    if _hands.do is not None:
        _hands.do(job_id)


def run_here(job_id: int) -> threading.Thread:
    """Do the job in this process, beside the page: for an installation whose worker is not running."""

    def work() -> None:
        try:
            do_here(job_id)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work, name=f"job {job_id}", daemon=True)
    thread.start()
    return thread


def nobody_took(job: JobRun, now: datetime) -> bool:
    """Whether the job still waits although a worker would have it by now."""
    return job.state == JobState.DUE and not job.attempts and now - job.due_at > PATIENCE


def order_undo(run_id: int, now: datetime) -> JobRun:
    """Take an import back (accounts/loading/undo.py)."""
    return order(UNDO, str(run_id), "", now)


def order_history(first: date, last: date, now: datetime) -> JobRun:
    """Build the history of `[first, last]`, both inclusive, as one build."""
    return order(NIGHTLY, HISTORY, f"{first.isoformat()}/{last.isoformat()}", now)


def order_preview(draft: int, revision: int, now: datetime) -> JobRun:
    """Look at what one revision of a draft would make of the book; the result is its latest `DraftPreview`."""
    return order(PREVIEW, str(draft), str(revision), now)


def order_restate(now: datetime) -> JobRun:
    """Recompute months and scores with today's definition. Each order is its own job: one that runs may have read the old one."""
    return order(RESTATE, "", now.isoformat(timespec="seconds"), now)


def import_files(job: JobRun, say: Say, today: date) -> str:
    """Check or load the files of an upload; the answer is the outcome as JSON. Files go once they are loaded."""
    dry_run = job.period == CHECK
    try:
        upload = uploads.find(job.key)
        rejects = upload.folder.parent / "rejects" if dry_run else Path(settings.PORTAL_HOME) / "rejects" / "{run}"
        if dry_run:
            # Of an earlier dry run, which may have read other files.
            shutil.rmtree(rejects, ignore_errors=True)
        report = load_folder(
            upload.folder,
            mapping=upload.mapping,
            rejects=rejects,
            dry_run=dry_run,
            source=DEFAULT_SOURCE,
            on=today,
            say=say,
            by=upload.by,
            recorded=True,
        )
    except (uploads.Unfit, BadUse) as problem:
        return as_text(Outcome(dry_run, error=str(problem)))
    except MappingError as problem:
        return as_text(Outcome(dry_run, error="; ".join(str(one) for one in problem.problems)))
    outcome = outcome_of(report)
    if not dry_run:
        uploads.forget(job.key)
    return as_text(outcome)


def outcome_of(report: LoadReport) -> Outcome:
    """The report of a load with the first rejected and flagged rows."""
    rows = _first_rejects(report.rejects) if report.rejects else []
    run = None if report.dry_run else report.run_id
    return Outcome(report.dry_run, "", [asdict(file) for file in report.files], list(report.ignored_files), rows, run)


def as_text(outcome: Outcome) -> str:
    """For the job's row."""
    return json.dumps(asdict(outcome), ensure_ascii=False)


def outcome_in(job: JobRun) -> Outcome | None:
    """The outcome that a finished import left on its row; None while it runs, or where it failed."""
    if job.job != IMPORT or job.state != JobState.SUCCEEDED:
        return None
    return Outcome(**json.loads(job.message))


def _first_rejects(folder: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for path in sorted(folder.glob("*.rejects.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if len(found) == SHOWN_REJECTS:
                    return found
                found.append({name: row[name] for name in ("file", "line", "column", "code", "value", "reason", "flagged")})
    return found
