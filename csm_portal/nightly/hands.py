"""Who does what a page has ordered: a worker that is woken, or this very process."""

from __future__ import annotations


def wake(job_id: int) -> None:
    """Send the message; raises kombu's OperationalError where no broker answers."""
    # Only here, so that Celery is no part of the start of the web.
    from csm_portal.celery import app
    from csm_portal.nightly.tasks import run_nightly_job

    app.set_current()
    run_nightly_job.delay(job_id)


def do(job_id: int) -> None:
    """Do the job where it is called, unless somebody has it."""
    from csm_portal.nightly.tasks import run_nightly_job

    run_nightly_job.run(job_id)
