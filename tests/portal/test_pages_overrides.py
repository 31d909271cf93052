"""Bands set by hand, as pages: the form, what shows at once, lists with their ends, and what is not theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, User
from health.models import AccountState, Override
from tests.factories import UserFactory
from tests.health.rating_book import NOW, TODAY, paying
from tests.portal.test_pages_ratings import HTMX, NASTY, told

pytestmark = pytest.mark.django_db
NEW = "/ratings/overrides/new/"
UNTIL = (TODAY + timedelta(days=30)).isoformat()
RED = {"band": "red", "ends_on": UNTIL, "reason": "the sponsor left"}


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna(client: Client) -> User:
    user = UserFactory.make(email="anna@example.com", name="Anna")
    client.force_login(user)
    return user


@pytest.fixture
def acme(anna: User) -> Account:
    return paying(anna, name="Acme", external_id="acme")


def post(client: Client, *, htmx: bool = True, **data: Any) -> Any:
    return client.post(NEW, {"account": "acme", **RED, **data}, headers=HTMX if htmx else {})


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def override(account: Account, by: User, ends: int, starts: int = -9, **fields: Any) -> Override:
    start, stop = TODAY + timedelta(days=starts), TODAY + timedelta(days=ends)
    made: Override = Override.objects.create(
        account=account, author=by, **{"band": "red", "starts_on": start, "ends_on": stop, "reason": "why", "recorded_at": NOW, **fields}
    )
    return made


def test_a_band_is_set_shows_on_every_page_and_is_taken_back(client: Client, acme: Account) -> None:
    form = client.get(f"{NEW}?account=acme", headers=HTMX)
    assert "Set the band of Acme by hand" in text(form)
    said = told(post(client))
    assert said["text"] == "Acme: Red until 15 Apr 2026."
    assert AccountState.objects.get().band == "red"
    for path in ("/accounts/acme/", "/accounts/"):
        assert "set to red by hand until 15 Apr 2026" in text(client.get(path))
    assert "the sponsor left" in text(client.get("/ratings/overrides/"))
    assert client.post(said["undo_url"], headers=HTMX).status_code == 204
    assert AccountState.objects.get().band == "unknown"
    assert "No band is set by hand" in text(client.get("/ratings/overrides/"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"ends_on": TODAY.isoformat()}, "right would be 2026-03-17 or later"),
        ({"ends_on": "20260401"}, "needs an end"),
        ({"ends_on": "a\0b"}, "needs an end"),
        ({"reason": ""}, "Say why"),
        ({"band": "blue"}, "red, amber or green"),
        ({"band": ""}, "red, amber or green"),
    ],
)
def test_what_is_refused_comes_back_with_what_was_typed(client: Client, acme: Account, data: dict[str, str], says: str) -> None:
    for htmx in (True, False):
        answer = post(client, htmx=htmx, **data)
        assert answer.status_code == 422
        assert says in text(answer)
        assert data.get("reason", "the sponsor left") in text(answer)
    assert not Override.objects.exists()


def test_reasons_are_escaped(client: Client, acme: Account) -> None:
    post(client, reason=NASTY)
    for path in ("/accounts/acme/", "/ratings/overrides/", f"{NEW}?account=acme"):
        assert b"<script>alert" not in client.get(path).content


def test_the_form_says_what_is_in_force(client: Client, anna: User, acme: Account) -> None:
    override(acme, anna, 5, reason="asked to leave")
    assert "Now set to Red until 21 Mar 2026 by Anna: asked to leave" in text(client.get(f"{NEW}?account=acme"))


def test_lists_say_what_ends_soon_and_what_has_ended(client: Client, anna: User, acme: Account) -> None:
    for ends, reason in ((3, "soon"), (60, "later"), (-2, "over"), (-40, "long over")):
        override(acme, anna, ends, starts=-50, reason=reason)
    override(acme, anna, 80, starts=10, reason="to come")
    shown = text(client.get("/ratings/overrides/"))
    running, over = shown.split("Ended in the last 30 days")
    assert [word in running for word in ("soon", "later", "to come")] == [True] * 3
    assert "1 override ends within 7 days" in running
    assert "not yet in force" in running
    assert "over" in over
    assert "long over" not in shown


def test_one_is_ended_and_runs_on_after_an_undo(client: Client, anna: User, acme: Account) -> None:
    made = override(acme, anna, 30)
    plain = client.post(f"/ratings/overrides/{made.pk}/end/")
    assert plain["Location"] == "/ratings/overrides/"
    assert Override.objects.get().ends_on == TODAY
    said = told(client.post(f"/ratings/overrides/{made.pk}/resume/", headers=HTMX))
    assert said["text"] == "Acme: runs on."
    ended = told(client.post(f"/ratings/overrides/{made.pk}/end/", headers=HTMX))
    assert ended["undo_url"] == f"/ratings/overrides/{made.pk}/resume/"


def test_what_is_not_yours_is_not_there(client: Client, anna: User) -> None:
    ben = UserFactory.make()
    hers = paying(ben, external_id="hers")
    made = override(hers, ben, 30, recorded_at=timezone.now())
    for account in ("hers", "none", "a\0b", ""):
        assert client.get(NEW, {"account": account}).status_code == 404
        assert client.post(NEW, {**RED, "account": account}).status_code == 404
    for step in ("undo", "end", "resume"):
        assert client.post(f"/ratings/overrides/{made.pk}/{step}/").status_code == 404
        assert client.post(f"/ratings/overrides/{2**70}/{step}/").status_code == 404
    assert "hers" not in text(client.get("/ratings/overrides/"))
    assert Override.objects.get().withdrawn_at is None


def test_the_lists_cost_few_queries_at_any_size(client: Client, anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for n in range(60):
        override(paying(anna, external_id=f"a{n}"), anna, n - 20, starts=-30)
    client.get("/ratings/overrides/")
    with django_assert_max_num_queries(8):
        assert client.get("/ratings/overrides/").status_code == 200
