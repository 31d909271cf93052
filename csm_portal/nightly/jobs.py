"""Jobs as rows: what is due, who runs it, and what became of it. A message only wakes a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q

from accounts.models import JobRun
from accounts.policy import JOB_ATTEMPTS
from accounts.types import JobState
from csm_portal.nightly import leases
from csm_portal.nightly.leases import LEASE

NIGHT = "nightly"
MAX_ATTEMPTS = JOB_ATTEMPTS
# After the n-th failure the next try waits 2^n minutes, an hour at most.
_LONGEST_WAIT = timedelta(hours=1)


def due_jobs(now: datetime) -> list[JobRun]:
    """Jobs to start now: due ones, and running ones whose lease is over."""
    waiting = Q(state=JobState.DUE, due_at__lte=now)
    dead = Q(state=JobState.RUNNING, lease_until__lt=now)
    return list(JobRun.objects.filter(waiting | dead, attempts__lt=MAX_ATTEMPTS).order_by("due_at", "pk"))


def next_night(due: Iterable[JobRun]) -> list[JobRun]:
    """Of nights that are due only the oldest, and none while one is built: a later one would only find the builder busy, and be built
    before its time when its turn comes first.
    """
    nights = [job for job in due if job.job == NIGHT]
    running = nights and JobRun.objects.filter(job=NIGHT, state=JobState.RUNNING).exclude(pk__in=[job.pk for job in nights]).exists()
    return [] if running else sorted(nights, key=lambda job: (job.period.rpartition("/")[2], job.pk))[:1]


def fail_exhausted(now: datetime) -> int:
    """Jobs whose worker died at the last try: nobody is there to say so, and none of them would ever end. Returns how many."""
    left = JobRun.objects.filter(state=JobState.RUNNING, lease_until__lt=now, attempts__gte=MAX_ATTEMPTS)
    return left.update(state=JobState.FAILED, lease_until=None, error=f"Its worker ended {MAX_ATTEMPTS} times before the work was done.")


def claim(job_id: int, now: datetime) -> JobRun | None:
    """Take a job for this process; None when another has it or it is done. One statement, so two workers cannot both get it."""
    free = Q(state=JobState.DUE, due_at__lte=now) | Q(state=JobState.RUNNING, lease_until__lt=now)
    taken = JobRun.objects.filter(free, pk=job_id).update(
        state=JobState.RUNNING, started_at=now, lease_until=now + LEASE, attempts=F("attempts") + 1, error=""
    )
    return JobRun.objects.get(pk=job_id) if taken else None


def run_claimed(job: JobRun, work: Callable[[JobRun], str], clock: Callable[[], datetime]) -> bool:
    """Do the work and write down how it went. A failure is due again later; True when it succeeded.

    A worker that was frozen until its lease was over writes nothing: the job is another's by then.
    """
    mine = JobRun.objects.filter(pk=job.pk, attempts=job.attempts, state=JobState.RUNNING)
    try:
        with leases.kept(job, job.attempts, clock):
            message = work(job)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the row has to say it
        wait = min(timedelta(minutes=2 ** min(job.attempts, 10)), _LONGEST_WAIT)
        last = job.attempts >= MAX_ATTEMPTS
        state = JobState.FAILED if last else JobState.DUE
        mine.update(state=state, error=str(problem)[:2000], due_at=clock() + wait, lease_until=None)
        return False
    return bool(mine.update(state=JobState.SUCCEEDED, finished_at=clock(), lease_until=None, message=message, error=""))


def say_progress(job: JobRun, clock: Callable[[], datetime]) -> Callable[[str], None]:
    """A `say` that writes the step on the job's row and renews its lease."""
    mine = JobRun.objects.filter(pk=job.pk, attempts=job.attempts)

    def say(line: str) -> None:
        now = clock()
        mine.update(message=line, done=F("done") + 1, lease_until=now + LEASE)

    return say
