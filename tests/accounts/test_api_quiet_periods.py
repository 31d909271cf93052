"""Closures over REST."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, QuietPeriod, User
from tests.factories import AccountFactory, UserFactory
from tests.rest import ROOT, bearer, csv_rows, get

pytestmark = pytest.mark.django_db
PATH = "quiet-periods/"
BODY = {"account_external_id": "acme/1", "from": "2026-12-21", "to": "2027-01-04", "reason": "works holiday"}


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 1)


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com")


@pytest.fixture
def account(anna: User) -> Account:
    return AccountFactory.make(external_id="acme/1", owner=anna)


def post(client: Client, **changed: Any) -> Any:
    return client.post(ROOT + PATH, {**BODY, **changed}, content_type="application/json")


def refused(client: Client, **changed: Any) -> dict[str, str]:
    answer = post(client, **changed)
    assert answer.status_code == 400, answer.content
    return {error["attr"]: error["code"] for error in answer.json()["errors"]}


def test_a_closure_is_entered_once_and_read_back(anna: User, account: Account) -> None:
    client = bearer(anna)
    made = post(client)
    assert made.status_code == 201
    body = made.json()
    assert {name: body[name] for name in BODY} == BODY
    assert (post(client).status_code, QuietPeriod.objects.count()) == (200, 1)
    assert get(client, PATH)["results"] == [body]
    assert csv_rows(client.get(ROOT + PATH, {"format": "csv"}))[0]["reason"] == "works holiday"


def test_the_range_asks_for_closures_that_touch_it(anna: User, account: Account) -> None:
    client = bearer(anna)
    post(client)
    touching = {("2026-12-01", "2026-12-21"): 0, ("2026-12-01", "2026-12-22"): 1, ("2027-01-03", "2027-02-01"): 1, ("2027-01-04", ""): 0}
    for (first, after), n in touching.items():
        assert len(get(client, PATH, **{"from": first, "to": after})["results"]) == n, (first, after)
    assert get(client, PATH, account_external_id="acme/1")["results"]
    assert not get(client, PATH, account_external_id="other")["results"]


def test_what_is_wrong_is_said_by_field(anna: User, account: Account) -> None:
    client = bearer(anna)
    assert refused(client, **{"from": "2026-12-21", "to": "2026-12-21"}) == {"to": "invalid"}
    assert refused(client, **{"from": "1990-01-01", "to": "1990-02-01"}) == {"from": "invalid"}
    assert refused(client, reason=" ") == {"reason": "blank"}
    assert refused(client, wrong=1) == {"wrong": "unknown_field"}
    assert refused(client, account_external_id="theirs") == {"account_external_id": "does_not_exist"}
    assert not QuietPeriod.objects.exists()


def test_others_closures_are_not_there(anna: User, account: Account) -> None:
    post(bearer(anna))
    other = bearer(UserFactory.make())
    assert get(other, PATH)["results"] == []
    assert refused(other) == {"account_external_id": "does_not_exist"}


def test_a_page_takes_few_queries(anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(5):
        AccountFactory.make(external_id=f"a{number}", owner=anna)
        post(bearer(anna), account_external_id=f"a{number}")
    client = bearer(anna)
    with django_assert_max_num_queries(6):
        get(client, PATH)
