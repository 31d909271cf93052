"""Desired outcomes over REST."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, User
from health.models import Outcome, OutcomeProof
from tests import factories as make
from tests.health import graded as rows
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
PATH = "desired-outcomes/"
TODAY = date(2026, 7, 1)
DAY = timedelta(days=1)
BODY = {
    "account_external_id": "acme/1",
    "statement": "Half the approvals run here",
    "stage": "live",
    "action": "approve",
    "target": "120",
    "due_on": "2026-09-30",
}


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY
    make.action("approve")


@pytest.fixture
def anna() -> User:
    return make.UserFactory.make(email="anna@example.com")


@pytest.fixture
def account(anna: User) -> Account:
    found: Account = make.AccountFactory.make(external_id="acme/1")
    make.own(found, anna)
    return found


def post(client: Client, **changed: Any) -> Any:
    body = {name: value for name, value in {**BODY, **changed}.items() if value is not ...}
    return client.post(ROOT + PATH, body, content_type="application/json")


def refused(client: Client, **changed: Any) -> dict[str, str]:
    answer = post(client, **changed)
    assert answer.status_code == 400, answer.content
    return {error["attr"]: error["code"] for error in answer.json()["errors"]}


def test_an_outcome_is_entered_and_read_back_with_the_columns_of_the_file(anna: User, account: Account) -> None:
    made = post(bearer(anna))
    assert made.status_code == 201
    row = made.json()
    assert {name: row[name] for name in BODY} == BODY
    assert (row["source"], row["entered_by"], row["status"], row["reads"], row["proof"]) == (
        "portal",
        "anna@example.com",
        "on_track",
        "on_track",
        None,
    )
    assert [(one["since"], one["target"]) for one in row["versions"]] == [("2026-07-01", "120")]
    assert get(bearer(anna), PATH)["results"] == [row]


def test_the_same_id_changes_the_outcome_and_withdraws_it(anna: User, account: Account) -> None:
    assert post(bearer(anna), external_id="o1").status_code == 201
    again = post(bearer(anna), external_id="o1")
    assert (again.status_code, len(again.json()["versions"])) == (200, 1)
    moved = post(bearer(anna), external_id="o1", target="300", status="behind").json()
    assert [(one["target"], one["status"]) for one in moved["versions"]] == [("120", "on_track"), ("300", "behind")]
    Outcome.objects.get().versions.update(since=TODAY - DAY)
    for _twice in range(2):
        gone = post(bearer(anna), external_id="o1", target="300", status="behind", withdrawn=True).json()
        assert (gone["withdrawn_on"], len(gone["versions"])) == ("2026-07-01", 3)
    assert get(bearer(anna), PATH)["results"] == []
    assert [row["external_id"] for row in get(bearer(anna), PATH, state="withdrawn")["results"]] == ["o1"]


def test_without_a_proof_it_is_refused_and_nothing_is_kept(anna: User, account: Account) -> None:
    assert refused(bearer(anna), action="") == {"action": "invalid"}
    assert refused(bearer(anna), target="soon") == {"target": "invalid"}
    assert refused(bearer(anna), action="aprove") == {"action": "invalid"}
    assert refused(bearer(anna), status="fine") == {"status": "invalid_choice"}
    assert refused(bearer(anna), due_on="2020-01-01") == {"due_on": "invalid"}
    assert refused(bearer(anna), sttus="behind") == {"sttus": "unknown_field"}
    assert refused(bearer(anna), external_id="none", withdrawn=True) == {"external_id": "invalid"}
    assert refused(bearer(anna), account_external_id="a\0") == {"account_external_id": "null_characters_not_allowed"}
    assert not Outcome.objects.exists()


def test_what_is_not_yours_is_not_there(anna: User, account: Account) -> None:
    other = make.UserFactory.make()
    assert refused(bearer(other)) == {"account_external_id": "does_not_exist"}
    post(bearer(anna))
    assert get(bearer(other), PATH)["results"] == []


def test_a_reached_proof_reads_achieved_and_is_found_by_it(anna: User, account: Account) -> None:
    for status, proven in (("on_track", TODAY), ("behind", None), ("missed", TODAY), ("achieved", None)):
        row = rows.outcome(account, status, action="approve", target="120")
        OutcomeProof.objects.create(outcome=row, as_of=TODAY - DAY, reached=7, needed=120, proven_on=proven)
    found = {row["status"]: row for row in get(bearer(anna), PATH)["results"]}
    assert {status: row["reads"] for status, row in found.items()} == {
        "on_track": "achieved",
        "behind": "behind",
        "missed": "missed",
        "achieved": "achieved",
    }
    assert found["behind"]["proof"] == {
        "as_of": "2026-06-30",
        "reached": "7.000000",
        "needed": "120.000000",
        "proven_on": None,
        "problem": "",
    }
    assert {row["status"] for row in get(bearer(anna), PATH, status="achieved")["results"]} == {"on_track", "achieved"}
    assert {row["status"] for row in get(bearer(anna), PATH, status="on_track")["results"]} == set()
    assert faults(bearer(anna), PATH, status="fine") == {"status": "invalid"}


def test_accounts_are_asked_for_by_id_and_the_file_has_every_row(anna: User, account: Account) -> None:
    second = make.AccountFactory.make(external_id="b")
    make.own(second, anna)
    for one in (account, second, second):
        rows.outcome(one, "on_track")
    assert len(get(bearer(anna), PATH, account_external_id="b")["results"]) == 2
    lines = csv_rows(bearer(anna).get(ROOT + PATH, {"format": "csv"}))
    assert [line["account_external_id"] for line in lines] == ["b", "b", "acme/1"]
    assert lines[0]["proof.needed"] == ""


def test_a_page_costs_the_same_however_many_rows(
    anna: User, account: Account, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = bearer(anna)
    for _row in range(12):
        rows.outcome(account, "on_track")
    with django_assert_max_num_queries(8):
        assert len(get(client, PATH)["results"]) == 12
