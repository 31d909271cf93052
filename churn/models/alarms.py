"""Drops far under an account's own usual weekday, how alarms are tuned, and notices about ourselves."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Account, User
from accounts.querysets import AccountBoundQuerySet, PublicQuerySet


class DropAlarm(models.Model):
    """Three of five open days far under the same weekday's median. Silent for the account for a while afterwards."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="drop_alarms")
    day = models.DateField(help_text="The open day that made it three of five.")
    facts = models.JSONField(default=dict, help_text="{z, days: [{day, value, usual, spread, z}], unit}.")
    z = models.FloatField(help_text="The border it was judged by.")

    objects = AccountBoundQuerySet["DropAlarm"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="drop_alarm_once")]
        indexes = [models.Index(fields=["day"], name="drop_alarm_by_day")]  # what a day brought


class AlarmTuning(models.Model):
    """The border of alarms as tuned on this installation's own days, with the rate of false alarms it was measured at."""

    as_of = models.DateField(primary_key=True)
    z = models.FloatField()
    per_fifty_a_week = models.FloatField(null=True, help_text="Alarms per 50 accounts and week on quiet days; null: too few to measure.")
    body = models.JSONField(default=dict, help_text="Weeks, accounts and alarms counted, and the table of borders tried.")

    objects = PublicQuerySet["AlarmTuning"].as_manager()


class SystemNotice(models.Model):
    """Something about us rather than about one customer: many accounts dropped on one day."""

    kind = models.TextField(default="many_dropped")
    day = models.DateField()
    facts = models.JSONField(default=dict, help_text="{dropped, accounts, share}.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True)

    objects = PublicQuerySet["SystemNotice"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "day"], name="system_notice_once"),
            models.CheckConstraint(condition=Q(kind__in=["many_dropped"]), name="system_notice_kind_known"),
        ]
