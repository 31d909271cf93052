"""Where system and CSMs see an account differently, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Account, User
from health.judging.disagreement import HUMAN, MACHINE, disagreements
from tests.factories import AccountFactory, UserFactory
from tests.rest import published_run, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return UserFactory.make()


def seen(user: User | None, machine: Any, human: Any, **fields: Any) -> Account:
    account = AccountFactory.make(owner=user, name=f"{machine}/{human}")
    state(account, published_run(), machine=machine, human=human, **fields)
    return account


def names(user: User, way: str = "", least: int = 20) -> list[str]:
    return [row.account.name for row in disagreements(user, way, least)]


def test_both_ways_are_listed_the_furthest_apart_first(anna: User) -> None:
    for machine, human in ((90, 50), (20, 80), (70, 65), (50, 30), (30, 49)):
        seen(anna, machine, human)
    assert names(anna) == ["20/80", "90/50", "50/30"]
    assert names(anna, MACHINE) == ["90/50", "50/30"]
    assert names(anna, HUMAN) == ["20/80"]
    assert names(anna, least=0)[-1] == "70/65"


def test_an_unknown_part_disagrees_with_nothing(anna: User) -> None:
    seen(anna, None, 10)
    seen(anna, 90, None)
    assert names(anna) == []


def test_accounts_that_do_not_pay_or_are_not_theirs_are_left_out(anna: User) -> None:
    seen(anna, 90, 10, paying=False)
    seen(None, 90, 10)
    assert names(anna) == []


def test_of_equal_distance_the_larger_comes_first(anna: User) -> None:
    seen(anna, 80, 40, mrr_reporting=5)
    seen(anna, 40, 80, mrr_reporting=50)
    assert names(anna) == ["40/80", "80/40"]
