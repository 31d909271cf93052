"""The day's list over REST."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from churn.models import ActionItem
from tests.churn.acting_book import NIGHT, TODAY, case, quiet, refreshed
from tests.factories import UserFactory
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
PATH = "actions/"


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com")


@pytest.fixture
def items(anna: User) -> list[ActionItem]:
    case(quiet(anna, "acme/1", mrr_reporting=Decimal(5000)), -1)
    case(quiet(anna, "small"), 20)
    case(quiet(UserFactory.make(email="ben@example.com"), "others"), -1)
    refreshed()
    return list(ActionItem.objects.order_by("-weight"))


def post(client: Client, **body: Any) -> Any:
    return client.post(ROOT + PATH, body, content_type="application/json")


def refused(answer: Any) -> set[str | None]:
    assert answer.status_code == 400, answer.content
    return {error["attr"] for error in answer.json()["errors"]}


def test_open_items_are_read_by_weight_with_evidence_and_the_parts_of_the_weight(anna: User, items: list[ActionItem]) -> None:
    first, second = get(bearer(anna), PATH)["results"]
    assert [first["account_external_id"], second["account_external_id"]] == ["acme/1", "small"]
    assert (first["rule"], first["group"], first["growth"], first["next_step"]) == ("renewal_overdue", "renewal", False, "enter_outcome")
    assert (first["owner"], first["state"], first["as_of"]) == ("anna@example.com", "open", NIGHT.as_of.isoformat())
    because = first["because"]
    product = Decimal(because["amount"])
    for part in ("loss", "pressure", "right"):
        product *= Decimal(str(because[part]))
    assert Decimal(first["weight"]) == product.quantize(Decimal("0.0001"))


def test_filters_narrow_by_account_rule_state_owner_and_day(anna: User, items: list[ActionItem]) -> None:
    client = bearer(anna)
    for query, found in (
        ({"account_external_id": "small"}, ["small"]),
        ({"account_external_id": "others"}, []),
        ({"rule": "renewal_overdue"}, ["acme/1"]),
        ({"state": ["done", "snoozed"]}, []),
        ({"owner": "ben@example.com"}, []),
        ({"from": (NIGHT.as_of + timedelta(days=1)).isoformat()}, []),
    ):
        assert [row["account_external_id"] for row in get(client, PATH, **query)["results"]] == found, query
    assert set(faults(client, PATH, rule="x", nothing="1")) == {"rule", "nothing"}


def test_an_item_is_done_snoozed_given_and_taken_back(anna: User, items: list[ActionItem]) -> None:
    client, pk = bearer(anna), items[0].pk
    until = (TODAY + timedelta(days=3)).isoformat()
    for body, state in (
        ({"do": "snooze", "reason": "later", "until": until}, "snoozed"),
        ({"do": "assign", "owner": "anna@example.com"}, "snoozed"),
        ({"do": "dismiss", "reason": "not so"}, "dismissed"),
        ({"do": "undo"}, "snoozed"),
        ({"do": "undo"}, "snoozed"),
        ({"do": "undo"}, "open"),
        ({"do": "done"}, "done"),
    ):
        answer = post(client, item=pk, **body)
        assert (answer.status_code, answer.json()["state"]) == (200, state), (body, answer.content)
    assert answer.json()["step"]["kind"] == "done"
    (row,) = get(client, PATH, state="done")["results"]
    assert (row["id"], row["closed_at"] is None) == (pk, False)


def test_what_is_wrong_is_told_by_field_and_what_is_not_theirs_is_not_there(anna: User, items: list[ActionItem]) -> None:
    client, pk = bearer(anna), items[0].pk
    assert refused(post(client, item=pk, do="snooze")) == {"reason", "until"}
    assert refused(post(client, item=pk, do="throw")) == {"do"}
    assert refused(post(client, item=pk, do="done", why="so")) == {"why"}
    assert refused(post(client, item=pk, do="undo")) == {"item"}
    assert refused(client.post(ROOT + PATH, [1], content_type="application/json")) == {"non_field_errors"}
    others = ActionItem.objects.get(account__external_id="others").pk
    for do in ("done", "undo", "assign"):
        assert post(client, item=others, do=do).status_code == 404
    assert post(client, item=10**12, do="done").status_code == 404
    assert not ActionItem.objects.exclude(state="open").exists()


def test_the_list_is_a_file_too_and_costs_few_queries(
    anna: User, items: list[ActionItem], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = bearer(anna)
    with django_assert_max_num_queries(4):
        get(client, PATH)
    rows = csv_rows(client.get(ROOT + PATH, {"format": "csv"}))
    assert [row["account_external_id"] for row in rows] == ["acme/1", "small"]
    assert '"product"' in rows[0]["facts"]
