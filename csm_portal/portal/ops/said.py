"""Names of jobs, letters and steps, and lengths of time, in words."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import JobRun
from churn import north_star_finder, reminders
from csm_portal.portal import words
from csm_portal.portal.first_run import work
from csm_portal.portal.intake import jobs as replays
from csm_portal.portal.judging import mail as rating_mail
from csm_portal.portal.monday import mail as monday_mail
from csm_portal.portal.night import deciding
from health.models import Run

JOBS = {
    work.NIGHTLY: gettext_lazy("Night"),
    work.IMPORT: gettext_lazy("Load of files"),
    work.PREVIEW: gettext_lazy("Preview of a draft"),
    work.RESTATE: gettext_lazy("History recomputed"),
    deciding.PUBLISH_HELD: gettext_lazy("Publication of a held night"),
    deciding.GIVE_UP_HELD: gettext_lazy("End of a held night"),
    north_star_finder.JOB: gettext_lazy("Search for a north star"),
    rating_mail.JOB: gettext_lazy("Letters about overdue ratings"),
    "foresee": gettext_lazy("What follows a night"),
    replays.JOB: gettext_lazy("Refused calls taken again"),
    work.UNDO: gettext_lazy("Undo of an import"),
}
LETTERS = {
    reminders.OUTBOX_KIND: gettext_lazy("Payment reminder"),
    rating_mail.OUTBOX_KIND: gettext_lazy("Letter about overdue ratings"),
    monday_mail.OUTBOX_KIND: gettext_lazy("Monday letter"),
}
# Rows that only mark a letter as sent, no work of a worker: the outbox has the letter.
MARKERS = (rating_mail.ONE, monday_mail.ONE)
STEPS = {
    "seat days": pgettext_lazy("step of the night", "Days of seats"),
    "account days": pgettext_lazy("step of the night", "Days of accounts"),
    "weeks": pgettext_lazy("step of the night", "Weeks"),
    "months": pgettext_lazy("step of the night", "Months"),
    "proofs": pgettext_lazy("step of the night", "Proofs of outcomes"),
    "health": pgettext_lazy("step of the night", "Health scores"),
    "proofs by score": pgettext_lazy("step of the night", "Proofs of outcomes by score"),
    "likelihood": pgettext_lazy("step of the night", "Renewal likelihood"),
    "alarms": pgettext_lazy("step of the night", "Drop alarms"),
    "rules": pgettext_lazy("step of the night", "Search for combinations"),
    "rule matches": pgettext_lazy("step of the night", "Accounts that match combinations"),
    "items": pgettext_lazy("step of the night", "Day's lists"),
    "plays by rule": pgettext_lazy("step of the night", "Plays begun by themselves"),
    "monday": pgettext_lazy("step of the night", "Monday list"),
    "calibration": pgettext_lazy("step of the night", "Score and chance"),
    "packs": pgettext_lazy("step of the night", "Renewal packs frozen"),
}
COUNTS = {
    "days": gettext_lazy("days graded"),
    "health_days": gettext_lazy("days with health scores"),
    "seat_days": gettext_lazy("days of seats"),
    "account_days": gettext_lazy("days of accounts"),
    "periods": gettext_lazy("weeks and months"),
    "scores": gettext_lazy("health scores"),
    "levels_changed": gettext_lazy("levels changed for late data"),
}
STATES = {**words.RUN_STATES, "partial": pgettext_lazy("night", "partial")}
TONES = {"published": "green", "partial": "amber", "held": "amber", "failed": "red"}
MINUTE, HOUR, DAY = 60, 3600, 86_400


def job_name(job: JobRun) -> str:
    """What a job is; a history build says so."""
    if job.job == work.NIGHTLY and job.key == work.HISTORY:
        return _("Build of history")
    return str(JOBS.get(job.job) or words.readable(job.job))


def job_for(job: JobRun) -> str:
    """What it is for, where that says something to people: the day, the span, or the upload's purpose; else empty."""
    if job.job in (work.NIGHTLY, "foresee"):
        return " – ".join(words.iso_day(part) for part in job.period.split("/"))
    if job.job == work.IMPORT:
        return _("dry run") if job.period == work.CHECK else _("for good")
    return ""


def letter_name(kind: str) -> str:
    """What an outbox row is."""
    return str(LETTERS.get(kind) or words.readable(kind))


def step_name(step: str) -> str:
    """A step of the night or of what follows it."""
    return str(STEPS.get(step) or words.readable(step))


def state_name(state: str) -> str:
    """A night's state, `partial` among them."""
    return str(STATES.get(state, state))


def length(seconds: float) -> str:
    """A length of time in its two largest units: `0.4 s`, `42 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`."""
    if seconds < 10:
        return _("%(n)s s") % {"n": f"{max(0.0, seconds):.1f}"}
    whole = round(seconds)
    if whole < MINUTE:
        return _("%(n)s s") % {"n": whole}
    if whole < HOUR:
        return _("%(n)d min %(s)d s") % {"n": whole // MINUTE, "s": whole % MINUTE}
    if whole < DAY:
        return _("%(n)d h %(m)d min") % {"n": whole // HOUR, "m": whole % HOUR // MINUTE}
    return _("%(n)d d %(h)d h") % {"n": whole // DAY, "h": whole % DAY // HOUR}


def since(moment: datetime | None, now: datetime) -> str:
    """How long ago an instant was: `20 s ago`; a dash where it never was."""
    if moment is None:
        return words.UNKNOWN
    seconds = max(0.0, (now - moment).total_seconds())
    return _("%(length)s ago") % {"length": length(seconds) if seconds >= MINUTE else _("%(n)s s") % {"n": int(seconds)}}


def took(run: Run) -> str:
    """How long a run took; a dash while it runs or where it was never finished."""
    return words.UNKNOWN if run.finished_at is None else length((run.finished_at - run.started_at).total_seconds())
