"""Definitions over REST: published by admins, checked without publishing, refused with the place of every fault."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.dirty import set_built_through
from accounts.models import JobRun
from accounts.types import Role
from health.models import ActivityDefinition, HealthModel
from tests import factories as make
from tests.rest import ROOT, bearer, get

pytestmark = pytest.mark.django_db
PATH = "definitions/"
ACTIVITY: dict[str, Any] = {"effective_from": "2026-01-01", "key_actions": {"approve": 1}, "share": 0.6}


@pytest.fixture
def admin() -> Client:
    return bearer(make.UserFactory.make(email="ada@example.com", role=Role.ADMIN))


def post(client: Client, body: Any, query: str = "") -> Any:
    return client.post(f"{ROOT}{PATH}{query}", body, content_type="application/json")


def test_sections_are_published_as_versions_and_read_back(admin: Client) -> None:
    make.AccountFactory.make()
    answer = post(admin, {"activity": ACTIVITY, "health": {"weights": {"activity": 3, "ratings": 1}}})
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert [(one["section"], one["version"], one["effective_from"], one["new"]) for one in told["changes"]] == [
        ("activity", 1, "2026-01-01", True),
        ("health", 1, "2026-01-01", True),
    ]
    assert told["warnings"][0].startswith("activity.seat_base")
    (row,) = get(admin, PATH, section="activity")["results"]
    assert JobRun.objects.filter(job="restate", state="due").count() == 1
    assert (row["version"], row["published_by"], row["body"]["share"]) == (1, "ada@example.com", "0.6")


def test_check_tells_what_would_change_and_publishes_nothing(admin: Client) -> None:
    answer = post(admin, {"activity": ACTIVITY}, "?check=1")
    assert (answer.status_code, answer.json()["changes"][0]["version"]) == (200, 1)
    assert not ActivityDefinition.objects.exists()


def test_the_same_again_makes_no_version(admin: Client) -> None:
    post(admin, {"activity": ACTIVITY})
    again = post(admin, {"activity": ACTIVITY})
    assert (again.status_code, again.json()["changes"][0]["new"]) == (200, False)
    assert ActivityDefinition.objects.count() == 1


def test_every_fault_is_told_with_its_place_and_nothing_is_published(admin: Client) -> None:
    answer = post(
        admin,
        {"activity": {"key_actions": {"a": -1}}, "health": {"weights": {"activity": 0}, "caps": [{"when": "mood > 3", "band": "red"}]}},
    )
    assert answer.status_code == 400
    assert {error["attr"] for error in answer.json()["errors"]} == {"activity.key_actions.a", "health.weights", "health.caps[1].when"}
    assert not HealthModel.objects.exists()


@pytest.mark.parametrize("body", [[], "x", 3, None, {}])
def test_a_body_that_holds_no_section_is_refused(admin: Client, body: Any) -> None:
    assert post(admin, body).status_code == 400


def test_logins_alone_need_the_confirmation(admin: Client) -> None:
    only = {"activity": {"effective_from": "2026-01-01", "key_actions": {"login": 1}}}
    refused = post(admin, only)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "logins_only")
    assert post(admin, only, "?confirm_logins_only=1").status_code == 201


def test_a_day_of_the_past_says_how_many_published_days_are_redone(admin: Client) -> None:
    set_built_through(date(2026, 10, 31))
    make.publish(make.open_run(date(2026, 10, 31)), days=[date(2026, 10, 30), date(2026, 10, 31)])
    assert post(admin, {"activity": ACTIVITY}).json()["redone_days"] == 2


@pytest.mark.parametrize("role", [Role.CSM, Role.MANAGER])
def test_only_admins_publish(role: Role) -> None:
    client = bearer(make.UserFactory.make(role=role))
    assert post(client, {"activity": ACTIVITY}).status_code == 403
    assert get(client, PATH)["results"] == []
    assert post(Client(), {"activity": ACTIVITY}).status_code == 401
