"""The vitals as lights: each says what is, since when, and, when it is not well, what to do. Computed from the database's word alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csm_portal.portal import words
from csm_portal.portal.ops.nights import Owed
from csm_portal.portal.ops.said import length, since
from csm_portal.portal.ops.vitals import Vitals

# Beat signs twice a minute: four signs missed are no accident.
OLD_SIGN = timedelta(minutes=2)
# A worker takes a job at once, and the tick wakes it again each minute.
OLD_JOB = timedelta(minutes=5)
# An outbox row is tried again for hours; a day says that nobody sends.
OLD_LETTER = timedelta(days=1)
GOOD, WARN, BAD, OFF = "good", "warn", "bad", "off"


@dataclass(frozen=True, slots=True)
class Light:
    """One part of the portal: its name, how it stands (`good`, `warn`, `bad`, `off`: never seen), a figure, a note, what to do."""

    key: str
    name: str
    tone: str
    value: str
    note: str = ""
    remedy: str = ""
    href: str = ""


def lights(vitals: Vitals, owed: tuple[int, list[Owed]], now: datetime, *, broker: bool) -> list[Light]:
    """Every part, the nights first."""
    return [
        _night(vitals, owed, now),
        _worker(vitals, now, broker=broker),
        _beat(vitals, now),
        _broker(broker=broker),
        _jobs(vitals, now),
        _letters(vitals, now),
        _intake(vitals, now),
        _imports(vitals, now),
    ]


def page_at(path: str) -> str:
    """The path, if this release has a page there; else empty."""
    try:
        resolve(path)
    except Resolver404:
        return ""
    return path


def _night(vitals: Vitals, owed: tuple[int, list[Owed]], now: datetime) -> Light:
    name, href = _("Last good night"), "#nights"
    if vitals.as_of is None:
        remedy = _("Load files and say what counts; the first night is started by you, under First steps.")
        return Light("night", name, OFF, _("none yet"), remedy=remedy, href=reverse("portal:start"))
    n, named = owed
    finished = _("finished %(ago)s") % {"ago": since(vitals.night_finished_at, now)}
    notes = [finished]
    if vitals.faults:
        notes.append(ngettext("%(n)s account not computed", "%(n)s accounts not computed", vitals.faults) % {"n": f"{vitals.faults:,}"})
    remedy = ""
    if any(one.failed for one in named):
        remedy = _("A night has failed for good: look at its error under Jobs and let it try again.")
    elif n > 1:
        remedy = _("Nights are missing. They are caught up by themselves once beat and a worker run.")
    tone = BAD if remedy else WARN if n or vitals.faults else GOOD
    if n:
        notes.append(ngettext("%(n)s night owed", "%(n)s nights owed", n) % {"n": f"{n:,}"})
    return Light("night", name, tone, words.day(vitals.as_of), " · ".join(notes), remedy, href)


def _worker(vitals: Vitals, now: datetime, *, broker: bool) -> Light:
    name = _("Worker")
    if vitals.worker_at is None:
        remedy = _("Start a worker and beat (operations page, “By hand”), or let the web process do what waits: Jobs.")
        return Light("worker", name, OFF if not vitals.jobs_running else GOOD, _("never heard of"), remedy=remedy)
    value = _("answered %(ago)s") % {"ago": since(vitals.worker_at, now)}
    note = _("a round trip took %(length)s") % {"length": length(vitals.round_trip.total_seconds())} if vitals.round_trip else ""
    if now - vitals.worker_at <= OLD_SIGN:
        return Light("worker", name, GOOD, value, note)
    if vitals.jobs_running:
        busy = ngettext("busy: %(n)s job runs", "busy: %(n)s jobs run", vitals.jobs_running) % {"n": f"{vitals.jobs_running:,}"}
        return Light("worker", name, WARN, value, busy)
    remedy = _("Restart the worker. Jobs wait as rows, nothing is lost.")
    if not broker:
        remedy = _("Redis is away, so no message reaches a worker. Bring Redis back first.")
    elif vitals.beat_at is None or now - vitals.beat_at > OLD_SIGN:
        remedy = _("Nothing was sent to it: beat is away. Start beat first.")
    return Light("worker", name, BAD, value, "", remedy)


def _beat(vitals: Vitals, now: datetime) -> Light:
    name = _("Beat")
    if vitals.beat_at is None:
        return Light("beat", name, OFF, _("never heard of"), remedy=_("Without beat no night begins by itself. Start exactly one."))
    value = _("signed %(ago)s") % {"ago": since(vitals.beat_at, now)}
    if now - vitals.beat_at <= OLD_SIGN:
        return Light("beat", name, GOOD, value)
    return Light("beat", name, BAD, value, "", _("Restart beat. Nights missed meanwhile are caught up by themselves."))


def _broker(*, broker: bool) -> Light:
    name = _("Redis")
    if broker:
        return Light("broker", name, GOOD, _("answers"))
    return Light("broker", name, BAD, _("away"), "", _("Bring it back: pages work without it, jobs wait. It holds nothing worth saving."))


def _jobs(vitals: Vitals, now: datetime) -> Light:
    name, href = _("Jobs"), reverse("portal:data-jobs")
    notes = [_("%(n)s running") % {"n": f"{vitals.jobs_running:,}"}]
    if vitals.jobs_failed:
        notes.append(_("%(n)s failed") % {"n": f"{vitals.jobs_failed:,}"})
    if vitals.jobs_orphaned:
        lost = ngettext("%(n)s without its worker", "%(n)s without their worker", vitals.jobs_orphaned)
        notes.append(lost % {"n": f"{vitals.jobs_orphaned:,}"})
    old = vitals.job_oldest is not None and now - vitals.job_oldest > OLD_JOB
    if vitals.job_oldest is not None:
        notes.append(_("oldest waits %(length)s") % {"length": length((now - vitals.job_oldest).total_seconds())})
    value = _("%(n)s waiting") % {"n": f"{vitals.jobs_due:,}"}
    remedy = ""
    if vitals.jobs_failed:
        remedy = _("Look at the errors: let them try again, or give them up.")
    elif old:
        remedy = _("Nobody takes them: see to the worker.")
    return Light("jobs", name, BAD if vitals.jobs_failed or old else GOOD, value, " · ".join(notes), remedy, href)


def _letters(vitals: Vitals, now: datetime) -> Light:
    name, href = _("Outbox"), reverse("portal:data-jobs") + "#outbox"
    value = _("%(n)s to send") % {"n": f"{vitals.letters_open:,}"}
    note = ""
    if vitals.letter_oldest is not None:
        note = _("oldest written %(ago)s") % {"ago": since(vitals.letter_oldest, now)}
    if vitals.letters_dead:
        dead = _("%(n)s could not be sent") % {"n": f"{vitals.letters_dead:,}"}
        return Light("outbox", name, BAD, value, dead, _("Read the mail server's answer, then send again or discard."), href)
    old = vitals.letter_oldest is not None and now - vitals.letter_oldest > OLD_LETTER
    remedy = _("Nothing leaves: see to the worker and the mail server.") if old else ""
    return Light("outbox", name, WARN if old else GOOD, value, note, remedy, href)


def _intake(vitals: Vitals, now: datetime) -> Light:
    name, href = _("Events over HTTP"), page_at("/data/intake/")
    calls = vitals.calls_hour
    value = ngettext("%(n)s call in the last hour", "%(n)s calls in the last hour", calls) % {"n": f"{calls:,}"}
    notes = []
    if vitals.refused:
        notes.append(ngettext("%(n)s refused call", "%(n)s refused calls", vitals.refused) % {"n": f"{vitals.refused:,}"})
    if vitals.pending and vitals.pending_oldest:
        waits = ngettext("%(n)s event waits for its account", "%(n)s events wait for their account", vitals.pending)
        notes.append(waits % {"n": f"{vitals.pending:,}"})
    remedy = _("Mend refused calls by a rule and take them again.") if vitals.refused else ""
    return Light("intake", name, WARN if vitals.refused else GOOD, value, " · ".join(notes), remedy, href)


def _imports(vitals: Vitals, now: datetime) -> Light:
    name, href = _("Files"), page_at("/data/import/")
    if vitals.imported_at is None:
        return Light("imports", name, OFF, _("nothing loaded"), remedy=_("Upload files here, or load a folder by command."), href=href)
    return Light("imports", name, GOOD, _("loaded %(ago)s") % {"ago": since(vitals.imported_at, now)}, href=href)
