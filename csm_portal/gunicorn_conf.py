"""gunicorn's configuration, for the demo and the image alike. The address comes from the command line."""

import os
from typing import Any

from csm_portal.embedded.child import die_with_parent

worker_class = "csm_portal.patient_worker.PatientWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# The application is loaded once and shared by the workers.
preload_app = True
timeout = 60
graceful_timeout = 20
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
# A page makes some ten thousand objects and drops them all. At Python's own 700 the collector searches them a dozen times for cycles,
# which takes up to a third of a page's time; at 50,000 it searches rarely, but every fifth page then waits 50 ms for it.
COLLECT_AFTER = (8_000, 20, 50)


def when_ready(_server: Any) -> None:
    """The pages are loaded once, for all workers. What is loaded stays: the collector need not look at it again."""
    import gc

    from csm_portal.wsgi import load_pages

    load_pages()
    gc.collect()
    gc.freeze()


def post_fork(_server: Any, worker: Any) -> None:
    """A worker ends with its master, however that ends."""
    import gc
    import signal

    gc.set_threshold(*COLLECT_AFTER)
    die_with_parent(signal.SIGKILL, worker.ppid)
