"""The night's ledger: what was built for which day, and which run readers see."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from accounts.querysets import AccountBoundQuerySet, PublicQuerySet
from health.querysets import RunQuerySet
from health.types import PARTIAL, Grain, RunState


class Run(models.Model):
    """One build: a night (as of one day) or a span of history. Published by one pointer move, or never seen."""

    as_of = models.DateField(help_text="The last day it knows of.")
    first_day = models.DateField(help_text="First day it had to build or redo.")
    state = models.TextField(default=RunState.BUILDING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, help_text="Rows written per table, accounts, days.")
    late_days = models.PositiveIntegerField(default=0, help_text="Already published (account, day)s that late data made it redo.")
    error = models.TextField(blank=True)
    faults = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Accounts it could not compute; more than 0 of a published run: it is partial."
    )
    held = models.JSONField(
        null=True, blank=True, help_text="Why it waits for a person before it is published: {moved, of, share, examples}."
    )
    basis = models.JSONField(
        default=dict,
        db_default={},
        help_text="What a later run compares: {inputs: digest of what holds for all accounts, full: id of the last run that was about all"
        " of them, ...}. Empty: it is no measure for another.",
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who let a held run go, or gave it up.",
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            # One run per as-of day is under construction at a time, the database says so.
            models.UniqueConstraint(fields=["as_of"], condition=Q(state__in=["building", "verified"]), name="run_one_building_per_day"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in RunState]), name="run_state_known"),
            models.CheckConstraint(condition=Q(first_day__lte=F("as_of")), name="run_first_day_before_as_of"),
        ]
        indexes = [models.Index(fields=["-as_of", "-id"], name="run_latest")]  # the runs page and the as-of mark

    def __str__(self) -> str:
        return f"run as of {self.as_of}"

    @property
    def told(self) -> str:
        """Its state as people and the API are told it: `partial` where it was published without every account."""
        return PARTIAL if self.state == RunState.PUBLISHED and self.faults else self.state


class RunStep(models.Model):
    """One chunk of one step: done once, skipped by a resumed run."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="steps")
    step = models.TextField()
    chunk = models.TextField(default="", blank=True, help_text="Month or account range the chunk covers.")
    rows = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    finished_at = models.DateTimeField()

    objects = PublicQuerySet["RunStep"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "step", "chunk"], name="run_step_once")]


class PublishedSlice(models.Model):
    """The pointer: which run readers see for a day, week, month or health day."""

    pk = models.CompositePrimaryKey("grain", "starts_on")
    grain = models.TextField()
    starts_on = models.DateField(help_text="The day itself, the first day of the week or month.")
    run = models.ForeignKey(Run, models.PROTECT, related_name="slices")

    objects = PublicQuerySet["PublishedSlice"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(grain__in=[g.value for g in Grain]), name="published_slice_grain_known")]
        indexes = [models.Index(fields=["run"], name="published_slice_by_run")]  # what a run still shows, before old ones are dropped


class AccountFault(models.Model):
    """An account whose figures a run could not compute: it keeps its last good ones, marked stale, until a later run succeeds."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="faults")
    step = models.TextField(help_text="Step of the night that failed.")
    run = models.ForeignKey(Run, models.CASCADE, related_name="account_faults", help_text="The latest run it failed in.")
    reason = models.TextField(help_text="What the step said.")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=1)
    good_on = models.DateField(null=True, help_text="The day its last good figures are of; null: it never had any.")
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["AccountFault"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "step"], condition=Q(resolved_at__isnull=True), name="account_fault_open_once"),
        ]
        indexes = [models.Index(fields=["run"], name="account_fault_by_run")]  # what a partial run lacks


class LevelChange(models.Model):
    """A day already published whose level a later run changed: past figures never change silently."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="level_changes")
    account = models.ForeignKey(Account, models.CASCADE, related_name="level_changes")
    day = models.DateField()
    level_before = models.SmallIntegerField(null=True, help_text="Null: there was no row.")
    level_after = models.SmallIntegerField(null=True)
    key_actions_before = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    key_actions_after = models.DecimalField(max_digits=24, decimal_places=6, null=True)

    objects = AccountBoundQuerySet["LevelChange"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "account", "day"], name="level_change_once")]
