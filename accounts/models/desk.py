"""What people keep at their desk: saved views, visits, notes, and the log of what they changed by hand."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from accounts.models.accounts import Account
from accounts.models.people import User
from accounts.querysets import AccountBoundQuerySet, OwnQuerySet, ViewQuerySet
from accounts.types import SharedWith


class SavedView(models.Model):
    """One arrangement of a table under a name: filters, columns and order, as the address holds them."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    page = models.TextField(default="accounts", help_text="The table it belongs to.")
    name = models.TextField()
    query = models.TextField(blank=True, help_text="Query string without the leading `?`.")
    shared = models.TextField(default=SharedWith.NOBODY)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "page", "name"], name="saved_view_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_name"),
            models.CheckConstraint(condition=Q(shared__in=[s.value for s in SharedWith]), name="saved_view_shared_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Visit(models.Model):
    """A day on which somebody opened the portal: what "since your last visit" starts from."""

    user = models.ForeignKey(User, models.CASCADE, related_name="visits")
    day = models.DateField(help_text="The portal's day.")
    seen_as_of = models.DateField(null=True, blank=True, help_text="Day of the figures they saw; null: there were none.")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    objects = OwnQuerySet["Visit"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="visit_once_a_day")]


class Note(models.Model):
    """What a colleague wrote down about an account; no contact with the customer."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, models.PROTECT, related_name="notes")
    text = models.TextField()
    written_at = models.DateTimeField()

    objects = AccountBoundQuerySet["Note"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="note_has_text")]
        indexes = [models.Index(fields=["account", "-written_at"], name="note_by_account")]  # the account page, newest first


class Mention(models.Model):
    """A colleague named in a note, who is told of it."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(User, models.CASCADE, related_name="mentions")

    objects = OwnQuerySet["Mention"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="mention_once")]


class AccountEdit(models.Model):
    """One attribute of one account changed by hand. Kept for ever; an undo is marked, not deleted."""

    batch = models.UUIDField(help_text="Edits of one action share it: a bulk change is undone as a whole.")
    account = models.ForeignKey(Account, models.CASCADE, related_name="edits")
    field = models.TextField(help_text="Name of the account's field.")
    old: Any = models.JSONField(null=True)
    new: Any = models.JSONField(null=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="account_edits")
    edited_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["AccountEdit"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "account", "field"], name="account_edit_once")]
        indexes = [models.Index(fields=["account", "-edited_at"], name="account_edit_by_account")]  # what changed, newest first
