"""The pages of what helped and of losses looked back at, and the form for an intervention."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.types import Role
from churn.models import Intervention
from tests.churn.helping_book import TODAY, decided, item, tried
from tests.churn.k_book import DUE
from tests.churn.lost_book import left
from tests.factories import AccountFactory, UserFactory
from tests.portal.shown_book import AS_OF, published_run

pytestmark = pytest.mark.django_db
LOST = AS_OF - timedelta(days=50)


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY
    cache.clear()


def signed_in(role: Role = Role.CSM) -> tuple[Client, Any]:
    user = UserFactory.make(role=role)
    client = Client()
    client.force_login(user)
    return client, user


@pytest.mark.parametrize("path", ["/trust/helped/", "/trust/replay/"])
def test_before_the_first_night_a_page_says_what_it_waits_for(path: str) -> None:
    assert "Nothing to show yet" in signed_in()[0].get(path).content.decode()


def test_an_empty_book_is_told_what_to_do() -> None:
    published_run()
    client, _user = signed_in()
    text = client.get("/trust/helped/").content.decode()
    assert "Nothing tried before a decided renewal" in text
    assert "No rule holds items back" in text
    assert "No account of yours left in these twelve months." in client.get("/trust/replay/").content.decode()


def test_too_few_are_told_as_too_few(django_assert_max_num_queries: Any) -> None:
    client, user = signed_in()
    tried(decided(user))
    decided(user, "lost")
    with django_assert_max_num_queries(8):
        text = client.get("/trust/helped/").content.decode()
    assert "Too few to tell: 1 renewal has similar ones without a step beside it; 19 more needed." in text
    assert "1 decided renewals had something tried" in text


def test_enough_are_told_with_interval_and_the_word_goes_with(django_assert_max_num_queries: Any) -> None:
    client, user = signed_in()
    for place in range(24):
        tried(decided(user, "renewed" if place < 22 else "lost"))
        decided(user, "renewed" if place < 8 else "lost")
    with django_assert_max_num_queries(8):
        text = client.get("/trust/helped/").content.decode()
    assert "92% renewed where it was tried" in text
    assert "It goes with a difference of" in text
    assert "cause" not in text.partition("<main")[2].replace("because", "")


def test_losses_are_listed_with_what_was_shown_and_lead_to_their_months(django_assert_max_num_queries: Any) -> None:
    client, user = signed_in()
    published_run()
    item(AccountFactory.make(), LOST - timedelta(days=400))
    account = left(LOST, owner=user, name="Gone <b>", external_id="gone/1")
    item(account, LOST - timedelta(days=90))
    left(LOST, name="Not mine", external_id="theirs")
    with django_assert_max_num_queries(8):
        text = client.get("/trust/replay/").content.decode()
    assert "Gone &lt;b&gt;" in text
    assert "Not mine" not in text
    assert "told in time, nobody acted" in text
    assert "1 item, first 90 days before" in text
    with django_assert_max_num_queries(8):
        page = client.get("/trust/replay/account/", {"account": "gone/1", "on": LOST.isoformat()}).content.decode()
    assert "Usage dropped: shown, nobody acted" in page
    assert "180 days before" in page
    for asked in ({"account": "theirs"}, {"account": "gone/1", "on": "2020-01-01"}, {"account": "\0"}):
        assert client.get("/trust/replay/account/", asked).status_code == 404
    assert client.get("/trust/replay/", {"verdict": "late", "page": "x"}).status_code == 200


def test_false_alarms_and_missed_losses_of_each_rule_stand_below_the_losses(django_assert_max_num_queries: Any) -> None:
    client, user = signed_in()
    told, missed, kept = (decided(user, state).account for state in ("lost", "lost", "renewed"))
    for account in (told, kept):
        item(account, DUE - timedelta(days=40))
    item(missed, DUE - timedelta(days=300), rule="no_contact")
    with django_assert_max_num_queries(8):
        text = " ".join(client.get("/trust/replay/").content.decode().split())
    assert "3 renewals have closed since" in text
    row = text.partition("Usage dropped</th>")[2].partition("</tr>")[0]
    assert 'told of">2<' in row
    assert "40 days" in row
    assert 'data-label="False alarms">1<' in row
    assert 'data-label="Missed losses">1<' in row


def test_an_intervention_is_entered_by_form_and_taken_back() -> None:
    client, user = signed_in()
    account = left(LOST, owner=user, external_id="gone/1")
    address = "/interventions/entry/"
    form = client.get(address, {"account": "gone/1"}, headers={"hx-request": "true"}).content.decode()
    assert "talk with an executive" in form
    assert 'value="2026-11-20"' in form
    sent = {"account": "gone/1", "kind": "offer", "began_on": "2026-11-19", "note": "a month free"}
    refused = client.post(address, {**sent, "began_on": "2026-11-21"}, headers={"hx-request": "true"})
    assert refused.status_code == 422
    assert "a month free" in refused.content.decode()
    assert client.post(address, sent, headers={"hx-request": "true"}).status_code == 204
    made = Intervention.objects.get(account=account)
    assert (made.kind, made.author) == ("offer", user)
    stranger, _other = signed_in()
    assert stranger.post(f"/interventions/{made.pk}/undo/").status_code == 404
    assert stranger.get(address, {"account": "gone/1"}).status_code == 404
    assert client.post(f"/interventions/{made.pk}/undo/").status_code == 302
    assert Intervention.objects.get().withdrawn_at is not None
