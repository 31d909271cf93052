"""The page of renewals: who sees what, what it lists and sums."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, User
from accounts.types import Role
from churn.models import CaseCheck, CaseOutcome, RenewalCase
from csm_portal.portal.renewals.asked import Asked
from csm_portal.portal.renewals.sums import sums
from tests.factories import TeamFactory
from tests.portal.dues_book import TODAY, as_, due, forecast, listed
from tests.portal.shown_book import person, published_run

pytestmark = pytest.mark.django_db
NASTY = """<script>alert(1)</script>"'&"""
STAGES = {"overdue": -1, "0-29": 0, "30-59": 30, "60-90": 60, "91-180": 91, "later": 181}
PAGES = ("/renewals/", "/renewals/export/", "/renewals/rates/", "/renewals/rates/export/", "/renewals/forecasts/", "/renewals/mismatches/")


@pytest.fixture(autouse=True)
def _portal_day(settings: Any) -> None:
    settings.PORTAL_AS_OF = TODAY
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def test_a_visitor_signs_in_first(client: Client) -> None:
    for page in PAGES:
        assert client.get(page).status_code == 302


def test_what_is_not_yours_is_not_there(client: Client) -> None:
    mine, theirs = person(), person()
    case = due(theirs, "theirs", 10)
    made = forecast(case, theirs)
    as_(client, mine)
    assert listed(client) == []
    assert b"theirs" not in b"".join(client.get("/renewals/export/").streaming_content)  # type: ignore[attr-defined]
    for route in ("forecast", "outcome"):
        assert client.get(f"/renewals/{case.pk}/{route}/").status_code == 404
        assert client.post(f"/renewals/{case.pk}/{route}/", {"state": "lost"}).status_code == 404
    assert client.post(f"/renewals/{case.pk}/checks/?kind=usage_shared").status_code == 404
    assert client.post(f"/renewals/forecasts/{made.pk}/undo/").status_code == 404
    assert client.get(f"/renewals/{2**63}/forecast/").status_code == 404
    assert not CaseOutcome.objects.exists()
    assert not CaseCheck.objects.exists()


def test_dues_of_nobody_and_of_those_who_left_reach_the_manager(client: Client) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    manager, gone, here = person(Role.MANAGER, manages=team), person(team=team, is_active=False), person(team=team)
    due(gone, "left", 10)
    due(None, "nobody", 12, account_team=team)
    due(here, "kept", 14)
    as_(client, manager)
    assert listed(client) == ["left", "nobody", "kept"]
    assert listed(client, "needs=owner") == ["left", "nobody"]
    assert listed(client, "csm=-") == ["nobody"]


@settings(max_examples=15, deadline=None)
@given(ahead=st.lists(st.integers(-400, 700), max_size=12))
def test_every_open_due_stands_in_exactly_one_stage(ahead: list[int]) -> None:
    RenewalCase.objects.all().delete()
    user = User.objects.filter(email="one@example.com").first() or person(email="one@example.com")
    for place, days in enumerate(ahead):
        due(user, f"h{place}", days)
    client = as_(Client(), user)
    by_stage = [listed(client, f"when={stage}") for stage in STAGES]
    assert sorted(name for names in by_stage for name in names) == sorted(f"h{place}" for place in range(len(ahead)))
    # What the tiles count is what their lists hold; "later" has no tile.
    tiles = client.get("/renewals/?page=1").context["tiles"]
    assert [tile.count for tile in tiles] == [len(names) for names in by_stage[:-1]]


def test_overdue_comes_first_under_its_stage(client: Client) -> None:
    user = person()
    for name, ahead in (("soon", 5), ("late", -3), ("window", 75), ("later", 181), ("far", 150), ("older", -30)):
        due(user, name, ahead)
    groups = as_(client, user).get("/renewals/?page=1").context["groups"]
    assert [(group.key, [row.name for row in group.rows]) for group in groups] == [
        ("overdue", ["older", "late"]),
        ("0-29", ["soon"]),
        ("60-90", ["window"]),
        ("91-180", ["far"]),
    ]
    assert groups[0].rows[1].left == "3 days overdue"


