"""Answers of colleagues: reasons on a change, one answer a day and person, undo, and the day that shows at once."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.edit_values import NotSaved
from accounts.models import Account, User
from health.judging.ratings import Answer, Saved, TakenBack, latest_answers, questions_on, rate, undo
from health.models import AccountState, QuestionSet, Rating
from tests.factories import AccountFactory, UserFactory
from tests.rest import published_run, state

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 20, 9, tzinfo=UTC)
DAY = date(2026, 3, 20)
ANCHORS = {"en": ["a", "b", "c", "d", "e"], "zh-hans": ["一", "二", "三", "四", "五"]}


def publish_questions(version: int = 1, *keys: str) -> None:
    wanted = keys or ("value", "sponsor")
    body = {"questions": [{"key": key, "text": {"en": f"About {key}?", "zh-hans": f"{key}？"}, "anchors": ANCHORS} for key in wanted]}
    QuestionSet.objects.create(version=version, effective_from=date(2020, 1, 1), body=body, digest=str(version), published_at=AT)


@pytest.fixture(autouse=True)
def _questions() -> None:
    publish_questions()


@pytest.fixture
def anna() -> User:
    return UserFactory.make(name="Anna")


def answer(user: User, *accounts: Account, at: datetime = AT, on: date = DAY, reason: str = "", **scores: int) -> Saved:
    wanted = Account.objects.filter(pk__in=[account.pk for account in accounts])
    return rate(user, wanted, [Answer(key, score, reason) for key, score in scores.items()], at, on)


def scores(account: Account) -> list[tuple[str, int, date, str]]:
    return [
        (row.question, row.score, row.rated_on, row.reason)
        for row in Rating.objects.filter(account=account).order_by("rated_on", "question")
    ]


def test_a_first_answer_needs_no_reason_and_shows_as_rated_at_once(anna: User) -> None:
    account = AccountFactory.make(owner=anna)
    state(account, published_run(), rated_on=date(2026, 1, 1), score=60)
    saved = answer(anna, account, value=4, sponsor=2)
    assert (saved.accounts, saved.answers) == (1, 2)
    assert scores(account) == [("sponsor", 2, DAY, ""), ("value", 4, DAY, "")]
    row = AccountState.objects.get()
    assert row.rated_on == DAY
    assert row.score == 60


def test_a_changed_answer_needs_a_reason_and_a_confirmed_one_does_not(anna: User) -> None:
    account = AccountFactory.make(owner=anna)
    answer(anna, account, value=4, on=DAY - timedelta(days=200))
    with pytest.raises(NotSaved) as refused:
        answer(anna, account, value=2, sponsor=1)
    assert refused.value.problems == {"value": "The answer changes from 4 to 2: say why, in a few words."}
    assert len(scores(account)) == 1
    answer(anna, account, value=4)
    answer(anna, account, value=2, reason="sponsor left", on=DAY + timedelta(days=1))
    assert scores(account)[-1] == ("value", 2, DAY + timedelta(days=1), "sponsor left")


def test_a_second_answer_of_the_day_takes_the_first_ones_place(anna: User) -> None:
    account = AccountFactory.make(owner=anna)
    answer(anna, account, value=4, reason="likes it")
    answer(anna, account, value=4, at=AT + timedelta(minutes=1))
    assert scores(account) == [("value", 4, DAY, "likes it")]
    again = answer(anna, account, value=1, reason="misread", at=AT + timedelta(minutes=2))
    assert scores(account) == [("value", 1, DAY, "misread")]
    undo(anna, again.id, AT, DAY)
    assert scores(account) == [("value", 4, DAY, "likes it")]


def test_undo_takes_back_what_nothing_came_after(anna: User) -> None:
    account = AccountFactory.make(owner=anna)
    state(account, published_run())
    saved = answer(anna, account, value=4)
    assert undo(anna, saved.id, AT, DAY) == TakenBack(1)
    assert scores(account) == []
    assert AccountState.objects.get().rated_on is None
    assert undo(anna, saved.id, AT, DAY) == TakenBack(0)


def test_undo_leaves_an_answer_that_somebody_has_built_on(anna: User) -> None:
    ben = UserFactory.make()
    account = AccountFactory.make(owner=anna, co_owner=ben, name="Acme")
    saved = answer(anna, account, value=4)
    answer(ben, account, value=5, reason="heard more", at=AT + timedelta(hours=1))
    assert undo(anna, saved.id, AT, DAY) == TakenBack(0, ("Acme",))
    assert len(scores(account)) == 2


def test_undo_is_for_who_answered_and_for_a_day(anna: User) -> None:
    account = AccountFactory.make(owner=anna)
    saved = answer(anna, account, value=4)
    assert undo(UserFactory.make(), saved.id, AT, DAY) is None
    assert undo(anna, uuid.uuid4(), AT, DAY) is None
    assert undo(anna, saved.id, AT + timedelta(days=1), DAY) is None
    assert len(scores(account)) == 1


def test_the_same_answers_go_to_many_accounts_and_only_to_visible_ones(
    anna: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    run = published_run()
    mine = [AccountFactory.make(owner=anna) for _n in range(120)]
    for account in mine:
        state(account, run)
    hers = AccountFactory.make()
    with django_assert_max_num_queries(12):
        saved = answer(anna, *mine, hers, value=3, sponsor=3)
    assert (saved.accounts, saved.answers) == (120, 240)
    assert scores(hers) == []
    assert AccountState.objects.filter(rated_on=DAY).count() == 120
    with django_assert_max_num_queries(14):
        assert undo(anna, saved.id, AT, DAY) == TakenBack(120)
    assert Rating.objects.count() == 0


@pytest.mark.parametrize(
    ("answers", "about", "says"),
    [
        ([], "", "Nothing is answered yet"),
        ([Answer("gone", 3)], "", "not asked any more"),
        ([Answer("value", 0)], "value", "from 1 to 5"),
        ([Answer("value", 6)], "value", "from 1 to 5"),
        ([Answer("value", 3, "x" * 10_000)], "value", "right would be at most 1000"),
        ([Answer("value", 3, "a\0b")], "value", "U+0000"),
    ],
)
def test_a_bad_answer_says_what_would_be_right(anna: User, answers: list[Answer], about: str, says: str) -> None:
    account = AccountFactory.make(owner=anna)
    with pytest.raises(NotSaved) as refused:
        rate(anna, Account.objects.filter(pk=account.pk), answers, AT, DAY)
    assert says in refused.value.problems[about]
    assert Rating.objects.count() == 0


def test_the_latest_answer_is_the_last_one_given(anna: User) -> None:
    account = AccountFactory.make(owner=anna)
    for score, days in ((2, 5), (3, 90), (5, 1)):
        answer(anna, account, value=score, reason="x", on=DAY - timedelta(days=days))
    found: Any = latest_answers(anna, [account.pk])
    assert found[account.pk, "value"].score == 5
    assert latest_answers(UserFactory.make(), [account.pk]) == {}


def test_questions_are_those_in_force() -> None:
    publish_questions(2, "fit")
    assert [question.key for question in questions_on(DAY)] == ["fit"]
    assert questions_on(date(2019, 1, 1)) == ()
