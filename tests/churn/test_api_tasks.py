"""Tasks over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from churn.models import ActionItem, Task
from tests.churn.acting_book import DAY, TODAY, case, quiet, refreshed
from tests.factories import UserFactory
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
PATH = "tasks/"


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna() -> User:
    anna = UserFactory.make(email="anna@example.com")
    case(quiet(anna, "acme/1"), -1)
    quiet(UserFactory.make(), "others")
    return anna


def post(client: Client, below: str = "", **body: Any) -> Any:
    return client.post(ROOT + PATH + below, body, content_type="application/json")


def refused(answer: Any) -> set[str | None]:
    assert answer.status_code == 400, answer.content
    return {error["attr"] for error in answer.json()["errors"]}


def test_a_task_is_made_from_an_item_read_done_and_talked_about(anna: User) -> None:
    refreshed()
    item, client = ActionItem.objects.get(), bearer(anna)
    made = post(client, account_external_id="acme/1", title="Ask for the outcome", due_on=TODAY.isoformat(), item=item.pk)
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["item"], row["owner"], row["created_by"], row["done_at"]) == (item.pk, "", "anna@example.com", None)
    assert get(client, PATH)["results"] == [row]
    item.refresh_from_db()
    assert item.first_acted_at is not None
    done = post(client, f"{row['id']}/", do="done").json()
    assert done["done_by"] == "anna@example.com"
    assert get(client, PATH)["results"] == []
    assert [one["id"] for one in get(client, PATH, state="done")["results"]] == [row["id"]]
    assert post(client, f"{row['id']}/", do="comment", text="called twice").status_code == 200
    assert Task.objects.get().comments.get().text == "called twice"
    assert post(client, f"{row['id']}/", do="reopen").json()["done_at"] is None
    assert post(client, f"{row['id']}/", do="withdraw").json()["withdrawn_at"] is not None
    assert get(client, PATH)["results"] == []
    assert post(client, f"{row['id']}/", do="done").status_code == 404
    assert post(client, f"{row['id']}/", do="restore").json()["withdrawn_at"] is None


def test_filters_tell_open_overdue_and_done_by_owner_and_day(anna: User) -> None:
    client = bearer(anna)
    for title, days in (("soon", 3), ("today", 0)):
        assert post(client, account_external_id="acme/1", title=title, due_on=(TODAY + days * DAY).isoformat()).status_code == 201
    Task.objects.filter(title="today").update(due_on=TODAY - DAY)
    assert [row["title"] for row in get(client, PATH)["results"]] == ["today", "soon"]
    assert [row["title"] for row in get(client, PATH, state="overdue")["results"]] == ["today"]
    assert [row["title"] for row in get(client, PATH, owner="anna@example.com", to=TODAY.isoformat())["results"]] == ["today"]
    assert get(client, PATH, owner="ben@example.com")["results"] == []
    rows = csv_rows(client.get(ROOT + PATH, {"format": "csv"}))
    assert [row["title"] for row in rows] == ["today", "soon"]


def test_what_is_wrong_is_told_by_field_and_what_is_not_theirs_is_not_there(anna: User) -> None:
    client = bearer(anna)
    assert refused(post(client, account_external_id="acme/1")) == {"title"}
    assert refused(post(client, account_external_id="others", title="x")) == {"account_external_id"}
    assert refused(post(client, account_external_id="acme/1", title="x", item=10**9)) == {"item"}
    assert refused(post(client, account_external_id="acme/1", title="x", owner="nobody@example.com")) == {"owner"}
    assert refused(post(client, account_external_id="acme/1", title="x", due_on=(TODAY - timedelta(days=1)).isoformat())) == {"due_on"}
    assert refused(post(client, account_external_id="acme/1", title="x", color="red")) == {"color"}
    assert refused(client.post(ROOT + PATH, [1], content_type="application/json")) == {"non_field_errors"}
    assert set(faults(client, PATH, state="late")) == {"state"}
    pk = post(client, account_external_id="acme/1", title="x").json()["id"]
    assert refused(post(client, f"{pk}/", do="comment")) == {"text"}
    assert post(bearer(UserFactory.make()), f"{pk}/", do="done").status_code == 404
    assert Task.objects.get().done_at is None


def test_the_list_costs_few_queries(anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client = bearer(anna)
    for number in range(5):
        post(client, account_external_id="acme/1", title=f"task {number}")
    with django_assert_max_num_queries(4):
        assert len(get(client, PATH)["results"]) == 5
