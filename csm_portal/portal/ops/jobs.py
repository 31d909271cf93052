"""Jobs and the outbox as a person acts on them: try again, give up, send again, discard, and the way back of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from accounts.models import JobRun, Outbox
from accounts.policy import JOB_ATTEMPTS, OUTBOX_ATTEMPTS
from accounts.types import JobState
from churn import reminders
from csm_portal.portal import words
from csm_portal.portal.first_run import work
from csm_portal.portal.ops import said

if TYPE_CHECKING:
    from accounts.models import User

MOST_LETTERS = 100
GIVEN_UP = "Given up by "
DISCARDED = "Discarded by "


@dataclass(frozen=True, slots=True)
class Line:
    """One job. `age` is since it was due or began; `lease` what is known of its worker; `no_worker`: one would have it by now."""

    row: JobRun
    name: str
    what_for: str
    state: str
    tone: str
    age: str
    note: str
    lease: str
    error: str
    may_retry: bool
    may_give_up: bool
    no_worker: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """One outbox row whose last try has failed."""

    row: Outbox
    name: str
    age: str
    error: str


def open_jobs() -> QuerySet[JobRun]:
    """What is due, runs or failed without a decision: failed first, then running, then by when it is due."""
    order = Case(
        When(state=JobState.FAILED, then=Value(0)),
        When(state=JobState.RUNNING, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = JobRun.objects.exclude(job__in=said.MARKERS).exclude(state=JobState.SUCCEEDED)
    return rows.exclude(state=JobState.FAILED, finished_at__isnull=False).order_by(order, "due_at", "pk")


def ended_jobs() -> QuerySet[JobRun]:
    """What is over: done, or given up; the latest first."""
    over = Q(state=JobState.SUCCEEDED) | Q(state=JobState.FAILED, finished_at__isnull=False)
    return JobRun.objects.filter(over).exclude(job__in=said.MARKERS).order_by("-finished_at", "-pk")


def line_of(row: JobRun, now: datetime) -> Line:
    """A job in words."""
    gone = row.state == JobState.RUNNING and (row.lease_until is None or row.lease_until < now)
    given_up = row.state == JobState.FAILED and row.finished_at is not None
    tone = {JobState.FAILED: "red", JobState.SUCCEEDED: "green"}.get(JobState(row.state), "amber" if gone or row.error else "unknown")
    began = row.finished_at or (row.started_at if row.state == JobState.RUNNING else row.due_at)
    later = row.state == JobState.DUE and row.due_at > now
    lease = ""
    if row.state == JobState.RUNNING and row.lease_until is not None:
        wait = said.length((row.lease_until - now).total_seconds())
        lease = _("its worker is gone; the next minute takes it up again") if gone else _("lease runs %(length)s more") % {"length": wait}
    # What an import leaves on its row is the outcome as data.
    note = "" if row.message.startswith("{") else row.message
    return Line(
        row=row,
        name=said.job_name(row),
        what_for=said.job_for(row),
        state=_("given up") if given_up else words.job_state(row.state),
        tone="unknown" if given_up else tone,
        age=_("due in %(length)s") % {"length": said.length((row.due_at - now).total_seconds())} if later else said.since(began, now),
        note=note,
        lease=lease,
        error=row.error,
        may_retry=row.state == JobState.FAILED or (row.state == JobState.DUE and bool(row.error)),
        may_give_up=row.state in (JobState.DUE, JobState.FAILED) and not given_up,
        no_worker=work.nobody_took(row, now),
    )


def dead_letters(now: datetime) -> list[Letter]:
    """Outbox rows whose last try failed, the oldest first; at most 100."""
    idle = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    rows = Outbox.objects.filter(idle, done_at__isnull=True, attempts__gte=OUTBOX_ATTEMPTS).order_by("created_at", "pk")[:MOST_LETTERS]
    return [Letter(row, said.letter_name(row.kind), said.since(row.created_at, now), row.error) for row in rows]


@transaction.atomic
def retry_job(pk: int, now: datetime) -> JobRun | None:
    """Make a failed or waiting job due at once with all its tries, and wake a worker; None: it runs, or is done."""
    waiting = JobRun.objects.filter(pk=pk, state__in=[JobState.DUE, JobState.FAILED]).exclude(job__in=said.MARKERS)
    if not waiting.update(state=JobState.DUE, due_at=now, attempts=0, lease_until=None, finished_at=None, error=""):
        return None
    transaction.on_commit(lambda: work.wake(pk))
    return JobRun.objects.get(pk=pk)


@transaction.atomic
def give_up_job(user: User, pk: int, now: datetime) -> JobRun | None:
    """Decide that a job is not to be done; its row stays with what it said last. None: it runs, is done or was given up."""
    rows = JobRun.objects.select_for_update().filter(pk=pk, state__in=[JobState.DUE, JobState.FAILED], finished_at__isnull=True)
    row: JobRun | None = rows.exclude(job__in=said.MARKERS).first()
    if row is None:
        return None
    row.state, row.finished_at, row.error = JobState.FAILED, now, f"{GIVEN_UP}{user}.\n{row.error}".strip()
    row.save(update_fields=["state", "finished_at", "error"])
    return row


@transaction.atomic
def take_job_back(pk: int) -> JobRun | None:
    """Undo of giving up: the job stands as it did, due where it had tries left. None: it was not given up."""
    row = JobRun.objects.select_for_update().filter(pk=pk, state=JobState.FAILED, finished_at__isnull=False).first()
    if row is None or not row.error.startswith(GIVEN_UP):
        return None
    row.state = JobState.FAILED if row.attempts >= JOB_ATTEMPTS else JobState.DUE
    row.finished_at, row.error = None, row.error.partition("\n")[2]
    row.save(update_fields=["state", "finished_at", "error"])
    return row


@transaction.atomic
def retry_letter(user: User, pk: int, now: datetime) -> str | None:
    """Send a dead letter again with all its tries; its name, or None: it is not dead."""
    row = _dead(pk, now)
    if row is None:
        return None
    name = said.letter_name(row.kind)
    if row.kind == reminders.OUTBOX_KIND and reminders.send_again(user, int(row.body["reminder"]), now):
        return name
    if row.kind in said.MARKERS:
        # The mark says that the letter failed; it is to say so anew, or nothing.
        period = str(row.body.get("week") or row.body.get("monday"))
        JobRun.objects.filter(job=row.kind, key=str(row.body["user"]), period=period).update(state=JobState.SUCCEEDED, error="")
    Outbox.objects.filter(pk=pk).update(attempts=0, due_at=now, lease_until=None, error="")
    return name


@transaction.atomic
def discard_letter(user: User, pk: int, now: datetime) -> str | None:
    """Decide that a dead letter is not to be sent; its name, or None: it is not dead."""
    row = _dead(pk, now)
    if row is None:
        return None
    row.done_at, row.lease_until, row.error = now, None, f"{DISCARDED}{user}.\n{row.error}".strip()
    row.save(update_fields=["done_at", "lease_until", "error"])
    return said.letter_name(row.kind)


@transaction.atomic
def take_letter_back(pk: int) -> str | None:
    """Undo of a discard: the letter is dead again and can be sent. None: it was not discarded."""
    row = Outbox.objects.select_for_update().filter(pk=pk, done_at__isnull=False).first()
    if row is None or not row.error.startswith(DISCARDED):
        return None
    row.done_at, row.error = None, row.error.partition("\n")[2]
    row.save(update_fields=["done_at", "error"])
    return said.letter_name(row.kind)


def _dead(pk: int, now: datetime) -> Outbox | None:
    idle = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    rows = Outbox.objects.select_for_update().filter(idle, pk=pk, done_at__isnull=True, attempts__gte=OUTBOX_ATTEMPTS)
    found: Outbox | None = rows.first()
    return found
