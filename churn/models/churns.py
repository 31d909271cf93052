"""Losses as the team records them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Account, User
from accounts.models.sources import Loaded
from accounts.querysets import AccountBoundQuerySet


class ChurnRecord(Loaded):
    """Why an account left: type and cause, and whether the customer said so."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="churns")
    churned_on = models.DateField()
    type = models.TextField(default="unknown")
    cause = models.TextField(blank=True)
    cause_source = models.TextField(blank=True)
    note = models.TextField(blank=True)
    regrettable = models.BooleanField(null=True, blank=True, help_text="As told; null: by the fit as recorded 90 days before the loss.")
    entered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="churn_records", help_text="Who entered it in the portal; empty: a file."
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="Taken back by an undo; it counts no more.")

    objects = AccountBoundQuerySet["ChurnRecord"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="churn_record_once"),
            models.CheckConstraint(
                condition=Q(type__in=["voluntary", "satisfied", "involuntary", "unknown"]), name="churn_record_type_known"
            ),
            models.CheckConstraint(
                condition=Q(cause_source__in=["", "stated", "inferred", "refused"]), name="churn_record_cause_source_known"
            ),
        ]
        indexes = [models.Index(fields=["account", "-churned_on"], name="churn_record_by_account")]  # the account's losses, newest first
