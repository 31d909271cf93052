"""The Monday letter: whom the list names of one's own accounts or one's teams', to each in their language, at seven where they are.

One row of `JobRun` per person and Monday says that it was ordered, and whether a try has begun: a second one never begins. What it says
is read when it leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.utils import parseaddr
from typing import Any

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
from churn.as_of import read_basis
from churn.models import AtRisk
from churn.monday.listing import Entry, Sum, entries, sums, whole
from csm_portal.portal import words
from csm_portal.portal.monday import words as told
from csm_portal.portal.monday.lines import conditions_of
from csm_portal.web import zone

ONE = "monday_letter"
OUTBOX_KIND = "monday_letter"
BEGUN = "begun"
# Local hours of the reader between which letters leave, and for how many days after the Monday one still makes sense.
FROM_HOUR, TO_HOUR = 7, 20
LATEST_DAYS = 2
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and body, in the language of who reads it."""

    subject: str
    body: str


def wants(user: User) -> bool:
    """Whether the person lets us write to them; they do unless they said no."""
    mail = user.preferences.get("mail", {}) if isinstance(user.preferences, dict) else {}
    return bool(mail.get("monday", True)) if isinstance(mail, dict) else True


def set_wants(user: User, *, wanted: bool) -> None:
    """Keep the person's choice; the caller saves `preferences`."""
    whole_of = user.preferences if isinstance(user.preferences, dict) else {}
    mail = whole_of.get("mail") if isinstance(whole_of.get("mail"), dict) else {}
    user.preferences = {**whole_of, "mail": {**(mail or {}), "monday": wanted}}


@transaction.atomic
def order(monday: date, now: datetime, today: date) -> int:
    """Order the letters of a Monday for everybody whom its list concerns; returns how many are new. None where the day is set by hand."""
    if settings.PORTAL_AS_OF is not None or today > monday + timedelta(days=LATEST_DAYS):
        return 0
    n = 0
    for user in readers(monday):
        made = JobRun.objects.get_or_create(
            job=ONE,
            key=str(user.pk),
            period=monday.isoformat(),
            defaults={"due_at": now, "state": JobState.SUCCEEDED, "finished_at": now},
        )[1]
        if made:
            body = {"user": user.pk, "monday": monday.isoformat()}
            Outbox.objects.create(kind=OUTBOX_KIND, body=body, due_at=leaves_at(user, monday, now))
            n += 1
    return n


def leaves_at(user: User, monday: date, now: datetime) -> datetime:
    """Seven on Monday where the person is; later than that as soon as it is day there."""
    there = zone(user.timezone)
    local = now.astimezone(there)
    earliest = datetime.combine(monday, time(FROM_HOUR), there)
    if local <= earliest:
        return earliest
    if FROM_HOUR <= local.hour < TO_HOUR:
        return now
    return datetime.combine(local.date() + timedelta(days=local.hour >= TO_HOUR), time(FROM_HOUR), there)


def readers(monday: date) -> list[User]:
    """Owners of listed accounts and the managers above them, or above the team of an account without owner; two queries.

    Who has left, has no address or wants no letter is left out.
    """
    rows = AtRisk.objects.filter(report_id=monday).values_list("account__owner", "account__owner__team__path", "account__team__path")
    named: set[tuple[Any, Any, Any]] = set(rows.distinct())
    owners = {owner for owner, _own, _team in named if owner is not None}
    paths = {(own if owner is not None else team) or "" for owner, own, team in named} - {""}
    people = User.objects.filter(is_active=True).exclude(email="").select_related("team", "manages").order_by("pk")
    return [user for user in people if wants(user) and (user.pk in owners or _leads(user, paths))]


def send(body: Mapping[str, Any], now: datetime) -> bool:
    """Send one letter unless a try has begun before, it is switched off by now, or nothing of the list is theirs any more.

    True: it went out. Raises what the mail server answers, to be tried again.
    """
    user = User.objects.filter(pk=body["user"], is_active=True).first()
    if user is None or not wants(user):
        return False
    monday = str(body["monday"])
    letter = letter_for(user, date.fromisoformat(monday))
    if letter is None or not _rows(user, monday).filter(message="").update(message=BEGUN, started_at=now):
        return False
    try:
        _message(user, monday, letter).send()
    except Exception:
        _rows(user, monday).update(message="")
        raise
    return True


