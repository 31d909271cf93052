"""The jump dialog: what it finds for whom, in which order, and how matches are marked."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Contact, SavedView, User
from accounts.types import Role, SharedWith
from csm_portal.portal.addresses import account_address
from csm_portal.portal.jump.results import marked, occurs, words_of
from csm_portal.portal.jump.search import account_id_in, search
from tests.factories import AccountFactory, SourceFactory, TeamFactory
from tests.portal.shown_book import person

HTMX = {"hx-request": "true"}


def labels(user: User, text: str, key: str = "accounts", **more: object) -> list[str]:
    """What stands in one group, without the marks."""
    groups = {group.key: group for group in search(user, text, **more)}  # type: ignore[arg-type]
    return ["".join(piece for piece, _hit in one.label) for one in groups[key].results] if key in groups else []


@pytest.mark.django_db
def test_names_that_start_with_the_text_come_first_then_names_that_hold_it_then_ids() -> None:
    ada = person()
    for external_id, name in (("1", "North Acme"), ("2", "acme foods"), ("acme-3", "Zeta"), ("x-acme", "Beta"), ("5", "Other")):
        AccountFactory.make(external_id=external_id, name=name, owner=ada)
    assert labels(ada, "Acme") == ["acme foods", "North Acme", "Zeta", "Beta"]
    assert labels(ada, "foods acme") == ["acme foods"]


@pytest.mark.django_db
def test_a_contacts_address_leads_to_the_account_that_is_mine_alone() -> None:
    ada, other = person(), person()
    for external_id, owner in (("mine", ada), ("hers", other)):
        account = AccountFactory.make(external_id=external_id, name=external_id, owner=owner)
        Contact.objects.create(
            account=account,
            source=SourceFactory.make(),
            external_id=external_id,
            name="Li",
            email="Li.Wei@acme.example",
            recorded_at=account.recorded_at,
        )
    assert labels(ada, "li.wei@acme") == ["mine"]
    assert labels(person(Role.ADMIN), "li.wei@acme") == ["hers", "mine"]


@pytest.mark.django_db
def test_nobody_finds_an_account_that_is_not_theirs_by_name_id_page_or_memory(client: Client) -> None:
    AccountFactory.make(external_id="secret-9", name="Secret Foods", owner=person())
    client.force_login(person())
    for query in ("q=secret", "q=secret-9", "path=/accounts/secret-9/", "recent=/accounts/secret-9/", "q=rate&path=/accounts/secret-9/"):
        answer = client.get(f"/jump/?{query}", headers=HTMX).content.decode()
        assert "Secret Foods" not in answer


@pytest.mark.django_db
def test_without_text_the_accounts_opened_last_stand_first_but_not_the_one_that_is_open() -> None:
    ada = person()
    for external_id in ("a/b", "b", "c"):
        AccountFactory.make(external_id=external_id, name=external_id, owner=ada)
    recent = ["/accounts/b/", "/accounts/a/b/", "/accounts/gone/", "/elsewhere/", "/accounts/%00/"]
    assert labels(ada, "", recent=recent) == ["b", "a/b"]
    assert labels(ada, "", recent=recent, path="/accounts/b/") == ["a/b"]
    assert labels(ada, "", key="commands", path="/accounts/b/")[-1] == "Sign out"


@pytest.mark.django_db
def test_the_account_whose_page_is_open_can_be_written_to() -> None:
    ada = person()
    AccountFactory.make(external_id="b", name="Beta", owner=ada)
    assert labels(ada, "note", key="commands", path="/accounts/b/") == ["Add a note to Beta"]
    assert labels(ada, "note", key="commands", path="/accounts/") == []


@pytest.mark.django_db
def test_pages_are_those_that_the_role_may_open(client: Client) -> None:
    for role, data in ((Role.CSM, False), (Role.MANAGER, True), (Role.ADMIN, True)):
        user = person(role)
        assert ("Data" in labels(user, "", key="pages")) == data
        assert labels(user, "preferences", key="pages") == ["Settings"]
        client.force_login(user)
        for group in search(user, ""):
            for result in group.results:
                # The book comes back as it was left, by way of its own address.
                assert client.get(result.href, follow=True).status_code == 200, result.href


@pytest.mark.django_db
def test_saved_views_are_ones_own_and_those_shared_with_oneself() -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    ada, bob = person(team=team), person(team=team, name="Bob")
    SavedView.objects.create(owner=bob, name="Due soon", query="sort=renewal", shared=SharedWith.ALL)
    SavedView.objects.create(owner=bob, name="Due and private", query="sort=mrr")
    SavedView.objects.create(owner=ada, name="Zero and due", query="level=zero")
    assert labels(ada, "due", key="views") == ["Zero and due", "Due soon"]
    found = {group.key: group for group in search(ada, "due")}["views"].results
    assert [one.href.partition("&")[2] for one in found] == ["level=zero", "sort=renewal"]


@pytest.mark.django_db
def test_a_figure_leads_to_how_it_is_computed(client: Client) -> None:
    ada = person()
    client.force_login(ada)
    assert labels(ada, "monthly active rate", key="figures") == ["Monthly active rate"]
    found = {group.key: group for group in search(ada, "rate")}["figures"].results
    for one in found:
        page, _sign, anchor = one.href.partition("#")
        assert f'id="{anchor}"' in client.get(page).content.decode()
    assert labels(ada, "", key="figures") == []


@pytest.mark.django_db
def test_the_answer_takes_two_queries_beside_session_and_person(client: Client) -> None:
    ada = person(Role.MANAGER, manages=TeamFactory.make(name="EMEA", path="EMEA/"))
    for place in range(20):
        AccountFactory.make(external_id=str(place), name=f"Acme {place}", owner=ada)
    client.force_login(ada)
    client.get("/jump/?q=acme", headers=HTMX)
    for query, budget in (("q=acme", 4), ("q=li@acme", 4), ("", 3), ("q=acme&path=/accounts/19/", 5)):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/jump/?{query}", headers=HTMX)
        assert len(queries) <= budget, [one["sql"] for one in queries]
        assert answer.content.decode().count("jump-accounts-") <= 9


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\"'&<b>", "%", "_", "\\", "\0", "a" * 300, "((", "%00", "海底捞"])
def test_any_text_is_answered_and_stays_text(client: Client, text: str) -> None:
    ada = person()
    AccountFactory.make(external_id=text.replace("\0", "0")[:50], name=text.replace("\0", "0"), owner=ada)
    client.force_login(ada)
    for headers in (HTMX, {}):
        answer = client.get("/jump/", {"q": text, "path": f"/accounts/{text}/"}, headers=headers)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert "<script>alert" not in page
        assert "<b>" not in page
    if 0 < len(text) <= 200 and "\0" not in text:
        assert labels(ada, text) == [text]


@pytest.mark.django_db
def test_the_page_works_without_scripts(client: Client) -> None:
    ada = person()
    AccountFactory.make(external_id="b", name="Beta", owner=ada)
    client.force_login(ada)
    page = client.get("/jump/?q=be").content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    assert re.search(r'<a class="jump-row" href="/accounts/b/"', main)
    assert 'tabindex="-1"' not in main.replace('id="main" tabindex="-1"', "")
    assert client.get("/jump/?q=nothing-like-it").content.decode().count("Nothing found") == 1


@given(st.text(max_size=30), st.text(max_size=12))
def test_marking_changes_no_letter_and_marks_only_what_was_asked(label: str, text: str) -> None:
    pieces = marked(label, text)
    assert "".join(piece for piece, _hit in pieces) == label
    words = [word.casefold() for word in words_of(text)]
    for piece, hit in pieces:
        if hit:
            assert any(re.fullmatch(re.escape(word), piece, re.IGNORECASE) for word in words_of(text))
    if words and label.isascii() and text.isascii() and occurs(text, label):
        assert any(hit for _piece, hit in pieces)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_the_account_of_a_page_is_read_back_from_its_address(external_id: str) -> None:
    assert account_id_in(account_address(external_id)) == external_id
