"""Reminders to pay: before a card expires and after a payment failed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Account, Contact, Contract, Invoice, User
from accounts.querysets import AccountBoundQuerySet
from churn.types import ReminderKind, ReminderState


class PaymentReminder(models.Model):
    """One reminder as it was approved: to whom, how, in which words. One per cause, ever: `cause` is unique."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="payment_reminders")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="payment_reminders")
    contract = models.ForeignKey(Contract, models.SET_NULL, null=True, blank=True, related_name="+")
    invoice = models.ForeignKey(Invoice, models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.TextField()
    cause = models.TextField(unique=True, help_text="Contract and expiry day, or invoice and failed attempt: never reminded of twice.")
    channel = models.TextField()
    language = models.TextField()
    recipient = models.TextField(help_text="Address or number it went to.")
    subject = models.TextField(blank=True)
    body = models.TextField()
    state = models.TextField(default=ReminderState.QUEUED)
    approved_by = models.ForeignKey(User, models.PROTECT, related_name="payment_reminders")
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = AccountBoundQuerySet["PaymentReminder"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[one.value for one in ReminderKind]), name="reminder_kind_known"),
            models.CheckConstraint(condition=Q(state__in=[one.value for one in ReminderState]), name="reminder_state_known"),
            models.CheckConstraint(condition=Q(channel__in=["email", "sms", "call", "chat"]), name="reminder_channel_known"),
        ]
        indexes = [models.Index(fields=["account", "-queued_at"], name="reminder_by_account")]  # the account's reminders, newest first
