"""Reasons of losses over REST."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, User
from churn.models import ChurnRecord
from tests.churn.lost_book import TODAY, admin, left, record
from tests.factories import UserFactory, own
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
PATH = "churns/"
MARCH = date(2026, 3, 1)
BODY = {"account_external_id": "acme/1", "churned_on": "2026-03-01", "type": "voluntary", "cause": "slow_support", "cause_source": "stated"}


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com")


@pytest.fixture
def account(anna: User) -> Account:
    found = left(MARCH, external_id="acme/1")
    own(found, anna)
    return found


def post(client: Client, **changed: Any) -> Any:
    body = {name: value for name, value in {**BODY, **changed}.items() if value is not ...}
    return client.post(ROOT + PATH, body, content_type="application/json")


def refused(client: Client, **changed: Any) -> dict[str, str]:
    answer = post(client, **changed)
    assert answer.status_code == 400, answer.content
    return {error["attr"]: error["code"] for error in answer.json()["errors"]}


def test_a_reason_is_entered_and_read_back_with_the_columns_of_the_file(anna: User, account: Account) -> None:
    made = post(bearer(anna), note="said so\nby phone ", regrettable=True)
    assert made.status_code == 201
    row = made.json()
    assert {name: row[name] for name in BODY} == BODY
    assert (row["note"], row["regrettable"], row["source"], row["entered_by"]) == ("said so\nby phone", True, "portal", "anna@example.com")
    (listed,) = get(bearer(anna), PATH)["results"]
    assert listed == row


def test_without_an_id_one_is_made_and_with_one_it_is_idempotent(anna: User, account: Account) -> None:
    client = bearer(anna)
    assert post(client).json()["external_id"]
    assert [post(client, external_id="crm-7").status_code for _time in range(2)] == [201, 200]
    changed = post(client, external_id="crm-7", type="satisfied")
    assert (changed.status_code, changed.json()["type"]) == (200, "satisfied")
    assert ChurnRecord.objects.filter(external_id="crm-7").count() == 1


def test_only_what_must_be_is_needed(anna: User, account: Account) -> None:
    row = post(bearer(anna), type=..., cause=..., cause_source=...).json()
    assert (row["type"], row["cause"], row["cause_source"], row["regrettable"]) == ("unknown", "", "", None)


def test_every_fault_names_its_field(anna: User, account: Account) -> None:
    client = bearer(anna)
    assert refused(client, churned_on=..., account_external_id=...) == {"churned_on": "required", "account_external_id": "required"}
    assert refused(client, churned_on="31.12.2025", type="bored", cause_source="rumour", regrettable="perhaps") == {
        "churned_on": "invalid", "type": "invalid_choice", "cause_source": "invalid_choice", "regrettable": "invalid",
    }  # fmt: skip
    assert refused(client, churned_on=str(TODAY + timedelta(days=1))) == {"churned_on": "invalid"}
    assert refused(client, cause_source="refused") == {"cause": "invalid"}
    assert refused(client, causes="typo") == {"causes": "unknown_field"}
    assert refused(client, recorded_at="2020-01-01T00:00:00Z") == {"recorded_at": "unknown_field"}
    assert client.post(ROOT + PATH, "[1]", content_type="application/json").status_code == 400


def test_an_account_of_others_is_as_one_that_is_not_there(anna: User, account: Account) -> None:
    client = bearer(UserFactory.make())
    assert refused(client) == refused(client, account_external_id="nobody") == {"account_external_id": "does_not_exist"}
    record(account)
    assert get(client, PATH)["results"] == []
    assert ChurnRecord.objects.count() == 1


def test_an_id_of_another_accounts_record_is_refused(anna: User, account: Account) -> None:
    post(bearer(anna), external_id="crm-7")
    ben = UserFactory.make()
    own(left(MARCH, external_id="his"), ben)
    assert refused(bearer(ben), account_external_id="his", external_id="crm-7") == {"external_id": "invalid"}


def test_filters_narrow_and_pages_follow(anna: User, account: Account) -> None:
    client = bearer(admin())
    for day in range(1, 4):
        record(account, date(2026, day, 1), type="satisfied" if day == 2 else "voluntary", cause=f"cause {day}", cause_source="inferred")
    assert [row["churned_on"] for row in get(client, PATH, from_="2026-01-02", to="2026-03-01")["results"]] == ["2026-02-01"]
    assert len(get(client, PATH, type="voluntary")["results"]) == 2
    assert [row["cause"] for row in get(client, PATH, cause="cause 3")["results"]] == ["cause 3"]
    assert get(client, PATH, account_external_id="other")["results"] == []
    page = get(client, PATH, page_size=2)
    assert [row["churned_on"] for row in page["results"]] == ["2026-03-01", "2026-02-01"]
    assert [row["churned_on"] for row in client.get(page["next"]).json()["results"]] == ["2026-01-01"]
    assert faults(client, PATH, type="bored") == {"type": "invalid"}
    assert faults(client, PATH, kind="x") == {"kind": "unknown_parameter"}


def test_the_list_comes_as_a_file_and_leaves_out_what_was_taken_back(anna: User, account: Account) -> None:
    record(account, type="satisfied")
    withdrawn = record(account)
    ChurnRecord.objects.filter(pk=withdrawn.pk).update(withdrawn_at=withdrawn.recorded_at)
    rows = csv_rows(bearer(anna).get(ROOT + PATH, {"format": "csv"}))
    assert [(row["account_external_id"], row["type"], row["source"]) for row in rows] == [("acme/1", "satisfied", "files")]


def test_a_page_costs_few_queries_however_many_there_are(
    anna: User, account: Account, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _place in range(30):
        record(account)
    client = bearer(anna)
    with django_assert_max_num_queries(4):
        assert len(get(client, PATH)["results"]) == 30


def test_a_session_needs_its_token_against_forgery(anna: User, account: Account) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assert post(client).status_code == 403
