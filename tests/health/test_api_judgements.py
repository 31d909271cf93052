"""Ratings and overrides over REST: lists, filters, entering, and everything that is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, User
from health.models import AccountState, Override, Rating
from tests.factories import AccountFactory, UserFactory
from tests.health.graded import RECORDED, define_questions
from tests.rest import ROOT, bearer, csv_rows, get, published_run, state

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 16)


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna() -> User:
    define_questions(core="ratings", boss="executive")
    return UserFactory.make(email="anna@example.com")


@pytest.fixture
def acme(anna: User) -> Account:
    account = AccountFactory.make(external_id="acme", owner=anna)
    state(account, published_run())
    return account


def post(user: User, path: str, **data: Any) -> Any:
    return bearer(user).post(ROOT + path, data, content_type="application/json")


def faults(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {one["attr"]: one["detail"] for one in answer.json()["errors"]}


def rated(account: Account, by: User, score: int, on: date, question: str = "core") -> Rating:
    return Rating.objects.create(account=account, question=question, score=score, rated_on=on, rated_by=by, recorded_at=RECORDED)


def test_an_answer_is_kept_dated_today_and_shows_at_once(anna: User, acme: Account) -> None:
    made = post(anna, "ratings/", account_external_id="acme", question="core", score=4)
    assert made.status_code == 201
    body = made.json()
    assert (body["rated_on"], body["rated_by_email"], body["score"], body["reason"]) == ("2026-03-16", "anna@example.com", 4, "")
    assert AccountState.objects.get().rated_on == TODAY
    again = post(anna, "ratings/", account_external_id="acme", question="core", score=2, reason="misread")
    assert (again.status_code, Rating.objects.count()) == (200, 1)


def test_an_answer_of_an_earlier_day_leaves_the_day_of_the_last_rating(anna: User, acme: Account) -> None:
    post(anna, "ratings/", account_external_id="acme", question="core", score=4)
    made = post(
        anna, "ratings/", account_external_id="acme", question="boss", score=3, rated_on="2026-03-01", rated_by_email="Anna@example.com"
    )
    assert (made.status_code, made.json()["rated_on"]) == (201, "2026-03-01")
    assert AccountState.objects.get().rated_on == TODAY


@pytest.mark.parametrize(
    ("data", "field", "says"),
    [
        ({"score": 6}, "score", "5"),
        ({"score": "high"}, "score", "integer"),
        ({"question": "gone"}, "question", "not asked any more"),
        ({"account_external_id": "hers"}, "account_external_id", "You see no account"),
        ({"account_external_id": "a\0b"}, "account_external_id", "Null"),
        ({"rated_on": "2026-03-17"}, "rated_on", "2026-03-16 or earlier"),
        ({"rated_by_email": "ben@example.com"}, "rated_by_email", "yours alone"),
        ({"score": 2}, "reason", "say why"),
        ({"reason": "x" * 2_000}, "reason", "at most 1000"),
        ({"mood": "good"}, "mood", "no field"),
    ],
)
def test_a_bad_answer_is_refused_by_field(anna: User, acme: Account, data: dict[str, Any], field: str, says: str) -> None:
    AccountFactory.make(external_id="hers")
    rated(acme, anna, 5, TODAY - timedelta(days=9))
    wanted = {"account_external_id": "acme", "question": "core", "score": 5, **data}
    assert says in faults(post(anna, "ratings/", **wanted))[field]
    assert Rating.objects.count() == 1


def test_answers_are_listed_the_latest_first_and_filtered(anna: User, acme: Account) -> None:
    ben = UserFactory.make()
    for back, score in ((3, 2), (2, 3), (1, 4)):
        rated(acme, anna, score, TODAY - timedelta(days=back))
    rated(acme, ben, 1, TODAY - timedelta(days=5), "boss")
    rated(AccountFactory.make(), ben, 1, TODAY)
    client = bearer(anna)

    def listed(**query: Any) -> list[int]:
        return [row["score"] for row in get(client, "ratings/", **query)["results"]]

    assert listed() == [4, 3, 2, 1]
    assert listed(from_="2026-03-13", to="2026-03-15") == [3, 2]
    assert listed(question="boss") == [1]
    assert listed(latest=1) == [4, 1]
    assert listed(account_external_id="none") == []
    rows = csv_rows(client.get(f"{ROOT}ratings/?format=csv"))
    assert list(rows[0]) == ["account_external_id", "question", "score", "rated_on", "rated_by_email", "reason", "recorded_at"]
    assert len(rows) == 4


def test_an_override_is_set_listed_and_ended(anna: User, acme: Account) -> None:
    made = post(anna, "overrides/", account_external_id="acme", band="red", ends_on="2026-04-01", reason="the sponsor left")
    assert made.status_code == 201
    body = made.json()
    assert (body["starts_on"], body["ends_on"], body["author"], body["band"]) == ("2026-03-16", "2026-04-01", "anna@example.com", "red")
    assert AccountState.objects.get().band == "red"
    client = bearer(anna)
    assert [row["reason"] for row in get(client, "overrides/", current=1)["results"]] == ["the sponsor left"]
    assert get(client, "overrides/", band="green")["results"] == []
    assert get(client, "overrides/", from_="2026-04-01")["results"] == []
    ended = post(anna, f"overrides/{body['id']}/end/")
    assert ended.status_code == 200
    assert AccountState.objects.get().band == "unknown"
    assert post(anna, f"overrides/{body['id']}/end/").status_code == 404
    assert post(anna, f"overrides/{2**70}/end/").status_code == 404


@pytest.mark.parametrize(
    ("data", "field", "says"),
    [
        ({"ends_on": "2026-03-16"}, "ends_on", "2026-03-17 or later"),
        ({"ends_on": "soon"}, "ends_on", "wrong format"),
        ({"starts_on": "2026-03-15"}, "starts_on", "cannot begin in the past"),
        ({"reason": ""}, "reason", "blank"),
        ({"reason": "  \n"}, "reason", "blank"),
        ({"band": "unknown"}, "band", "not a valid choice"),
        ({"account_external_id": "hers"}, "account_external_id", "You see no account"),
        ({"until": "2026-04-01"}, "until", "no field"),
    ],
)
def test_a_bad_override_is_refused_by_field(anna: User, acme: Account, data: dict[str, Any], field: str, says: str) -> None:
    AccountFactory.make(external_id="hers")
    wanted = {"account_external_id": "acme", "band": "red", "ends_on": "2026-04-01", "reason": "why", **data}
    assert says in faults(post(anna, "overrides/", **wanted))[field]
    assert not Override.objects.exists()


def test_overrides_of_others_are_neither_seen_nor_ended(anna: User, acme: Account) -> None:
    post(anna, "overrides/", account_external_id="acme", band="red", ends_on="2026-04-01", reason="why")
    ben = UserFactory.make()
    assert get(bearer(ben), "overrides/")["results"] == []
    assert post(ben, f"overrides/{Override.objects.get().pk}/end/").status_code == 404


def test_lists_cost_few_queries_at_any_size(anna: User, acme: Account, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for back in range(40):
        rated(acme, anna, 3, TODAY - timedelta(days=back))
    client: Client = bearer(anna)
    get(client, "ratings/")
    for path in ("ratings/", "overrides/"):
        with django_assert_max_num_queries(6):
            get(client, path)
