"""Tasks: made, changed, done, opened again, talked about, taken back; by whom, and what is left where somebody else came between."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.edit_values import NotSaved, Refused
from accounts.models import Account, User
from churn.acting import tasks
from churn.acting.tasks import Wish
from churn.models import ActionItem, Task, TaskComment
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com", name="Anna")


@pytest.fixture
def acme(anna: User) -> Account:
    return AccountFactory.make(external_id="acme", owner=anna)


def made(anna: User, acme: Account, title: str = "call them", **wish: Any) -> Task:
    return tasks.create(anna, acme, Wish(title, **wish), NOW, TODAY)


def item(account: Account) -> ActionItem:
    return ActionItem.objects.create(account=account, rule="no_contact", opened_on=TODAY, opened_at=NOW - DAY, true_on=TODAY)


def test_a_task_sent_twice_is_one_task(anna: User, acme: Account) -> None:
    assert made(anna, acme, due_on=TODAY).pk == made(anna, acme, due_on=TODAY).pk
    assert tasks.create(anna, acme, Wish("call them", due_on=TODAY), NOW + HOUR, TODAY).pk != Task.objects.earliest("pk").pk
    assert Task.objects.count() == 2


def test_a_task_from_an_item_is_its_first_step(anna: User, acme: Account) -> None:
    source = item(acme)
    task = tasks.create(anna, acme, Wish("call"), NOW, TODAY, item=source.pk)
    source.refresh_from_db()
    assert task.item == source
    assert source.first_acted_at == NOW
    elsewhere = item(AccountFactory.make(owner=anna))
    with pytest.raises(ActionItem.DoesNotExist):
        tasks.create(anna, acme, Wish("call"), NOW, TODAY, item=elsewhere.pk)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish("  "), "title"),
        (Wish("x" * 301), "title"),
        (Wish("a\x07b"), "title"),
        (Wish("call", "nobody@example.com"), "owner"),
        (Wish("call", "a\0b"), "owner"),
        (Wish("call", due_on=TODAY - DAY), "due_on"),
        (Wish("call", due_on=TODAY + 4 * 365 * DAY), "due_on"),
    ],
)
def test_what_makes_no_task_is_refused_by_field(anna: User, acme: Account, wish: Wish, field: str) -> None:
    with pytest.raises(NotSaved) as refused:
        tasks.create(anna, acme, wish, NOW, TODAY)
    assert set(refused.value.problems) == {field}
    assert not Task.objects.exists()


def test_a_task_is_given_to_who_sees_the_account_alone(anna: User, acme: Account) -> None:
    boss = UserFactory.make(email="boss@example.com", role="admin")
    stranger = UserFactory.make(email="else@example.com")
    assert made(anna, acme, owner="BOSS@example.com").owner == boss
    with pytest.raises(NotSaved):
        made(anna, acme, owner=stranger.email)


def test_a_change_is_undone_by_its_author_unless_somebody_changed_it_since(anna: User, acme: Account) -> None:
    task = made(anna, acme, due_on=TODAY)
    batch = tasks.change(anna, task.pk, Wish("write to them", "anna@example.com", TODAY + DAY), NOW, TODAY)
    assert batch is not None
    task.refresh_from_db()
    assert (task.title, task.owner, task.due_on) == ("write to them", anna, TODAY + DAY)
    other = UserFactory.make(role="admin")
    assert tasks.undo_change(other, batch, NOW) is None
    assert tasks.undo_change(anna, batch, NOW + 2 * DAY) is None
    back = tasks.undo_change(anna, batch, NOW + HOUR)
    assert back is not None
    assert (back.title, back.owner, back.due_on) == ("call them", None, TODAY)
    again = tasks.change(anna, task.pk, Wish("one"), NOW, TODAY)
    tasks.change(other, task.pk, Wish("two"), NOW, TODAY)
    assert again is not None
    assert tasks.undo_change(anna, again, NOW) is None
    assert Task.objects.get().title == "two"


def test_an_old_day_and_an_owner_who_has_left_stay_with_a_task_whose_title_changes(anna: User, acme: Account) -> None:
    task = made(anna, acme, owner="anna@example.com", due_on=TODAY)
    acme.owner = UserFactory.make()
    acme.save()
    boss = UserFactory.make(role="admin")
    assert tasks.change(boss, task.pk, Wish("now", "anna@example.com", TODAY), NOW + 9 * DAY, TODAY + 9 * DAY) is not None
    task.refresh_from_db()
    assert (task.title, task.owner, task.due_on) == ("now", anna, TODAY)


def test_done_and_open_again_and_withdrawn_and_back(anna: User, acme: Account) -> None:
    source = item(acme)
    task = tasks.create(anna, acme, Wish("call"), NOW, TODAY, item=source.pk)
    ActionItem.objects.update(first_acted_at=None)
    assert tasks.done(anna, task.pk, NOW) is not None
    tasks.done(anna, task.pk, NOW + HOUR)
    task.refresh_from_db()
    source.refresh_from_db()
    assert (task.done_at, task.done_by, source.first_acted_at) == (NOW, anna, NOW)
    assert tasks.reopen(anna, task.pk) is not None
    task.refresh_from_db()
    assert (task.done_at, task.done_by) == (None, None)
    assert tasks.withdraw(anna, task.pk, NOW) is not None
    assert tasks.done(anna, task.pk, NOW) is None
    assert tasks.restore(anna, task.pk, NOW + 2 * DAY) is None
    assert tasks.restore(anna, task.pk, NOW + HOUR) is not None
    assert tasks.done(anna, task.pk, NOW) is not None


def test_comments_are_kept_once_and_taken_back_by_their_author(anna: User, acme: Account) -> None:
    task = made(anna, acme)
    first, second = (tasks.comment(anna, task.pk, "they call back", NOW) for _again in range(2))
    assert first is not None
    assert first == second
    with pytest.raises(Refused):
        tasks.comment(anna, task.pk, "  ", NOW)
    boss = UserFactory.make(role="admin")
    assert tasks.take_comment_back(boss, first.pk, NOW) is None
    assert tasks.take_comment_back(anna, first.pk, NOW) == task
    assert not TaskComment.objects.filter(withdrawn_at__isnull=True).exists()
    assert tasks.take_comment_back(anna, first.pk, NOW) is None


def test_a_stranger_reaches_no_task(anna: User, acme: Account) -> None:
    task = made(anna, acme)
    said = tasks.comment(anna, task.pk, "hello", NOW)
    stranger = UserFactory.make()
    assert tasks.change(stranger, task.pk, Wish("mine"), NOW, TODAY) is None
    assert tasks.done(stranger, task.pk, NOW) is None
    assert tasks.reopen(stranger, task.pk) is None
    assert tasks.withdraw(stranger, task.pk, NOW) is None
    assert tasks.comment(stranger, task.pk, "hello", NOW) is None
    assert said is not None
    assert tasks.take_comment_back(stranger, said.pk, NOW) is None
    assert not Task.objects.visible_to(stranger).exists()
