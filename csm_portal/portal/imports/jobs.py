"""Taking an import back as a job: the row says how far it is, the import itself what came of it."""

from __future__ import annotations

from collections.abc import Callable

from accounts.loading.undo import CannotUndo, undo_import
from accounts.models import ImportRun, JobRun


def undo(job: JobRun, say: Callable[[str], None]) -> str:
    """Undo the import that the job names, for the one who asked. One that has been undone meanwhile is done; others say why not."""
    asked = ImportRun.objects.filter(pk=int(job.key)).values_list("undone_by_id", flat=True).first()
    try:
        report = undo_import(int(job.key), by=asked, say=say)
    except CannotUndo as refused:
        return refused.code
    return f"{report['events']} events, {len(report['tables'])} tables"