def give_up(body: Mapping[str, Any], error: str) -> None:
    """The last try has failed: the row says so."""
    JobRun.objects.filter(job=ONE, key=str(body["user"]), period=body["monday"]).update(state=JobState.FAILED, error=error[:500])


def letter_for(user: User, monday: date) -> Letter | None:
    """What the person reads; None: nothing of the list is theirs. Three queries."""
    basis = read_basis()
    if basis is None:
        return None
    books = sums(user, basis, monday)
    if not books:
        return None
    shown, n = entries(user, basis, monday, limit=SHOWN)
    with translation.override(user.language or settings.LANGUAGE_CODE):
        return _worded(user, monday, books, shown, n)


def _worded(user: User, monday: date, books: Sequence[Sum], shown: Sequence[Entry], n: int) -> Letter:
    total = whole(books)
    link = f"{settings.PORTAL_URL}{reverse('portal:risk-monday')}?monday={monday.isoformat()}"
    leads = user.role in (Role.MANAGER, Role.ADMIN)
    said = _("%(at_risk)s of %(amount)s MRR is at risk.") % {"at_risk": told.money(total.at_risk), "amount": told.money(total.amount)}
    parts = [_("Hello %(name)s,") % {"name": user.get_full_name()}, f"{told.headline(total.expected)} {said}"]
    if leads:
        parts.append("\n".join(_owner_lines(books)))
    parts.append("\n".join([*_lines(shown, owners=leads), *_more(n - len(shown))]))
    parts.append(_("Call them and note what came of it, by keys: %(link)s") % {"link": link})
    settings_link = settings.PORTAL_URL + reverse("portal:settings")
    parts.append(_("You get this on Mondays; your settings switch it off: %(link)s") % {"link": settings_link})
    subject = ngettext(
        "Monday list: %(n)s account, about %(about)s (%(low)s–%(high)s) will leave unless you act",
        "Monday list: %(n)s accounts, about %(about)s (%(low)s–%(high)s) will leave unless you act",
        total.accounts,
    )
    return Letter(subject % {"n": words.number(total.accounts), **told.spread(total.expected)}, "\n\n".join(parts) + "\n")


def _owner_lines(books: Sequence[Sum]) -> Iterable[str]:
    for one in books:
        counted = ngettext("%(n)d account", "%(n)d accounts", one.accounts) % {"n": one.accounts}
        yield "- " + " · ".join([_flat(one.owner or _("no owner")), counted, told.span(one.expected), told.money(one.amount)])


def _lines(shown: Sequence[Entry], *, owners: bool) -> Iterable[str]:
    for row in shown:
        decision = _("decide by %(day)s") % {"day": words.short_day(row.decision_on)} if row.decision_on else ""
        told_of = [row.name, row.owner or _("no owner") if owners else "", told.money(row.amount), decision, "; ".join(conditions_of(row))]
        yield "- " + " · ".join(_flat(part) for part in told_of if part)


def _flat(text: str) -> str:
    # A name of several lines must not look like several accounts.
    return " ".join(text.split())


def _more(n: int) -> list[str]:
    return [ngettext("and %(n)d more", "and %(n)d more", n) % {"n": n}] if n > 0 else []


def _leads(user: User, paths: Iterable[str]) -> bool:
    return user.role == Role.MANAGER and user.manages is not None and any(path.startswith(user.manages.path) for path in paths)


def _rows(user: User, monday: str) -> Any:
    return JobRun.objects.filter(job=ONE, key=str(user.pk), period=monday)


def _message(user: User, monday: str, letter: Letter) -> EmailMessage:
    """The letter; its id is the same at every try, so that mail servers can tell a repetition."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    known = salted_hmac("monday-letter", f"{user.pk}:{monday}").hexdigest()[:24]
    headers = {"Message-ID": f"<monday-{known}@{domain}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(letter.subject, letter.body, to=[user.email], headers=headers)
