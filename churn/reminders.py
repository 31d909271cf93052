"""Payment reminders: before a card expires and after a payment failed. Somebody approves each; none is ever sent twice.

Approval writes the reminder and its outbox row in one transaction; the worker sends it (churn/sending.py). What cannot go by e-mail is
handed over with its text: the owner calls or writes, in the way that the contact prefers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.edit_values import Refused
from accounts.edits import UNDO_FOR
from accounts.models import Account, Contact, Outbox
from churn.models import PaymentReminder
from churn.reminder_texts import Text, Told, language_of, text_of
from churn.reminders_sql import CANDIDATES
from churn.types import ReminderKind, ReminderState
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

OUTBOX_KIND = "payment_reminder"
EMAIL = "email"
# Ways that need a number; a chat is found by its name.
BY_NUMBER = ("sms", "call")
# Time for a second thought before the worker may take it.
SEND_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reminder that could be sent. `day`: the card expires, or the bill was due. `contact_id` None: no billing contact on file."""

    cause: str
    kind: str
    account_id: int
    external_id: str
    name: str
    owner: str | None
    owner_email: str | None
    contract_id: int | None
    invoice_id: int | None
    day: date
    amount: Decimal | None
    currency: str
    contact_id: int | None
    contact: str | None
    email: str | None
    phone: str | None
    preferred: str | None
    language: str | None
    opted_out: bool | None

    @property
    def channel(self) -> str:
        """How it goes: as the contact prefers; without a preference or the number that it takes, by e-mail where there is an address."""
        wanted = self.preferred or EMAIL
        if wanted in BY_NUMBER and not self.phone and self.email:
            return EMAIL
        return wanted if self.preferred or self.email else "call"

    @property
    def redirected(self) -> bool:
        """Whether it goes by e-mail although the contact prefers another way, of which no number is on file."""
        return self.channel == EMAIL and bool(self.preferred) and self.preferred != EMAIL

    @property
    def by_email(self) -> bool:
        """Whether the portal can send it."""
        return self.channel == EMAIL and bool(self.email)

    @property
    def recipient(self) -> str:
        """The address or number; empty: none is on file."""
        return (self.email if self.channel == EMAIL else self.phone) or ""

    @property
    def held(self) -> str:
        """Why it cannot be approved: `no_contact`, `opted_out`, `no_address`; empty: it can."""
        if self.contact_id is None:
            return "no_contact"
        if self.opted_out:
            return "opted_out"
        return "no_address" if self.channel == EMAIL and not self.email else ""


def candidates(user: User, today: date, cause: str = "") -> list[Candidate]:
    """What to remind of in the accounts that the user sees and nobody has been reminded of yet, the nearest expiry first; one query."""
    book, params = visible_book(user)
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES.replace("{book}", book), {**params, "today": today, "cause": cause})
        return [Candidate(*row) for row in cursor.fetchall()]


def preview(one: Candidate, user: User) -> Text:
    """What would be sent, in the contact's language, signed by the owner (by the user where there is none)."""
    return text_of(
        Told(
            kind=one.kind,
            language=language_of(one.language or ""),
            contact_id=one.contact_id or 0,
            contact=one.contact or one.name,
            account_id=one.external_id,
            account=one.name,
            day=one.day,
            amount=one.amount,
            currency=one.currency,
            sender=one.owner or one.owner_email or user.get_full_name(),
            by_email=one.by_email,
        )
    )


@transaction.atomic
def approve(user: User, cause: str, at: datetime, today: date) -> PaymentReminder | None:
    """Write the reminder of this cause down, to be sent or handed over; None: there is no such candidate (any more). Raises Refused."""
    one = next(iter(candidates(user, today, cause)), None)
    if one is None:
        return None
    if one.held or one.contact_id is None:
        raise Refused(_("This contact cannot be reminded; right would be a billing contact with an address who has not opted out."))
    # Two people at once: the second waits here, and then finds the first one's reminder.
    Account.objects.select_for_update(no_key=True).get(pk=one.account_id)
    if not candidates(user, today, cause):
        return None
    return _write(one, one.contact_id, user, at)


