"""The page of payment reminders: what could be sent, with the words it would have, and what became of those approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.edits import UNDO_FOR
from churn.models import PaymentReminder
from churn.reminder_texts import CHINESE, language_of
from churn.reminders import candidates
from churn.sending import INTERRUPTED
from churn.types import ReminderKind, ReminderState
from csm_portal.portal import words
from csm_portal.portal.account import kinds
from csm_portal.portal.addresses import account_address

if TYPE_CHECKING:
    from accounts.models import User
    from churn.reminders import Candidate

HISTORY = 50
STATES = {
    ReminderState.QUEUED: gettext_lazy("waits to be sent"),
    ReminderState.SENT: gettext_lazy("sent"),
    ReminderState.HANDED_OVER: gettext_lazy("handed over"),
    ReminderState.FAILED: gettext_lazy("not sent"),
    ReminderState.CANCELLED: gettext_lazy("no longer needed"),
}
TONES = {ReminderState.SENT: "green", ReminderState.FAILED: "red"}
HELD = {
    "no_contact": gettext_lazy("no billing contact on file"),
    "opted_out": gettext_lazy("wants no reminders"),
    "no_address": gettext_lazy("no e-mail address on file"),
}
# Why one was not sent, as it is stored; anything else is the mail server's answer.
ERRORS = {
    INTERRUPTED: gettext_lazy("The worker stopped while it sent this one; whether it went out is not known. Ask before you send it again."),
    "opted_out": gettext_lazy("the contact wants no more reminders"),
    "left": gettext_lazy("the contact has left"),
    "paid": gettext_lazy("paid meanwhile"),
    "renewed": gettext_lazy("another payment method is on file"),
}


@dataclass(frozen=True)
class CandidateLine:
    """One reminder that could be sent. `held` says why not; then there is nothing to approve. `sends`: by e-mail, so several at once."""

    cause: str
    sends: bool
    name: str
    href: str
    owner: str
    what: str
    detail: str
    contact: str
    way: str
    redirected: str
    held: str
    preview_href: str


@dataclass(frozen=True)
class HistoryLine:
    """One reminder as it was approved. `may_undo` and `may_repeat` are for the viewer."""

    pk: int
    name: str
    href: str
    what: str
    contact: str
    way: str
    state: str
    tone: str
    when: str
    by: str
    error: str
    text_href: str
    may_undo: bool
    may_repeat: bool


@dataclass(frozen=True)
class Shown:
    """The candidates by kind, and the latest reminders."""

    groups: list[tuple[str, str, list[CandidateLine]]]
    history: list[HistoryLine]

    @property
    def n(self) -> int:
        """Candidates in all."""
        return sum(len(lines) for _key, _title, lines in self.groups)


def shown(user: User, today: date, now: datetime) -> Shown:
    """What the page places; two queries."""
    found = candidates(user, today)
    titles = {ReminderKind.AFTER_FAILURE: _("A payment failed"), ReminderKind.BEFORE_EXPIRY: _("Payment methods that expire")}
    groups = [(str(kind), title, [candidate_line(one, today) for one in found if one.kind == kind]) for kind, title in titles.items()]
    rows = (
        PaymentReminder.objects.visible_to(user)
        .select_related("account", "contact", "approved_by", "invoice")
        .order_by("-queued_at", "-pk")
    )
    return Shown(groups, [history_line(row, user, now) for row in rows[:HISTORY]])


def candidate_line(one: Candidate, today: date) -> CandidateLine:
    """A candidate in words."""
    if one.kind == ReminderKind.BEFORE_EXPIRY:
        days = (one.day - today).days
        what = ngettext("expires in %(n)d day", "expires in %(n)d days", days) % {"n": days} if days else _("expires today")
        detail = _("on %(day)s, pays %(amount)s a month") % {"day": words.day(one.day), "amount": words.money(one.amount, one.currency)}
    else:
        what = _("%(amount)s failed") % {"amount": words.money(one.amount, one.currency, 2)}
        detail = _("due on %(day)s, %(ago)s") % {"day": words.day(one.day), "ago": words.ago(one.day, today)}
    return CandidateLine(
        cause=one.cause,
        sends=one.by_email and not one.held,
        name=one.name,
        href=account_address(one.external_id),
        owner=one.owner or one.owner_email or _("no owner"),
        what=what,
        detail=detail,
        contact=one.contact or "",
        way=way(one.channel, one.recipient, language_of(one.language or "")) if one.contact_id else "",
        redirected=_("prefers %(channel)s, no number on file") % {"channel": kinds.channel(one.preferred or "")} if one.redirected else "",
        held=str(HELD.get(one.held, "")),
        preview_href=f"{reverse('portal:reminder-preview')}?{urlencode({'cause': one.cause})}",
    )


def history_line(row: PaymentReminder, user: User, now: datetime) -> HistoryLine:
    """A reminder in words."""
    state = ReminderState(row.state)
    mine = row.approved_by_id == user.pk and now - row.queued_at < UNDO_FOR and row.sent_at is None
    return HistoryLine(
        pk=row.pk,
        name=row.account.name,
        href=account_address(row.account.external_id),
        what=_what(row),
        contact=row.contact.name,
        way=way(row.channel, row.recipient, row.language),
        state=str(STATES[state]),
        tone=TONES.get(state, ""),
        when=words.moment(row.sent_at or row.queued_at),
        by=row.approved_by.get_full_name(),
        error=str(ERRORS.get(row.error, row.error)),
        text_href=reverse("portal:reminder-text", args=[row.pk]),
        may_undo=mine and state in {ReminderState.QUEUED, ReminderState.HANDED_OVER},
        may_repeat=state == ReminderState.FAILED,
    )


def _what(row: PaymentReminder) -> str:
    if row.kind == ReminderKind.BEFORE_EXPIRY:
        return _("payment method expires %(day)s") % {"day": words.iso_day(row.cause.rsplit(":", 1)[-1])}
    amount = words.money(row.invoice.amount, row.invoice.currency, 2) if row.invoice else words.UNKNOWN
    return _("payment failed: %(amount)s") % {"amount": amount}


def way(channel: str, recipient: str, language: str) -> str:
    """`e-mail · billing@acme.example · English`."""
    address = recipient or ("" if channel == "chat" else _("no number on file"))
    parts = [kinds.channel(channel), address, _("Simplified Chinese") if language == CHINESE else _("English")]
    return " · ".join(part for part in parts if part)
