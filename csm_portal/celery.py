"""The Celery app of worker and beat."""

import os
import signal
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_process_init

from csm_portal.embedded.child import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csm_portal.settings")
app = Celery("csm_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

_worker_pid = 0


@worker_init.connect
def _note_worker(**_: Any) -> None:
    global _worker_pid  # noqa: PLW0603 - the pool's processes are forks and read it
    _worker_pid = os.getpid()


@worker_process_init.connect
def _end_with_worker(**_: Any) -> None:
    """A pool process ends with its worker; a message it held is given out again."""
    if _worker_pid:
        die_with_parent(signal.SIGKILL, _worker_pid)
