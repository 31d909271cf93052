"""What happened: events and daily counts, both placed on the account's local day.

`event` and `seat_day` are partitioned by month of `day`, on demand; a partitioned table cannot hold the uniqueness of a message id,
so `event_key` does, written in the same transaction. No foreign keys on `event`: accounts and seats are never deleted, the load joins
them in the same statement, and the check would cost more than the row.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models.accounts import Account, Seat
from accounts.models.sources import ImportRun, Source
from accounts.policy import DEFAULT_PRODUCT
from accounts.querysets import AccountBoundQuerySet, AdminQuerySet, PublicQuerySet


class Action(models.Model):
    """Name of something users do; events and daily counts refer to it by id."""

    name = models.TextField(unique=True)

    objects = PublicQuerySet["Action"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="action_has_name")]

    def __str__(self) -> str:
        return self.name


class EventKey(models.Model):
    """Every message id ever stored, with a digest of its body: the same again is a duplicate, another body a conflict."""

    pk = models.CompositePrimaryKey("source_id", "message_id")
    source = models.ForeignKey(Source, models.DO_NOTHING, related_name="+", db_constraint=False)
    message_id = models.TextField()
    digest = models.BigIntegerField(help_text="Hash of the body: tells a repeat from a conflict, guards nothing.")

    objects = AdminQuerySet["EventKey"].as_manager()

    class Meta:
        managed = False
        db_table = "event_key"


class Event(models.Model):
    """One timestamped thing, on the account's local day."""

    id = models.BigIntegerField(primary_key=True)
    source = models.ForeignKey(Source, models.DO_NOTHING, related_name="+", db_constraint=False)
    message_id = models.TextField()
    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="events", db_constraint=False)
    seat = models.ForeignKey(Seat, models.DO_NOTHING, null=True, related_name="events", db_constraint=False)
    action = models.ForeignKey(Action, models.DO_NOTHING, related_name="+", db_constraint=False)
    product = models.TextField(default=DEFAULT_PRODUCT)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    day = models.DateField(help_text="Local day of the account at load; redone when its zone changes.")
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    properties = models.JSONField(null=True)
    loaded_by = models.ForeignKey(ImportRun, models.DO_NOTHING, null=True, related_name="+", db_constraint=False)

    objects = AccountBoundQuerySet["Event"].as_manager()

    class Meta:
        managed = False
        db_table = "event"


class UsageDaily(models.Model):
    """A count of one action on one local day, of one seat or of the whole account."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, related_name="usage")
    seat = models.ForeignKey(Seat, models.CASCADE, null=True, blank=True, related_name="usage")
    day = models.DateField()
    action = models.ForeignKey(Action, models.PROTECT, related_name="+")
    product = models.TextField(default=DEFAULT_PRODUCT)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    distinct_seats = models.PositiveIntegerField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(ImportRun, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = AccountBoundQuerySet["UsageDaily"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "account", "seat", "day", "action", "product"], nulls_distinct=False, name="usage_daily_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="usage_daily_not_negative"),
            models.CheckConstraint(condition=Q(distinct_seats__isnull=True) | Q(seat__isnull=True), name="usage_daily_seats_or_seat"),
        ]
        indexes = [models.Index(fields=["account", "day"], name="usage_daily_by_day")]  # the rollup's dirty pairs


class DirtyDay(models.Model):
    """An (account, local day) whose figures no longer stand: the next night redoes it. Claimed by a run, removed when that is published."""

    pk = models.CompositePrimaryKey("account_id", "day")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    day = models.DateField()
    events = models.BooleanField(default=True, help_text="False: only seats, contracts or calendar changed; the seat days still stand.")
    claimed_by = models.BigIntegerField(null=True, blank=True, help_text="Id of the health.Run that redoes it; a new mark clears it.")
    marked_at = models.DateTimeField()

    objects = AccountBoundQuerySet["DirtyDay"].as_manager()

    class Meta:
        indexes = [models.Index(F("claimed_by"), F("day"), name="dirty_day_by_claim")]  # claim and release of a run
