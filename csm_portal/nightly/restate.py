"""Two jobs about definitions: what a draft would make of the book, and history recomputed with today's definition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
from django.db import connection

from accounts.models import JobRun
from churn.separation_reads import past_renewals
from csm_portal.lib.checked import DefinitionError
from csm_portal.nightly.leases import LEASE
from health.lab.previewing import preview, store_preview
from health.lab.restate_history import restate
from health.models import DefinitionDraft, DraftRevision, Run

Say = Callable[[str], None]
# `done` counts months; the job's own transaction is not seen until its end, so another connection tells of it.
PROGRESS = "UPDATE accounts_jobrun SET message = %s, done = done + 1, lease_until = %s WHERE id = %s"


@contextmanager
def progress(job: JobRun, clock: Callable[[], datetime]) -> Iterator[Say]:
    """A `say` that shows at once on the job's row, from beside a long transaction, and renews the job's lease."""
    with psycopg.connect(**connection.get_connection_params() | {"autocommit": True, "cursor_factory": psycopg.ClientCursor}) as beside:

        def say(line: str) -> None:
            beside.execute(PROGRESS, [line, clock() + LEASE, job.pk])

        yield say


def run_preview(job: JobRun, clock: Callable[[], datetime]) -> str:
    """The preview of one revision (`period`) of a draft (`key`) as of the last published day; kept as DraftPreview."""
    draft = DefinitionDraft.objects.get(pk=int(job.key))
    revision = DraftRevision.objects.filter(draft=draft, number=int(job.period)).first()
    sections = draft.sections if revision is None else revision.sections
    latest = Run.objects.latest_published()
    if latest is None:
        return "nothing is published yet"
    try:
        with progress(job, clock) as say:
            found = preview(sections, latest.as_of, past_renewals(latest.as_of), say)
    except DefinitionError as refused:
        # A second try would find the same faults.
        return f"refused: {refused}"
    row = store_preview(draft, int(job.period), found, clock())
    return f"{row.accounts.count()} accounts change"


def run_restate(job: JobRun, clock: Callable[[], datetime]) -> str:
    """Months and month ends with the definitions of the last published day."""
    latest = Run.objects.latest_published()
    if latest is None:
        return "nothing is published yet"
    with progress(job, clock) as say:
        done = restate(latest.as_of, say)
    return f"{done.months} months, {done.scores} scores"
