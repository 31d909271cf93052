"""The night's place among the apps. Pages order work here without knowing who does it: a worker, or this very process."""

from django.apps import AppConfig


class NightlyConfig(AppConfig):
    name = "csm_portal.nightly"

    def ready(self) -> None:
        """Tell the pages how a worker is woken and how a job is done where it is called."""
        from csm_portal.portal.first_run import work

        work.connect(wake, do)


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
