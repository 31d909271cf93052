"""Replays: a few calls at once, many as a job whose row says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import JobRun, RefusedCall, User
from accounts.tracking.refused import Replayed, calls_like, replay
from accounts.types import JobState, Role
from csm_portal.portal.first_run import work

JOB = "replay"
# More than this takes longer than somebody waits for a page.
AT_ONCE = 1_000


def order_or_do(user: User, picked: Sequence[int], now: datetime) -> tuple[Replayed, list[JobRun]]:
    """Send groups through again: now as many calls as somebody waits for, the rest as a job for each group."""
    done, ordered = Replayed(), []
    for sample in picked:
        left = AT_ONCE - done.of
        if calls_like(user, sample)[: left + 1].count() > left:
            ordered.append(work.order(JOB, str(sample), now.isoformat(timespec="seconds"), now))
            continue
        found = replay(user, sample, now)
        done = Replayed(done.taken + found.taken, done.ignored + found.ignored, done.still + found.still)
    return done, ordered


def run(job: JobRun, now: datetime, say: Callable[[str], None]) -> str:
    """Do an ordered replay; it was ordered by an admin, and by then only an admin's eyes are needed. Begun again it ends the same."""
    admin = User(role=Role.ADMIN, is_active=True)
    total = calls_like(admin, int(job.key)).count()
    found = replay(admin, int(job.key), now, lambda so_far: say(f"{so_far.of:,} / {total:,}"))
    return f"{found.taken} {found.ignored} {found.still}"


def running(user: User) -> list[JobRun]:
    """Replays that wait or run, the newest first, and those that failed for good. One query."""
    return list(JobRun.objects.visible_to(user).filter(job=JOB).exclude(state=JobState.SUCCEEDED).order_by("-pk")[:20])


def told(found: Replayed) -> str:
    """What became of a replay, in words."""
    parts = [ngettext("%(n)s call taken.", "%(n)s calls taken.", found.taken) % {"n": f"{found.taken:,}"}]
    if found.ignored:
        parts.append(ngettext("%(n)s ignored by a rule.", "%(n)s ignored by a rule.", found.ignored) % {"n": f"{found.ignored:,}"})
    if found.still:
        parts.append(ngettext("%(n)s refused again, and still listed.", "%(n)s refused again, and still listed.", found.still)
                     % {"n": f"{found.still:,}"})  # fmt: skip
    return " ".join(parts)


def outcome(job: JobRun) -> str:
    """What became of a finished job; its progress before."""
    counts = job.message.split()
    if job.state != JobState.SUCCEEDED or not all(one.isdigit() for one in counts):
        return job.message or _("waiting for a worker")
    return told(Replayed(*map(int, counts)))


def names_of(jobs: Sequence[JobRun]) -> dict[int, str]:
    """What each replay is about: source and event. One query where there is any."""
    if not jobs:
        return {}
    rows = RefusedCall.objects.filter(pk__in=[int(job.key) for job in jobs]).values_list("pk", "source__name", "name", "code")
    found = {pk: f"{source} · {name or code}" for pk, source, name, code in rows}
    return {job.pk: found.get(int(job.key), "") for job in jobs}
