"""What worker and beat do: the minute tick asks the tables, a wake-up runs one job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import OperationalError

from accounts import absences
from accounts.models import JobRun, User
from accounts.tracking import attach
from accounts.types import Sign
from churn import north_star_finder, reminders, sending
from csm_portal.lib.clock import last_closed_day, local_today, night_is_due
from csm_portal.nightly import foresee, gate, jobs, outbox, restate
from csm_portal.nightly.build import build, utc_now
from csm_portal.nightly.catch_up import owed_nights
from csm_portal.nightly.heartbeat import sign
from csm_portal.nightly.ledger import only_builder
from csm_portal.portal.first_run import work
from csm_portal.portal.imports import jobs as undoing
from csm_portal.portal.intake import jobs as replays
from csm_portal.portal.judging import mail as rating_mail
from csm_portal.portal.monday import mail as monday_mail
from csm_portal.portal.night import deciding
from health.lab.restate_history import is_stale
from health.models import Run
from health.types import RunState

NIGHTLY = jobs.NIGHT


@shared_task(ignore_result=True, expires=50)
def tick() -> int:
    """Each minute: write down the nights that are owed, wake a worker for every job and outbox row that is due. Returns how many."""
    now = datetime.now(UTC)
    absences.keep(_today(now))
    _owe_nights(now)
    rating_mail.owe(now)
    foresee.owe(now)
    jobs.fail_exhausted(now)
    found = jobs.due_jobs(now)
    due = [*jobs.next_night(found), *(job for job in found if job.job != NIGHTLY)]
    for job in due:
        run_nightly_job.delay(job.pk)
    if attach.waits():
        attach_tracked.delay()
    waiting = outbox.due(now)
    for pk in waiting:
        deliver_outbox_row.delay(pk)
    return len(due) + len(waiting)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def run_nightly_job(job_id: int) -> bool:
    """Run one job row, a night or an import, unless it is taken or done."""
    job = jobs.claim(job_id, utc_now())
    done = job is not None and jobs.run_claimed(job, WORK[job.job], utc_now)
    if done and job is not None and job.job == NIGHTLY:
        # Missed nights follow each other at once; where this message is lost, the next tick sends it.
        for following in jobs.next_night(jobs.due_jobs(utc_now())):
            work.wake(following.pk)
    return done


@shared_task(ignore_result=True, expires=25)
def answer_heartbeat(sent_at: str) -> None:
    """Write down that what beat sent has come to a worker."""
    sign(Sign.WORKER, datetime.fromisoformat(sent_at), datetime.now(UTC))


@shared_task(ignore_result=True, expires=50)
def attach_tracked() -> int:
    """Take up what trackers sent and what waits for its account; how many events count from now on. The message holds nothing of it."""
    return attach.attach(_today(utc_now())).events


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=3)
def deliver_outbox_row(pk: int) -> bool:
    """Do one row of the outbox, unless it is taken or done."""
    return outbox.run(pk, OUTBOX, utc_now)


def _owe_nights(now: datetime) -> None:
    zone, pinned = settings.TIME_ZONE, settings.PORTAL_AS_OF
    if not night_is_due(now, zone=zone, pinned=pinned, at=settings.PORTAL_NIGHT_AT):
        return
    latest = Run.objects.latest_published()
    yesterday = last_closed_day(now, zone=zone, pinned=pinned)
    if latest is None or latest.as_of >= yesterday:
        # Nothing was ever built: a person loads, defines and starts the first night. Or it is built already.
        return
    for day in owed_nights(latest.as_of, yesterday):
        JobRun.objects.get_or_create(job=NIGHTLY, key="", period=day.isoformat(), defaults={"due_at": now})


def _build_night(job: JobRun) -> str:
    """The night of one day, or with the key `history` the span `FROM/TO` as one build."""
    first, last = job.period.split("/") if job.key == work.HISTORY else ("", job.period)
    try:
        result = build(date.fromisoformat(last), first=date.fromisoformat(first) if first else None, say=jobs.say_progress(job, utc_now))
    except gate.HeldError as held:
        # Done for this job: another try would find the same. A person decides, or the next night replaces it.
        return str(held)
    except SoftTimeLimitExceeded as late:
        # What the ledger holds stays done; the next wake-up goes on from there.
        raise TimeoutError("The time of one task was over; the next one goes on where this one stopped.") from late
    if is_stale(result.run.as_of):
        work.order_restate(utc_now())
    return f"{len(result.plan.activity)} days, {len(result.plan.health)} health days"


def _publish_held(job: JobRun) -> str:
    return _decide(job, gate.publish_held)


def _give_up_held(job: JobRun) -> str:
    return _decide(job, gate.give_up_held)


def _decide(job: JobRun, decision: Callable[[int, User | None, Callable[[], datetime]], Run]) -> str:
    """Do what the person (`period`) decided about the held run (`key`); one that no longer waits is left alone."""
    try:
        run = decision(int(job.key), User.objects.filter(pk=int(job.period)).first(), utc_now)
    except gate.NotHeldError as gone:
        return str(gone)
    if run.state == RunState.PUBLISHED and is_stale(run.as_of):
        work.order_restate(utc_now())
    return f"{run.state} as of {run.as_of}"


def _import(job: JobRun) -> str:
    today = local_today(utc_now(), zone=settings.TIME_ZONE, pinned=settings.PORTAL_AS_OF)
    # A check is one long transaction, whose own word of progress nobody would see and would hold the row.
    with restate.progress(job, utc_now) as say:
        return work.import_files(job, say, today)


def _undo_import(job: JobRun) -> str:
    """Not while a night is built: accounts would vanish under it. Refused then, and tried again minutes later."""
    with only_builder():
        return undoing.undo(job, jobs.say_progress(job, utc_now))


def _find_north_star(job: JobRun) -> str:
    """Search past renewals as of the last published day; the finding is the row's message."""
    latest = Run.objects.latest_published()
    if latest is None:
        raise RuntimeError("No night has been published yet.")
    return north_star_finder.find(latest.as_of, jobs.say_progress(job, utc_now)).text()


