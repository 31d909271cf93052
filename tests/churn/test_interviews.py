"""Exit interviews and their themes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.edit_values import NotSaved
from accounts.models import Account, User
from churn.interviews import Talk, enter, themes, withdraw
from tests.churn.lost_book import NOW, TODAY, admin
from tests.factories import AccountFactory, UserFactory, own

pytestmark = pytest.mark.django_db
MAY = date(2026, 5, 4)
YEAR = (date(2026, 1, 1), date(2027, 1, 1))


@pytest.fixture
def anna() -> User:
    return UserFactory.make()


def talk(user: User, account: Account | None = None, *touched: str, on: date = MAY) -> int:
    return enter(user, account or AccountFactory.make(), Talk(on, "too slow", "", touched), NOW, TODAY).pk


def test_themes_count_talks_and_one_talk_may_touch_several(anna: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    talk(anna, None, "price", "slow_support")
    talk(anna, None, "price", "price")
    talk(anna)
    talk(anna, None, "price", on=date(2025, 12, 31))
    user = admin()
    with django_assert_num_queries(1):
        assert themes(user, *YEAR) == (3, [("price", 2), ("slow_support", 1)])


def test_without_a_talk_there_is_nothing(anna: User) -> None:
    assert themes(anna, *YEAR) == (0, [])


def test_talks_are_counted_in_the_own_book_and_by_its_cuts(anna: User) -> None:
    mine = AccountFactory.make(industry="retail")
    own(mine, anna)
    talk(anna, mine, "price")
    talk(admin(), None, "price")
    assert themes(anna, *YEAR)[0] == 1
    assert themes(admin(), *YEAR)[0] == 2
    assert themes(admin(), *YEAR, {"industry": ["retail"]})[0] == 1
    assert themes(admin(), *YEAR, {"product": ["orders"]})[0] == 0


def test_a_talk_is_taken_back_by_its_author_within_a_day(anna: User) -> None:
    account = AccountFactory.make()
    pk = talk(anna, account, "price")
    assert withdraw(admin(), pk, NOW) is None
    assert withdraw(anna, pk, NOW + timedelta(days=1)) is None
    assert withdraw(anna, pk, NOW) == account
    assert withdraw(anna, pk, NOW) is None
    assert themes(admin(), *YEAR)[0] == 0


def test_the_same_words_again_within_a_minute_are_the_same_talk(anna: User) -> None:
    account = AccountFactory.make()
    assert talk(anna, account, "price") == talk(anna, account, "price")
    assert talk(anna, account, "price") != talk(anna, account, "competitor")


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (Talk(MAY), ""),
        (Talk(None, "why"), "held_on"),
        (Talk(TODAY + timedelta(days=1), "why"), "held_on"),
        (Talk(MAY, "why", themes=("weather",)), "themes"),
        (Talk(MAY, "x" * 5001), "why"),
        (Talk(MAY, "", "\x00"), "changed_mind"),
    ],
)
def test_what_is_wrong_is_named(anna: User, told: Talk, field: str) -> None:
    with pytest.raises(NotSaved) as refused:
        enter(anna, AccountFactory.make(), told, NOW, TODAY)
    assert set(refused.value.problems) == {field}