def test_without_a_night_a_due_or_a_match_the_page_says_what_to_do(client: Client) -> None:
    user = person()
    as_(client, user)
    assert "Nothing to show yet" in client.get("/renewals/").content.decode()
    for page in ("/renewals/rates/", "/renewals/forecasts/"):
        assert "Nothing to show yet" in client.get(page).content.decode()
    assert client.get("/renewals/rates/export/").status_code == 404
    published_run()
    assert "Your book holds no renewals" in client.get("/renewals/").content.decode()
    due(user, "far", 300)
    assert "No decision falls due in the next 180 days" in client.get("/renewals/").content.decode()
    due(user, "one", 10)
    assert "No renewal meets these filters" in client.get("/renewals/?category=commit").content.decode()
    assert "People and contracts agree" in client.get("/renewals/mismatches/").content.decode()


def test_what_a_program_wrote_is_told_in_words_and_filtered_by_its_value(client: Client) -> None:
    user = person()
    due(user, "acme", 10, product="order_desk")
    due(user, "other", 10, product="stock")
    text = as_(client, user).get("/renewals/?product=order_desk").content.decode()
    assert "Order desk" in text
    assert '<option value="order_desk" selected>Order desk</option>' in text
    assert "Product: Order desk" in text
    assert listed(client, "product=order_desk") == ["acme"]


def test_sums_of_stages_and_the_weighted_forecast_are_those_of_a_calculator(client: Client) -> None:
    user = person()
    sure, half = due(user, "sure", 5, 1000), due(user, "half", 40, 200)
    due(user, "silent", 6, 300)
    due(user, "unpriced", 7, 50, due_reporting=None)
    forecast(sure, user, amount=Decimal(900), expansion=Decimal(100), probability=Decimal("0.9"), category="commit")
    forecast(half, user, amount=Decimal(200), probability=Decimal("0.25"), category="at_risk")
    found = sums(user, Asked(QueryDict()), TODAY)
    whole = found.of(None)
    assert (whole.n, whole.unpriced, whole.told) == (4, 1, 2)
    assert whole.reporting == Decimal("1650.0")
    assert whole.told_due == Decimal("1320.0")
    assert whole.weighted == Decimal(946)  # (900 x 0.9 + 200 x 0.25) x 1.1
    assert whole.weighted_more == Decimal(99)  # 100 x 0.9 x 1.1
    assert {key: one.n for key, one in found.categories.items()} == {"commit": 1, "at_risk": 1, "none": 2}
    outlook = as_(client, user).get("/renewals/?page=1").context["outlook"]
    assert (outlook.value, outlook.share) == ("$946", "72%")
    assert "2 dues ($330) have no forecast yet" in outlook.notes


def test_what_is_missing_is_said_where_it_is_due(client: Client) -> None:
    user = person()
    due(user, "late", -1)
    due(user, "soon", 30)
    due(user, "window", 90)
    due(user, "far", 91)
    tiles = {tile.key: tile.todo for tile in as_(client, user).get("/renewals/?page=1").context["tiles"]}
    assert tiles["overdue"] == ["1 outcome to enter"]
    assert tiles["30-59"] == ["1 forecast to enter", "usage to share with 1"]
    assert tiles["60-90"] == ["usage to share with 1"]
    assert tiles["91-180"] == []
    assert listed(client, "needs=outcome") == ["late"]
    assert listed(client, "needs=forecast") == ["soon"]
    assert listed(client, "needs=usage_shared") == ["soon", "window"]


def test_filters_narrow_and_nonsense_is_named(client: Client) -> None:
    user = person(email="me@example.com")
    sure = due(user, "Alpha", 5, state_band="green", account_industry="retail")
    due(user, "Beta", 6, state_band="red", product="insights")
    forecast(sure, user, category="commit")
    as_(client, user)
    wanted = {
        "q=alp": ["Alpha"],
        "account=Beta": ["Beta"],
        "band=red": ["Beta"],
        "product=insights": ["Beta"],
        "industry=retail": ["Alpha"],
        "csm=me@example.com&category=commit": ["Alpha"],
        "category=none": ["Beta"],
        "sort=-account": ["Beta", "Alpha"],
        "when=30-59": [],
        "from=2026-12-26": ["Beta"],
        "from=2020-01-01&to=2026-12-26": ["Alpha"],
        "when=never&sort=never&from=yesterday&band=blue": ["Alpha", "Beta"],
    }
    assert {query: listed(client, query) for query in wanted} == wanted
    chips = client.get("/renewals/?when=never&from=yesterday&sort=never").context["chips"]
    assert all(chip.problem for chip in chips)
    assert len(chips) == 3


