"""Plays: what ships, what people keep, how a play begins by hand and by its rule, and how a run is stopped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from accounts.edit_values import NotSaved
from accounts.models import Account, User
from accounts.types import Role
from churn.acting import plays
from churn.acting.plays import StepWish, Wish
from churn.acting.plays_shipped import SHIPPED
from churn.acting.triggers import TRIGGERS
from churn.models import ActionItem, Play, PlayRun, Task
from churn.types import ChurnType
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TWO = (StepWish("call", 1, "致电"), StepWish("write", 5))


@pytest.fixture
def boss() -> User:
    return UserFactory.make(email="boss@example.com", role=Role.ADMIN)


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com", name="Anna")


@pytest.fixture
def acme(anna: User) -> Account:
    return AccountFactory.make(external_id="acme", owner=anna)


def kept(boss: User, *, by_rule: bool = False, at: datetime = NOW, **fields: Any) -> Play:
    wish = Wish("Quiet customer", TWO, **{"triggers": ["no_contact"], "by_rule": by_rule, **fields})
    play = plays.keep(boss, wish, at)
    assert play is not None
    return play


def item(account: Account, at: datetime = NOW, **fields: object) -> ActionItem:
    known = {"rule": "no_contact", "opened_on": TODAY, "opened_at": at, "true_on": TODAY, **fields}
    made: ActionItem = ActionItem.objects.create(account=account, **known)
    return made


def test_what_ships_names_only_what_there_is_and_is_made_once() -> None:
    assert plays.seed(NOW) == len(SHIPPED)
    assert plays.seed(NOW) == 0
    assert {trigger for one in SHIPPED for trigger in one.triggers} <= set(TRIGGERS)
    assert {kind for one in SHIPPED for kind in one.churn_types} == set(ChurnType)
    assert len({one.key for one in SHIPPED}) == len(SHIPPED)
    assert all(step.title and step.title_zh and step.days >= 0 for one in SHIPPED for step in one.steps)
    assert not Play.objects.filter(by_rule=True).exists()


def test_a_shipped_play_that_was_changed_stays_changed(boss: User) -> None:
    plays.seed(NOW)
    play = Play.objects.get(key="usage-drop")
    plays.keep(boss, Wish("Ours", TWO), NOW, play.pk)
    plays.seed(NOW + DAY)
    assert Play.objects.get(key="usage-drop").name == "Ours"


def test_every_type_of_loss_and_most_triggers_have_a_play() -> None:
    covered = {trigger for one in SHIPPED for trigger in one.triggers}
    assert len(covered) >= 18


def test_a_play_gives_its_tasks_with_their_days_in_the_language_of_who_begins_it(boss: User, anna: User, acme: Account) -> None:
    play = kept(boss)
    with translation.override("zh-hans"):
        run = plays.begin(anna, play.pk, acme, NOW, TODAY)
    assert run is not None
    assert [(one.title, one.due_on, one.owner, one.created_by) for one in run.tasks.order_by("due_on")] == [
        ("致电", TODAY + DAY, None, anna),
        ("write", TODAY + 5 * DAY, None, anna),
    ]


def test_an_item_begins_a_play_once_and_counts_as_acted_on(boss: User, anna: User, acme: Account) -> None:
    play, source = kept(boss), item(acme)
    first = plays.begin(anna, play.pk, acme, NOW, TODAY, item=source.pk)
    second = plays.begin(anna, play.pk, acme, NOW + DAY, TODAY, item=source.pk)
    source.refresh_from_db()
    assert first == second
    assert Task.objects.count() == 2
    assert source.first_acted_at == NOW
    with pytest.raises(ActionItem.DoesNotExist):
        plays.begin(anna, play.pk, AccountFactory.make(owner=anna), NOW, TODAY, item=source.pk)


def test_a_stopped_run_takes_back_what_is_not_done_and_runs_on_with_it(boss: User, anna: User, acme: Account) -> None:
    run = plays.begin(anna, kept(boss).pk, acme, NOW, TODAY)
    assert run is not None
    done = run.tasks.order_by("pk")[0]
    Task.objects.filter(pk=done.pk).update(done_at=NOW, done_by=anna)
    assert plays.withdraw(UserFactory.make(), run.pk, NOW) is None
    assert plays.withdraw(anna, run.pk, NOW) is not None
    assert list(Task.objects.filter(withdrawn_at__isnull=True)) == [done]
    assert plays.resume(anna, run.pk, NOW + 2 * DAY) is None
    assert plays.resume(anna, run.pk, NOW + HOUR) is not None
    assert Task.objects.filter(withdrawn_at__isnull=True).count() == 2
    (row,) = plays.progress(anna)
    assert {name: vars(row)[name] for name in ("n_tasks", "n_done", "next_due")} == {"n_tasks": 2, "n_done": 1, "next_due": TODAY + 5 * DAY}


def test_by_rule_a_play_begins_with_new_items_alone(boss: User, acme: Account) -> None:
    old = item(acme, NOW - DAY)
    play = kept(boss, by_rule=True)
    new = item(AccountFactory.make(owner=acme.owner), NOW + HOUR)
    held = item(AccountFactory.make(owner=acme.owner), NOW + HOUR, held_back=True)
    assert plays.begin_by_rule(TODAY, NOW + HOUR) == 2
    assert plays.begin_by_rule(TODAY, NOW + HOUR) == 0
    run = PlayRun.objects.get()
    assert (run.play, run.item, run.begun_by) == (play, new, None)
    assert {old.pk, held.pk}.isdisjoint(Task.objects.values_list("item", flat=True))


def test_by_rule_titles_are_in_the_language_of_the_accounts_owner(boss: User) -> None:
    kept(boss, by_rule=True)
    item(AccountFactory.make(owner=UserFactory.make(language="zh-hans")), NOW + HOUR)
    plays.begin_by_rule(TODAY, NOW + HOUR)
    assert set(Task.objects.values_list("title", flat=True)) == {"致电", "write"}


def test_by_rule_a_play_does_not_begin_again_while_its_tasks_are_open(boss: User, acme: Account) -> None:
    kept(boss, by_rule=True)
    first = item(acme, NOW + HOUR)
    plays.begin_by_rule(TODAY, NOW + HOUR)
    ActionItem.objects.filter(pk=first.pk).update(state="cleared", closed_at=NOW)
    item(acme, NOW + DAY)
    assert plays.begin_by_rule(TODAY + DAY, NOW + DAY) == 0
    Task.objects.update(done_at=NOW)
    assert plays.begin_by_rule(TODAY + DAY, NOW + DAY) == 2


def test_switched_off_neither_by_rule_nor_by_hand(boss: User, anna: User, acme: Account) -> None:
    play = kept(boss, by_rule=True)
    plays.switch(boss, play.pk, NOW, active=False)
    item(acme, NOW + HOUR)
    assert plays.begin_by_rule(TODAY, NOW + HOUR) == 0
    assert plays.begin(anna, play.pk, acme, NOW, TODAY) is None
    assert play not in plays.fitting(anna)


def test_plays_made_for_the_reason_come_first(boss: User, anna: User) -> None:
    plays.seed(NOW)
    assert plays.fitting(anna, rule="champion_left")[0].key == "champion-left"
    assert {play.key for play in plays.fitting(anna, churn_type="involuntary")[:1]} == {"payment"}


def test_only_managers_and_admins_keep_plays(boss: User, anna: User) -> None:
    play = kept(boss)
    assert plays.keep(anna, Wish("mine", TWO), NOW) is None
    assert plays.keep(anna, Wish("mine", TWO), NOW, play.pk) is None
    assert plays.switch(anna, play.pk, NOW, active=False) is None
    assert Play.objects.get().name == "Quiet customer"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish("", TWO), "name"),
        (Wish("x" * 121, TWO), "name"),
        (Wish("p", ()), "steps"),
        (Wish("p", [StepWish("a", None)]), "steps"),
        (Wish("p", [StepWish("a", 366)]), "steps"),
        (Wish("p", [StepWish("a", 1)] * 21), "steps"),
        (Wish("p", TWO, triggers=["no_such"]), "triggers"),
        (Wish("p", TWO, churn_types=["gone"]), "churn_types"),
        (Wish("p", TWO, by_rule=True), "triggers"),
    ],
)
def test_what_makes_no_play_is_refused_by_field(boss: User, wish: Wish, field: str) -> None:
    with pytest.raises(NotSaved) as refused:
        plays.keep(boss, wish, NOW)
    assert set(refused.value.problems) == {field}


def test_a_play_without_a_trigger_does_not_begin_by_itself(boss: User) -> None:
    play = kept(boss, triggers=[])
    with pytest.raises(NotSaved):
        plays.switch(boss, play.pk, NOW, by_rule=True)
