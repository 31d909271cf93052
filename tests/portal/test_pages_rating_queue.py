"""The pages about judgement: queue, one account after another without script, coverage, disagreements; refusals and costs."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, User
from accounts.types import Role
from health.models import AccountState, Rating
from tests.factories import UserFactory
from tests.health.rating_book import NOW, TODAY, answered, ask, paying, review
from tests.portal.test_pages_ratings import HTMX, NASTY, told

pytestmark = pytest.mark.django_db
TURN = "/ratings/turn/"


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna(client: Client) -> User:
    user = UserFactory.make(email="anna@example.com", name="Anna")
    client.force_login(user)
    return user


def page(client: Client, path: str = "/ratings/", **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200, answer
    return " ".join(answer.content.decode().split())


def rows(client: Client, path: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(client.get(path).streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]


def rate(client: Client, account: str, *, htmx: bool = False, **data: str) -> Any:
    sent = {name.replace("__", ":"): value for name, value in data.items()}
    return client.post(TURN, {"account": account, **sent}, headers=HTMX if htmx else {})


def test_the_queue_says_why_each_account_is_due_and_counts_them(client: Client, anna: User) -> None:
    ask("core", "boss")
    answered(paying(anna, name="Expired"), anna, 125)
    half = paying(anna, name="Half")
    answered(half, anna, 20, 3, "core")
    near = paying(anna, name="Near")
    answered(near, anna, 20)
    review(near, TODAY + timedelta(days=4))
    paying(anna, name="Never")
    answered(paying(anna, name="Fresh"), anna, 0)
    shown = page(client)
    for words in ("never rated", "every answer expired", "1 question never answered", "QBR on 20 Mar"):
        assert words in shown
    assert "Fresh" not in shown
    for tile in ("Due: 4", "Overdue: 3", "More than 30 days late: 3"):
        assert f'aria-label="{tile}"' in shown
    assert "40%" in shown
    assert "Near" not in page(client, part="overdue")
    assert "15 Mar 2026</time>" in shown


def test_empty_queues_say_what_brings_accounts_back(client: Client, anna: User) -> None:
    assert "There is nothing to rate yet" in page(client)
    ask("core", "boss")
    answered(paying(anna), anna, 1)
    assert "An account comes back when an answer expires" in page(client)
    assert "Nothing of this kind is due" in page(client, part="late")
    assert client.get(TURN)["Location"] == "/ratings/"


def test_the_list_loads_itself_anew_like_the_figures_above_it(client: Client, anna: User) -> None:
    # An undo from another page's toast brings an account back into a list that was empty.
    ask("core")
    answered(paying(anna), anna, 1)
    assert 'aria-labelledby="queue-title" data-refresh' in page(client)


def test_a_csm_sees_no_books_of_others_and_a_manager_picks_one(client: Client, anna: User) -> None:
    ask("core")
    ben = UserFactory.make(email="ben@example.com", name="Ben")
    paying(anna, name="Hers")
    paying(ben, name="His")
    paying(None, name="Nobodys")
    assert "His" not in page(client)
    assert client.get("/ratings/coverage/").status_code == 404
    client.force_login(UserFactory.make(role=Role.ADMIN))
    assert all(name in page(client) for name in ("Hers", "His", "Nobodys"))
    mine = page(client, owner="ben@example.com")
    assert "His" in mine
    assert "Hers" not in mine
    assert "Nobodys" in page(client, owner="-")
    table = rows(client, "/ratings/coverage/?format=csv")
    assert [line[0] for line in table] == ["CSM", "no owner", "Anna", "Ben"]
    assert "All books" in page(client, "/ratings/coverage/")


def test_a_leader_sees_their_own_answer_in_the_queue_at_once(client: Client, anna: User) -> None:
    ask("core")
    boss = UserFactory.make(role=Role.ADMIN)
    client.force_login(boss)
    paying(anna, name="Acme", external_id="acme")
    assert "?account=acme" in page(client)
    rate(client, "acme", score__core="4")
    assert "?account=acme" not in page(client)


def test_without_script_one_goes_from_account_to_account_and_back(client: Client, anna: User) -> None:
    ask("core", "boss")
    for name in "abc":
        answered(paying(anna, name=name, external_id=name), anna, 100 + ord("c") - ord(name), 4)
    assert client.get(TURN)["Location"] == f"{TURN}?account=a"
    first = page(client, TURN, account="a")
    assert "Account 1 of 3" in first
    assert f'href="{TURN}?account=b"' in first
    assert "4 by Anna on" in first
    saved = rate(client, "a", score__core="4")
    batch = saved["Location"].split("saved=")[1]
    assert saved["Location"] == f"{TURN}?account=b&saved={batch}"
    second = page(client, TURN, account="b", saved=batch)
    assert "a: 1 answer saved." in second
    assert "1 rated by you today" in second
    client.post(f"{TURN}undo/", {"batch": batch, "account": "a"})
    assert not Rating.objects.filter(rated_on=TODAY).exists()
    assert "answer saved" not in page(client, TURN, account="b", saved=batch)
    assert rate(client, "b", score__core="4", go="previous")["Location"].startswith(f"{TURN}?account=a")
    assert rate(client, "c", score__core="4")["Location"] == "/ratings/"


def test_all_as_before_repeats_what_was_not_answered_anew(client: Client, anna: User) -> None:
    ask("core", "boss", "fit")
    answered(paying(anna, external_id="acme"), anna, 100, 4)
    rate(client, "acme", confirm="1", score__boss="2", reason__boss="he left")
    kept = Rating.objects.filter(rated_on=TODAY).order_by("question").values_list("question", "score", "reason")
    assert list(kept) == [("boss", 2, "he left"), ("core", 4, "")]


def test_with_htmx_the_next_account_takes_the_place_and_the_address_follows(client: Client, anna: User) -> None:
    ask("core")
    for name in "ab":
        answered(paying(anna, name=name, external_id=name), anna, 300 - ord(name), 4, "core")
    rate(client, "b", htmx=True, score__core="4")
    answer = rate(client, "a", htmx=True, score__core="4", go="previous")
    assert "<html" not in answer.content.decode()
    assert answer.headers["HX-Push-Url"] == f"{TURN}?account=b"
    last = rate(client, "a", htmx=True, score__core="4")
    assert last.headers["HX-Redirect"] == "/ratings/"


def test_a_refused_answer_comes_back_with_what_was_typed(client: Client, anna: User) -> None:
    ask("core", "boss")
    answered(paying(anna, external_id="acme"), anna, 100, 4)
    for htmx in (True, False):
        answer = rate(client, "acme", htmx=htmx, score__core="2", score__boss="4")
        assert answer.status_code == 422
        shown = answer.content.decode()
        assert "say why, in a few words" in shown
        assert 'value="2" checked' in shown
    assert rate(client, "acme").status_code == 422
    assert not Rating.objects.filter(rated_on=TODAY).exists()


def test_an_account_that_is_not_due_is_shown_before_the_queue(client: Client, anna: User) -> None:
    ask("core")
    answered(paying(anna, name="Fresh", external_id="fresh"), anna, 3, 4, "core")
    paying(anna, name="Due", external_id="due")
    assert "Account 1 of 2" in page(client, TURN, account="fresh")
    assert "Account 2 of 2" in page(client, TURN, account="due")


def test_a_round_passes_over_accounts_that_were_given_away(client: Client, anna: User) -> None:
    ask("core")
    for place, name in enumerate("abc"):
        answered(paying(anna, name=name, external_id=name), anna, 100 - place, 4, "core")
    page(client, TURN, account="a")
    Account.objects.filter(external_id="b").update(owner=UserFactory.make())
    assert f'href="{TURN}?account=c"' in page(client, TURN, account="a")


def test_what_is_not_yours_is_not_there(client: Client, anna: User) -> None:
    ask("core")
    paying(UserFactory.make(), external_id="hers")
    for account in ("hers", "none", "a\0b"):
        assert client.get(TURN, {"account": account}).status_code == 404
        assert rate(client, account, score__core="4").status_code == 404
        assert client.post(f"{TURN}undo/", {"account": account, "batch": "x"}).status_code == 404
    assert not Rating.objects.exists()


@pytest.mark.parametrize("text", [NASTY, "a\0b", "中文", "9" * 30])
def test_any_text_in_the_address_is_escaped_or_left_out(client: Client, anna: User, text: str) -> None:
    ask("core")
    paying(anna, name=NASTY, external_id="acme")
    for path in ("/ratings/", "/ratings/disagreements/", "/ratings/overrides/", TURN):
        for name in ("owner", "part", "page", "way", "saved"):
            query = {name: text, **({"account": "acme"} if path == TURN else {})}
            answer = client.get(path, query)
            assert answer.status_code == 200
            assert b"<script>alert" not in answer.content


def test_disagreements_stand_both_ways_with_the_answer_against_the_system(client: Client, anna: User) -> None:
    ask("core", "boss")
    acme, beta = paying(anna, name="Acme"), paying(anna, name="Beta")
    answered(acme, anna, 10, 2, "core")
    Rating.objects.filter(account=acme).update(reason="the sponsor left")
    answered(acme, anna, 10, 4, "boss")
    answered(beta, anna, 10, 5)
    high = {"activity": {"value": 95, "weight": 40, "evidence": {}}, "growth": {"value": 20, "weight": 5, "evidence": {}}}
    AccountState.objects.filter(account=acme).update(machine=90, human=40, facets=high)
    AccountState.objects.filter(account=beta).update(machine=30, human=100)
    shown = page(client, "/ratings/disagreements/")
    assert shown.index("Beta") < shown.index("Acme")
    assert "About core? <strong>2/5</strong>" in shown
    assert "the sponsor left · Anna" in shown
    assert "Activity 95" in shown
    assert "Beta" not in page(client, "/ratings/disagreements/", way="machine")
    table = rows(client, "/ratings/disagreements/?format=csv&way=machine")
    assert [line[1] for line in table] == ["Account", "Acme"]
    assert table[1][8:11] == ["2", "the sponsor left", "Anna"]
    answered(beta, anna, 0, 1)
    client.force_login(UserFactory.make())
    assert "System and CSMs agree here" in page(client, "/ratings/disagreements/")


def test_pages_cost_few_queries_at_any_size(client: Client, anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    ask("core", "boss")
    for n in range(60):
        account = paying(anna, external_id=f"a{n}")
        answered(account, anna, 100)
        AccountState.objects.filter(account=account).update(machine=90, human=10)
    # Eight each; the two statements of the rule stand in transactions of their own, whose frames count inside that of the test.
    for path, most in (("/ratings/", 12), (f"{TURN}?account=a1", 8), ("/ratings/disagreements/", 8), ("/ratings/overrides/", 8)):
        page(client, path)
        with django_assert_max_num_queries(most):
            page(client, path)


def test_a_saved_account_says_so_and_can_be_undone_from_the_toast(client: Client, anna: User) -> None:
    ask("core")
    paying(anna, name="Acme", external_id="acme")
    answer = rate(client, "acme", htmx=True, score__core="4")
    assert answer.headers["HX-Redirect"] == "/ratings/"
    assert Rating.objects.get().recorded_at > NOW
    assert "Acme: 1 answer saved." in page(client)


def test_a_dialog_still_rates_one_account(client: Client, anna: User) -> None:
    ask("core")
    paying(anna, external_id="acme")
    answer = client.post("/ratings/new/", {"save": "1", "account": "acme", "score:core": "4"}, headers=HTMX)
    assert told(answer)["text"] == "Rated 1 account: counts from the next night."
