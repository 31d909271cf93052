"""When an account is to be rated: never answered, expired, a review near; in order, counted and narrowed, for any viewer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, User
from accounts.types import Role
from health.judging.rating_questions import question_as_asked, questions_due, validities
from health.judging.rating_queue import NOBODY, DueAccount, Wanted, due_accounts, due_keys, standings, summed
from health.model_types import Question, QuestionVersion
from tests.factories import AccountFactory, ContractFactory, UserFactory
from tests.health.rating_book import CAME, TODAY, answered, ask, paying, review
from tests.rest import published_run, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com", name="Anna")


def due(user: User, **wanted: object) -> list[DueAccount]:
    return due_accounts(user, TODAY, Wanted(**wanted))[0]  # type: ignore[arg-type]


def only(user: User) -> DueAccount:
    (found,) = due(user)
    return found


def test_an_account_never_rated_is_due_since_it_came(anna: User) -> None:
    ask("core", "boss")
    paying(anna, name="Acme")
    row = only(anna)
    assert (row.name, row.due_on, row.never, row.expired, row.questions) == ("Acme", CAME, 2, 0, 2)
    assert row.overdue
    assert row.days_late(TODAY) == 400


def test_without_a_day_of_onboarding_its_first_paying_contract_counts(anna: User) -> None:
    ask("core")
    account = paying(anna, onboarded_on=None)
    assert only(anna).due_on == date(2020, 1, 1)
    ContractFactory.make(account=account, starts_on=TODAY - timedelta(days=500), ends_on=TODAY - timedelta(days=400), mrr=0)
    ContractFactory.make(account=account, starts_on=TODAY - timedelta(days=30), mrr=10)
    assert only(anna).due_on == TODAY - timedelta(days=30)


def test_a_question_is_not_due_before_it_was_asked(anna: User) -> None:
    ask("core", since=TODAY - timedelta(days=300))
    ask("core", "boss", version=2, since=TODAY - timedelta(days=10))
    account = paying(anna)
    answered(account, anna, 20, 3, "core")
    row = only(anna)
    assert (row.due_on, row.never, row.due) == (TODAY - timedelta(days=10), 1, 1)


@pytest.mark.parametrize(("days_ago", "is_due"), [(89, False), (90, True), (91, True)])
def test_an_answer_expires_after_its_days(anna: User, days_ago: int, is_due: bool) -> None:
    ask("core", "boss")
    answered(paying(anna), anna, days_ago)
    assert [row.due_on for row in due(anna)] == ([TODAY - timedelta(days=days_ago - 90)] if is_due else [])


def test_an_answer_holds_as_long_as_its_own_set_said(anna: User) -> None:
    ask("core", valid_days=90)
    ask("core", version=2, since=TODAY - timedelta(days=50), valid_days=30)
    account = paying(anna)
    answered(account, anna, 60, 3, "core")
    assert due(anna) == []
    answered(account, anna, 40, 3, "core")
    assert only(anna).due_on == TODAY - timedelta(days=10)


@pytest.mark.parametrize(
    ("ahead", "days_ago", "is_due"), [(14, 1, True), (14, 0, False), (15, 30, False), (0, 13, False), (0, 15, True), (-1, 30, False)]
)
def test_a_review_asks_for_answers_of_its_fortnight(anna: User, ahead: int, days_ago: int, is_due: bool) -> None:
    ask("core", "boss")
    account = paying(anna)
    answered(account, anna, days_ago)
    planned = TODAY + timedelta(days=ahead)
    review(account, planned)
    found = due(anna)
    assert [(row.due_on, row.overdue) for row in found] == ([(planned - timedelta(days=14), False)] if is_due else [])


@pytest.mark.parametrize(("kind", "held", "is_due"), [("ebr", None, True), ("other", None, False), ("qbr", TODAY, False)])
def test_only_reviews_with_the_customer_that_are_still_to_come_ask(anna: User, kind: str, held: date | None, is_due: bool) -> None:
    ask("core", "boss")
    account = paying(anna)
    answered(account, anna, 30)
    review(account, TODAY + timedelta(days=3), kind, held)
    assert bool(due(anna)) is is_due


def test_a_stores_answers_count_for_its_brand_and_a_store_is_never_in_the_queue(anna: User) -> None:
    ask("core", "boss")
    brand = paying(anna)
    store = AccountFactory.make(owner=anna, counts_for=brand)
    answered(store, anna, 5)
    assert due(anna) == []


def test_who_does_not_pay_is_not_rated(anna: User) -> None:
    ask("core")
    state(AccountFactory.make(owner=anna), published_run(), paying=False)
    assert due(anna) == []
    assert standings(anna, TODAY) == []


def test_without_questions_nothing_is_due(anna: User) -> None:
    paying(anna)
    assert (due(anna), due_keys(anna, TODAY), standings(anna, TODAY)) == ([], [], [])


def test_the_longest_due_come_first_then_the_most_money(anna: User) -> None:
    ask("core", "boss")
    for name, ago, mrr in (("b", 100, 5), ("c", 95, 900), ("a", 100, 50), ("fresh", 3, 9_000)):
        answered(paying(anna, name=name, mrr=mrr), anna, ago)
    assert [row.name for row in due(anna)] == ["a", "b", "c"]
    keys = due_keys(anna, TODAY)
    assert [Account.objects.get(pk=key).name for key in keys] == ["a", "b", "c"]
    page, total = due_accounts(anna, TODAY, limit=1, offset=1)
    assert ([row.name for row in page], total) == (["b"], 3)


def test_the_queue_is_narrowed_to_an_owner_and_to_what_is_late(anna: User) -> None:
    ask("core", "boss")
    boss, ben = UserFactory.make(role=Role.ADMIN), UserFactory.make(email="ben@example.com")
    answered(paying(anna, name="late"), anna, 121)
    answered(paying(ben, name="fresh"), anna, 90)
    near = paying(None, name="near")
    answered(near, anna, 20)
    review(near, TODAY)
    assert [row.name for row in due(boss)] == ["late", "near", "fresh"]
    assert [row.name for row in due(boss, owner="ben@example.com")] == ["fresh"]
    assert [row.name for row in due(boss, owner=NOBODY)] == ["near"]
    assert [row.name for row in due(boss, late=0)] == ["late", "fresh"]
    assert [row.name for row in due(boss, late=31)] == ["late"]
    assert [row.name for row in due(ben)] == ["fresh"]


def test_books_stand_as_their_accounts_do(anna: User) -> None:
    ask("core", "boss")
    boss = UserFactory.make(role=Role.ADMIN)
    answered(paying(anna), anna, 0)
    answered(paying(anna), anna, 10)
    answered(paying(anna), anna, 121)
    paying(anna)
    paying(None)
    nobody, hers = standings(boss, TODAY)
    assert (nobody.owner, nobody.accounts, nobody.overdue, nobody.age) == (None, 1, 1, None)
    assert (hers.owner, hers.accounts, hers.due, hers.overdue, hers.very_late) == ("Anna", 4, 2, 2, 2)
    assert (hers.rated, hers.never, hers.done, hers.worst) == (2, 1, 1, 400)
    assert hers.age == pytest.approx((0 + 10 + 121) / 3)
    whole = summed([nobody, hers])
    assert (whole.accounts, whole.due, whole.rated, whole.never, whole.worst) == (5, 3, 2, 2, 400)
    assert whole.age == pytest.approx((0 + 10 + 121) / 3)


def test_it_costs_two_queries_at_any_size(anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    ask("core", "boss")
    for _n in range(30):
        paying(anna)
    for read in (lambda: due_accounts(anna, TODAY), lambda: due_keys(anna, TODAY), lambda: standings(anna, TODAY)):
        # Two of ours, and the frame of a transaction.
        with django_assert_max_num_queries(4):
            read()


days = st.integers(0, 60).map(lambda n: TODAY - timedelta(days=n))
sets = st.lists(
    st.tuples(days, st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 200)), min_size=1, max_size=3, unique_by=lambda q: q[0])),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(sets)
def test_validities_say_for_every_day_what_the_facet_goes_by(drawn: list[tuple[date, list[tuple[str, int]]]]) -> None:
    versions = tuple(
        QuestionVersion(n, first, tuple(Question(key, valid_days=valid) for key, valid in questions))
        for n, (first, questions) in enumerate(drawn, start=1)
    )
    found = list(validities(versions, TODAY))
    for one in questions_due(versions, TODAY):
        assert one.since <= TODAY
        for back in range(70):
            day = TODAY - timedelta(days=back)
            (holds,) = [v.valid_days for v in found if v.question == one.question and v.first <= day < v.after]
            assert holds == question_as_asked(one.question, day, versions).valid_days
