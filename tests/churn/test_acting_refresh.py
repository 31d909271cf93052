"""The night's part of the day's list: opens, keeps, clears, wakes; the same again changes nothing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from churn.acting import items
from churn.acting.items import Told
from churn.models import ActionItem, Forecast, TriggerSetting
from churn.types import ItemState
from tests.churn.acting_book import AS_OF, NIGHT, TODAY, case, opened, quiet, refreshed
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com")


def only(**fields: Any) -> ActionItem:
    return ActionItem.objects.get(**fields)


def contents() -> list[dict[str, Any]]:
    rows: Any = ActionItem.objects.order_by("pk").values()
    return list(rows)


def test_a_second_refresh_of_the_same_night_writes_nothing(anna: User) -> None:
    first, second = quiet(anna, "first"), quiet(anna, "second")
    case(first, 20)
    case(second, -3)
    assert refreshed() == 2
    before = contents()
    assert refreshed() == 0
    assert contents() == before


def test_facts_are_kept_fresh_and_what_holds_no_more_is_cleared(anna: User) -> None:
    account = quiet(anna, "first")
    due = case(account, 20)
    refreshed()
    item = only(rule="renewal_forecast")
    assert (item.opened_on, item.true_on, item.because["days"]) == (AS_OF, AS_OF, 20)
    refreshed(NIGHT.later(1))
    item.refresh_from_db()
    assert (item.opened_on, item.true_on, item.because["days"]) == (AS_OF, AS_OF + timedelta(days=1), 19)
    Forecast.objects.create(
        account=account, product="default", ends_on=due.ends_on, currency="EUR", amount=1, probability=1, category="commit", author=anna,
        entered_at=NIGHT.now,
    )  # fmt: skip
    refreshed(NIGHT.later(2))
    item.refresh_from_db()
    assert (item.state, item.closed_at) == (ItemState.CLEARED, NIGHT.later(2).now)


def test_an_older_night_done_again_leaves_the_newer_one_alone(anna: User) -> None:
    case(quiet(anna, "first"), 20)
    refreshed(NIGHT.later(1))
    before = contents()
    assert refreshed(NIGHT) == 0
    assert contents() == before


def test_what_was_closed_is_not_told_again_until_its_days_are_over(anna: User) -> None:
    case(quiet(anna, "first"), -3)
    refreshed()
    items.close(anna, only().pk, Told("done"), NIGHT.now, TODAY)
    for days in range(7):
        refreshed(NIGHT.later(days))
        assert not opened(), days
    refreshed(NIGHT.later(7))
    assert set(opened()) == {"renewal_overdue"}


def test_a_signal_that_is_told_once_never_comes_back_and_a_new_one_does(anna: User) -> None:
    account = quiet(anna, "first", north_star=Decimal(5), north_star_crossed_on=AS_OF - timedelta(days=2))
    refreshed()
    items.close(anna, only(rule="star_crossed").pk, Told("dismissed", "known"), NIGHT.now, TODAY)
    refreshed(NIGHT.later(20))
    assert not opened()
    account.state.north_star_crossed_on = AS_OF + timedelta(days=69)
    account.state.save()
    refreshed(NIGHT.later(70))
    assert set(opened()) == {"star_crossed"}


def test_one_item_of_a_rule_is_open_at_an_account_however_many_dues_there_are(anna: User) -> None:
    account = quiet(anna, "first")
    case(account, -3)
    case(account, -30, product="other")
    refreshed()
    assert only().facts["product"] == "other"


def test_a_snoozed_item_comes_back_on_its_day_and_is_cleared_where_its_reason_is_gone(anna: User) -> None:
    case(quiet(anna, "first"), -3)
    gone = case(quiet(anna, "second"), -3)
    refreshed()
    for item in ActionItem.objects.all():
        items.close(anna, item.pk, Told("snoozed", "later", TODAY + timedelta(days=2)), NIGHT.now, TODAY)
    refreshed(NIGHT.later(1))
    assert not opened()
    gone.state = "lost"
    gone.save()
    refreshed(NIGHT.later(2))
    assert {item.account.external_id: item.state for item in ActionItem.objects.all()} == {"first": "open", "second": "cleared"}


def test_a_retired_rule_makes_none_and_takes_its_open_ones_along(anna: User) -> None:
    case(quiet(anna, "first"), -3)
    refreshed()
    setting = TriggerSetting.objects.create(rule="renewal_overdue", retired_at=NIGHT.now, changed_by=anna, changed_at=NIGHT.now)
    refreshed(NIGHT.later(1))
    assert [item.state for item in ActionItem.objects.all()] == ["cleared"]
    setting.delete()
    refreshed(NIGHT.later(2))
    assert set(opened()) == {"renewal_overdue"}


def test_the_share_held_back_is_the_same_at_every_try_and_near_what_was_asked(anna: User) -> None:
    for number in range(60):
        case(quiet(anna, f"a{number}"), -3)
    TriggerSetting.objects.create(rule="renewal_overdue", hold_back=Decimal("0.5"), changed_by=anna, changed_at=NIGHT.now)
    refreshed()
    held = set(ActionItem.objects.filter(held_back=True).values_list("account_id", flat=True))
    assert 18 <= len(held) <= 42
    ActionItem.objects.all().delete()
    refreshed()
    assert set(ActionItem.objects.filter(held_back=True).values_list("account_id", flat=True)) == held


def test_an_account_that_pays_nothing_and_owes_no_decision_has_no_items(anna: User) -> None:
    quiet(anna, "gone", paying=False, last_contact_on=None, seats_active=100)
    refreshed()
    assert not ActionItem.objects.exists()
