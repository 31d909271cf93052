"""Changing accounts on pages: cells, dialogs for many, undo, and what is not yours."""

from __future__ import annotations

import json
import uuid
from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, AccountEdit, User
from accounts.types import Role
from tests.factories import AccountFactory, TeamFactory
from tests.portal.shown_book import person, shown

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
HTMX = {"HX-Request": "true"}
NASTY = """<script>alert("x")</script> '&"""


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna(client: Client) -> User:
    user = person(email="anna@example.com", name="Anna", team=TeamFactory.make(name="EMEA", path="EMEA/"))
    client.force_login(user)
    return user


def post(client: Client, path: str = "/edits/", *, htmx: Any = True, **data: Any) -> Any:
    return client.post(path, data, headers=HTMX if htmx else {})


def told(answer: Any, event: str = "portal:toast") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.headers["HX-Trigger"])[event]
    return found


def test_a_cell_shows_its_form_saves_and_offers_an_undo(client: Client, anna: User) -> None:
    shown(anna, "acme", account_tier="small")
    form = client.get("/edits/form/?field=tier&account=acme&cell=1", headers=HTMX).content.decode()
    assert 'value="small"' in form
    assert 'name="csrfmiddlewaretoken"' in form
    saved = post(client, field="tier", value="gold", account="acme", cell="1")
    assert saved.status_code == 200
    assert '<span class="edit-value">Gold</span>' in saved.content.decode()
    toast = told(saved)
    assert toast["text"] == "Tier changed on 1 account."
    back = post(client, toast["undo_url"])
    assert back.status_code == 204
    assert told(back)["text"] == "Put back on 1 account."
    assert told(back, "portal:changed") == {"cell": "/edits/form/?field=tier&account=acme", "text": "Small"}
    assert Account.objects.get().tier == "small"
    assert told(post(client, toast["undo_url"]))["text"] == "Nothing is left to put back."


def test_a_refusal_comes_back_in_place_with_what_was_written(client: Client, anna: User) -> None:
    shown(anna, "acme", account_tier="small")
    refused = post(client, field="tier", value="x" * 101, account="acme", cell="1")
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "right would be at most 100" in page
    assert "x" * 101 in page
    assert 'aria-invalid="true"' in page
    assert Account.objects.get().tier == "small"


def test_what_does_not_change_needs_no_undo(client: Client, anna: User) -> None:
    shown(anna, "acme", account_tier="small")
    toast = told(post(client, field="tier", value="small", account="acme", cell="1"))
    assert toast == {"text": "Tier: nothing to change.", "tone": "warn"}
    assert AccountEdit.objects.count() == 0


@pytest.mark.parametrize("value", [NASTY, "x" * 10_000, "a\0b", "\x1b[31m", "中文；标签"])
@pytest.mark.parametrize("field", ["owner", "co_owner", "tags", "tier", "stage", "next_step"])
def test_any_text_in_any_field_is_kept_escaped_or_refused(client: Client, anna: User, field: str, value: str) -> None:
    AccountFactory.make(external_id=NASTY, name=NASTY, owner=anna)
    for cell in ({"cell": "1"}, {}):
        for htmx in (True, False):
            answer = post(client, htmx=htmx, field=field, value=value, account=NASTY, **cell)
            assert answer.status_code in {200, 204, 302, 422}, answer.content
            assert b"<script>alert" not in answer.content
    page = client.get("/edits/form/", {"field": field, "account": NASTY})
    assert page.status_code == 200
    assert b"<script>alert" not in page.content


def test_without_script_the_form_is_a_page_and_leads_back(client: Client, anna: User) -> None:
    shown(anna, "acme")
    page = client.get("/edits/form/?field=next_step&account=acme&next=/accounts/?q=a")
    assert "<html" in page.content.decode()
    done = post(client, htmx=False, field="next_step", value="call", account="acme", next="/accounts/?q=a")
    assert (done.status_code, done["Location"]) == (302, "/accounts/?q=a")
    assert "Next step changed on 1 account." in client.get("/accounts/").content.decode()
    away = post(client, htmx=False, field="next_step", value="write", account="acme", next="https://evil.example/")
    assert away["Location"] == "/accounts/acme/"


def test_what_is_not_yours_is_not_there(client: Client, anna: User) -> None:
    hers = shown(person(), "hers", account_tier="small")
    for path in ("/edits/form/?field=tier&account=hers", "/edits/form/?field=tier&account=none", "/edits/form/?field=tier&account=a%00"):
        assert client.get(path).status_code == 404
    for external_id in ("hers", "none", "a\0"):
        assert post(client, field="tier", value="gold", account=external_id).status_code == 404
    assert post(client, f"/edits/{uuid.uuid4()}/undo/").status_code == 404
    hers.refresh_from_db()
    assert hers.tier == "small"