@transaction.atomic
def approve_all(user: User, causes: Iterable[str], at: datetime, today: date) -> list[PaymentReminder]:
    """Approve those of the causes that the portal can send by itself, as `approve` does; what is none (any more) is passed over."""
    wanted = set(causes)
    mine = [one for one in candidates(user, today) if one.cause in wanted and one.by_email and not one.held]
    # In one order, so that two people at once wait for each other instead of locking each other out.
    list(Account.objects.select_for_update(no_key=True).filter(pk__in=[one.account_id for one in mine]).order_by("pk").values_list("pk"))
    still = {one.cause for one in candidates(user, today)} if mine else set()
    return [_write(one, one.contact_id, user, at) for one in mine if one.cause in still and one.contact_id is not None]


def _write(one: Candidate, contact_id: int, user: User, at: datetime) -> PaymentReminder:
    text = preview(one, user)
    made = PaymentReminder.objects.create(
        account_id=one.account_id,
        contact_id=contact_id,
        contract_id=one.contract_id,
        invoice_id=one.invoice_id,
        kind=one.kind,
        cause=one.cause,
        channel=one.channel,
        language=language_of(one.language or ""),
        recipient=one.recipient,
        subject=text.subject,
        body=text.body,
        state=ReminderState.QUEUED if one.by_email else ReminderState.HANDED_OVER,
        approved_by=user,
        queued_at=at,
    )
    if one.by_email:
        _put_into_outbox(made, at + SEND_AFTER)
    return made


@transaction.atomic
def take_back(user: User, pk: int, at: datetime) -> bool:
    """Undo the user's own approval of the last day while nothing has been sent; what it was about can be approved anew."""
    row = (
        PaymentReminder.objects.select_for_update()
        .filter(pk=pk, approved_by=user, queued_at__gt=at - UNDO_FOR, state__in=[ReminderState.QUEUED, ReminderState.HANDED_OVER])
        .filter(sent_at__isnull=True)
        .first()
    )
    if row is None or not user.is_active:
        return False
    waiting = Outbox.objects.select_for_update().filter(kind=OUTBOX_KIND, body__reminder=pk, done_at__isnull=True)
    if any(one.lease_until is not None for one in waiting):
        return False
    waiting.delete()
    row.delete()
    return True


@transaction.atomic
def send_again(user: User, pk: int, at: datetime) -> bool:
    """Queue a reminder that failed for good once more; False: there is no such one among what the user sees."""
    row = PaymentReminder.objects.visible_to(user).filter(pk=pk, state=ReminderState.FAILED).select_for_update(of=("self",)).first()
    if row is None:
        return False
    Outbox.objects.filter(kind=OUTBOX_KIND, body__reminder=pk, done_at__isnull=True).delete()
    row.state, row.sent_at, row.error = ReminderState.QUEUED, None, ""
    row.save(update_fields=["state", "sent_at", "error"])
    _put_into_outbox(row, at)
    return True


def stop(contact_id: int, at: datetime) -> bool:
    """The contact wants no more reminders: noted, and what waits is cancelled. False: there is no such contact (any more)."""
    if not Contact.objects.filter(pk=contact_id).exists():
        return False
    Contact.objects.filter(pk=contact_id, opted_out_at__isnull=True).update(opted_out_at=at)
    waiting = PaymentReminder.objects.filter(contact_id=contact_id, state=ReminderState.QUEUED, sent_at__isnull=True)
    waiting.update(state=ReminderState.CANCELLED, error="opted_out")
    return True


def no_longer_needed(row: PaymentReminder, today: date) -> str:
    """Why a reminder is not to be sent after all: `opted_out`, `left`, `paid`, `renewed` (another card is on file); empty: send it."""
    contact, invoice, contract = row.contact, row.invoice, row.contract
    if contact.opted_out_at is not None:
        return "opted_out"
    if contact.left_on is not None and contact.left_on <= today:
        return "left"
    if invoice is not None and (invoice.paid_on is not None or invoice.status in {"paid", "void"}):
        return "paid"
    expiry = row.cause.rsplit(":", 1)[-1]
    if row.kind == ReminderKind.BEFORE_EXPIRY and contract is not None and str(contract.payment_method_expires_on) != expiry:
        return "renewed"
    return ""


def _put_into_outbox(row: PaymentReminder, due_at: datetime) -> None:
    Outbox.objects.create(kind=OUTBOX_KIND, body={"reminder": row.pk}, due_at=due_at)


def can_pay_online() -> bool:
    """Whether reminders hold a link to pay."""
    return bool(settings.PAYMENT_LINK)
