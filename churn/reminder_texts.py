"""What a payment reminder says, in the language of the person it goes to, and the signed link by which they ask for no more of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from churn.types import ReminderKind

SALT = "payment-reminder-stop"
ENGLISH, CHINESE = "en", "zh-hans"


@dataclass(frozen=True, slots=True)
class Told:
    """What goes into the text. `day`: the card expires, or the bill was due; `amount` None: not of one currency."""

    kind: str
    language: str
    contact_id: int
    contact: str
    account_id: str
    account: str
    day: date
    amount: Decimal | None
    currency: str
    sender: str
    by_email: bool


@dataclass(frozen=True, slots=True)
class Text:
    """One reminder, ready to be sent or read out."""

    subject: str
    body: str


def language_of(contact_language: str) -> str:
    """The language to write in: Chinese for a contact whose language is any Chinese, else English."""
    return CHINESE if contact_language.lower().startswith("zh") else ENGLISH


def text_of(told: Told) -> Text:
    """Subject and body. The payment link stands in them where one is set; the link to stop, where it goes by e-mail."""
    with translation.override(told.language):
        parts = {
            "name": told.contact,
            "account": told.account,
            "day": _day(told.day, told.language),
            "amount": "" if told.amount is None else f"{told.currency} {told.amount:,.2f}",
            "sender": told.sender,
        }
        before = told.kind == ReminderKind.BEFORE_EXPIRY
        subject = _("Your payment method expires on %(day)s") if before else _("A payment for %(account)s did not go through")
        lines = [_("Dear %(name)s,"), "", *(_before() if before else _failed(known=told.amount is not None)), ""]
        link = payment_link(told.account_id)
        if link:
            lines += [_("You can do so here, in a minute:"), link, ""]
        lines += [_("Is something not right? Please answer this message, and we will sort it out."), "", _("Kind regards"), parts["sender"]]
        body = "\n".join(line % parts if "%(" in line else line for line in lines)
        if told.by_email:
            # Links hold per cent signs of their own, so they are put in behind the words.
            body += "\n\n" + _("No more reminders of payments to this address:") + "\n" + stop_link(told.contact_id)
        return Text(subject % parts, body)


def _before() -> list[str]:
    return [
        _("the payment method on file for %(account)s expires on %(day)s."),
        _("Please enter a new one before then, so that nothing is interrupted."),
    ]


def _failed(*, known: bool) -> list[str]:
    failed = _("the payment of %(amount)s due on %(day)s for %(account)s did not go through.")
    return [
        failed if known else _("the payment due on %(day)s for %(account)s did not go through."),
        _("Mostly a card has expired or a limit was reached. Please check the payment method or choose another."),
    ]


def payment_link(external_id: str) -> str:
    """Where the account pays: PAYMENT_LINK with the account's id, percent-encoded; empty where none is set."""
    template: str = settings.PAYMENT_LINK
    return template.replace("{account}", quote(external_id, safe=""))


def stop_link(contact_id: int) -> str:
    """The address at which a contact asks for no more reminders; it needs no sign-in and does not expire."""
    path = reverse("portal:reminder-stop", args=[signing.dumps(contact_id, salt=SALT)])
    return f"{settings.PORTAL_URL}{path}"


def contact_of(token: str) -> int | None:
    """The contact that a link was signed for; None: not a link of ours."""
    try:
        found = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return found if isinstance(found, int) else None


def _day(day: date, language: str) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if language == CHINESE else f"{day.day} {day:%B %Y}"
