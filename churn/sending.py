"""Sends one approved payment reminder by e-mail. May run twice for one reminder, in one process or two: it goes out once at most."""

from __future__ import annotations

import smtplib
from datetime import date, datetime
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.crypto import salted_hmac

from churn.models import PaymentReminder
from churn.reminder_texts import stop_link
from churn.reminders import no_longer_needed
from churn.types import ReminderState

# A refusal of this class or higher is final: the same letter would be refused again.
PERMANENT = 500
INTERRUPTED = "interrupted"


def deliver(pk: int, now: datetime, today: date) -> None:
    """Send the reminder unless it went out, was cancelled or is no longer needed. Raises what the mail server answers, to be tried again.

    The try is written down before the letter leaves. A worker that dies in between leaves it open whether the letter went: then the
    reminder is marked as failed and people decide, rather than somebody being reminded twice.
    """
    row = _begin(pk, now, today)
    if row is None:
        return
    try:
        _message(row).send()
    except smtplib.SMTPRecipientsRefused as refused:
        if all(code >= PERMANENT for code, _text in refused.recipients.values()):
            _write(row, state=ReminderState.FAILED, sent_at=None, error=_told(refused))
            return
        _write(row, sent_at=None, error=_told(refused))
        raise
    except Exception as problem:
        _write(row, sent_at=None, error=_told(problem))
        raise
    _write(row, state=ReminderState.SENT, error="")


def give_up(pk: int, error: str) -> None:
    """The last try has failed: say so on the reminder, where people see it."""
    PaymentReminder.objects.filter(pk=pk, state=ReminderState.QUEUED).update(state=ReminderState.FAILED, sent_at=None, error=error[:500])


@transaction.atomic
def _begin(pk: int, now: datetime, today: date) -> PaymentReminder | None:
    rows = PaymentReminder.objects.select_for_update(of=("self",)).select_related("contact", "invoice", "contract", "account__owner")
    row: PaymentReminder | None = rows.filter(pk=pk, state=ReminderState.QUEUED).first()
    if row is None:
        return None
    if row.sent_at is not None:
        _write(row, state=ReminderState.FAILED, error=INTERRUPTED)
        return None
    if reason := no_longer_needed(row, today):
        _write(row, state=ReminderState.CANCELLED, error=reason)
        return None
    _write(row, sent_at=now)
    return row


def _message(row: PaymentReminder) -> EmailMessage:
    """The letter. Answers go to the owner; its id is the same at every try, so that mail servers can tell a repetition."""
    owner = row.account.owner
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    known = salted_hmac("payment-reminder", f"{row.pk}:{row.cause}").hexdigest()[:24]
    return EmailMessage(
        row.subject,
        row.body,
        to=[row.recipient],
        reply_to=[owner.email] if owner is not None and owner.is_active else None,
        headers={
            "Message-ID": f"<reminder-{known}@{domain}>",
            "List-Unsubscribe": f"<{stop_link(row.contact_id)}>",
            "Auto-Submitted": "auto-generated",
        },
    )


def _write(row: PaymentReminder, **values: object) -> None:
    PaymentReminder.objects.filter(pk=row.pk).update(**values)


def _told(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"[:500]
