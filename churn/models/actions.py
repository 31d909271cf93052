"""What is to be done: items of the day's list, tasks, plays, and what was tried."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Account, User
from accounts.querysets import AccountBoundQuerySet, PublicQuerySet
from churn.types import InterventionKind, ItemState


class TriggerSetting(models.Model):
    """What was decided about a rule of the day's list; a rule without a row works as it is."""

    rule = models.TextField(primary_key=True)
    retired_at = models.DateTimeField(null=True, blank=True, help_text="It makes no new items from then on; null: it works.")
    reason = models.TextField(blank=True)
    hold_back = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=0,
        db_default=0,
        help_text="Share 0 … 0.5 of its new items that is not shown, to compare with.",
    )
    changed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    objects = PublicQuerySet["TriggerSetting"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(hold_back__gte=0, hold_back__lte=0.5), name="trigger_hold_back_is_share")]


class ActionItem(models.Model):
    """One reason to act at one account. At most one of a rule is open or snoozed at a time.

    The night opens it, keeps its facts fresh while the rule holds, and clears it when it does not; people close it.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="action_items")
    rule = models.TextField(help_text="Key of the trigger.")
    signal = models.TextField(
        default="", blank=True, help_text="What it is about (an invoice, a due day): the same again is not told once it was closed."
    )
    opened_on = models.DateField(help_text="As-of day of the night that opened it.")
    opened_at = models.DateTimeField()
    true_on = models.DateField(help_text="Last as-of day on which the rule held.")
    facts = models.JSONField(default=dict, help_text="{fact: figure}: the evidence, put into words by the page.")
    weight = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, help_text="What it is ranked by, in the reporting currency; null: amount unknown."
    )
    because = models.JSONField(default=dict, help_text="The parts of the weight: amount at risk, days left, how often the rule is right.")
    state = models.TextField(default=ItemState.OPEN)
    snoozed_until = models.DateField(null=True, blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="action_items", help_text="Null: the account's.")
    held_back = models.BooleanField(default=False, db_default=False, help_text="Not shown: it is there to compare with.")
    first_acted_at = models.DateTimeField(null=True, blank=True, help_text="First step by a person: how long the signal waited.")
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["ActionItem"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "rule"], condition=Q(state__in=["open", "snoozed"]), name="action_item_one_open"),
            models.CheckConstraint(condition=Q(state__in=[one.value for one in ItemState]), name="action_item_state_known"),
            models.CheckConstraint(condition=Q(snoozed_until__isnull=False) | ~Q(state="snoozed"), name="action_item_snoozed_until_a_day"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, state__in=["open", "snoozed"])
                | Q(closed_at__isnull=False, state__in=["done", "dismissed", "cleared"]),
                name="action_item_closed_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-opened_on"], name="action_item_by_account"),  # the account's items, newest first
            models.Index(fields=["rule", "opened_on"], name="action_item_by_rule"),  # how often a rule was right
        ]


class ItemBoundQuerySet(AccountBoundQuerySet[models.Model]):
    """Rows that hang on an item are seen by whoever sees its account."""

    account_path = "item__account__"


class ItemStep(models.Model):
    """One step of a person at an item, with what it was before; an undo is marked, not deleted."""

    item = models.ForeignKey(ActionItem, models.CASCADE, related_name="steps")
    kind = models.TextField(help_text="`done`, `snoozed`, `dismissed`, `reopened`, `assigned`.")
    reason = models.TextField(blank=True)
    until = models.DateField(null=True, blank=True)
    before = models.JSONField(default=dict, help_text="State, day and owner before the step.")
    author = models.ForeignKey(User, models.PROTECT, related_name="item_steps")
    taken_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ItemBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["done", "snoozed", "dismissed", "reopened", "assigned"]), name="item_step_kind_known"
            )
        ]
        indexes = [models.Index(fields=["item", "-taken_at"], name="item_step_of_item")]  # the item's history, newest first


class Play(models.Model):
    """A template of tasks for a trigger or a type of loss. The ones that ship have a `key`; they may be changed or switched off."""

    key = models.TextField(unique=True, null=True, blank=True)
    name = models.TextField()
    name_zh = models.TextField(blank=True, help_text="Empty: `name` in both languages.")
    triggers: Any = ArrayField(models.TextField(), default=list, blank=True, help_text="Rules of the day's list it is for.")
    churn_types: Any = ArrayField(models.TextField(), default=list, blank=True, help_text="Types of loss it is for.")
    steps = models.JSONField(default=list, help_text="[{title, title_zh, days}]: a task each, due so many days after it begins.")
    by_rule = models.BooleanField(default=False, db_default=False, help_text="Begins by itself with a new item of its triggers.")
    is_active = models.BooleanField(default=True, db_default=True)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField()

    objects = PublicQuerySet["Play"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="play_has_name")]


class PlayRun(models.Model):
    """A play begun at an account."""

    play = models.ForeignKey(Play, models.PROTECT, related_name="runs")
    account = models.ForeignKey(Account, models.CASCADE, related_name="play_runs")
    item = models.ForeignKey(ActionItem, models.SET_NULL, null=True, blank=True, related_name="play_runs")
    begun_on = models.DateField()
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="play_runs", help_text="Null: by its rule.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["PlayRun"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["play", "item"], condition=Q(withdrawn_at__isnull=True, item__isnull=False), name="play_run_once_per_item"
            )
        ]
        indexes = [models.Index(fields=["account", "-begun_on"], name="play_run_by_account")]  # the account's plays, newest first


class Task(models.Model):
    """Something somebody is to do by a day."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="tasks")
    item = models.ForeignKey(ActionItem, models.SET_NULL, null=True, blank=True, related_name="tasks")
    play_run = models.ForeignKey(PlayRun, models.CASCADE, null=True, blank=True, related_name="tasks")
    title = models.TextField()
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="tasks", help_text="Null: the account's.")
    due_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", help_text="Null: by a play's rule.")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["Task"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(title=""), name="task_has_title")]
        indexes = [
            # What is open, by day.
            models.Index(fields=["due_on"], condition=Q(done_at__isnull=True, withdrawn_at__isnull=True), name="task_open"),
            models.Index(fields=["account", "-created_at"], name="task_by_account"),  # the account's tasks, newest first
        ]


class TaskBoundQuerySet(AccountBoundQuerySet[models.Model]):
    """Rows that hang on a task are seen by whoever sees its account."""

    account_path = "task__account__"


class TaskComment(models.Model):
    """What somebody wrote about a task."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="comments")
    text = models.TextField()
    author = models.ForeignKey(User, models.PROTECT, related_name="task_comments")
    written_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = TaskBoundQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="task_comment_has_text")]
        indexes = [models.Index(fields=["task", "written_at"], name="task_comment_of_task")]  # as written


class Intervention(models.Model):
    """Something tried at an account to change its course, to be compared with similar accounts that had none."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="interventions")
    kind = models.TextField()
    began_on = models.DateField()
    note = models.TextField(blank=True)
    item = models.ForeignKey(ActionItem, models.SET_NULL, null=True, blank=True, related_name="interventions")
    author = models.ForeignKey(User, models.PROTECT, related_name="interventions")
    entered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["Intervention"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[one.value for one in InterventionKind]), name="intervention_kind_known")
        ]
        indexes = [models.Index(fields=["account", "-began_on"], name="intervention_by_account")]  # what was tried, newest first
