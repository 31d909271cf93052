"""Feedback of reviews: themes, an owner, an answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.edit_values import NotSaved, Refused
from accounts.models import Account, User
from accounts.types import Role
from health.judging.feedback import MOST_THEMES, THEMES, Care, take_care, themes_of
from health.judging.review_log import undo
from health.judging.reviews import Told, put
from health.models import FeedbackCare, Review
from tests.factories import AccountFactory, UserFactory

AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
TODAY = date(2026, 11, 1)
DAY = timedelta(days=1)


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com")


@pytest.fixture
def account(anna: User) -> Account:
    return AccountFactory.make(owner=anna)


@pytest.fixture
def review(anna: User, account: Account) -> Review:
    return put(anna, account, Told(held_on=TODAY - DAY, feedback="too slow"), AT, TODAY)[0]


@pytest.mark.django_db
def test_feedback_gets_an_owner_then_an_answer_and_each_is_taken_back(anna: User, review: Review) -> None:
    first = take_care(anna, review.pk, Care(owner="ANNA@example.com", themes=("slow",)), AT, TODAY)
    assert first is not None
    assert (first.care.owner, first.care.themes, first.care.answered_on) == (anna, ["slow"], None)
    later = AT + DAY / 2
    second = take_care(anna, review.pk, Care("anna@example.com", " fixed in May ", ("slow",)), later, TODAY)
    assert second is not None
    assert (second.care.answer, second.care.answered_on, second.care.answered_by) == ("fixed in May", TODAY, anna)
    same = take_care(anna, review.pk, Care("anna@example.com", "fixed in May", ("slow",)), later, TODAY + DAY)
    assert same is not None
    assert same.batch is None
    assert same.care.answered_on == TODAY
    for kept, answer in ((second, ""), (first, None)):
        assert kept.batch is not None
        taken = undo(anna, kept.batch, later, TODAY)
        assert taken is not None
        assert taken.whole
        assert FeedbackCare.objects.values_list("answer", flat=True).first() == answer


@pytest.mark.django_db
def test_an_answer_that_is_emptied_is_none_any_more(anna: User, review: Review) -> None:
    take_care(anna, review.pk, Care(answer="yes"), AT, TODAY)
    kept = take_care(anna, review.pk, Care(), AT, TODAY)
    assert kept is not None
    assert (kept.care.answer, kept.care.answered_on, kept.care.answered_by) == ("", None, None)


@pytest.mark.django_db
def test_only_who_sees_the_account_takes_care_or_is_named(anna: User, review: Review) -> None:
    other = UserFactory.make(email="other@example.com")
    UserFactory.make(email="boss@example.com", role=Role.ADMIN)
    assert take_care(other, review.pk, Care(answer="no"), AT, TODAY) is None
    with pytest.raises(NotSaved) as refused:
        take_care(anna, review.pk, Care("other@example.com"), AT, TODAY)
    assert set(refused.value.problems) == {"owner"}
    assert take_care(anna, review.pk, Care("boss@example.com"), AT, TODAY) is not None


@pytest.mark.django_db
def test_what_is_wrong_is_named_field_by_field(anna: User, account: Account, review: Review) -> None:
    with pytest.raises(NotSaved) as refused:
        take_care(anna, review.pk, Care("x\0", "\0", ("a" * 60,)), AT, TODAY)
    assert set(refused.value.problems) == {"owner", "answer", "themes"}
    silent = put(anna, account, Told(held_on=TODAY), AT, TODAY)[0]
    with pytest.raises(NotSaved) as refused:
        take_care(anna, silent.pk, Care(answer="to what?"), AT, TODAY)
    assert set(refused.value.problems) == {""}
    assert not FeedbackCare.objects.exists()


@given(st.lists(st.sampled_from([*THEMES, "own", "eigen", "一个主题", "Missing Feature"]), max_size=MOST_THEMES))
def test_themes_come_once_each_those_of_the_list_first(names: list[str]) -> None:
    found = themes_of(names)
    assert len(found) == len(set(found))
    assert themes_of(found) == found == themes_of(", ".join(names))
    known = [name in THEMES for name in found]
    assert known == sorted(known, reverse=True)


def test_more_themes_than_anybody_counts_are_refused() -> None:
    with pytest.raises(Refused, match="at most 8"):
        themes_of([str(n) for n in range(9)])
