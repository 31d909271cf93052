"""A worker's process for the bench: it has the portal loaded, and does nights as Celery's does (`python -m` this module).

A line with a day comes in, a line of JSON goes out: seconds on the clock, Python's processor seconds, peak memory in MB, or the error. No
queue is needed: what a message would wake is called here.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import date
from typing import Any


def done(day: date) -> dict[str, Any]:
    """The night's job and the one that follows its publication, taken and done like any others."""
    from accounts.models import JobRun
    from accounts.types import JobState
    from csm_portal.nightly import foresee, tasks
    from csm_portal.nightly.build import utc_now

    began, spent = time.monotonic(), time.process_time()
    due = {"state": JobState.DUE, "due_at": utc_now(), "attempts": 0}
    night, _made = JobRun.objects.update_or_create(job=tasks.NIGHTLY, key="", period=day.isoformat(), defaults=due)
    following = foresee.owe(utc_now()) if tasks.run_nightly_job(night.pk) else None
    if following is None or not tasks.run_nightly_job(following.pk):
        errors = JobRun.objects.filter(state=JobState.DUE).exclude(error="").values_list("error", flat=True)
        return {"error": "; ".join(errors) or "the night was not built"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    return {"wall": time.monotonic() - began, "python": time.process_time() - spent, "peak_mb": peak}


def main() -> None:
    """Load the portal once, then do a night for each line."""
    import django

    django.setup()
    from django.db import close_old_connections

    for line in sys.stdin:
        close_old_connections()
        told = done(date.fromisoformat(line.strip()))
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
