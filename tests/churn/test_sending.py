"""Sending one reminder, at most once."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from pytest_django import Settings

from accounts.models import Contact, Contract, Invoice
from churn.models import PaymentReminder
from churn.reminders import approve, candidates
from churn.sending import INTERRUPTED, deliver, give_up
from tests.churn.lost_book import NOW, TODAY, admin
from tests.churn.test_reminders import bill, customer
from tests.factories import UserFactory, own

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting() -> PaymentReminder:
    account = customer()
    own(account, UserFactory.make(email="anna@vendor.example"))
    made = approve(admin(), candidates(admin(), TODAY)[0].cause, NOW, TODAY)
    assert made is not None
    return made


def refuse(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    def fail(_self: EmailMessage, **_fields: Any) -> int:
        raise problem

    monkeypatch.setattr(EmailMessage, "send", fail)


def state(row: PaymentReminder) -> tuple[str, bool, str]:
    row.refresh_from_db()
    return row.state, row.sent_at is not None, row.error


def test_it_goes_to_the_contact_with_answers_to_the_owner(waiting: PaymentReminder, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Portal <portal@vendor.example>"
    deliver(waiting.pk, NOW, TODAY)
    assert state(waiting) == ("sent", True, "")
    (letter,) = mail.outbox
    assert (letter.to, letter.reply_to, letter.subject) == (["bill@acme.example"], ["anna@vendor.example"], waiting.subject)
    assert letter.body == waiting.body
    assert letter.extra_headers["Message-ID"].endswith("@vendor.example>")
    assert "/reminders/stop/" in letter.extra_headers["List-Unsubscribe"]


def test_running_it_twice_sends_it_once(waiting: PaymentReminder) -> None:
    deliver(waiting.pk, NOW, TODAY)
    deliver(waiting.pk, NOW, TODAY)
    assert len(mail.outbox) == 1


def test_a_worker_that_died_while_it_sent_leaves_the_question_to_people(waiting: PaymentReminder) -> None:
    PaymentReminder.objects.update(sent_at=NOW)
    deliver(waiting.pk, NOW + timedelta(hours=1), TODAY)
    assert state(waiting) == ("failed", True, INTERRUPTED)
    assert mail.outbox == []


def test_a_server_that_is_away_is_tried_again_and_says_so(waiting: PaymentReminder, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        refuse(broken, ConnectionRefusedError("no server"))
        with pytest.raises(ConnectionRefusedError):
            deliver(waiting.pk, NOW, TODAY)
    assert state(waiting) == ("queued", False, "ConnectionRefusedError: no server")
    deliver(waiting.pk, NOW, TODAY)
    assert state(waiting) == ("sent", True, "")


def test_an_address_that_is_refused_for_good_is_not_tried_again(waiting: PaymentReminder, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, smtplib.SMTPRecipientsRefused({"bill@acme.example": (550, b"no such user")}))
    deliver(waiting.pk, NOW, TODAY)
    assert state(waiting)[0] == "failed"
    assert "no such user" in waiting.error


def test_an_address_that_is_refused_for_now_is_tried_again(waiting: PaymentReminder, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, smtplib.SMTPRecipientsRefused({"bill@acme.example": (450, b"busy")}))
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        deliver(waiting.pk, NOW, TODAY)
    assert state(waiting)[:2] == ("queued", False)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda: Contact.objects.update(opted_out_at=NOW), "opted_out"),
        (lambda: Contact.objects.update(left_on=TODAY), "left"),
        (lambda: Contract.objects.update(payment_method_expires_on=TODAY + timedelta(days=900)), "renewed"),
    ],
)
def test_what_is_no_longer_needed_is_cancelled(waiting: PaymentReminder, change: Callable[[], int], reason: str) -> None:
    change()
    deliver(waiting.pk, NOW, TODAY)
    assert state(waiting) == ("cancelled", False, reason)
    assert mail.outbox == []


def test_a_bill_that_was_paid_meanwhile_is_not_asked_for() -> None:
    bill(customer(None))
    made = approve(admin(), candidates(admin(), TODAY)[0].cause, NOW, TODAY)
    assert made is not None
    Invoice.objects.update(paid_on=TODAY, status="paid")
    deliver(made.pk, NOW, TODAY)
    assert state(made) == ("cancelled", False, "paid")


def test_giving_up_says_why_and_leaves_what_was_sent(waiting: PaymentReminder) -> None:
    give_up(waiting.pk, "eight times refused")
    assert state(waiting) == ("failed", False, "eight times refused")
    PaymentReminder.objects.update(state="sent")
    give_up(waiting.pk, "x")
    assert state(waiting)[0] == "sent"


def test_one_that_was_taken_back_is_nothing_to_do(waiting: PaymentReminder) -> None:
    pk = waiting.pk
    waiting.delete()
    deliver(pk, NOW, TODAY)
    assert mail.outbox == []
