"""Saved views: who sees which, what may be changed, and that their counts are those of now."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import SavedView, User
from accounts.types import Role
from csm_portal.portal.book.saved_views import STANDARD, clean_query
from csm_portal.portal.toasts import toasts_of
from tests.factories import TeamFactory
from tests.portal.shown_book import AS_OF, person, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = AS_OF + timedelta(days=1)


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def counts(client: Client) -> dict[str, int]:
    return {str(view.name): view.count for view in client.get("/book/views/").context["views"]}


def test_the_views_for_everybody_hold_what_their_names_say(client: Client) -> None:
    user, day = person(), timedelta(days=1)
    today = date(2026, 11, 20)
    calm = {"renewal_on": None, "rated_on": today, "last_contact_on": today, "score_change_30d": Decimal(0), "outcome_status": "achieved"}
    shown(user, "renewing", **{**calm, "renewal_on": today + 90 * day})
    shown(user, "red", **calm, band="red")
    shown(user, "falling", **{**calm, "score_change_30d": Decimal(-5)})
    shown(user, "busy", **calm, named_states=[{"key": "busy_not_achieving", "evidence": {}}])
    shown(user, "gap", **{**calm, "level": 2, "outcome_status": "behind"})
    shown(user, "idle", **{**calm, "level": 1, "outcome_status": "behind"})
    shown(user, "quiet", **{**calm, "last_contact_on": today - 31 * day})
    shown(user, "unrated", **{**calm, "rated_on": None})
    shown(None, "nobody's", **calm)
    signed_in(client, person(Role.ADMIN))
    assert counts(client) == {
        "Renewing in 90 days": 1,
        "Red or falling": 2,
        "Busy but not achieving": 1,
        "Active, outcome behind": 1,
        "No contact in 30 days": 1,
        "Not rated in 90 days": 1,
        "Nobody's accounts": 1,
    }
    for view, name in zip(STANDARD, ("renewing", "red", "busy", "gap", "quiet", "unrated", "nobody's"), strict=True):
        opened = client.get(f"/accounts/?view={view.key}")
        rows = client.get(opened["Location"]).context["rows"]
        assert name in {row.name for row in rows}


def test_the_count_of_a_view_is_that_of_now(client: Client) -> None:
    user = person()
    account = shown(user, "x", band="red")
    signed_in(client, user)
    assert counts(client)["Red or falling"] == 1
    account.state.band = "green"
    account.state.save()
    assert counts(client)["Red or falling"] == 0


def test_a_view_is_saved_opened_renamed_and_overwritten(client: Client) -> None:
    user = person()
    shown(user, "x")
    signed_in(client, user)
    saved = client.post("/book/views/", {"name": "  My  reds ", "shared": "nobody", "query": "band=red&page=3&view=9&sort=-mrr"})
    view = SavedView.objects.get()
    assert (view.name, view.query, view.owner) == ("My reds", "band=red&sort=-mrr", user)
    assert saved["Location"] == f"/accounts/?view={view.pk}&band=red&sort=-mrr"
    assert client.get(f"/accounts/?view={view.pk}")["Location"] == saved["Location"]
    page = client.get(saved["Location"])
    assert (page.context["view"].name, page.context["changed"]) == ("My reds", False)
    assert client.get(f"/accounts/?view={view.pk}&band=green").context["changed"] is True
    client.post(f"/book/views/{view.pk}/", {"do": "change", "name": "Ours", "shared": "team"})
    client.post(f"/book/views/{view.pk}/", {"do": "overwrite", "query": "band=green"})
    view.refresh_from_db()
    assert (view.name, view.shared, view.query) == ("Ours", "team", "band=green")


@pytest.mark.parametrize(("name", "shared"), [("", "nobody"), ("x" * 81, "nobody"), ("taken", "nobody"), ("new", "the world")])
def test_a_view_that_cannot_be_saved_says_why(client: Client, name: str, shared: str) -> None:
    user = person()
    SavedView.objects.create(owner=user, page="accounts", name="taken", query="")
    answer = signed_in(client, user).post("/book/views/", {"name": name, "shared": shared, "query": "band=red"})
    assert answer["Location"] == "/accounts/?band=red"
    assert [toast.tone for toast in toasts_of(get_messages(answer.wsgi_request))] == ["error"]
    assert SavedView.objects.count() == 1


def test_a_deleted_view_comes_back_by_undo_for_its_owner_alone(client: Client) -> None:
    user = person()
    view = SavedView.objects.create(owner=user, page="accounts", name="mine", query="band=red", shared="team")
    signed_in(client, user)
    answer = client.post(f"/book/views/{view.pk}/", {"do": "delete"})
    assert not SavedView.objects.exists()
    (toast,) = toasts_of(get_messages(answer.wsgi_request))
    assert urlsplit(toast.undo_url).path == "/book/views/restore/"
    other = Client()
    other.force_login(person())
    other.post(toast.undo_url)
    client.post("/book/views/restore/?token=made-up")
    assert not SavedView.objects.exists()
    back = client.post(toast.undo_url, headers={"hx-request": "true"})
    assert back["HX-Redirect"].startswith("/accounts/?view=")
    again = SavedView.objects.get()
    assert (again.name, again.query, again.shared, again.owner) == ("mine", "band=red", "team", user)


def test_views_are_seen_by_those_they_are_shared_with_and_changed_by_their_owner_alone(client: Client) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    owner, mate, stranger = person(team=team), person(team=team), person(team=TeamFactory.make())
    views = {
        shared: SavedView.objects.create(owner=owner, page="accounts", name=shared, query="", shared=shared)
        for shared in ("nobody", "team", "all")
    }
    for user, seen in ((owner, {"nobody", "team", "all"}), (mate, {"team", "all"}), (stranger, {"all"})):
        signed_in(client, user)
        assert set(counts(client)) - {str(view.name) for view in STANDARD} == seen
    for user in (mate, stranger, person(Role.ADMIN)):
        signed_in(client, user)
        for view in views.values():
            assert client.post(f"/book/views/{view.pk}/", {"do": "delete"}).status_code == 404
    assert SavedView.objects.count() == 3


def test_a_shared_view_shows_each_reader_the_own_book(client: Client) -> None:
    ann, bob = person(), person()
    shown(ann, "anns", band="red")
    shown(bob, "bobs", band="red")
    view = SavedView.objects.create(owner=ann, page="accounts", name="reds", query="band=red", shared="all")
    signed_in(client, bob)
    assert counts(client)["reds"] == 1
    page = client.get(f"/accounts/?view={view.pk}&{view.query}")
    assert [row.name for row in page.context["rows"]] == ["bobs"]


def test_all_counts_cost_one_query_however_many_views_there_are(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    user = person()
    shown(user, "x")
    for place in range(15):
        SavedView.objects.create(owner=user, page="accounts", name=str(place), query=f"f=health:below:{place}&f=star:min:{place}")
    signed_in(client, user)
    with django_assert_max_num_queries(4):
        assert len(counts(client)) == 22


def test_a_query_keeps_only_what_makes_up_a_view() -> None:
    assert clean_query("band=red&page=2&view=7&evil=1&f=a&f=b&q=") == "band=red&f=a&f=b"
