"""Seat quality: champions who left, silent executives, unopened seats; unknown is a value of its own. Row and expressions agree."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from accounts.models import Account, Contact
from health.models import AccountState
from health.value.seat_quality import boss_silent, champion_left, never_activated, seat_quality, seats_active, seats_unnamed
from tests.factories import AccountFactory
from tests.health.graded import loaded
from tests.rest import AS_OF, published_run, state

pytestmark = pytest.mark.django_db
GONE, LATER = date(2026, 3, 1), date(2026, 3, 16)


def facets(seats: int | None = 1, active: int = 0, adoption: int | None = 50) -> dict[str, Any]:
    """Executives' seats and whether seats were loaded, as the night leaves them."""
    evidence = {} if seats is None else {"executive_seats": seats, "executive_active": active}
    return {"executive": {"value": None, "weight": 0, "evidence": evidence}, "adoption": {"value": adoption, "weight": 0, "evidence": {}}}


def told(account: Account) -> tuple[Any, Any, Any]:
    """What the expressions say; the one row must say the same."""
    rows = AccountState.objects.annotate(left=champion_left(), silent=boss_silent(), unopened=never_activated())
    row: Any = rows.get(account=account)
    found = seat_quality(row, Contact.objects.filter(account=account).values_list("role", "name", "left_on"))
    assert (bool(found.left), found.silent, found.unopened) == (row.left, row.silent, row.unopened)
    return row.left, row.silent, row.unopened


def shown(**fields: Any) -> Account:
    account: Account = AccountFactory.make()
    values = {"facets": facets(), "seats_active": 3, "seats_activated": 6, "seats_purchased": 10, "strip": "L" * 28, **fields}
    state(account, published_run(), **values)
    return account


def contact(account: Account, role: str, left_on: date | None = None) -> None:
    Contact.objects.create(**loaded(account=account, name=f"{role} {left_on}", role=role, left_on=left_on))


def test_a_champion_who_left_is_missed_until_another_is_there() -> None:
    account = shown()
    contact(account, "sponsor")
    contact(account, "champion", GONE)
    assert told(account)[0] is True
    contact(account, "champion")
    assert told(account)[0] is False
    found = seat_quality(account.state, [("champion", "Old", GONE), ("champion", "New", None)])
    assert (found.left, found.replaced) == ((), ("Old",))


def test_who_leaves_after_the_as_of_day_or_carries_nothing_is_not_missed() -> None:
    account = shown()
    contact(account, "champion", LATER)
    contact(account, "user", GONE)
    assert told(account)[0] is False
    assert AS_OF < LATER


@pytest.mark.parametrize(
    ("fields", "silent"),
    [
        ({"facets": facets(2, 0)}, True),
        ({"facets": facets(2, 1)}, False),
        ({"facets": facets(0)}, None),
        ({"facets": facets(None)}, None),
        ({"facets": {}}, None),
        ({"facets": facets(2, 0), "seats_active": 0}, None),
        ({"facets": facets(2, 0), "seats_active": 0, "strip": "Z" * 28}, True),
    ],
)
def test_the_boss_is_silent_only_where_that_is_known(fields: dict[str, Any], silent: bool | None) -> None:
    assert told(shown(**fields))[1] is silent


@pytest.mark.parametrize(
    ("fields", "unopened"),
    [
        ({}, 4),
        ({"seats_activated": 12}, 0),
        ({"seats_activated": 0}, 10),
        ({"seats_activated": 0, "facets": facets(adoption=None)}, None),
        ({"seats_purchased": 0}, None),
        ({"facets": {}}, None),
    ],
)
def test_seats_never_activated_are_counted_where_both_sides_are_known(fields: dict[str, Any], unopened: int | None) -> None:
    assert told(shown(**fields))[2] == unopened


@pytest.mark.parametrize(("active", "strip", "known"), [(3, "L" * 28, 3), (0, "Z" * 28, 0), (0, "U" * 28, 0), (0, "Z" * 27 + "M", None)])
def test_how_many_seats_are_active_is_unknown_where_there_was_activity_and_no_seat_did_it(
    active: int, strip: str, known: int | None
) -> None:
    account = shown(seats_active=active, strip=strip)
    row: Any = AccountState.objects.annotate(known=seats_active()).get(account=account)
    assert row.known == known
    assert seats_unnamed(row) == (known is None)
