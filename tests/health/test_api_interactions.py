"""Touchpoints over REST."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Account, Contact, Interaction, User
from accounts.types import Role
from tests.factories import AccountFactory, SourceFactory, UserFactory
from tests.rest import ROOT, bearer, csv_rows, faults, get, published_run, state

pytestmark = pytest.mark.django_db
PATH = "interactions/"
TODAY = date(2026, 11, 1)
AT = datetime(2026, 10, 30, 9, tzinfo=UTC)
BODY = {"account_external_id": "acme/1", "kind": "call", "happened_at": "2026-10-30T17:00:00+08:00", "note": "went well"}


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com")


@pytest.fixture
def account(anna: User) -> Account:
    return AccountFactory.make(external_id="acme/1", owner=anna, timezone="Asia/Shanghai")


def post(client: Client, **changed: Any) -> Any:
    body = {name: value for name, value in {**BODY, **changed}.items() if value is not ...}
    return client.post(ROOT + PATH, body, content_type="application/json")


def refused(client: Client, **changed: Any) -> dict[str, str]:
    answer = post(client, **changed)
    assert answer.status_code == 400, answer.content
    return {error["attr"]: error["code"] for error in answer.json()["errors"]}


def test_a_touchpoint_is_entered_and_is_the_last_contact_at_once(anna: User, account: Account) -> None:
    row = state(account, published_run())
    Contact.objects.create(source=SourceFactory.make(), external_id="c1", account=account, name="Zoe", recorded_at=AT)
    made = post(bearer(anna), contact_external_id="c1")
    assert made.status_code == 201
    body = made.json()
    assert (body["by_email"], body["contact_external_id"], body["note"], body["source"]) == (
        "anna@example.com", "c1", "went well", "portal",
    )  # fmt: skip
    row.refresh_from_db()
    assert row.last_contact_on == date(2026, 10, 30)
    assert get(bearer(anna), PATH)["results"] == [body]


def test_with_an_id_it_is_idempotent_and_changes_what_differs(anna: User, account: Account) -> None:
    client = bearer(anna)
    assert [post(client, external_id="crm-7").status_code for _time in range(2)] == [201, 200]
    changed = post(client, external_id="crm-7", kind="visit")
    assert (changed.status_code, changed.json()["kind"]) == (200, "visit")
    assert Interaction.objects.count() == 1
    AccountFactory.make(external_id="other", owner=anna)
    assert refused(client, external_id="crm-7", account_external_id="other") == {"external_id": "invalid"}


def test_a_colleague_may_be_named_who_sees_the_account(anna: User, account: Account) -> None:
    UserFactory.make(email="boss@example.com", role=Role.ADMIN)
    UserFactory.make(email="blind@example.com")
    assert post(bearer(anna), by_email="boss@example.com").json()["by_email"] == "boss@example.com"
    assert refused(bearer(anna), by_email="blind@example.com") == {"by_email": "invalid"}


def test_every_fault_names_its_field(anna: User, account: Account) -> None:
    client = bearer(anna)
    assert refused(client, account_external_id=..., kind=..., happened_at=...) == {
        "account_external_id": "required", "kind": "required", "happened_at": "required",
    }  # fmt: skip
    assert refused(client, kind="party", happened_at="yesterday") == {"kind": "invalid_choice", "happened_at": "invalid"}
    assert refused(client, happened_at="2026-11-03T00:00:00Z", contact_external_id="nobody") == {
        "happened_at": "invalid", "contact_external_id": "invalid",
    }  # fmt: skip
    assert refused(client, happened_at="1980-01-01T00:00:00Z") == {"happened_at": "invalid"}
    assert refused(client, user="typo") == {"user": "unknown_field"}
    assert not Interaction.objects.exists()


def test_an_account_of_others_is_as_one_that_is_not_there(anna: User, account: Account) -> None:
    post(bearer(anna))
    client = bearer(UserFactory.make())
    assert refused(client) == refused(client, account_external_id="nobody") == {"account_external_id": "does_not_exist"}
    assert get(client, PATH)["results"] == []


def test_filters_narrow_and_the_file_holds_all(anna: User, account: Account) -> None:
    files = SourceFactory.make()
    for n, kind in enumerate(("call", "visit", "call")):
        Interaction.objects.create(
            source=files, external_id=str(n), account=account, kind=kind, happened_at=AT - timedelta(days=30 * n),
            by=anna if n else None, recorded_at=AT,
        )  # fmt: skip
    client = bearer(anna)

    def ids(**query: Any) -> list[str]:
        return [row["external_id"] for row in get(client, PATH, **query)["results"]]

    assert ids() == ["0", "1", "2"]
    assert ids(kind="call") == ["0", "2"]
    assert ids(by_email="anna@example.com") == ["1", "2"]
    assert ids(from_="2026-09-01", to="2026-10-30") == ["1"]
    assert faults(client, PATH, kind="party") == {"kind": "invalid"}
    rows = csv_rows(client.get(f"{ROOT}{PATH}?format=csv"))
    assert [(row["external_id"], row["by_email"]) for row in rows] == [("0", ""), ("1", "anna@example.com"), ("2", "anna@example.com")]
