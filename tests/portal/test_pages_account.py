"""The page of one account."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.types import Role
from csm_portal.portal.addresses import account_address
from tests.factories import AccountFactory
from tests.portal.shown_book import person, shown, with_history

pytestmark = pytest.mark.django_db
STRANGE = [
    "a/b",
    "a//b",
    "trailing/",
    " spaces in it ",
    "café 海底捞",
    "50%",
    "%2F",
    "q?x=1&y#z",
    "a+b",
    "..",
    "../up",
    "/leading",
    "a;b=c",
    "x\\y",
]


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)


@pytest.mark.parametrize("external_id", STRANGE)
def test_an_id_of_any_printable_characters_has_a_working_address(client: Client, external_id: str) -> None:
    user = person()
    shown(user, external_id, account_name="The strange one")
    client.force_login(user)
    assert account_address(external_id) in client.get("/").content.decode().replace("&amp;", "&")
    page = client.get(account_address(external_id))
    assert page.status_code == 200
    assert page.context["account"].external_id == external_id


def test_the_address_is_the_one_that_reverse_gives() -> None:
    assert account_address("a/b c") == reverse("portal:account", args=["a/b c"])


def test_an_account_of_somebody_else_does_not_exist(client: Client) -> None:
    shown(person(), "theirs")
    client.force_login(person())
    assert client.get("/accounts/theirs/").status_code == 404
    assert client.get("/accounts/?external_id=theirs").status_code == 404
    assert client.get("/accounts/nowhere/").status_code == 404


def test_the_page_shows_where_the_account_stands_and_what_is_behind_it(client: Client) -> None:
    user = person()
    with_history(shown(user, "acme"))
    client.force_login(user)
    page = " ".join(client.get("/accounts/acme/").content.decode().split())
    for words in (
        "15 active of 20 open days in the last 28",
        "unknown: the last answer expired on 1 Oct 2026",
        "4 tickets in 90 days",
        "2 open, 1 of them over 7 days, 1 escalated",
        "Nov 2026",
        "2026-W47",
        "9/12",
        "provisional",
        "The days as a table",
        "The scores as a table",
        "Health over the year",
        "model version 1",
        "18 Jan 2027",
    ):
        assert words in page, words


def test_points_of_the_facets_add_up_to_the_score_over_the_known_weights(client: Client) -> None:
    user = person()
    with_history(shown(user, "acme"))
    client.force_login(user)
    facets = client.get("/accounts/acme/").context["health"].facets
    known = [facet for facet in facets if facet.known]
    # (61.9 x 40 + 85 x 10) / 50 = 66.52
    assert [facet.points for facet in known] == ["49.5", "17.0"]
    assert [facet.weight for facet in facets] == ["53%", "33%", "13%"]
    assert [facet.points for facet in facets if not facet.known] == ["–"]


def test_an_account_before_its_first_night_shows_what_is_on_file(client: Client) -> None:
    user = person()
    AccountFactory.make(external_id="new", owner=user, industry="Retail")
    client.force_login(user)
    page = client.get("/accounts/new/").content.decode()
    assert "No figures yet" in page
    assert "Retail" in page


def test_days_of_a_run_that_is_not_published_stay_hidden(client: Client) -> None:
    from health.models import AccountDay, Run

    user = person()
    account = with_history(shown(user, "acme"), n_days=3)
    building = Run.objects.create(as_of=date(2026, 11, 20), first_day=date(2026, 11, 1), state="building", started_at="2026-11-20T02:00Z")
    AccountDay.objects.create(
        run=building,
        account=account,
        day=date(2026, 11, 10),
        level=3,
        key_actions=999,
        active_seats=1,
        seats=1,
        paying=True,
        active=True,
        working=True,
        version=1,
    )
    client.force_login(user)
    activity = client.get("/accounts/acme/").context["activity"]
    assert [line.day for line in activity.lines] == [date(2026, 11, 19), date(2026, 11, 18), date(2026, 11, 17)]
    assert activity.strip.days["unknown"] >= 25


def test_the_number_of_queries_does_not_grow_with_history(client: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    user = person(Role.ADMIN)
    with_history(shown(user, "short"), n_days=2)
    with_history(shown(user, "long"), n_days=300)
    client.force_login(user)
    counts = []
    for name in ("short", "long"):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/accounts/{name}/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20
