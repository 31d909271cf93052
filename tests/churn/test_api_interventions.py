"""Interventions over REST."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, User
from churn.models import Intervention
from tests.churn.lost_book import NOW, TODAY
from tests.factories import AccountFactory, UserFactory
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
PATH = "interventions/"
BODY = {"account_external_id": "acme/1", "kind": "training", "began_on": "2026-10-30", "note": "the kitchen"}


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com")


@pytest.fixture
def account(anna: User) -> Account:
    return AccountFactory.make(external_id="acme/1", owner=anna)


def post(client: Client, **changed: Any) -> Any:
    body = {name: value for name, value in {**BODY, **changed}.items() if value is not ...}
    return client.post(ROOT + PATH, body, content_type="application/json")


def refused(client: Client, **changed: Any) -> dict[str, str]:
    answer = post(client, **changed)
    assert answer.status_code == 400, answer.content
    return {error["attr"]: error["code"] for error in answer.json()["errors"]}


def test_an_intervention_is_entered_and_read_back(anna: User, account: Account) -> None:
    made = post(bearer(anna))
    assert made.status_code == 201
    row = made.json()
    assert {name: row[name] for name in BODY} == BODY
    assert (row["item"], row["author"]) == (None, "anna@example.com")
    assert get(bearer(anna), PATH)["results"] == [row]
    assert post(bearer(anna)).status_code == 200


def test_every_fault_names_its_field(anna: User, account: Account) -> None:
    client = bearer(anna)
    assert refused(client, kind="dance", began_on="soon") == {"kind": "invalid_choice", "began_on": "invalid"}
    assert refused(client, began_on=str(TODAY + timedelta(days=1))) == {"began_on": "invalid"}
    assert refused(client, item=4) == {"item": "invalid"}
    assert refused(client, author="me") == {"author": "unknown_field"}
    assert faults(client, PATH, kind="dance") == {"kind": "invalid"}


def test_an_account_of_others_is_as_one_that_is_not_there(anna: User, account: Account) -> None:
    client = bearer(UserFactory.make())
    assert refused(client) == refused(client, account_external_id="nobody") == {"account_external_id": "does_not_exist"}
    post(bearer(anna))
    assert get(client, PATH)["results"] == []


def test_the_list_narrows_leaves_out_what_was_taken_back_and_comes_as_a_file(
    anna: User, account: Account, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for back, kind in enumerate(("offer", "training", "offer")):
        day = date(2026, 10, 3) - timedelta(days=back)
        Intervention.objects.create(account=account, kind=kind, began_on=day, author=anna, entered_at=NOW, note=f"{back}")
    Intervention.objects.filter(note="2").update(withdrawn_at=NOW)
    client = bearer(anna)
    with django_assert_max_num_queries(4):
        assert [row["note"] for row in get(client, PATH)["results"]] == ["0", "1"]
    assert [row["note"] for row in get(client, PATH, kind="training")["results"]] == ["1"]
    assert [row["note"] for row in get(client, PATH, from_="2026-10-03", to="2026-10-04")["results"]] == ["0"]
    assert get(client, PATH, account_external_id="other")["results"] == []
    assert [row["kind"] for row in csv_rows(client.get(ROOT + PATH, {"format": "csv"}))] == ["offer", "training"]
