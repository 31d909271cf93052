"""The first page and the list of accounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from accounts.types import Role
from csm_portal.portal.book.columns import SORTS
from tests.factories import TeamFactory
from tests.portal.shown_book import AS_OF, person, published_run, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    # Nobody else empties it while queries are counted.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "book"}}


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def names(client: Client, address: str) -> list[str]:
    return [row.name for row in client.get(address).context["rows"]]


def test_a_visitor_is_sent_to_the_sign_in_page(client: Client) -> None:
    for address in ("/", "/accounts/", "/accounts/x/", "/data/", "/settings/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/auth/login/")


def test_an_empty_installation_says_so_instead_of_failing(client: Client) -> None:
    page = signed_in(client, person()).get("/")
    assert page.status_code == 200
    assert "Nothing to show yet" in page.content.decode()


def test_a_csm_sees_the_own_book_and_nothing_else(client: Client) -> None:
    mine, theirs = person(), person()
    shown(mine, "mine")
    shown(theirs, "theirs")
    signed_in(client, mine)
    for address in ("/", "/accounts/"):
        assert names(client, address) == ["mine"]
        assert "theirs" not in client.get(address).content.decode()


@pytest.mark.parametrize("role", [Role.CSM, Role.ADMIN])
def test_the_book_costs_at_most_four_queries_at_any_size(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, role: Role
) -> None:
    user = person(role)
    published_run()
    signed_in(client, user)
    for size in (2, 60):
        for place in range(size):
            shown(user, f"{size}-{place}")
        with django_assert_max_num_queries(12):
            assert client.get("/").status_code == 200
        # The first look also counts the choices and keeps the state for the next visit.
        with django_assert_max_num_queries(6):
            assert client.get("/accounts/?sort=-mrr&level=medium").status_code == 200
        with django_assert_max_num_queries(4):
            assert client.get("/accounts/?sort=-mrr&level=medium").status_code == 200


def test_the_manager_of_a_team_pays_no_query_more(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    team = TeamFactory.make()
    boss = person(Role.MANAGER, team=team, manages=team)
    shown(person(team=team), "of the team")
    signed_in(client, boss)
    names(client, "/accounts/?sort=mrr")
    with django_assert_max_num_queries(4):
        assert names(client, "/accounts/?sort=mrr") == ["of the team"]


def test_every_order_answers_and_keeps_every_row(client: Client) -> None:
    user = person()
    for place in range(3):
        shown(user, f"a{place}", score=None if place == 1 else Decimal(place), renewal_on=None if place == 2 else AS_OF)
    signed_in(client, user)
    for key in (*SORTS, *(f"-{key}" for key in SORTS), "nonsense", "-"):
        assert sorted(names(client, f"/accounts/?sort={key}")) == ["a0", "a1", "a2"], key


def test_an_order_goes_both_ways_with_the_unknown_last(client: Client) -> None:
    user = person()
    for name, score in (("low", 20), ("unknown", None), ("high", 90)):
        shown(user, name, score=score)
    signed_in(client, user)
    assert names(client, "/?sort=health") == ["low", "high", "unknown"]
    assert names(client, "/?sort=-health") == ["high", "low", "unknown"]


def test_by_default_the_most_money_at_risk_comes_first(client: Client) -> None:
    user = person()
    shown(user, "rich and well", mrr_reporting=Decimal(10_000), score=Decimal(99))
    shown(user, "rich and ill", mrr_reporting=Decimal(9_000), score=Decimal(20))
    shown(user, "poor and ill", mrr_reporting=Decimal(500), score=Decimal(5))
    shown(user, "no money known", mrr_reporting=None, score=Decimal(5))
    assert names(signed_in(client, user), "/") == ["rich and ill", "poor and ill", "rich and well", "no money known"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("q=bÄR", ["Bär & Co"]),
        ("q=id-2", ["two"]),
        ("band=red", ["two"]),
        ("level=zero", ["two"]),
        ("plan=basic", ["Bär & Co"]),
        ("tier=gold", ["two"]),
        ("industry=Retail", ["Bär & Co"]),
        ("paying=no", ["two"]),
        ("owner=-", []),
        ("band=red&level=high", []),
        ("band=purple", ["Bär & Co", "two"]),
    ],
)
def test_filters_narrow_and_nonsense_is_passed_over(client: Client, asked: str, expected: list[str]) -> None:
    user = person()
    shown(user, "id-1", account_name="Bär & Co", plan="basic", account_industry="Retail", level=3)
    shown(user, "id-2", account_name="two", band="red", level=0, account_tier="gold", paying=False)
    assert sorted(names(signed_in(client, user), f"/accounts/?{asked}")) == expected


def test_filters_by_owner_and_by_team_with_its_sub_teams(client: Client) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    below = TeamFactory.make(name="DACH", path="EMEA/DACH/", parent=team)
    ann, bob = person(email="ann@example.com", team=below), person(team=TeamFactory.make())
    shown(ann, "anns")
    shown(bob, "bobs")
    shown(None, "nobodys", account_team=team)
    signed_in(client, person(Role.ADMIN))
    assert names(client, "/accounts/?owner=ann@example.com") == ["anns"]
    assert names(client, "/accounts/?owner=-") == ["nobodys"]
    assert sorted(names(client, "/accounts/?team=EMEA/")) == ["anns", "nobodys"]


def test_filters_offer_only_what_the_viewer_may_see(client: Client) -> None:
    mine = person()
    shown(mine, "mine", account_industry="Retail")
    shown(person(email="secret@example.com"), "theirs", account_industry="Mining")
    page = signed_in(client, mine).get("/accounts/").content.decode()
    for name in ("owner", "team", "plan", "tier", "industry", "level", "band", "paying"):
        assert f'name="{name}" id="id_{name}"' in page
    assert '<option value="Retail">' in page
    assert "Mining" not in page
    assert "secret@example.com" not in page


def test_pages_hold_fifty_rows_and_a_page_behind_the_end_is_the_last(client: Client) -> None:
    user = person()
    for place in range(53):
        shown(user, f"{place:03}")
    signed_in(client, user)
    assert len(names(client, "/?sort=account")) == 50
    assert names(client, "/?sort=account&page=2") == ["050", "051", "052"]
    assert names(client, "/?sort=account&page=99") == ["050", "051", "052"]
    assert len(names(client, "/?sort=account&page=minus")) == 50
    assert "51–53 of 53" in client.get("/?sort=account&page=2").content.decode()


def test_what_customers_write_is_shown_as_text(client: Client) -> None:
    user = person(name="<i>me</i>")
    shown(user, '"><script>alert(1)</script>', account_industry="<b>x</b>", currency="<u>")
    page = signed_in(client, user).get("/accounts/?q=<script>").content.decode()
    assert "<script>alert" not in page
    assert "<b>x" not in page
    assert "<i>me" not in page


def test_a_row_says_every_state_in_words_beside_its_colour(client: Client) -> None:
    user = person()
    shown(user, "x", flags=1, outcome_status="behind", rated_on=None, open_tickets=3)
    page = " ".join(signed_in(client, user).get("/").content.decode().split())
    for words in (
        "Medium",
        "concentrated use",
        "Amber",
        "behind",
        "Week 4/3",
        "Month 9/12",
        "3 more active days needed, 7 left",
        "45 / 80 / 100",
        "80% activated",
        "€1,000",
        "18 Jan 2027",
        "decide in 29 days",
        "decide in 29 days",
        "never",
        "28 days to 19 Nov 2026",
        'as of <time datetime="2026-11-19">19 Nov 2026</time>',
        'today set to <time datetime="2026-11-20">20 Nov 2026</time>',
    ):
        assert words in page, words


def test_unknown_figures_are_dashes_and_named_never_zero(client: Client) -> None:
    user = person()
    shown(user, "x", level=-1, score=None, band="unknown", machine=None, mrr=None, seats_purchased=0, month_bar=None, week_active=None)
    page = " ".join(signed_in(client, user).get("/").content.decode().split())
    assert "Unknown" in page
    assert "activation rate unknown" in page
    assert "undefined: no working days" in page
    row = signed_in(client, user).get("/").context["rows"][0]
    assert (row.score, row.mrr) == ("–", "–")


def test_a_changed_filter_gets_the_table_alone_and_a_short_address(client: Client) -> None:
    user = person()
    shown(user, "red one", band="red")
    shown(user, "green one", band="green")
    signed_in(client, user)
    asked = {"q": "", "owner": "", "band": "red", "sort": "-mrr"}
    part = client.get("/accounts/", asked, headers={"hx-request": "true", "hx-request-type": "partial"})
    assert part.headers["HX-Replace-Url"] == "/accounts/?band=red&sort=-mrr"
    assert "red one" in part.content.decode()
    assert "green one" not in part.content.decode()
    assert "<html" not in part.content.decode()
    assert "?band=red&amp;sort=mrr" in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]
    restored = client.get("/accounts/", asked, headers={"hx-request": "true", "hx-request-type": "full"})
    assert "<html" in restored.content.decode()
