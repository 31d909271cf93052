"""Notes and interactions on pages."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Contact, Interaction, Note, User
from accounts.types import Role
from health.models import AccountState
from tests.factories import SourceFactory, UserFactory
from tests.portal.shown_book import NOW, person, shown

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
HTMX = {"HX-Request": "true"}
NASTY = """<script>alert("x")</script> '&"""


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna(client: Client) -> User:
    user = person(email="anna@example.com", name="Anna")
    client.force_login(user)
    shown(user, "acme")
    return user


def post(client: Client, path: str, *, htmx: Any = True, **data: Any) -> Any:
    return client.post(path, {"account": "acme", **data}, headers=HTMX if htmx else {})


def told(answer: Any, event: str = "portal:toast") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.headers["HX-Trigger"])[event]
    return found


def test_a_note_is_written_and_taken_back(client: Client, anna: User) -> None:
    form = client.get("/touch/form/?what=note&account=acme", headers=HTMX).content.decode()
    assert "Note on acme" in form
    assert "autofocus" in form
    saved = post(client, "/touch/notes/", text="call in May")
    assert saved.status_code == 204
    assert told(saved)["text"] == "Note saved."
    assert Note.objects.get().text == "call in May"
    assert client.post(told(saved)["undo_url"], headers=HTMX).status_code == 204
    assert not Note.objects.exists()
    assert client.post(told(saved)["undo_url"], headers=HTMX).status_code == 404


def test_an_interaction_shows_as_the_last_contact_at_once(client: Client, anna: User) -> None:
    Contact.objects.create(source=SourceFactory.make(), external_id="z", account=anna.book.get(), name=NASTY, recorded_at=NOW)
    form = client.get("/touch/form/?what=interaction&account=acme", headers=HTMX).content.decode()
    assert 'max="2026-11-20"' in form
    assert "<script>alert" not in form
    saved = post(client, "/touch/interactions/", kind="visit", on="2026-11-18", contact=str(Contact.objects.get().pk), text="saw it")
    assert told(saved)["text"] == "Interaction saved."
    assert AccountState.objects.get().last_contact_on == date(2026, 11, 18)
    client.post(told(saved)["undo_url"], headers=HTMX)
    assert AccountState.objects.get().last_contact_on is None
    assert not Interaction.objects.exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"on": "2026-11-21"}, "lies in the future"),
        ({"on": "21.11.2026"}, "right would be YYYY-MM-DD"),
        ({"contact": "99999999999999999999"}, "no contact of the account"),
        ({"contact": "x"}, "no contact of the account"),
        ({"kind": "<b>"}, "Choose what it was"),
        ({"text": "x" * 10_000}, "at most 5000"),
    ],
)
def test_a_bad_interaction_comes_back_with_what_was_written(client: Client, anna: User, data: dict[str, Any], says: str) -> None:
    refused = post(client, "/touch/interactions/", **{"kind": "call", "on": "2026-11-20", "text": "kept text", **data})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert says in page
    assert data.get("text", "kept text") in page
    assert not Interaction.objects.exists()


@pytest.mark.parametrize("text", [NASTY, "x" * 10_000, "a\0b", "中文"])
@pytest.mark.parametrize("field", ["text", "kind", "on", "contact", "key", "next"])
def test_any_text_in_any_field_is_kept_escaped_or_refused(client: Client, anna: User, field: str, text: str) -> None:
    for path in ("/touch/notes/", "/touch/interactions/"):
        for htmx in (True, False):
            answer = post(client, path, htmx=htmx, **{"kind": "call", "on": "2026-11-20", "text": "x", field: text})
            assert answer.status_code in {204, 302, 422}
            assert b"<script>alert" not in answer.content


def test_what_is_not_yours_is_not_there(client: Client, anna: User) -> None:
    other = person()
    shown(other, "hers")
    for external_id in ("hers", "none", "a\0"):
        assert client.get("/touch/form/", {"what": "note", "account": external_id}).status_code == 404
        for path in ("/touch/notes/", "/touch/interactions/"):
            assert post(client, path, account=external_id, text="x", kind="call", on="2026-11-20").status_code == 404
    assert client.get("/touch/form/?what=poem&account=acme").status_code == 404
    saved = told(post(client, "/touch/notes/", text="mine"))
    client.force_login(other)
    assert client.post(saved["undo_url"]).status_code == 404
    assert Note.objects.count() == 1


def test_without_script_the_form_is_a_page_and_leads_back(client: Client, anna: User) -> None:
    assert "<html" in client.get("/touch/form/?what=note&account=acme").content.decode()
    done = post(client, "/touch/notes/", htmx=False, text="hello")
    assert (done.status_code, done["Location"]) == (302, "/accounts/acme/")


def test_the_forms_cost_few_queries(client: Client, anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for what in ("note", "interaction"):
        with django_assert_max_num_queries(5):
            client.get(f"/touch/form/?what={what}&account=acme", headers=HTMX)
    with django_assert_max_num_queries(20):
        post(client, "/touch/interactions/", kind="call", on="2026-11-20")


def test_colleagues_who_see_the_account_are_offered_and_marked_in_the_note(client: Client, anna: User) -> None:
    UserFactory.make(email="bea@example.com", name="Bea <b>Li</b>", role=Role.ADMIN)
    UserFactory.make(email="blind@example.com", name="Blind Bob")
    assert "data-mentions" in client.get("/touch/form/?what=note&account=acme", headers=HTMX).content.decode()
    assert "data-mentions" not in client.get("/touch/form/?what=interaction&account=acme", headers=HTMX).content.decode()
    offered = client.get("/touch/people/", {"account": "acme", "q": "b"}).json()["people"]
    assert offered == [{"write": "@Bea <b>Li</b>", "name": "Bea <b>Li</b>", "email": "bea@example.com"}]
    assert client.get("/touch/people/", {"account": "nobody", "q": "b"}).status_code == 404
    refused = post(client, "/touch/notes/", text="@Blind Bob look")
    assert refused.status_code == 422
    assert "may not see this account" in refused.content.decode()
    post(client, "/touch/notes/", text="@bea look\nat this")
    page = client.get("/accounts/acme/").content.decode()
    assert '<mark class="mention">@bea</mark> look<br>at this' in page


def test_planned_reviews_of_the_account_lead_to_their_page(client: Client, anna: User) -> None:
    page = client.get("/accounts/acme/").content.decode()
    assert 'href="/qbr/acme/"' in page
    assert 'href="/reviews/plan/?account=acme"' in page
