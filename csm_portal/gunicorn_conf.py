"""gunicorn's configuration, for the demo and the image alike. The address comes from the command line."""

import os
from typing import Any

from csm_portal.embedded.child import die_with_parent

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# The application is loaded once and shared by the workers.
preload_app = True
timeout = 60
graceful_timeout = 20
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True


def post_fork(_server: Any, worker: Any) -> None:
    """A worker ends with its master, however that ends. It loads Plotly beside its first requests, so that no account page waits for it."""
    import signal
    import threading

    from csm_portal.lib.figures import warm

    die_with_parent(signal.SIGKILL, worker.ppid)
    threading.Thread(target=warm, daemon=True).start()
