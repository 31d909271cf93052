"""Reviews over REST."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, User
from health.judging.feedback import Care, take_care
from health.models import AccountState, Review
from tests.factories import AccountFactory, SourceFactory, UserFactory
from tests.rest import ROOT, bearer, csv_rows, faults, get, published_run, state

pytestmark = pytest.mark.django_db
PATH = "reviews/"
TODAY = date(2026, 11, 1)
AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
BODY = {"account_external_id": "acme/1", "kind": "qbr", "planned_on": "2026-11-20"}


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


def test_a_review_is_entered_with_the_columns_of_the_file_and_read_back(anna: User, account: Account) -> None:
    row = state(account, published_run())
    told = {"held_on": "2026-10-30", "executive_attended": True, "landed": "a\nb", "feedback": "slow", "next_on": "2027-01-30"}
    made = post(bearer(anna), **told)
    assert made.status_code == 201
    body = made.json()
    assert {name: body[name] for name in {**BODY, **told}} == {**BODY, **told}
    assert (body["source"], body["entered_by"], body["themes"], body["feedback_owner"], body["answer"]) == (
        "portal", "anna@example.com", [], None, "",
    )  # fmt: skip
    row.refresh_from_db()
    assert row.last_contact_on == date(2026, 10, 30)
    take_care(anna, Review.objects.get().pk, Care("anna@example.com", "soon", ("slow",)), AT, TODAY)
    (listed,) = get(bearer(anna), PATH)["results"]
    assert (listed["themes"], listed["feedback_owner"], listed["answer"], listed["answered_on"]) == (
        ["slow"], "anna@example.com", "soon", "2026-11-01",
    )  # fmt: skip


def test_with_an_id_it_is_idempotent(anna: User, account: Account) -> None:
    client = bearer(anna)
    assert [post(client, external_id="crm-7").status_code for _time in range(2)] == [201, 200]
    changed = post(client, external_id="crm-7", kind="ebr")
    assert (changed.status_code, changed.json()["kind"]) == (200, "ebr")
    assert Review.objects.count() == 1
    assert post(client).json()["external_id"]


def test_every_fault_names_its_field(anna: User, account: Account) -> None:
    client = bearer(anna)
    assert refused(client, account_external_id=..., kind=...) == {"account_external_id": "required", "kind": "required"}
    assert refused(client, kind="party", planned_on="1.1.2026", executive_attended="who") == {
        "kind": "invalid_choice", "planned_on": "invalid", "executive_attended": "invalid",
    }  # fmt: skip
    assert refused(client, planned_on=None) == {"planned_on": "invalid"}
    assert refused(client, held_on=str(TODAY + timedelta(days=1)), landed="\x01") == {"held_on": "invalid", "landed": "invalid"}
    assert refused(client, executive_attended=True) == {"executive_attended": "invalid"}
    assert refused(client, themes=["slow"]) == {"themes": "unknown_field"}
    assert client.post(ROOT + PATH, "[1]", content_type="application/json").status_code == 400
    assert not Review.objects.exists()


def test_an_account_of_others_is_as_one_that_is_not_there(anna: User, account: Account) -> None:
    post(bearer(anna), external_id="mine")
    client = bearer(UserFactory.make())
    assert refused(client) == refused(client, account_external_id="nobody") == {"account_external_id": "does_not_exist"}
    assert get(client, PATH)["results"] == []
    other = AccountFactory.make(external_id="theirs", owner=UserFactory.make(email="bo@example.com"))
    assert other.owner is not None
    assert refused(bearer(other.owner), account_external_id="theirs", external_id="mine") == {"external_id": "invalid"}


def test_filters_narrow_and_the_file_holds_all(anna: User, account: Account, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    files = SourceFactory.make()
    for n, (kind, planned, held) in enumerate([("qbr", TODAY, None), ("ebr", TODAY, TODAY), ("qbr", None, date(2026, 1, 5))]):
        Review.objects.create(
            source=files, external_id=str(n), account=account, kind=kind, planned_on=planned, held_on=held, recorded_at=AT
        )  # fmt: skip
    client = bearer(anna)

    def ids(**query: Any) -> list[str]:
        return [row["external_id"] for row in get(client, PATH, **query)["results"]]

    assert ids() == ["2", "1", "0"]
    assert ids(kind="qbr") == ["2", "0"]
    assert ids(state="planned") == ["0"]
    assert ids(state="held") == ["2", "1"]
    assert ids(from_="2026-01-01", to="2026-02-01") == ["2"]
    assert ids(account_external_id="x") == []
    assert faults(client, PATH, kind="party", foo=1) == {"kind": "invalid", "foo": "unknown_parameter"}
    with django_assert_max_num_queries(5):
        rows = csv_rows(client.get(f"{ROOT}{PATH}?format=csv"))
    assert [(row["external_id"], row["source"], row["entered_by"]) for row in rows] == [(str(n), "files", "") for n in (2, 1, 0)]
    assert AccountState.objects.count() == 0
