"""Whom to remind of a payment, in which words, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import signing
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.edit_values import Refused
from accounts.models import Account, Contact, Contract, Invoice, Outbox, User
from churn.models import PaymentReminder
from churn.reminder_texts import contact_of, stop_link
from churn.reminders import Candidate, approve, candidates, preview, send_again, stop, take_back
from tests.churn.lost_book import NOW, TODAY, admin, term
from tests.factories import RECORDED, AccountFactory, SourceFactory, UserFactory, own

pytestmark = pytest.mark.django_db
SOON = date(2026, 11, 20)
MINUTE = timedelta(minutes=1)


def loaded(model: Any, **fields: Any) -> Any:
    return model.objects.create(source=SourceFactory.make(), external_id=f"r{model.objects.count()}", recorded_at=RECORDED, **fields)


def billing(account: Account, **fields: Any) -> Contact:
    known = {"name": "Bill", "email": "bill@acme.example", "role": "billing", "preferred_channel": "email", "language": "en"}
    found: Contact = loaded(Contact, account=account, **{**known, **fields})
    return found


def customer(expires: date | None = SOON, **fields: Any) -> Account:
    """A paying account with a billing contact."""
    account = AccountFactory.make(**fields)
    term(account, date(2025, 1, 1), None, 120, payment_method_expires_on=expires)
    billing(account)
    return account


def bill(account: Account, due_on: date = date(2026, 10, 20), **fields: Any) -> Invoice:
    known = {"issued_on": due_on, "due_on": due_on, "amount": Decimal("99.50"), "currency": "USD", "status": "failed", "failed_attempts": 1}
    found: Invoice = loaded(Invoice, account=account, **{**known, **fields})
    return found


def only() -> Candidate:
    (found,) = candidates(admin(), TODAY)
    return found


@pytest.mark.parametrize(
    ("expires", "n"),
    [(TODAY, 1), (TODAY + timedelta(days=30), 1), (TODAY - timedelta(days=1), 0), (TODAY + timedelta(days=31), 0), (None, 0)],
)
def test_a_card_is_spoken_of_thirty_days_before_it_expires(expires: date | None, n: int) -> None:
    customer(expires)
    assert len(candidates(admin(), TODAY)) == n


def test_one_card_for_two_contracts_is_one_reminder_and_their_sum() -> None:
    account = customer()
    term(account, date(2025, 1, 1), None, 30, payment_method_expires_on=SOON, product="more")
    one = only()
    assert (one.kind, one.day, one.amount, one.currency) == ("before_expiry", SOON, Decimal(150), "USD")
    assert approve(admin(), one.cause, NOW, TODAY) is not None
    Contract.objects.filter(pk=one.contract_id or 0).update(ends_on=TODAY)
    assert candidates(admin(), TODAY) == []


def test_contracts_that_need_no_card_any_more_are_left_out() -> None:
    account = customer(None)
    term(account, date(2025, 1, 1), SOON, 5, payment_method_expires_on=SOON, product="ends that day")
    term(account, date(2025, 1, 1), TODAY, 5, payment_method_expires_on=SOON, product="over")
    term(account, date(2025, 1, 1), None, 0, payment_method_expires_on=SOON, product="free")
    assert candidates(admin(), TODAY) == []
    term(account, date(2025, 1, 1), SOON, 5, payment_method_expires_on=SOON, auto_renew=True, product="renews")
    assert only().amount == 5


def test_a_failed_bill_is_one_and_each_further_failure_another() -> None:
    account = customer(None)
    invoice = bill(account)
    first = only()
    assert (first.kind, first.day, first.amount) == ("after_failure", invoice.due_on, Decimal("99.50"))
    approve(admin(), first.cause, NOW, TODAY)
    assert candidates(admin(), TODAY) == []
    Invoice.objects.filter(pk=invoice.pk).update(failed_attempts=2)
    assert only().cause != first.cause


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "paid", "paid_on": TODAY},
        {"status": "void"},
        {"status": "disputed"},
        {"status": "open", "failed_attempts": 0},
        {"due_on": TODAY - timedelta(days=181), "issued_on": TODAY - timedelta(days=181)},
    ],
)
def test_other_bills_are_none_of_it(fields: dict[str, Any]) -> None:
    bill(customer(None), **fields)
    assert candidates(admin(), TODAY) == []


def test_the_billing_contact_who_is_there_and_has_not_opted_out_is_chosen() -> None:
    account = customer()
    Contact.objects.update(opted_out_at=NOW)
    billing(account, name="gone", left_on=TODAY)
    billing(account, name="boss", role="sponsor")
    assert (only().contact, only().held) == ("Bill", "opted_out")
    billing(account, name="Ann", email="ann@acme.example")
    assert (only().contact, only().held) == ("Ann", "")
    Contact.objects.all().delete()
    assert (only().contact_id, only().held) == (None, "no_contact")


@pytest.mark.parametrize(
    ("fields", "channel", "recipient", "held"),
    [
        ({}, "email", "bill@acme.example", ""),
        ({"preferred_channel": "sms", "phone": "+49 1"}, "sms", "+49 1", ""),
        ({"preferred_channel": "sms"}, "email", "bill@acme.example", ""),
        ({"preferred_channel": "call", "email": ""}, "call", "", ""),
        ({"preferred_channel": "chat"}, "chat", "", ""),
        ({"preferred_channel": "email", "email": ""}, "email", "", "no_address"),
        ({"preferred_channel": "", "email": "", "phone": "+49 1"}, "call", "+49 1", ""),
    ],
)
def test_it_goes_the_way_that_the_contact_prefers(fields: dict[str, Any], channel: str, recipient: str, held: str) -> None:
    customer()
    Contact.objects.update(**fields)
    one = only()
    assert (one.channel, one.recipient, one.held) == (channel, recipient, held)
    if held:
        with pytest.raises(Refused):
            approve(admin(), one.cause, NOW, TODAY)


def test_the_text_speaks_the_contacts_language_and_names_link_owner_and_way_out(settings: Settings) -> None:
    settings.PAYMENT_LINK, settings.PORTAL_URL = "https://pay.example/{account}?x=1%20", "https://portal.example"
    account = customer(external_id="a/ü %", name="100% Acme")
    own(account, UserFactory.make(name="Anna Owner"))
    text = preview(only(), admin())
    assert text.subject == "Your payment method expires on 20 November 2026"
    assert "Dear Bill," in text.body
    assert "100% Acme" in text.body
    assert "https://pay.example/a%2F%C3%BC%20%25?x=1%20" in text.body
    assert "Anna Owner" in text.body
    assert stop_link(Contact.objects.get().pk).split("/stop/")[0] in text.body
    Contact.objects.update(language="zh-TW")
    assert "2026年11月20日" in preview(only(), admin()).body
    Contact.objects.update(language="de", preferred_channel="chat")
    assert "/reminders/stop/" not in preview(only(), admin()).body
    settings.PAYMENT_LINK = ""
    assert "https://pay.example" not in preview(only(), admin()).body


def test_an_approval_writes_reminder_and_outbox_row_together() -> None:
    customer()
    user = admin()
    made = approve(user, only().cause, NOW, TODAY)
    assert made is not None
    assert (made.state, made.recipient, made.approved_by, made.sent_at) == ("queued", "bill@acme.example", user, None)
    row = Outbox.objects.get()
    assert (row.kind, row.body, row.due_at) == ("payment_reminder", {"reminder": made.pk}, NOW + MINUTE)
    assert approve(user, made.cause, NOW, TODAY) is None
    assert PaymentReminder.objects.count() == Outbox.objects.count() == 1


def test_what_is_no_mail_is_handed_over_without_an_outbox_row() -> None:
    customer()
    Contact.objects.update(preferred_channel="chat")
    made = approve(admin(), only().cause, NOW, TODAY)
    assert made is not None
    assert (made.state, Outbox.objects.count()) == ("handed_over", 0)


def test_an_approval_is_taken_back_while_nothing_was_sent() -> None:
    customer()
    user, cause = admin(), only().cause
    made = approve(user, cause, NOW, TODAY)
    assert made is not None
    assert not take_back(admin(), made.pk, NOW)
    Outbox.objects.update(lease_until=NOW + MINUTE)
    assert not take_back(user, made.pk, NOW)
    Outbox.objects.update(lease_until=None)
    assert take_back(user, made.pk, NOW)
    assert (PaymentReminder.objects.count(), Outbox.objects.count()) == (0, 0)
    made = approve(user, cause, NOW, TODAY)
    assert made is not None
    PaymentReminder.objects.update(state="sent", sent_at=NOW)
    assert not take_back(user, made.pk, NOW)
    assert candidates(user, TODAY) == []


def test_one_that_failed_for_good_can_be_sent_again_by_whoever_sees_it() -> None:
    customer()
    made = approve(admin(), only().cause, NOW, TODAY)
    assert made is not None
    assert not send_again(admin(), made.pk, NOW)
    PaymentReminder.objects.update(state="failed", error="nobody there")
    assert not send_again(UserFactory.make(), made.pk, NOW)
    assert send_again(admin(), made.pk, NOW)
    made.refresh_from_db()
    assert (made.state, made.error, Outbox.objects.filter(done_at__isnull=True).count()) == ("queued", "", 1)


def test_a_contact_who_opts_out_is_noted_once_and_what_waits_is_cancelled() -> None:
    customer()
    made = approve(admin(), only().cause, NOW, TODAY)
    assert made is not None
    contact = Contact.objects.get()
    assert stop(contact.pk, NOW)
    assert stop(contact.pk, NOW + MINUTE)
    contact.refresh_from_db()
    made.refresh_from_db()
    assert (contact.opted_out_at, made.state, made.error) == (NOW, "cancelled", "opted_out")
    assert not stop(10**9, NOW)


def test_only_a_link_of_ours_names_a_contact() -> None:
    token = stop_link(7).rstrip("/").rsplit("/", 1)[-1]
    assert contact_of(token) == 7
    assert contact_of(token[:-1] + ("a" if token[-1] != "a" else "b")) is None
    assert contact_of(signing.dumps(7, salt="another")) is None
    assert contact_of("") is None


def test_reminders_are_of_the_own_book_and_cost_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    anna, ben = UserFactory.make(), UserFactory.make()
    for place in range(5):
        own(customer(external_id=f"a{place}"), anna)
    with django_assert_num_queries(1):
        assert len(candidates(anna, TODAY)) == 5
    assert candidates(ben, TODAY) == []
    assert approve(ben, candidates(anna, TODAY)[0].cause, NOW, TODAY) is None


def test_the_database_holds_a_cause_once(anna: User) -> None:
    account = customer()
    fields: dict[str, Any] = {
        "account": account, "contact": Contact.objects.get(), "kind": "before_expiry", "cause": "expiry:1:2026-11-20", "channel": "email",
        "language": "en", "recipient": "x", "body": "x", "approved_by": anna, "queued_at": datetime(2026, 11, 1, tzinfo=UTC),
    }  # fmt: skip
    PaymentReminder.objects.create(**fields)
    with pytest.raises(Exception, match="unique"):
        PaymentReminder.objects.create(**fields)


@pytest.fixture
def anna() -> User:
    return UserFactory.make()
