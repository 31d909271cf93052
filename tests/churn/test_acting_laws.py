"""Laws of the day's list: what weighs more stands higher, and the shortcut that ranks few accounts gives the order of all."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Account
from accounts.types import Role
from churn.acting import policy
from churn.acting.listing import Asked, day_list
from churn.acting.triggers import TRIGGERS
from churn.acting.weights_sql import PRESSURE, RIGHT, WEIGHT
from churn.models import ActionItem
from tests.churn.acting_book import AS_OF, TODAY
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
STATEMENT = f"""
SELECT {WEIGHT} FROM (
    SELECT false AS good, amount, loss, share, {PRESSURE} AS pressure
    FROM (SELECT %s::numeric AS amount, %s::numeric AS loss, %s::integer AS days, {RIGHT} AS share
          FROM (SELECT %s::integer AS acted, %s::integer AS dismissed, %s::numeric AS expert) AS counts) AS parts
) AS weighed
"""  # noqa: S608 - our own expressions
AMOUNTS = st.decimals(0, 10**9, places=2)
LOSSES = st.decimals(0, 1, places=4)
DAYS = st.integers(-400, 2000)
COUNTS = st.tuples(st.integers(0, 5000), st.integers(0, 5000))


def weighed(amount: Decimal, loss: Decimal, days: int | None, closed: tuple[int, int]) -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [amount, loss, days, *closed, Decimal("0.5")])
        row: Any = cursor.fetchone()
        return Decimal(row[0])


@settings(max_examples=40, deadline=None)
@given(amount=AMOUNTS, more=AMOUNTS, loss=LOSSES, days=DAYS, closed=COUNTS)
def test_more_money_never_weighs_less(amount: Decimal, more: Decimal, loss: Decimal, days: int, closed: tuple[int, int]) -> None:
    assert weighed(amount, loss, days, closed) <= weighed(amount + more, loss, days, closed)


@settings(max_examples=40, deadline=None)
@given(amount=AMOUNTS, loss=LOSSES, days=DAYS, later=st.integers(0, 900), closed=COUNTS)
def test_a_nearer_decision_never_weighs_less(amount: Decimal, loss: Decimal, days: int, later: int, closed: tuple[int, int]) -> None:
    assert weighed(amount, loss, days + later, closed) <= weighed(amount, loss, days, closed)


@settings(max_examples=40, deadline=None)
@given(amount=AMOUNTS, loss=LOSSES, days=DAYS, closed=COUNTS)
def test_a_rule_weighs_more_with_what_was_done_and_less_with_what_was_dismissed(
    amount: Decimal, loss: Decimal, days: int, closed: tuple[int, int]
) -> None:
    done, dismissed = closed
    here = weighed(amount, loss, days, closed)
    assert weighed(amount, loss, days, (done, dismissed + 1)) <= here <= weighed(amount, loss, days, (done + 1, dismissed))


@pytest.mark.parametrize(
    ("days", "acted", "dismissed", "expected"),
    [
        (0, 0, 0, "100.0000"),  # 1000 x 0.2 x 1 x 0.5
        (-30, 0, 0, "100.0000"),
        (90, 0, 0, "50.0000"),  # half of the pressure is left
        (None, 0, 0, "19.7800"),  # nothing due: 90 / 455 = 0.1978
        (0, 10, 0, "150.0000"),  # (10 + 5) / 20 = 0.75
        (0, 0, 10, "50.0000"),
    ],
)
def test_worked_weights_of_a_thousand_with_a_fifth_at_risk(days: int | None, acted: int, dismissed: int, expected: str) -> None:
    assert weighed(Decimal(1000), Decimal("0.2"), days, (acted, dismissed)) == Decimal(expected)


@settings(max_examples=25, deadline=None)
@given(
    items=st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(list(TRIGGERS)), st.none() | st.decimals(0, 100, places=1)),
        max_size=30,
        unique_by=lambda item: item[:2],
    ),
    limit=st.integers(1, 6),
)
def test_the_order_is_that_of_counting_every_place(items: list[tuple[int, str, Decimal | None]], limit: int) -> None:
    ActionItem.objects.all().delete()
    found = {number: Account.objects.filter(external_id=f"a{number}").first() for number in range(6)}
    accounts = {number: account or AccountFactory.make(external_id=f"a{number}") for number, account in found.items()}
    for number, rule, weight in items:
        ActionItem.objects.create(
            account=accounts[number], rule=rule, opened_on=AS_OF, opened_at=NOW, true_on=AS_OF, weight=weight, facts={}, because={}
        )
    listed = day_list(UserFactory.make(role=Role.ADMIN), TODAY, Asked(limit=limit, limit_good=limit))
    for good, rows, n in ((False, listed.rows, listed.n), (True, listed.good, listed.n_good)):
        assert n == sum(TRIGGERS[rule].good is good for _number, rule, _weight in items)
        assert [row.id for row in rows] == ranked(good)[:limit]


def ranked(good: bool) -> list[int]:
    """Keys of the items of a side in their order, by the words of the methods page."""
    by_account = defaultdict(list)
    for item in ActionItem.objects.all():
        if TRIGGERS[item.rule].good is good:
            by_account[item.account_id].append((not TRIGGERS[item.rule].first, -(-1 if item.weight is None else item.weight), item.pk))
    placed = []
    for account, found in by_account.items():
        for place, (behind, minus, pk) in enumerate(sorted(found)):
            unknown = minus == 1
            placed.append((behind, unknown, 0.0 if unknown else float(minus) / 2**place, account, pk))
    return [pk for *_key, pk in sorted(placed)]


def test_the_registry_says_of_every_rule_what_the_list_needs() -> None:
    for trigger in TRIGGERS.values():
        assert 0 < trigger.expert < 1
        assert trigger.pause_days >= 0
        assert trigger.again_days is None or trigger.again_days >= trigger.pause_days
        assert trigger.facts
        assert trigger.next_step
    assert set(policy.ASSUMED_LOSS) == {"red", "amber", "green", "unknown"}
