"""The rating form: words, reasons, several accounts, one after another."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, User
from health.models import AccountState, QuestionSet, Rating
from tests.portal.shown_book import NOW, person, shown

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
HTMX = {"HX-Request": "true"}
NASTY = """<script>alert("x")</script> '&"""


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna(client: Client) -> User:
    user = person(email="anna@example.com", name="Anna")
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def _questions() -> None:
    anchors = {"en": ["never", "knows", "reports", "at times", "weekly"], "zh-hans": ["从不", "知道", "看报表", "偶尔", "每周"]}
    texts = {"boss": {"en": "Does the boss use it?", "zh-hans": "老板自己在用吗？"}, NASTY: {"en": NASTY}}
    body = {"questions": [{"key": key, "text": text, "anchors": anchors} for key, text in texts.items()]}
    QuestionSet.objects.create(version=1, effective_from=date(2020, 1, 1), body=body, digest="1", published_at=NOW)


def rated(account: Account, by: User, score: int, days: int = 30, reason: str = "") -> Rating:
    return Rating.objects.create(
        account=account, question="boss", score=score, rated_on=TODAY - timedelta(days=days), rated_by=by, reason=reason, recorded_at=NOW
    )


def post(client: Client, *, htmx: Any = True, **data: Any) -> Any:
    return client.post("/ratings/new/", {"save": "1", **data}, headers=HTMX if htmx else {})


def told(answer: Any, event: str = "portal:toast") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.headers["HX-Trigger"])[event]
    return found


def test_the_form_shows_question_points_and_the_answer_before(client: Client, anna: User) -> None:
    rated(shown(anna, "acme"), anna, 4, days=100, reason="saw him click")
    page = client.get("/ratings/new/?account=acme").content.decode()
    for text in ("Rate acme", "Does the boss use it?", "at times", "4 by Anna on 12 Aug 2026, expired", "saw him click", 'data-before="4"'):
        assert text in page
    assert "Health takes the answers up with the next night" in page
    assert "<script>alert" not in page


def test_the_questions_speak_the_readers_language(client: Client, anna: User) -> None:
    shown(anna, "acme")
    anna.language = "zh-hans"
    anna.save()
    page = client.get("/ratings/new/?account=acme").content.decode()
    assert "老板自己在用吗？" in page
    assert "看报表" in page


def test_answers_are_saved_dated_today_and_undone(client: Client, anna: User) -> None:
    shown(anna, "acme")
    saved = post(client, account="acme", **{"score:boss": "2"})
    assert saved.status_code == 204
    toast = told(saved)
    assert toast["text"] == "Rated 1 account: counts from the next night."
    row = Rating.objects.get()
    assert (row.question, row.score, row.rated_on, row.rated_by) == ("boss", 2, TODAY, anna)
    assert AccountState.objects.get().rated_on == TODAY
    for path in ("/accounts/", "/accounts/acme/"):
        assert "today: counts from the next night" in client.get(path).content.decode()
    back = client.post(toast["undo_url"], headers=HTMX)
    assert told(back)["text"] == "Put back on 1 account."
    assert not Rating.objects.exists()


def test_a_changed_answer_comes_back_for_its_reason(client: Client, anna: User) -> None:
    rated(shown(anna, "acme"), anna, 4)
    refused = post(client, account="acme", **{"score:boss": "2"})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "The answer changes from 4 to 2: say why" in page
    assert "checked" in page
    done = post(client, htmx=False, account="acme", **{"score:boss": "2", "reason:boss": " left \n us "})
    assert (done.status_code, done["Location"]) == (302, "/accounts/acme/")
    assert Rating.objects.latest("id").reason == "left us"


def test_the_same_answers_go_to_several_accounts(client: Client, anna: User) -> None:
    for n in range(3):
        shown(anna, f"a{n}")
    shown(person(), "hers")
    rated(Account.objects.get(external_id="a0"), anna, 3)
    form = client.get("/ratings/new/?account=a0&account=a1&account=a2&account=hers", headers=HTMX).content.decode()
    assert "Rate 3 accounts" in form
    assert "3 on 1 account" in form
    ids = ["a0", "a1", "a2", "hers"]
    assert post(client, account=ids, **{"score:boss": "5"}).status_code == 422
    saved = post(client, account=ids, **{"score:boss": "5", "reason:boss": "all use it"})
    assert told(saved)["text"] == "Rated 3 accounts: counts from the next night."
    assert Rating.objects.filter(score=5).count() == 3


def test_one_account_after_another_is_a_round_on_a_screen_of_its_own(client: Client, anna: User) -> None:
    for n in range(3):
        shown(anna, f"a{n}")
    begun = client.get("/ratings/new/?each=1&account=a1&account=a0&account=a2", headers=HTMX)
    assert begun.headers["HX-Redirect"] == "/ratings/turn/?account=a1"
    assert "Account 1 of 3" in client.get("/ratings/turn/?account=a1").content.decode()
    plain = client.post("/ratings/new/", {"each": "1", "all": "1", "query": "", "next": "/accounts/?q=a"})
    assert plain["Location"] == "/ratings/turn/?account=a0"
    last = client.post("/ratings/turn/", {"account": "a2", "score:boss": "5"})
    assert last["Location"] == "/accounts/?q=a"


def test_a_round_may_be_longer_than_any_address(client: Client, anna: User) -> None:
    ids = [shown(anna, f"account with a long name {n:03}").external_id for n in range(150)]
    client.post("/ratings/new/", {"each": "1", "account": ids})
    assert "Account 150 of 150" in client.get(f"/ratings/turn/?account={ids[-1]}").content.decode()


def test_what_is_not_yours_cannot_be_rated(client: Client, anna: User) -> None:
    shown(person(), "hers")
    for query in ("account=hers", "account=none", "", "each=1&account=hers", "all=1&query=q%3Dhers"):
        assert client.get(f"/ratings/new/?{query}").status_code == 404
        assert client.post(f"/ratings/new/?{query}", {"save": "1", "account": "hers", "score:boss": "5"}).status_code == 404
    assert not Rating.objects.exists()


@pytest.mark.parametrize("text", [NASTY, "x" * 10_000, "a\0b", "中文"])
def test_any_text_in_any_field_is_kept_escaped_or_refused(client: Client, anna: User, text: str) -> None:
    shown(anna, "acme")
    for data in ({"score:boss": "3", "reason:boss": text}, {"score:boss": text}, {f"score:{text}": "3"}, {f"score:{NASTY}": "3"}):
        for htmx in (True, False):
            answer = post(client, htmx=htmx, account="acme", **data)
            assert answer.status_code in {204, 302, 422} or (answer.status_code == 400 and len(text) == 10_000)
            assert b"<script>alert" not in answer.content


def test_without_questions_the_form_says_so(client: Client, anna: User) -> None:
    QuestionSet.objects.all().delete()
    shown(anna, "acme")
    assert "There are no questions yet" in client.get("/ratings/new/?account=acme").content.decode()


def test_the_form_costs_few_queries_at_any_size(client: Client, anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for n in range(40):
        rated(shown(anna, f"a{n}"), anna, 3)
    for query in ("account=a1", "all=1&query=", "each=1&all=1&query="):
        with django_assert_max_num_queries(8):
            assert client.get(f"/ratings/new/?{query}", headers=HTMX).status_code == 200