def _preview(job: JobRun) -> str:
    return restate.run_preview(job, utc_now)


def _restate(job: JobRun) -> str:
    return restate.run_restate(job, utc_now)


def _send_reminder(body: Mapping[str, Any]) -> None:
    now = utc_now()
    sending.deliver(int(body["reminder"]), now, local_today(now, zone=settings.TIME_ZONE, pinned=settings.PORTAL_AS_OF))


def _give_reminder_up(body: Mapping[str, Any], error: str) -> None:
    sending.give_up(int(body["reminder"]), error)


def _today(now: datetime) -> date:
    return local_today(now, zone=settings.TIME_ZONE, pinned=settings.PORTAL_AS_OF)


def _order_rating_mails(job: JobRun) -> str:
    now = utc_now()
    return f"{rating_mail.order(job.period, now, _today(now))} letters"


def _send_rating_mail(body: Mapping[str, Any]) -> None:
    now = utc_now()
    rating_mail.send(body, now, _today(now))


def _foresee(job: JobRun) -> str:
    return foresee.work(job, _today(utc_now()), jobs.say_progress(job, utc_now), utc_now)


def _send_monday_letter(body: Mapping[str, Any]) -> None:
    monday_mail.send(body, utc_now())


def _replay(job: JobRun) -> str:
    return replays.run(job, utc_now(), jobs.say_progress(job, utc_now))


OUTBOX = {
    reminders.OUTBOX_KIND: outbox.Kind(_send_reminder, _give_reminder_up),
    rating_mail.OUTBOX_KIND: outbox.Kind(_send_rating_mail, rating_mail.give_up),
    monday_mail.OUTBOX_KIND: outbox.Kind(_send_monday_letter, monday_mail.give_up),
}
WORK: dict[str, Callable[[JobRun], str]] = {
    NIGHTLY: _build_night,
    deciding.PUBLISH_HELD: _publish_held,
    deciding.GIVE_UP_HELD: _give_up_held,
    work.IMPORT: _import,
    work.UNDO: _undo_import,
    north_star_finder.JOB: _find_north_star,
    work.PREVIEW: _preview,
    work.RESTATE: _restate,
    rating_mail.JOB: _order_rating_mails,
    foresee.JOB: _foresee,
    replays.JOB: _replay,
}
