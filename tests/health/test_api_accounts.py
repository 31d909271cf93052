"""The list of accounts and one account over REST."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, ExchangeRate, User
from accounts.types import Role
from tests.factories import AccountFactory, TeamFactory, UserFactory
from tests.rest import ROOT, account_path, bearer, csv_rows, faults, get, ids, published_run, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return bearer(UserFactory.make(role=Role.ADMIN))


def test_an_account_tells_owner_money_seats_level_health_and_renewal(admin: Client) -> None:
    team = TeamFactory.make(name="DACH", path="EMEA/DACH/")
    owner = UserFactory.make(email="anna@example.com", name="Anna", team=team)
    account = AccountFactory.make(external_id="a/1", owner=owner, plan="old", industry="retail", employees=60)
    facets = {
        "activity": {"value": 33.33333333, "weight": 40, "evidence": {"days": 3}},
        "invoices": {"value": None, "weight": 10, "evidence": {}},
    }
    state(
        account,
        published_run(),
        level=3,
        flags=1,
        mrr=Decimal("1234.50"),
        currency="EUR",
        mrr_reporting=Decimal(1300),
        seats=4,
        seats_activated=1,
        seats_active=1,
        seats_purchased=3,
        score=Decimal("61.2346"),
        band="amber",
        coverage=Decimal("0.666667"),
        facets=facets,
        plan="pro",
        products=["crm"],
        renewal_on=date(2026, 6, 1),
        activity_version=2,
        health_version=1,
    )
    row = get(admin, "accounts/")["results"][0]
    assert row == get(admin, account_path("a/1"))
    assert (row["csm_email"], row["csm_name"], row["team"]) == ("anna@example.com", "Anna", "EMEA/DACH")
    assert (row["mrr"], row["currency"], row["mrr_reporting"], row["plan"], row["size"]) == ("1234.50", "EUR", "1300.00", "pro", "50-249")
    assert row["seats"] == {"base": 4, "activated": 1, "purchased": 3, "active": 1, "activation_rate": 0.333333}
    assert (row["level"], row["flags"], row["products"]) == ("high", ["concentrated_use"], ["crm"])
    assert (row["health"]["score"], row["health"]["band"], row["health"]["coverage"]) == (61.2346, "amber", 0.666667)
    assert row["health"]["facets"]["activity"]["value"] == 33.3333
    assert row["health"]["facets"]["invoices"]["value"] is None
    assert row["renewal"] == {"renewal_on": "2026-06-01", "decision_on": None}
    assert (row["as_of"], row["version"], row["versions"]) == ("2026-03-15", 2, {"activity": 2, "health": 1})


def test_seats_in_use_are_null_where_what_was_loaded_names_no_seat(admin: Client) -> None:
    state(AccountFactory.make(external_id="counted"), published_run(), seats_active=0, strip="Z" * 27 + "L")
    assert get(admin, account_path("counted"))["seats"]["active"] is None


def test_an_account_before_its_first_night_is_unknown_not_zero(admin: Client) -> None:
    AccountFactory.make(external_id="new", plan="basic")
    row = get(admin, account_path("new"))
    assert (row["level"], row["flags"], row["strip"], row["plan"]) == ("unknown", [], "", "basic")
    assert all(
        row[name] is None for name in ("health", "seats", "mrr", "renewal", "as_of", "version", "versions", "paying", "week", "month")
    )


@pytest.fixture
def book(admin: Client) -> dict[str, Account]:
    """Five accounts that differ in every filter."""
    run = published_run()
    emea, dach = TeamFactory.make(name="EMEA", path="EMEA/"), TeamFactory.make(name="DACH", path="EMEA/DACH/")
    anna = UserFactory.make(email="anna@example.com", team=dach)
    made = {
        "a": AccountFactory.make(external_id="a", owner=anna, tier="gold", region="north", lifecycle_stage="live", employees=5),
        "b": AccountFactory.make(external_id="b", team=emea, industry="retail", plan="basic"),
        "c": AccountFactory.make(external_id="c", industry="food"),
        "d": AccountFactory.make(external_id="d"),
        "e": AccountFactory.make(external_id="e"),
    }
    state(made["a"], run, level=3, band="green", score=90, mrr_reporting=10, plan="pro", products=["crm", "pos"])
    state(made["b"], run, level=0, band="red", score=10, mrr_reporting=30)
    state(made["c"], run, level=-1, band="unknown", mrr_reporting=20, paying=False)
    state(made["d"], run, level=3, band="green", score=90, mrr_reporting=None, products=["pos"])
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "abcde"),
        ({"csm": "Anna@example.com"}, "a"),
        ({"csm": "-"}, "bcde"),
        ({"team": "EMEA"}, "ab"),
        ({"team": "EMEA/DACH"}, "a"),
        ({"team": "EME"}, ""),
        ({"plan": ["pro", "basic"]}, "ab"),
        ({"product": "pos"}, "ad"),
        ({"tier": "gold"}, "a"),
        ({"industry": ["food", "retail"]}, "bc"),
        ({"region": "north"}, "a"),
        ({"size": "1-49"}, "a"),
        ({"stage": "live"}, "a"),
        ({"level": "high"}, "ad"),
        ({"level": ["zero", "unknown"]}, "bce"),
        ({"band": "green"}, "ad"),
        ({"external_id": "c"}, "c"),
        ({"paying": "1"}, "abd"),
        ({"paying": "0"}, "ce"),
        ({"scenario": "Approvals"}, ""),
        ({"level": "high", "product": "crm"}, "a"),
        ({"ordering": "-external_id"}, "edcba"),
        ({"ordering": "mrr"}, "acbde"),
        ({"ordering": "-mrr"}, "bcade"),
        ({"ordering": "-score"}, "adbce"),
    ],
)
def test_filters_and_orders(admin: Client, book: dict[str, Account], query: dict[str, Any], found: str) -> None:
    assert "".join(ids(admin, **query)) == found


@pytest.mark.parametrize("ordering", ["external_id", "-mrr", "score", "-level", "renewal_on"])
def test_pages_follow_each_other_both_ways(admin: Client, book: dict[str, Account], ordering: str) -> None:
    whole = ids(admin, ordering=ordering)
    page = get(admin, "accounts/", ordering=ordering, page_size=2)
    assert page["previous"] is None
    seen, pages = [], [page]
    while page["next"]:
        page = admin.get(page["next"]).json()
        pages.append(page)
    for each in pages:
        seen += [row["external_id"] for row in each["results"]]
    assert seen == whole
    back = pages[-1]
    for expected in reversed(pages[:-1]):
        back = admin.get(back["previous"]).json()
        assert back["results"] == expected["results"]
    assert back["previous"] is None


def test_csv_holds_every_account_whatever_the_page(admin: Client, book: dict[str, Account]) -> None:
    answer = admin.get(ROOT + "accounts/?format=csv&page_size=1&ordering=-mrr")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="accounts.csv"' in answer["Content-Disposition"]
    found = csv_rows(answer)
    assert [row["external_id"] for row in found] == ["b", "c", "a", "d", "e"]
    assert (found[2]["health.score"], found[2]["products"], found[4]["health.score"]) == ("90.0", '["crm", "pos"]', "")


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-x", "@here", "\tx", "\rx", "\nx"])
def test_csv_runs_no_formula(admin: Client, text: str) -> None:
    AccountFactory.make(external_id="a", name=text)
    assert csv_rows(admin.get(ROOT + "accounts/?format=csv"))[0]["name"] == "'" + text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"colour": "red"}, {"colour": "unknown_parameter"}),
        ({"level": "warm"}, {"level": "invalid"}),
        ({"ordering": "password"}, {"ordering": "invalid"}),
        ({"page_size": "0"}, {"page_size": "invalid"}),
        ({"page_size": "1001", "band": "blue"}, {"page_size": "invalid", "band": "invalid"}),
        ({"cursor": "bm8"}, {"cursor": "invalid"}),
        ({"cursor": "¤"}, {"cursor": "invalid"}),
        ({"format": "xml"}, {"format": "invalid"}),
    ],
)
def test_a_bad_parameter_is_named_with_what_would_be_right(admin: Client, query: dict[str, Any], expected: dict[str, str]) -> None:
    assert faults(admin, "accounts/", **query) == expected


def test_a_cursor_of_another_order_is_refused(admin: Client, book: dict[str, Account]) -> None:
    link = get(admin, "accounts/", page_size=2)["next"]
    assert admin.get(link + "&ordering=mrr").status_code == 400


ODD_IDS = [
    "a/b",
    "a b",
    "100%",
    "a%2Fb",
    "ü·客户",
    "?x=1&y#z",
    "+1",
    "..",
    ".",
    "/",
    "//",
    "/x",
    "x/",
    "a/activity",
    "health/explain",
    "seats",
    "a;b",
    "'\"<>",
    "x\\y",
    "x//y",
]


@pytest.mark.parametrize("external_id", ODD_IDS)
@pytest.mark.parametrize("variable", ["RAW_URI", "REQUEST_URI", ""])
def test_an_id_may_hold_any_character(admin: Client, external_id: str, variable: str) -> None:
    AccountFactory.make(external_id=external_id)
    for below in ("", "seats/"):
        path = ROOT + account_path(external_id, below)
        answer = admin.get(path, **({variable: path} if variable else {}))  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.content
        assert answer.json()["external_id" if not below else "results"] == (external_id if not below else [])


def test_the_path_as_sent_tells_an_id_from_a_sub_resource(admin: Client) -> None:
    AccountFactory.make(external_id="a")
    AccountFactory.make(external_id="a/seats")
    encoded, plain = ROOT + "accounts/a%2Fseats/", ROOT + "accounts/a/seats/"
    assert admin.get(encoded, RAW_URI=encoded + "?x").json()["external_id"] == "a/seats"
    assert admin.get(plain, RAW_URI="http://testserver" + plain).json()["results"] == []


def test_a_slash_need_not_be_encoded_where_nothing_else_has_that_address(admin: Client) -> None:
    AccountFactory.make(external_id="a/b")
    assert admin.get(ROOT + "accounts/a/b/", RAW_URI=ROOT + "accounts/a/b/").json()["external_id"] == "a/b"
    assert admin.get(ROOT + "accounts/a/b/seats/", RAW_URI=ROOT + "accounts/a/b/seats/").status_code == 200


def test_a_path_that_the_server_rewrote_is_not_trusted(admin: Client) -> None:
    AccountFactory.make(external_id="a")
    assert admin.get(ROOT + "accounts/a/", RAW_URI=ROOT + "accounts/b/").json()["external_id"] == "a"


def test_next_links_keep_the_path_as_sent(admin: Client) -> None:
    account = AccountFactory.make(external_id="a/b c%")
    for n in range(3):
        account.seats.create(external_id=f"s{n}", recorded_at="2026-01-01T00:00Z")
    path = ROOT + account_path("a/b c%", "seats/")
    answer = admin.get(path + "?page_size=2", RAW_URI=path + "?page_size=2").json()
    assert answer["next"].startswith("http://testserver" + path + "?")
    assert [row["external_id"] for row in admin.get(answer["next"]).json()["results"]] == ["s2"]


def test_not_yours_and_not_there_answer_alike(admin: Client) -> None:
    AccountFactory.make(external_id="hers", owner=UserFactory.make())
    mine = bearer(UserFactory.make())
    for below in ("", "seats/", "contracts/", "events/", "tickets/"):
        hidden, absent = mine.get(ROOT + account_path("hers", below)), mine.get(ROOT + account_path("his", below))
        assert hidden.status_code == absent.status_code == 404
        assert hidden.content == absent.content


def test_filtering_on_what_is_hidden_finds_nothing() -> None:
    AccountFactory.make(external_id="hers", owner=UserFactory.make(email="her@example.com"), industry="secret")
    mine = bearer(UserFactory.make())
    assert ids(mine, external_id="hers") == ids(mine, csm="her@example.com") == ids(mine, industry="secret") == []


def test_without_token_nobody_gets_in() -> None:
    answer = Client().get(ROOT + "accounts/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["errors"][0]["code"] == "not_authenticated"
    assert Client(headers={"Authorization": "Bearer wrong"}).get(ROOT + "accounts/").status_code == 401


def test_a_token_dies_with_its_user() -> None:
    user = UserFactory.make(role=Role.ADMIN)
    client = bearer(user)
    assert client.get(ROOT + "accounts/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(ROOT + "accounts/").status_code == 401


@pytest.mark.parametrize("role", [Role.CSM, Role.MANAGER, Role.ADMIN])
def test_a_list_takes_at_most_four_queries_however_long(role: Role, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    team = TeamFactory.make()
    user = UserFactory.make(role=role, team=team, manages=team if role == Role.MANAGER else None)
    client, run = bearer(user), published_run()
    counts = []
    for size in (1, 30):
        for _ in range(size):
            state(AccountFactory.make(owner=user, team=team, parent=Account.objects.first()), run)
        with django_assert_max_num_queries(4) as taken:
            get(client, "accounts/", ordering="-mrr", page_size=1000, team=team.name, level="low")
        counts.append(len(taken))
    assert counts[0] == counts[1]


def test_mrr_is_told_in_the_currency_asked_for(admin: Client) -> None:
    state(AccountFactory.make(external_id="a"), published_run(), mrr=Decimal(80), currency="EUR", mrr_reporting=Decimal(100))
    AccountFactory.make(external_id="b")
    ExchangeRate.objects.create(currency="GBP", day="2026-03-01", rate="3")
    rows = get(admin, "accounts/", currency="GBP")["results"]
    told = [(row["mrr"], row["currency"], row["mrr_reporting"], row["reporting_currency"]) for row in rows]
    assert told == [("80.00", "EUR", "33.33", "GBP"), (None, "USD", None, "GBP")]
    assert get(admin, "accounts/a/", currency="GBP") == rows[0]
    assert faults(admin, "accounts/a/", currency="CHF") == {"currency": "no_rate"}


def test_no_answer_is_kept_on_the_way(admin: Client) -> None:
    for path in ("accounts/", "accounts/?format=csv", "accounts/nobody/", "accounts/?level=warm"):
        assert admin.get(ROOT + path)["Cache-Control"] == "no-store"


def test_session_users_may_read_too() -> None:
    user = UserFactory.make()
    AccountFactory.make(external_id="mine", owner=user)
    client = Client()
    client.force_login(user, backend="accounts.sign_in_backends.WithTeams")
    assert ids(client) == ["mine"]


def test_an_address_quoted_by_hand_is_the_same(admin: Client) -> None:
    AccountFactory.make(external_id="a b")
    assert get(admin, "accounts/" + quote("a b") + "/")["external_id"] == "a b"
