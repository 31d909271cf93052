"""The weekly e-mail about overdue ratings: to each CSM about their own, to managers about those late for more than 30 days.

One row of `JobRun` per person and week says that it was ordered, and whether a try has begun: a second one never begins, so that nobody
is reminded twice. What it says is read when it leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import JobRun, Outbox, User
from accounts.types import JobState, Role
from csm_portal.portal import words
from csm_portal.portal.judging.queue import why
from health.judging.rating_queue import VERY_LATE_DAYS, DueAccount, Wanted, due_accounts, owners_standing

if TYPE_CHECKING:
    from collections.abc import Iterable

JOB = "rating_reminders"
ONE = "rating_reminder"
OUTBOX_KIND = "rating_reminder"
# Local hour of the installation from which on the week's reminders go out: nobody reads them at night.
FROM_HOUR = 7
SHOWN = 20
BEGUN = "begun"


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and body, in the language of who reads it."""

    subject: str
    body: str


def week_of(day: date) -> str:
    """The ISO week of a day: `2026-W48`."""
    year, week, _day = day.isocalendar()
    return f"{year}-W{week:02}"


def owe(now: datetime) -> JobRun | None:
    """Write down this week's reminders once it is morning; None: not yet, done already, or the portal's day is set by hand."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    if settings.PORTAL_AS_OF is not None or local.hour < FROM_HOUR:
        return None
    job, made = JobRun.objects.get_or_create(job=JOB, key="", period=week_of(local.date()), defaults={"due_at": now})
    return job if made else None


def wants(user: User) -> bool:
    """Whether the person lets us write to them; they do unless they said no."""
    mail = user.preferences.get("mail", {}) if isinstance(user.preferences, dict) else {}
    return bool(mail.get("ratings", True)) if isinstance(mail, dict) else True


def set_wants(user: User, *, wanted: bool) -> None:
    """Keep the person's choice; the caller saves `preferences`."""
    whole = user.preferences if isinstance(user.preferences, dict) else {}
    mail = whole.get("mail") if isinstance(whole.get("mail"), dict) else {}
    user.preferences = {**whole, "mail": {**(mail or {}), "ratings": wanted}}


@transaction.atomic
def order(week: str, now: datetime, today: date) -> int:
    """Order the reminders of a week for everybody who has something to read; returns how many are new."""
    n = 0
    for user in readers(today):
        _row, made = JobRun.objects.get_or_create(
            job=ONE, key=str(user.pk), period=week, defaults={"due_at": now, "state": JobState.SUCCEEDED, "finished_at": now}
        )
        if made:
            Outbox.objects.create(kind=OUTBOX_KIND, body={"user": user.pk, "week": week}, due_at=now)
            n += 1
    return n


def readers(today: date) -> list[User]:
    """Owners of overdue accounts, and managers above owners of accounts that are very late; who wants no mail is left out."""
    rows = owners_standing(today)
    owners = {row.owner_id for row in rows if row.overdue}
    late = {row.owner_id for row in rows if row.very_late}
    people = User.objects.filter(is_active=True).select_related("team", "manages").order_by("pk")
    paths = [user.team.path for user in people if user.pk in late and user.team is not None]
    return [user for user in people if user.email and wants(user) and (user.pk in owners or _leads(user, paths))]


def send(body: Mapping[str, Any], now: datetime, today: date) -> bool:
    """Send one reminder unless a try has begun before, it is switched off by now, or nothing is overdue any more; True: it went out.

    Raises what the mail server answers, to be tried again.
    """
    user = User.objects.filter(pk=body["user"], is_active=True).first()
    if user is None or not wants(user):
        return False
    letter = letter_for(user, today)
    if letter is None or not _begin(user, str(body["week"]), now):
        return False
    try:
        _message(user, str(body["week"]), letter).send()
    except Exception:
        _rows(user, str(body["week"])).update(message="")
        raise
    return True


def give_up(body: Mapping[str, Any], error: str) -> None:
    """The last try has failed: the row says so."""
    JobRun.objects.filter(job=ONE, key=str(body["user"]), period=body["week"]).update(state=JobState.FAILED, error=error[:500])


def letter_for(user: User, today: date) -> Letter | None:
    """What the person reads: their own overdue accounts, and as a manager those of their teams that are very late; None: nothing."""
    own, n_own = due_accounts(user, today, Wanted(owner=user.email, late=0), limit=SHOWN)
    theirs, n_theirs = [], 0
    if user.role == Role.MANAGER:
        found, n_theirs = due_accounts(user, today, Wanted(late=VERY_LATE_DAYS + 1), limit=SHOWN)
        theirs = [row for row in found if row.owner_email != user.email]
    if not n_own and not theirs:
        return None
    with translation.override(user.language or settings.LANGUAGE_CODE):
        parts = [_("Hello %(name)s,") % {"name": user.get_full_name()}]
        if n_own:
            head = ngettext("%(n)d account of yours has an overdue rating:", "%(n)d accounts of yours have overdue ratings:", n_own)
            parts.append("\n".join([head % {"n": n_own}, "", *_lines(own, today, owners=False), *_more(n_own - len(own))]))
        if theirs:
            head = ngettext(
                "%(n)d account of your teams has waited for its rating for more than 30 days:",
                "%(n)d accounts of your teams have waited for their rating for more than 30 days:",
                n_theirs,
            )
            parts.append("\n".join([head % {"n": n_theirs}, "", *_lines(theirs, today, owners=True), *_more(n_theirs - len(theirs))]))
        parts.append(_("Rate them one after another: %(link)s") % {"link": settings.PORTAL_URL + reverse("portal:ratings")})
        parts.append(
            _("You get this once a week; your settings switch it off: %(link)s")
            % {"link": settings.PORTAL_URL + reverse("portal:settings")}
        )
        n = n_own or n_theirs
        subject = ngettext("Ratings: %(n)d account is overdue", "Ratings: %(n)d accounts are overdue", n) % {"n": n}
        return Letter(subject, "\n\n".join(parts) + "\n")


def _lines(rows: Sequence[DueAccount], today: date, *, owners: bool) -> Iterable[str]:
    for row in rows:
        days = row.days_late(today)
        late = ngettext("%(n)d day late", "%(n)d days late", days) % {"n": days}
        parts = [row.name, row.owner or _("no owner") if owners else "", why(row), late, words.money(row.mrr, row.currency)]
        # A name of several lines must not look like several accounts.
        yield "- " + " · ".join(" ".join(part.split()) for part in parts if part)


def _more(n: int) -> list[str]:
    return [ngettext("and %(n)d more", "and %(n)d more", n) % {"n": n}] if n > 0 else []


def _leads(user: User, paths: Iterable[str]) -> bool:
    return user.role == Role.MANAGER and user.manages is not None and any(path.startswith(user.manages.path) for path in paths)


def _begin(user: User, week: str, now: datetime) -> bool:
    """Whether this try is the first to begin: one statement, so that of two workers one gets it."""
    return bool(_rows(user, week).filter(message="").update(message=BEGUN, started_at=now))


def _rows(user: User, week: str) -> Any:
    return JobRun.objects.filter(job=ONE, key=str(user.pk), period=week)


def _message(user: User, week: str, letter: Letter) -> EmailMessage:
    """The letter; its id is the same at every try, so that mail servers can tell a repetition."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    known = salted_hmac("rating-reminder", f"{user.pk}:{week}").hexdigest()[:24]
    headers = {"Message-ID": f"<ratings-{known}@{domain}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(letter.subject, letter.body, to=[user.email], headers=headers)