def test_another_persons_change_is_not_undone(client: Client, anna: User) -> None:
    boss = person(Role.ADMIN)
    shown(anna, "acme")
    toast = told(post(client, field="tier", value="gold", account="acme"))
    client.force_login(boss)
    assert post(client, toast["undo_url"]).status_code == 404
    assert Account.objects.get().tier == "gold"


def test_a_form_from_elsewhere_is_refused(anna: User) -> None:
    shown(anna, "acme")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(anna)
    for path in ("/edits/", "/ratings/new/", "/touch/notes/", "/touch/interactions/", f"/edits/{uuid.uuid4()}/undo/"):
        assert strict.post(path, {"account": "acme"}).status_code == 403


def test_many_accounts_are_changed_and_undone_as_one(client: Client, anna: User) -> None:
    for n in range(5):
        shown(anna, f"a{n}", account_tags=["x"])
    shown(person(), "hers")
    form = client.get("/edits/form/?field=tags&account=a0&account=a1&account=hers", headers=HTMX).content.decode()
    assert "This changes 2 accounts." in form
    done = post(client, field="tags", mode="add", value="y", account=["a0", "a1", "a2", "hers", "none"])
    assert done.status_code == 204
    assert set(json.loads(done.headers["HX-Trigger"])) == {"portal:toast", "portal:changed", "portal:close"}
    assert told(done)["text"] == "Tags changed on 3 accounts. 2 were not found."
    assert Account.objects.filter(tags=["x", "y"]).count() == 3
    post(client, told(done)["undo_url"])
    assert Account.objects.filter(tags=["x", "y"]).count() == 0


def test_all_that_match_are_changed_over_every_page_of_the_list(client: Client, anna: User) -> None:
    for n in range(60):
        shown(anna, f"a{n}", account_industry="retail" if n % 2 else "travel")
    shown(person(), "hers", account_industry="retail")
    query = {"all": "1", "query": "industry=retail"}
    form = client.get("/edits/form/", {"field": "stage", **query}, headers=HTMX).content.decode()
    assert "This changes 30 accounts." in form
    toast = told(post(client, field="stage", value="live", **query))
    assert toast["text"] == "Stage changed on 30 accounts."
    assert Account.objects.filter(lifecycle_stage="live").count() == 30


def test_a_leavers_accounts_go_to_a_colleague_in_one_action(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    leaver, heir = person(team=team, email="leaver@example.com", is_active=False), person(team=team, email="heir@example.com")
    client.force_login(person(Role.MANAGER, team=team, manages=team))
    for n in range(250):
        shown(leaver, f"a{n}")
    with django_assert_max_num_queries(18):
        done = post(client, field="owner", value="heir@example.com", all="1", query="owner=leaver@example.com")
    assert told(done)["text"] == "Owner changed on 250 accounts."
    assert Account.objects.filter(owner=heir).count() == 250
    with django_assert_max_num_queries(18):
        post(client, told(done)["undo_url"])
    assert Account.objects.filter(owner=leaver).count() == 250


def test_who_gives_an_account_away_can_take_it_back(client: Client, anna: User) -> None:
    person(team=anna.team, email="ben@example.com", name="Ben")
    shown(anna, "acme")
    form = client.get("/edits/form/?field=owner&account=acme&cell=1", headers=HTMX).content.decode()
    assert '<option value="ben@example.com"' in form
    saved = post(client, field="owner", value="ben@example.com", account="acme", cell="1")
    assert '<span class="edit-value">Ben</span>' in saved.content.decode()
    assert client.get("/accounts/acme/").status_code == 404
    post(client, told(saved)["undo_url"])
    assert client.get("/accounts/acme/").status_code == 200


def test_forms_cost_few_queries_at_any_size(client: Client, anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for n in range(80):
        shown(anna, f"a{n}", account_tier=f"t{n}", account_tags=[f"g{n}"])
        person(team=anna.team)
    for field in ("owner", "tags", "tier", "next_step"):
        with django_assert_max_num_queries(6):
            client.get(f"/edits/form/?field={field}&account=a1&cell=1", headers=HTMX)
        with django_assert_max_num_queries(6):
            client.get(f"/edits/form/?field={field}&all=1&query=", headers=HTMX)
    with django_assert_max_num_queries(14):
        post(client, field="tier", value="gold", account="a1", cell="1")


def test_an_unknown_field_is_refused(client: Client, anna: User) -> None:
    shown(anna, "acme")
    answer = post(client, field="name", value="x", account="acme")
    assert answer.status_code == 422
    assert "right would be one of: owner" in answer.content.decode()
    assert client.get("/edits/form/?field=name&account=acme").status_code == 404
