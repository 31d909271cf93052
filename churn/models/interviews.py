"""What a customer who left tells afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Account, User
from accounts.querysets import AccountBoundQuerySet


class ExitInterview(models.Model):
    """One talk after a loss: why, and what would have changed their mind. Themes are counted."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="exit_interviews")
    held_on = models.DateField()
    why = models.TextField(blank=True)
    changed_mind = models.TextField(blank=True, help_text="What would have changed their mind.")
    themes: Any = ArrayField(models.TextField(), default=list, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="exit_interviews")
    entered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["ExitInterview"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "-held_on"], name="exit_interview_by_account")]  # the account's talks, newest first