def test_one_account_shows_by_name_whatever_the_day_and_a_search_finds_what_is_far_off(client: Client) -> None:
    user = person()
    due(user, "C1", 300)
    Account.objects.update(name="Acme")
    due(user, "C10", 10)
    due(user, "C1", -400, product="old", state="lost", contract_state="lost")
    as_(client, user)
    assert listed(client) == ["C10"]
    assert listed(client, "account=C1&state=all") == ["Acme", "Acme"]
    assert client.get("/renewals/?account=C1&state=all").context["chips"][0].text == "Account: Acme"
    assert listed(client, "q=acm") == ["Acme"]


def test_the_pack_is_read_where_its_step_stands(client: Client) -> None:
    user = person()
    due(user, "one/a", 40)
    answer = as_(client, user).get("/renewals/?page=1")
    pack = answer.context["groups"][0].rows[0].steps[0]
    assert (pack.kind, pack.href) == ("pack_opened", "/qbr/one/a/")
    assert 'href="/qbr/one/a/"' in answer.content.decode()
    assert client.get(pack.href).status_code == 200


def test_the_timeline_draws_every_due_with_its_health_and_leads_to_its_row(client: Client) -> None:
    user = person()
    case = due(user, "drawn", 10, 500, state_band="red", state_score=Decimal(31))
    due(user, "unscored", 12, state_band="unknown", state_score=None)
    due(user, "decided", -40, state="renewed", resolved_on=TODAY)
    figure = as_(client, user).get("/renewals/?page=1").context["figure"]
    traces = {trace["meta"]["role"]: trace for trace in figure["data"]}
    assert set(traces) == {"red", "unknown"}
    assert (traces["red"]["x"], traces["red"]["y"]) == (["2026-11-30"], [31.0])
    assert traces["red"]["customdata"] == [f"#case-{case.pk}"]
    assert traces["unknown"]["y"][0] < 0
    named = {shape["name"]: shape for shape in figure["layout"]["shapes"]}
    assert named["today"]["x0"] == "2026-11-20"
    assert (named["band"]["x0"], named["band"]["x1"]) == ("2027-01-19", "2027-02-19")


def test_texts_are_shown_and_never_run(client: Client) -> None:
    user = person(name=NASTY)
    case = due(user, "x", 5, account_name=NASTY, product=NASTY)
    forecast(case, user, reason=NASTY)
    as_(client, user)
    query = f"q={NASTY}&when={NASTY}&csm={NASTY}&sort={NASTY}&view={NASTY}"
    for address in (
        "/renewals/?page=1",
        f"/renewals/?{query}",
        f"/renewals/{case.pk}/forecast/",
        "/renewals/rates/",
        "/renewals/forecasts/",
    ):
        page = client.get(address).content.decode()
        assert "<script>alert(1)" not in page, address
    figure = json.dumps(client.get("/renewals/?page=1").context["figure"])
    assert "<script>" not in figure


def test_the_pages_cost_at_most_eight_queries_at_any_size(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    csm, manager, admin = person(team=team), person(Role.MANAGER, team=team, manages=team), person(Role.ADMIN)
    for place in range(40):
        case = due(csm, f"a{place}", place * 4 - 20, state="renewed" if place % 5 == 0 else "open")
        if place % 3 == 0:
            forecast(case, csm)
    pages = (
        "/renewals/?page=1",
        "/renewals/?state=all&sort=health&csm=x",
        "/renewals/rates/",
        "/renewals/forecasts/",
        "/renewals/mismatches/",
    )
    for user in (csm, manager, admin):
        as_(client, user)
        for address in pages:
            with django_assert_max_num_queries(8):
                assert client.get(address).status_code == 200, address
