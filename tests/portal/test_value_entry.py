"""Steps and agreements entered from the page about value or the account's: dialog or page, nothing typed is lost, undo by the author."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import Account, User
from health.models import ScenarioAgreement, ScenarioStep
from tests import factories as make
from tests.portal.shown_book import person, shown, with_history
from tests.portal.value_book import TODAY, used

pytestmark = pytest.mark.django_db
STEP, AGREED = "/value/steps/", "/value/agreements/"
HTMX = {"HX-Request": "true"}
NASTY = """<script>alert("x")</script> '&"""


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY
    cache.clear()


@pytest.fixture
def anna(client: Client) -> User:
    user: User = person(email="anna@example.com", name="Anna")
    client.force_login(user)
    return user


@pytest.fixture
def account(anna: User) -> Account:
    make.define_activity(scenarios=[{"name": "Orders", "actions": ["work"], "expected_days_per_month": 12}])
    found = shown(anna, "acme & co")
    used(found)
    return found


def post(client: Client, path: str, **data: Any) -> Any:
    return client.post(path, {"account": "acme & co", "scenario": "Orders", **data}, headers=HTMX)


def agree(client: Client, **data: Any) -> Any:
    told = {"days_per_month": "6", "seat_share": "25", "starts_on": "2026-10-15", "reason": "two shops closed"}
    return post(client, AGREED, **{**told, **data})


def undo_of(answer: Any) -> str:
    """Address of the toast's undo."""
    return str(json.loads(answer.headers["HX-Trigger"])["portal:toast"]["undo_url"])


def test_the_form_tells_what_is_expected_and_done(client: Client, account: Account) -> None:
    query = {"account": "acme & co", "scenario": "Orders", "kind": "explore"}
    dialog = client.get(STEP, query, headers=HTMX).content.decode()
    assert "3 / 12 days, 50% of the seats this month" in dialog
    assert re.search(r'value="explore" required checked', dialog)
    page = client.get(STEP, query).content.decode()
    assert "<html" in page
    assert "acme &amp; co" in page
    assert "<html" not in dialog


def test_a_step_is_saved_said_and_taken_back(client: Client, anna: User, account: Account) -> None:
    answer = post(client, STEP, kind="push", note="Shown them the bulk import.")
    assert answer.status_code == 204
    row = ScenarioStep.objects.get()
    assert (row.author, row.kind, row.taken_on, row.note) == (anna, "push", TODAY, "Shown them the bulk import.")
    assert client.post(undo_of(answer), headers=HTMX).status_code == 204
    row.refresh_from_db()
    assert row.withdrawn_at is not None
    assert client.post(undo_of(answer), headers=HTMX).status_code == 404


def test_a_step_that_is_refused_keeps_what_was_typed(client: Client, account: Account) -> None:
    answer = post(client, STEP, kind="shout", note=NASTY, scenario="Nothing")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "right would be one of: Orders" in text
    assert "alert(&quot;x&quot;)" in text
    assert NASTY not in text
    assert not ScenarioStep.objects.exists()


def test_without_a_script_the_way_back_is_the_page_one_came_from(client: Client, account: Account) -> None:
    told = {"account": "acme & co", "scenario": "Orders", "kind": "explore", "next": "/value/scenarios/?show=silent"}
    answer = client.post(STEP, told)
    assert (answer.status_code, answer["Location"]) == (302, "/value/scenarios/?show=silent")
    assert client.post(STEP, {**told, "next": "https://evil.example/"})["Location"] == "/value/scenarios/"


def test_an_agreement_is_saved_in_percent_and_taken_back(client: Client, account: Account) -> None:
    answer = agree(client)
    assert answer.status_code == 204
    row = ScenarioAgreement.objects.get()
    assert (row.days_per_month, row.seat_share, row.starts_on, row.reason) == (6, Decimal("0.25"), date(2026, 10, 15), "two shops closed")
    assert "from 15 Oct 2026 · 6 days a month · 25% of the seats · two shops closed" in client.get(
        AGREED, {"account": "acme & co", "scenario": "Orders"}
    ).content.decode().replace("&amp;", "&")
    assert client.post(undo_of(answer), headers=HTMX).status_code == 204
    assert not ScenarioAgreement.objects.exists()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"days_per_month": "many"}, "Days a month are a whole number from 0 to 31."),
        ({"days_per_month": "99"}, "Days a month are a whole number from 0 to 31."),
        ({"seat_share": "130"}, "This is no share"),
        ({"starts_on": "soon"}, "The date cannot be read"),
        ({"reason": " "}, "Say why this was agreed"),
        ({"days_per_month": "", "seat_share": ""}, "0 says that nothing is expected"),
    ],
)
def test_an_agreement_that_makes_no_sense_says_what_would_be_right(
    client: Client, account: Account, data: dict[str, str], told: str
) -> None:
    answer = agree(client, **data)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not ScenarioAgreement.objects.exists()


def test_what_is_not_yours_looks_like_what_is_not_there(client: Client, account: Account) -> None:
    step = undo_of(post(client, STEP, kind="push"))
    batch = undo_of(agree(client))
    client.force_login(person())
    for path in (STEP, AGREED):
        assert client.get(path, {"account": "acme & co"}).status_code == 404
        assert post(client, path).status_code == 404
    assert client.post(step).status_code == 404
    assert client.post(batch).status_code == 404
    assert client.get(STEP, {"account": "a\0b"}).status_code == 404


def test_the_accounts_page_offers_both_beside_each_scenario(client: Client, account: Account) -> None:
    with_history(account, n_days=10)
    post(client, STEP, kind="push", note="Helped them on.")
    text = client.get("/accounts/acme%20%26%20co/?part=usage", headers=HTMX).content.decode()
    assert "account=acme%20%26%20co&amp;scenario=Orders" in text
    assert "pushed, Anna, today: Helped them on." in text
