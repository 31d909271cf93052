"""The Monday list over REST."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from churn.models import CampaignCall, MondayReport
from tests.churn.monday_book import AS_OF, MONDAY, NOW, customer, due, listed, rule
from tests.portal.shown_book import person
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
PATH = "churn/at-risk/"
BEFORE = MONDAY - timedelta(days=7)


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = AS_OF + timedelta(days=1)


@pytest.fixture
def anna() -> User:
    return person(email="anna@example.com", name="Anna")


def post(client: Client, **body: Any) -> Any:
    return client.post(ROOT + PATH, body, content_type="application/json")


def test_the_list_tells_each_account_with_chance_proof_signs_and_days(anna: User) -> None:
    one = rule()
    listed(customer(anna, "acme/1", account_name="Acme"), rule=one)
    MondayReport.objects.update(body={"ground": "rules", "rules": [{"rule": one.pk, "key": one.key}]})
    (row,) = get(bearer(anna), PATH)["results"]
    assert {name: row[name] for name in ("monday", "account_external_id", "account", "owner", "mrr", "currency")} == {
        "monday": "2026-11-16",
        "account_external_id": "acme/1",
        "account": "Acme",
        "owner": "anna@example.com",
        "mrr": "1100.00",
        "currency": "USD",
    }
    assert (row["chance"], row["matched"], row["lost"], row["rule"]) == (0.423077, 130, 55, "tickets_30 >= 11")
    assert (round(row["low"], 2), round(row["high"], 2)) == (0.34, 0.51)
    assert row["conditions"][0] == {"feature": "tickets_30", "operator": ">=", "value": 11, "figure": 14, "met": True}
    assert (row["due_on"], row["decision_on"], row["outcome"]) == ("2027-01-18", "2026-12-19", "open")
    assert (row["result"], row["called_at"], row["as_of"]) == ("", None, "2026-11-15")


def test_mondays_tell_the_count_expected_and_what_then_happened(anna: User) -> None:
    for place in range(10):
        account = customer(anna, f"a{place}", ends_in=None)
        due(account, -40, state="lost" if place < 4 else "renewed")
        listed(account, monday=BEFORE)
    MondayReport.objects.create(monday=MONDAY, as_of=AS_OF, made_at=NOW, body={"ground": "none", "why": "few"})
    latest, before = get(bearer(anna), f"{PATH}mondays/")["results"]
    assert (latest["ground"], latest["why"], latest["accounts"], latest["expected"], latest["inside"]) == ("none", "few", 0, 0.0, None)
    assert (before["monday"], before["accounts"], before["low"], before["high"]) == (BEFORE.isoformat(), 10, 1, 7)
    assert (before["left"], before["renewed"], before["open"], before["inside"]) == (4, 6, 0, True)
    assert before["expected"] == pytest.approx(4.230769)


def test_a_call_is_entered_and_read_back(anna: User) -> None:
    listed(customer(anna, "acme"), amount=Decimal(5))
    listed(customer(anna, "beta"))
    made = post(bearer(anna), account_external_id="acme", result="not_needed", note="merged")
    assert made.status_code == 201
    assert (made.json()["result"], made.json()["note"], made.json()["called_by"]) == ("not_needed", "merged", "anna@example.com")
    assert [row["account_external_id"] for row in get(bearer(anna), f"{PATH}?result=not_needed")["results"]] == ["acme"]
    assert [row["account_external_id"] for row in get(bearer(anna), f"{PATH}?result=to_call")["results"]] == ["beta"]


@pytest.mark.parametrize("body", [{"result": "perhaps"}, {"result": None}, {"account_external_id": "none"}, {"note": "x" * 6000}])
def test_what_is_no_call_is_refused(anna: User, body: dict[str, Any]) -> None:
    listed(customer(anna, "acme"))
    answer = post(bearer(anna), **{"account_external_id": "acme", "result": "reached", **body})
    assert answer.status_code == 400
    assert not CampaignCall.objects.exists()


def test_calls_go_to_the_latest_list_alone_and_only_to_ones_own(anna: User) -> None:
    ben = person(email="ben@example.com")
    listed(customer(anna, "old"), monday=BEFORE)
    listed(customer(ben, "bens"))
    for name in ("old", "bens"):
        assert post(bearer(anna), account_external_id=name, result="reached").status_code == 400
    assert get(bearer(anna), PATH)["results"] == []
    assert [row["account_external_id"] for row in get(bearer(anna), f"{PATH}?monday={BEFORE}")["results"]] == ["old"]


def test_the_list_comes_as_a_file_too_and_names_faults(anna: User) -> None:
    listed(customer(anna, "acme"))
    (row,) = csv_rows(bearer(anna).get(f"{ROOT}{PATH}?format=csv"))
    assert row["account_external_id"] == "acme"
    assert faults(bearer(anna), f"{PATH}?monday=x&result=y") == {"monday": "invalid", "result": "invalid"}


def test_before_the_first_night_and_the_first_list_there_is_nothing(anna: User) -> None:
    assert get(bearer(anna), PATH)["results"] == []
    customer(anna, "acme")
    assert get(bearer(anna), PATH)["results"] == []
    assert get(bearer(anna), f"{PATH}mondays/")["results"] == []


def test_the_list_costs_few_queries(anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for place in range(40):
        listed(customer(anna, f"a{place}"))
    client = bearer(anna)
    with django_assert_max_num_queries(6):
        assert len(get(client, PATH)["results"]) == 40
