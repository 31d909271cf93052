"""Waiting events and unknown actions as pages: what is told, what a file holds, discards undone, actions put into drafts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.keys import new_write_key
from accounts.models import Event, PendingEvent, RefusedCall, User
from accounts.tracking.intake import take
from accounts.tracking.saying import Arrival
from accounts.tracking.store import forget_prepared
from accounts.types import Role
from csm_portal.portal.intake.actions import KEY, LIGHT, PASSIVE, names_in, placed
from csm_portal.portal.sample.definition import DEFINITION
from health.definitions import check_activity
from health.lab.publish_definitions import check_draft, publish_draft, read_draft
from health.models import DefinitionDraft
from tests.factories import AccountFactory
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
NASTY = "<b>=1+1</b>"


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> Iterator[None]:
    settings.PORTAL_AS_OF = date(2026, 11, 1)
    cache.clear()
    forget_prepared()
    yield
    forget_prepared()
    cache.clear()


@pytest.fixture
def admin() -> User:
    return person(role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def send(*said: dict[str, Any]) -> None:
    made = new_write_key("web").source
    take(made, [json.dumps({"type": "track", "messageId": f"m{n}", **one}).encode() for n, one in enumerate(said)], Arrival(NOW))


def wait() -> None:
    send(
        {"event": NASTY, "userId": "u1", "context": {"groupId": "acme"}},
        {"event": "order", "userId": "u1", "context": {"groupId": "acme"}},
        {"event": "order", "userId": "u2"},
        {"event": "order", "anonymousId": "x"},
    )


def undo_of(answer: Any) -> str:
    found: str = json.loads(answer["HX-Trigger"])["portal:toast"]["undo_url"]
    return found


HTMX = {"HX-Request": "true"}


def test_each_group_says_what_it_waits_for_and_what_would_bring_it(client: Client) -> None:
    wait()
    page = client.get("/data/intake/waiting/").content.decode()
    for words in ("The account “acme” is not there", "Nobody said which account “u2” belongs to", "neither a known person nor an account"):
        assert words in page
    assert "4 events" in page
    assert "Nothing waits" not in page


def test_waiting_events_are_kept_as_a_file_without_formulas(client: Client) -> None:
    wait()
    body = b"".join(client.get("/data/intake/waiting/?format=csv").streaming_content)  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert (len(rows), rows[1][0], rows[1][5], rows[1][7]) == (5, "web", NASTY, NOW.isoformat())
    group = json.dumps([PendingEvent.objects.values_list("source_id", flat=True)[0], "no_account", "", "u2"])
    some = b"".join(client.get("/data/intake/waiting/", {"format": "csv", "group": group}).streaming_content)  # type: ignore[attr-defined]
    assert len(some.decode().splitlines()) == 2


@pytest.mark.parametrize("wrong", ["", "{}", "[1]", '[1, "x", "", ""]', '["a", "no_account", "", ""]', '[1, "no_account", "\\u0000", ""]'])
def test_a_group_that_is_none_discards_nothing(client: Client, wrong: str) -> None:
    wait()
    assert client.post("/data/intake/waiting/discard/", {"group": wrong}).status_code == 302
    assert PendingEvent.objects.count() == 4


def test_discarded_events_wait_again_after_the_undo(client: Client) -> None:
    wait()
    source = PendingEvent.objects.values_list("source_id", flat=True)[0]
    group = json.dumps([source, "unknown_account", "acme", "u1"])
    answer = client.post("/data/intake/waiting/discard/", {"group": group}, headers=HTMX)
    assert (PendingEvent.objects.count(), RefusedCall.objects.count()) == (2, 2)
    assert "discarded" not in client.get("/data/intake/refused/").content.decode()
    assert client.post(undo_of(answer), headers=HTMX).status_code == 204
    assert (PendingEvent.objects.count(), RefusedCall.objects.count()) == (4, 0)
    assert client.post(undo_of(answer)).status_code == 404


def test_attaching_at_once_takes_up_what_has_come(client: Client) -> None:
    wait()
    client.post("/data/intake/waiting/attach/")
    assert Event.objects.count() == 0
    AccountFactory.make(external_id="acme")
    assert "2 events attached" in client.post("/data/intake/waiting/attach/", headers=HTMX)["HX-Trigger"]
    assert (Event.objects.count(), PendingEvent.objects.count()) == (2, 2)


def act(*actions: str) -> None:
    AccountFactory.make(external_id="acme")
    said = [{"event": one, "userId": "u1", "context": {"groupId": "acme"}, "timestamp": "2026-10-20T10:00:00Z"} for one in actions]
    send(*said)
    from accounts.tracking.attach import attach

    attach(date(2026, 11, 1))


def define(admin: User) -> None:
    publish_draft(read_draft(DEFINITION), at=NOW, by=admin)


def test_actions_named_nowhere_are_listed_with_their_counts(
    client: Client, admin: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    define(admin)
    act("create_order", "invoice_sent", "invoice_sent", "page_viewed", NASTY)
    with django_assert_max_num_queries(10):
        page = client.get("/data/intake/actions/")
    found = [(one.name, one.times, one.accounts, one.first_on, one.looks) for one in page.context["found"].actions]
    day = date(2026, 10, 20)
    assert found == [("invoice_sent", 2, 1, day, "key"), (NASTY, 1, 1, day, "key"), ("page_viewed", 1, 1, day, "other")]
    assert NASTY not in page.content.decode()
    with django_assert_max_num_queries(8):
        client.get("/data/intake/actions/")


def test_a_click_puts_actions_into_a_new_draft_and_takes_them_off_the_list(client: Client, admin: User) -> None:
    define(admin)
    act("invoice_sent", "page_viewed")
    answer = client.post("/data/intake/actions/", {"action": ["invoice_sent"], "place": "key", "draft": ""}, headers=HTMX)
    draft = DefinitionDraft.objects.get()
    assert (draft.name, draft.sections["activity"]["key_actions"]["invoice_sent"]) == ("Actions seen over HTTP", "1")
    page = client.get("/data/intake/actions/")
    assert [one.name for one in page.context["found"].actions] == ["page_viewed"]
    assert f"/settings/definitions/drafts/{draft.pk}/" in page.content.decode()
    before = draft.revision
    again = client.post("/data/intake/actions/", {"action": ["page_viewed"], "place": "light", "draft": draft.pk}, headers=HTMX)
    draft.refresh_from_db()
    assert "page_viewed" in draft.sections["activity"]["login_actions"]
    assert undo_of(again).endswith(f"/revisions/{before}/")
    client.post(undo_of(again))
    draft.refresh_from_db()
    assert "page_viewed" not in draft.sections["activity"]["login_actions"]
    client.post(undo_of(answer))
    draft.refresh_from_db()
    assert draft.discarded_at is not None


def test_leaving_an_action_as_it_counts_moves_no_figure(admin: User) -> None:
    define(admin)
    body = check_activity({"key_actions": {"order": 1}, "scenarios": [{"name": "Orders", "actions": ["order"]}]})
    light = check_activity(placed(body, ["seen"], LIGHT))
    assert {name: value for name, value in light.items() if name != "login_actions"} == {
        name: value for name, value in body.items() if name != "login_actions"
    }
    assert check_activity(placed(body, ["seen"], KEY))["key_actions"]["seen"] == "1"
    assert check_activity(placed(body, ["mailed"], PASSIVE))["passive_actions"] == ["mailed"]
    assert check_activity(placed(body, ["seen"], "scenario:Orders"))["scenarios"][0]["actions"] == ["order", "seen"]
    assert names_in(placed(body, ["seen", "order"], KEY)) == {"seen", "order"}


def test_what_cannot_be_put_anywhere_is_said_and_leaves_no_draft(client: Client, admin: User) -> None:
    act("invoice_sent")
    for told in (
        {"action": ["invoice_sent"], "place": "scenario:None"}, {"action": ["invoice_sent"], "place": ""}, {"action": [], "place": "key"},
        {"action": ["never seen", "a\x00"], "place": "key"}, {"action": ["invoice_sent"], "place": "light"},
    ):  # fmt: skip
        assert client.post("/data/intake/actions/", told).status_code == 302
    assert not DefinitionDraft.objects.exists()
    assert client.post("/data/intake/actions/", {"action": ["invoice_sent"], "place": "key", "draft": "7"}).status_code == 404
    assert client.post("/data/intake/actions/", {"action": ["invoice_sent"], "place": "key"}).status_code == 302
    assert check_draft(DefinitionDraft.objects.get().sections).new
