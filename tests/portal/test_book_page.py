"""The list of accounts: filters in words, columns, what is remembered, counts, evidence, and who may see what."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, User
from accounts.types import Role
from csm_portal.portal.book.columns import COLUMNS, DEFAULT
from tests.portal.shown_book import person, published_run, shown, with_history

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    # Nobody else empties it while queries are counted.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "book"}}


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def names(client: Client, query: str) -> list[str]:
    return sorted(row.name for row in client.get(f"/accounts/?{query}").context["rows"])


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_active_filters_stand_in_words_and_can_be_let_go_one_by_one(client: Client) -> None:
    user = person(email="ann@example.com", name="Ann")
    shown(user, "x", score=Decimal(20))
    signed_in(client, user)
    page = client.get("/accounts/?owner=ann@example.com&f=health:below:50%7Cchange:below:-5&f=level:is:medium,high&q=x")
    chips = page.context["chips"]
    assert [(chip.text, chip.joint) for chip in chips] == [
        ("Search: “x”", False),
        ("Owner: Ann", False),
        ("Health below 50", False),
        ("Health change in 30 days below -5", True),
        ("Activity level: Medium or High", False),
    ]
    left = client.get(f"/accounts/?{chips[2].without}").context["chips"]
    assert [chip.text for chip in left] == [chip.text for chip in chips if chip.text != "Health below 50"]


def test_a_bad_value_is_kept_in_the_bar_with_what_would_be_right_and_left_out_of_the_query(client: Client) -> None:
    user = person()
    shown(user, "a", band="red")
    shown(user, "b", band="green")
    signed_in(client, user)
    page = client.get("/accounts/?band=purple&f=health:below:abc&f=mood:is:good&sort=mood&cols=mrr,mood&density=huge")
    assert len(page.context["rows"]) == 2
    told = {chip.text: chip.problem for chip in page.context["chips"]}
    assert "red, amber, green, unknown" in told["Health: purple"]
    assert "0 to 100" in told["Health: below:abc"]
    assert "is no field" in told["mood:is:good"]
    assert "mrr" in told["sort=mood"]
    assert "reason" in told["cols=mood"]
    assert "compact" in told["density=huge"]
    assert "is left out:" in text(page)


def test_a_filter_added_by_the_form_leads_to_an_address_that_holds_it(client: Client) -> None:
    signed_in(client, person())
    added = client.get("/accounts/?band=red&add=health&op=below&value=50")
    assert added["Location"] == "/accounts/?band=red&f=health%3Abelow%3A50"
    joined = client.get("/accounts/?f=health%3Abelow%3A50&add=tags&op=has&value=a%20b,c%7Cd&to=0")
    assert joined["Location"] == "/accounts/?f=health%3Abelow%3A50%7Ctags%3Ahas%3Aa%2520b%2Cc%257Cd"


def test_choices_say_how_many_accounts_each_would_leave(client: Client) -> None:
    ann, bob = person(email="ann@example.com", name="Ann"), person(email="bob@example.com", name="Bob")
    shown(ann, "1", band="red", level=0, account_industry="Retail")
    shown(ann, "2", band="green", level=3, account_industry="Retail")
    shown(bob, "3", band="red", level=3, account_industry="Mining")
    signed_in(client, person(Role.ADMIN))
    offered = {one.name: {c.value: c.count for c in one.choices} for one in client.get("/accounts/?band=red").context["quick"]}
    assert offered["owner"] == {"ann@example.com": 1, "bob@example.com": 1}
    assert offered["band"] == {"red": 2, "amber": 0, "green": 1, "unknown": 0}
    assert offered["level"]["zero"] == 1
    assert offered["industry"] == {"Mining": 1, "Retail": 1}
    for name, choices in offered.items():
        for value, count in choices.items():
            query = f"band={value}" if name == "band" else f"band=red&{name}={value}"
            assert len(names(client, query)) == count, (name, value)


def test_the_form_for_one_more_filter_shows_values_with_their_counts(client: Client) -> None:
    user = person()
    shown(user, "1", account_region="North", account_tags=["vip"], score=Decimal(10))
    shown(user, "2", account_region="South", score=Decimal(90))
    signed_in(client, user)
    part = client.get("/book/add/?adding=region&f=health:below:50")
    assert [(choice.value, choice.count) for choice in part.context["adding"].choices] == [("North", 1)]
    tags = client.get("/book/add/?adding=tags").context["adding"].choices
    assert [(choice.value, choice.count) for choice in tags] == [("vip", 1)]
    whole = client.get("/accounts/?adding=health")
    assert "Add filter" in text(whole)
    assert 'name="op"' in text(whole)
    assert text(client.get("/book/count/?add=health&op=below&value=50")) == "leaves 1 account"
    assert text(client.get("/book/count/?f=health:below:50&add=health&op=above&value=50&to=0")) == "leaves 2 accounts"
    assert "no number" in text(client.get("/book/count/?add=health&op=below&value=x"))


def test_every_field_can_be_added(client: Client) -> None:
    from csm_portal.portal.book.fields import FIELDS

    user = person()
    shown(user, "1")
    signed_in(client, user)
    for key in FIELDS:
        assert client.get(f"/book/add/?adding={key}").status_code == 200, key


def test_the_last_state_comes_back_until_it_is_reset(client: Client) -> None:
    user = person()
    shown(user, "red", band="red")
    shown(user, "green", band="green")
    signed_in(client, user)
    assert client.get("/accounts/").status_code == 200
    client.get("/accounts/?band=red&sort=-mrr&page=1")
    back = client.get("/accounts/")
    assert back.status_code == 302
    assert back["Location"] == "/accounts/?band=red&sort=-mrr"
    assert client.get("/accounts/?reset=1")["Location"] == "/accounts/"
    assert client.get("/accounts/").status_code == 200


def test_what_one_person_filters_is_not_remembered_for_another(client: Client) -> None:
    signed_in(client, person()).get("/accounts/?band=red")
    assert Client().get("/accounts/").status_code == 302
    assert signed_in(client, person()).get("/accounts/").status_code == 200


def test_columns_and_density_are_kept_for_the_person_and_stand_in_the_address(client: Client) -> None:
    user = person()
    shown(user, "x")
    signed_in(client, user)
    asked = {"query": "band=amber", "column": ["mrr", "health"], "place-mrr": "2", "place-health": "1", "density": "compact"}
    answer = client.post("/book/columns/", asked)
    assert answer["Location"] == "/accounts/?band=amber&cols=health%2Cmrr&density=compact"
    page = client.get("/accounts/?band=amber")
    assert [column.key for column in page.context["columns"]] == ["account", "health", "mrr"]
    assert "is-compact" in text(page)
    other = client.get("/accounts/?cols=tags,account,tags")
    assert [column.key for column in other.context["columns"]] == ["account", "tags"]
    client.post("/book/columns/", {"query": "", "standard": "1"})
    assert tuple(column.key for column in client.get("/accounts/?q=x").context["columns"]) == DEFAULT


@pytest.mark.parametrize("key", list(COLUMNS))
def test_every_column_can_be_shown_for_known_and_unknown_figures(client: Client, key: str) -> None:
    user = person()
    shown(user, "known", account_tags=["vip"], north_star=Decimal(5), rated_on=date(2026, 11, 1))
    shown(user, "blank", score=None, score_change_30d=None, mrr=None, mrr_reporting=None, renewal_on=None, decision_on=None, strip="")
    page = signed_in(client, user).get(f"/accounts/?cols={key}")
    assert page.status_code == 200
    assert {row.name for row in page.context["rows"]} == {"known", "blank"}


def test_a_row_unfolds_into_its_evidence(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    user = person()
    account = with_history(shown(user, "a/b ?&", account_next_step="<b>call</b>"))
    signed_in(client, user)
    with django_assert_max_num_queries(8):
        part = client.get("/book/row/", {"account": account.external_id, "span": "13"})
    shown_text = text(part)
    for words in ("15 active of 20 open days", "× 53%", "Last ticket", "none on file", "Month", "&lt;b&gt;call&lt;/b&gt;", 'colspan="13"'):
        assert words in shown_text, words


def test_evidence_of_a_foreign_account_does_not_exist(client: Client) -> None:
    shown(person(), "theirs")
    signed_in(client, person())
    assert client.get("/book/row/?account=theirs").status_code == 404
    assert client.get("/book/row/?account=nobody").status_code == 404
    assert client.get("/book/row/?account=%00").status_code == 404


def test_visitors_are_sent_to_the_sign_in_page(client: Client) -> None:
    for path in ("add", "count", "export", "row", "views"):
        assert client.get(f"/book/{path}/").status_code == 302
    for path in ("columns", "views", "views/1", "views/restore"):
        assert client.post(f"/book/{path}/").status_code == 302


def test_writing_needs_a_token_against_forgery() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person())
    for path in ("columns", "views", "views/1", "views/restore"):
        assert client.post(f"/book/{path}/").status_code == 403


def test_what_stands_in_the_address_is_shown_as_text(client: Client) -> None:
    user = person()
    bad = "\"><script>alert(1)</script>'&"
    shown(user, "x", account_industry=bad, account_tags=[bad], account_next_step=bad, account_tier=bad, account_region=bad, plan=bad)
    signed_in(client, user)
    asked = {
        "q": bad,
        "industry": bad,
        "sort": bad,
        "cols": f"{bad},tags,next_step,tier,region,plan",
        "f": [f"{bad}:is:{bad}", f"tags:has:{bad}"],
    }
    for address in ("/accounts/", "/book/add/", "/book/views/"):
        page = client.get(address, {**asked, "adding": "tags"})
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()


def test_all_that_match_counts_the_whole_list_and_names_the_query(client: Client) -> None:
    user = person()
    for place in range(52):
        shown(user, f"{place:02}", band="red" if place else "green")
    signed_in(client, user)
    page = text(client.get("/accounts/?band=red"))
    assert "all 51 that match" in page
    assert '<input type="hidden" name="query" value="band=red">' in page


def test_the_list_costs_the_same_queries_at_every_size(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    user = person(Role.ADMIN)
    published_run()
    signed_in(client, user)
    for size in (3, 55):
        for place in range(size):
            shown(user, f"{size}-{place}")
        client.get("/accounts/?f=health:min:1")
        with django_assert_max_num_queries(4):
            client.get("/accounts/?f=health:min:1")
    assert Account.objects.count() == 58
