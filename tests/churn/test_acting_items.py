"""What people do about an item: done, snoozed, dismissed, given away, and each taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.edit_values import NotSaved
from accounts.models import User
from accounts.types import Role
from churn.acting import items
from churn.acting.items import Told
from churn.acting.listing import Asked, day_list
from churn.models import ActionItem, ItemStep
from tests.churn.acting_book import DAY, NIGHT, TODAY, case, quiet, refreshed
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
NOW = NIGHT.now


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com", name="Anna")


@pytest.fixture
def item(anna: User) -> ActionItem:
    case(quiet(anna, "first"), -3)
    refreshed()
    return ActionItem.objects.get()


def state(item: ActionItem) -> tuple[str, object, object]:
    item.refresh_from_db()
    return item.state, item.snoozed_until, item.closed_at


@pytest.mark.parametrize(
    ("told", "after"),
    [
        (Told("done"), ("done", None, NOW)),
        (Told("dismissed", "not true"), ("dismissed", None, NOW)),
        (Told("snoozed", "call on Monday", TODAY + 3 * DAY), ("snoozed", TODAY + 3 * DAY, None)),
    ],
)
def test_a_step_is_kept_with_what_was_before_and_its_undo_puts_that_back(
    anna: User, item: ActionItem, told: Told, after: tuple[str, object, object]
) -> None:
    step = items.close(anna, item.pk, told, NOW, TODAY)
    assert state(item) == after
    assert (item.first_acted_at, step.reason, step.before["state"]) == (NOW, told.reason, "open")
    back = items.undo(anna, step.pk, NOW + timedelta(hours=1))
    assert back is not None
    assert back.pk == item.pk
    assert state(item) == ("open", None, None)
    assert item.first_acted_at is None
    step.refresh_from_db()
    assert step.undone_at == NOW + timedelta(hours=1)
    assert items.undo(anna, step.pk, NOW + timedelta(hours=2)) is None


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (Told("finished"), "kind"),
        (Told("dismissed"), "reason"),
        (Told("dismissed", "   "), "reason"),
        (Told("dismissed", "x" * 501), "reason"),
        (Told("done", "a\0b"), "reason"),
        (Told("snoozed", "", TODAY + DAY), "reason"),
        (Told("snoozed", "later"), "until"),
        (Told("snoozed", "later", TODAY), "until"),
        (Told("snoozed", "later", TODAY + 93 * DAY), "until"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field_and_changes_nothing(anna: User, item: ActionItem, told: Told, field: str) -> None:
    with pytest.raises(NotSaved) as refused:
        items.close(anna, item.pk, told, NOW, TODAY)
    assert set(refused.value.problems) == {field}
    assert state(item) == ("open", None, None)
    assert not ItemStep.objects.exists()


def test_a_button_pressed_twice_is_one_step_and_a_closed_item_is_not_closed_again(anna: User, item: ActionItem) -> None:
    first = items.close(anna, item.pk, Told("done"), NOW, TODAY)
    assert items.close(anna, item.pk, Told("done"), NOW + timedelta(seconds=3), TODAY) == first
    with pytest.raises(NotSaved):
        items.close(anna, item.pk, Told("dismissed", "no"), NOW + timedelta(seconds=4), TODAY)
    with pytest.raises(NotSaved):
        items.close(anna, item.pk, Told("done"), NOW + timedelta(minutes=2), TODAY)


def test_only_its_author_takes_a_step_back_within_a_day_and_only_the_latest(anna: User, item: ActionItem) -> None:
    boss = UserFactory.make(role=Role.ADMIN)
    given = items.assign(anna, item.pk, "anna@example.com", NOW)
    done = items.close(anna, item.pk, Told("done"), NOW + timedelta(minutes=1), TODAY)
    assert items.undo(anna, given.pk, NOW + timedelta(minutes=2)) is None
    assert items.undo(boss, done.pk, NOW + timedelta(minutes=2)) is None
    assert items.undo(anna, done.pk, NOW + timedelta(days=1, minutes=2)) is None
    assert state(item)[0] == "done"


def test_an_undo_where_the_reason_has_come_up_again_says_so(anna: User, item: ActionItem) -> None:
    step = items.close(anna, item.pk, Told("done"), NOW, TODAY)
    ActionItem.objects.create(
        account=item.account, rule=item.rule, opened_on=TODAY, opened_at=NOW, true_on=TODAY, facts={}, because={}
    )  # fmt: skip
    with pytest.raises(NotSaved):
        items.undo(anna, step.pk, NOW + timedelta(hours=1))
    assert state(item)[0] == "done"


def test_what_is_not_theirs_does_not_exist(item: ActionItem) -> None:
    other = UserFactory.make()
    with pytest.raises(ActionItem.DoesNotExist):
        items.close(other, item.pk, Told("done"), NOW, TODAY)
    with pytest.raises(ActionItem.DoesNotExist):
        items.assign(other, item.pk, "", NOW)
    ActionItem.objects.update(held_back=True)
    assert item.account.owner is not None
    with pytest.raises(ActionItem.DoesNotExist):
        items.close(item.account.owner, item.pk, Told("done"), NOW, TODAY)


def test_an_item_goes_to_a_colleague_who_sees_the_account_and_to_nobody_else(anna: User, item: ActionItem) -> None:
    boss = UserFactory.make(email="boss@example.com", role=Role.ADMIN, name="Boss")
    UserFactory.make(email="stranger@example.com")
    with pytest.raises(NotSaved) as refused:
        items.assign(anna, item.pk, "stranger@example.com", NOW)
    assert set(refused.value.problems) == {"owner"}
    step = items.assign(anna, item.pk, "Boss@example.com", NOW)
    assert [row.id for row in day_list(anna, TODAY).rows] == []
    (row,) = day_list(boss, TODAY, Asked(mine=True)).rows
    assert (row.id, row.doer) == (item.pk, "Boss")
    items.undo(anna, step.pk, NOW)
    assert [row.id for row in day_list(anna, TODAY).rows] == [item.pk]


def test_a_step_costs_few_queries(anna: User, item: ActionItem, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(7):
        items.close(anna, item.pk, Told("done"), NOW, TODAY)
