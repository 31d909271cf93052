"""The page of payment reminders, and the page by which a contact asks for no more of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Contact, Outbox, User
from accounts.types import Role
from churn.models import PaymentReminder
from churn.reminder_texts import stop_link
from churn.reminders import candidates
from churn.sending import deliver
from tests.churn.lost_book import NOW, TODAY
from tests.churn.test_reminders import bill, customer
from tests.factories import UserFactory, own
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PAGE = "/churn/reminders/"
NASTY = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna(client: Client) -> User:
    user: User = person(email="anna@example.com", name="Anna")
    client.force_login(user)
    own(customer(external_id="acme", name="Acme"), user)
    return user


def page(client: Client, path: str = PAGE, **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def cause() -> str:
    return candidates(UserFactory.make(role=Role.ADMIN), TODAY)[0].cause


def approve(client: Client, **data: Any) -> Any:
    return client.post(f"{PAGE}approve/", {"cause": cause(), **data}, headers=HTMX)


def told(answer: Any) -> dict[str, str]:
    assert answer.status_code == 204, answer.status_code
    found: dict[str, str] = json.loads(answer.headers["HX-Trigger"])["portal:toast"]
    return found


def test_a_reminder_is_read_approved_and_taken_back(client: Client, anna: User) -> None:
    assert "Acme" in page(client)
    assert "expires in 19 days" in page(client)
    shown = client.get(f"{PAGE}preview/", {"cause": cause()}, headers=HTMX).content.decode()
    assert "Dear Bill," in shown
    assert "Approve and send" in shown
    toast = told(approve(client))
    assert "waits to be sent" in page(client)
    assert "No payment method expires" in page(client)
    assert client.post(toast["undo_url"], headers=HTMX).status_code == 204
    assert "expires in 19 days" in page(client)
    assert client.post(toast["undo_url"], headers=HTMX).status_code == 404


def test_twice_approved_is_once(client: Client, anna: User) -> None:
    found = cause()
    assert approve(client).status_code == 204
    assert client.post(f"{PAGE}approve/", {"cause": found}, headers=HTMX).status_code == 404
    assert (PaymentReminder.objects.count(), Outbox.objects.count()) == (1, 1)


def test_several_are_approved_at_once_and_taken_back_together(client: Client, anna: User) -> None:
    own(customer(external_id="bolt", name="Bolt"), anna)
    own(customer(external_id="chat", name="Chat"), anna)
    Contact.objects.filter(account__external_id="chat").update(preferred_channel="chat")
    customer(external_id="theirs", name="Theirs")
    causes = [one.cause for one in candidates(UserFactory.make(role=Role.ADMIN), TODAY)]
    assert len(causes) == 4
    shown = page(client)
    assert shown.count('name="cause"') == 2  # one's own that the portal can send; a chat is handed over, one by one
    toast = told(client.post(f"{PAGE}approve-all/", {"cause": [*causes, "no such"]}, headers=HTMX))
    assert toast["text"] == "Approved 2 reminders: they go out in a minute."
    assert set(PaymentReminder.objects.values_list("account__external_id", flat=True)) == {"acme", "bolt"}
    assert Outbox.objects.count() == 2
    assert client.post(f"{PAGE}approve-all/", {"cause": causes}, headers=HTMX).status_code == 404
    assert client.post(toast["undo_url"], headers=HTMX).status_code == 204
    assert (PaymentReminder.objects.count(), Outbox.objects.count()) == (0, 0)
    assert client.post(toast["undo_url"], headers=HTMX).status_code == 404


def test_choosing_none_says_so(client: Client, anna: User) -> None:
    assert told(client.post(f"{PAGE}approve-all/", headers=HTMX))["text"] == "Choose at least one reminder."


def test_what_goes_another_way_is_handed_over_with_its_text(client: Client, anna: User) -> None:
    Contact.objects.update(preferred_channel="chat", language="zh-hans")
    assert "hand over" in client.get(f"{PAGE}preview/", {"cause": cause()}, headers=HTMX).content.decode()
    assert "Handed over" in told(approve(client))["text"]
    made = PaymentReminder.objects.get()
    assert made.body in client.get(f"{PAGE}{made.pk}/text/", headers=HTMX).content.decode()
    assert "handed over" in page(client)


def test_one_that_failed_says_why_and_can_be_sent_again(client: Client, anna: User) -> None:
    approve(client)
    PaymentReminder.objects.update(state="failed", error="SMTPServerDisconnected: gone")
    assert "SMTPServerDisconnected: gone" in page(client)
    assert client.post(f"{PAGE}{PaymentReminder.objects.get().pk}/again/", headers=HTMX).status_code == 204
    assert PaymentReminder.objects.get().state == "queued"


def test_texts_of_customers_are_escaped(client: Client, anna: User) -> None:
    own(customer(external_id="bad", name=NASTY), anna)
    Contact.objects.update(name=NASTY)
    bill(customer(None, external_id="x", name="x", owner=anna))
    assert NASTY not in page(client)
    assert NASTY not in client.get(f"{PAGE}preview/", {"cause": cause()}, headers=HTMX).content.decode()
    approve(client)
    assert NASTY not in page(client)
    assert NASTY not in client.get(f"{PAGE}{PaymentReminder.objects.get().pk}/text/").content.decode()


def test_those_of_others_are_not_there(client: Client, anna: User) -> None:
    found = cause()
    approve(client)
    made = PaymentReminder.objects.get()
    client.force_login(UserFactory.make())
    assert "Acme" not in page(client)
    for path in (f"{PAGE}preview/?cause={found}", f"{PAGE}{made.pk}/text/", f"{PAGE}{2**70}/text/", f"{PAGE}preview/?cause=%00"):
        assert client.get(path).status_code == 404
    for path in ("approve/", f"{made.pk}/undo/", f"{made.pk}/again/", f"{2**70}/undo/"):
        assert client.post(f"{PAGE}{path}", {"cause": found}).status_code == 404


def test_the_page_costs_at_most_eight_queries_at_any_size(
    client: Client, anna: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(20):
        own(customer(external_id=f"a{place}"), anna)
    for _place in range(10):
        approve(client)
    with django_assert_max_num_queries(8):
        page(client)


def test_a_contact_stops_the_reminders_by_the_link_of_the_letter_without_signing_in(client: Client, anna: User) -> None:
    approve(client)
    made = PaymentReminder.objects.get()
    deliver(made.pk, NOW, TODAY)
    # Taken from the letter, not made again: the signature holds the second in which it was made.
    link = next(word for word in mail.outbox[0].body.split() if "/reminders/stop/" in word)
    visitor, path = Client(), link.split("localhost:8000")[-1]
    asked = visitor.get(path)
    assert "Shall bill@acme.example get no more reminders" in asked.content.decode()
    assert Contact.objects.get().opted_out_at is None
    assert "no-store" in asked["Cache-Control"]
    done = visitor.post(path)
    assert "gets no more reminders" in done.content.decode()
    assert Contact.objects.get().opted_out_at is not None
    assert "gets no more reminders" in visitor.get(path).content.decode()
    assert "Acme" not in done.content.decode()


def test_the_page_speaks_the_contacts_language_and_takes_no_forged_link(client: Client, anna: User) -> None:
    Contact.objects.update(language="zh-hans")
    path = stop_link(Contact.objects.get().pk).split("localhost:8000")[-1]
    assert "付款提醒" in Client().get(path).content.decode()
    assert Client().get(path[:-3] + "xx/").status_code == 404
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403
    Contact.objects.all().delete()
    assert Client().get(path).status_code == 404
