"""What trackers sent over HTTP and what is still to become of it: waiting events, names, traits, and calls that were refused."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q

from accounts.models.accounts import Account
from accounts.models.sources import Source
from accounts.policy import DEFAULT_PRODUCT
from accounts.querysets import AdminQuerySet
from accounts.types import Waiting


class PendingEvent(models.Model):
    """An event that was accepted and stored, and whose account or seat is not there yet. It becomes an `Event` by itself.

    Its id stands in `event_key` like any other's, so the same again is a duplicate while it waits too.
    """

    pk = models.CompositePrimaryKey("source_id", "message_id")
    source = models.ForeignKey(Source, models.CASCADE, related_name="+")
    message_id = models.TextField()
    account_external_id = models.TextField(blank=True, help_text="Empty: the user's only account is meant.")
    user_id = models.TextField(blank=True, help_text="The seat's id in its account; empty: nobody is named.")
    other_id = models.TextField(blank=True, help_text="An id from before the user was known.")
    action = models.TextField()
    product = models.TextField(default=DEFAULT_PRODUCT)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    properties = models.JSONField(null=True)
    reason = models.TextField(help_text="What it waits for.")

    objects = AdminQuerySet["PendingEvent"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(reason__in=[one.value for one in Waiting]), name="pending_event_reason_known")]
        indexes = [
            models.Index(fields=["account_external_id", "user_id"], name="pending_event_by_name"),  # those whose account has come
            models.Index(fields=["received_at"], name="pending_event_by_arrival"),  # the oldest first
        ]


class InferredEvent(models.Model):
    """A stored event that stands where it does by what is known of its person: the call named no account, or only an earlier id.

    When more becomes known it is placed anew (`accounts.tracking.again`). `account` is where it stands.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="+", db_index=False)
    message_id = models.TextField()
    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    occurred_at = models.DateTimeField()
    account_external_id = models.TextField(blank=True, help_text="Empty: the call named none.")
    person = models.TextField(blank=True, help_text="For whose seat it counts; empty: for none.")
    other_id = models.TextField(blank=True, help_text="Id from before the person was known; empty: the call named the person.")

    objects = AdminQuerySet["InferredEvent"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person"], condition=Q(account_external_id=""), name="inferred_event_by_person"),  # another account
            models.Index(fields=["source", "other_id"], condition=~Q(other_id=""), name="inferred_event_by_other"),  # another person
        ]


class TrackedTrait(models.Model):
    """The latest value of one trait of an account or of a person, by when it was said: the order of arrival does not matter."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="+")
    account_external_id = models.TextField(blank=True, help_text="Empty: the person's account is not known yet.")
    user_id = models.TextField(blank=True, help_text="Empty: a trait of the account itself.")
    field = models.TextField(help_text="Column of the file `accounts` or `seats`; `external_id` says that there is one.")
    value = models.TextField(blank=True)
    said_at = models.DateTimeField()
    message_id = models.TextField(help_text="Of two said at one instant the greater id counts.")
    applied = models.BooleanField(default=False, db_default=False)

    objects = AdminQuerySet["TrackedTrait"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "account_external_id", "user_id", "field"], name="tracked_trait_once"),
        ]
        indexes = [
            models.Index(F("id"), condition=Q(applied=False), name="tracked_trait_to_apply"),  # what is still to do
            models.Index(fields=["user_id", "account_external_id"], name="tracked_trait_by_name"),  # all that was said of somebody
        ]


class TrackedLink(models.Model):
    """A person was said to belong to an account."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="+")
    user_id = models.TextField()
    account_external_id = models.TextField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    objects = AdminQuerySet["TrackedLink"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "user_id", "account_external_id"], name="tracked_link_once")]


class TrackedAlias(models.Model):
    """An id from before a person was known, and the id they are known by."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="+")
    other_id = models.TextField()
    user_id = models.TextField()
    said_at = models.DateTimeField()
    settled = models.BooleanField(default=False, db_default=False, help_text="Every event of the earlier id counts for the person.")

    objects = AdminQuerySet["TrackedAlias"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "other_id"], name="tracked_alias_once")]
        indexes = [
            models.Index(fields=["source", "other_id"], condition=Q(settled=False), name="tracked_alias_to_settle"),  # what is still to do
        ]


class RefusedCall(models.Model):
    """A call that was refused, or taken with something to be said about it (`flagged`); kept until it is replayed or discarded."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="refused_calls")
    received_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    tracker = models.TextField(help_text="`segment` or `posthog`: how it is to be read.")
    implied = models.TextField(blank=True, help_text="Kind that the address named.")
    code = models.TextField()
    field = models.TextField(blank=True)
    message = models.TextField()
    name = models.TextField(blank=True, help_text="Event or kind, for grouping.")
    body = models.TextField(help_text="The call as it was sent, as far as it can be stored.")
    flagged = models.BooleanField(default=False, db_default=False)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_as = models.TextField(blank=True, help_text="`replayed` or `discarded`.")
    # Counting by one number is five times as fast as by five texts.
    alike: Any = models.GeneratedField(
        expression=Func(
            *("source", "code", "field", "name", "flagged"),
            template="hashtextextended(%(expressions)s, 0)",
            arg_joiner=" || chr(31) || ",
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
        help_text="The same for calls refused for one thing under one name: a digest of source, code, field, name and flag.",
    )

    objects = AdminQuerySet["RefusedCall"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(settled_as__in=["", "replayed", "discarded"]), name="refused_call_settled_known")]
        # The list of groups and the counts by source, without a look at the calls.
        indexes = [
            models.Index(
                fields=["alike"],
                include=["id", "received_at", "source", "flagged"],
                condition=Q(settled_at__isnull=True),
                name="refused_call_open_alike",
            )
        ]


class IntakeRule(models.Model):
    """How calls of a source are mended before they are read: what made them be refused is corrected at the door from then on."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="intake_rules")
    kind = models.TextField(help_text="`rename_event`, `move_field`, `set_field` or `ignore_event`.")
    name = models.TextField(blank=True, help_text="Event (or kind of call) it is for; empty: all.")
    field = models.TextField(blank=True, help_text="Dotted path in the call that is written.")
    value = models.TextField(blank=True, help_text="New name, dotted path it is taken from, or the fixed value.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = AdminQuerySet["IntakeRule"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["rename_event", "move_field", "set_field", "ignore_event"]), name="intake_rule_kind_known"
            ),
            models.UniqueConstraint(
                fields=["source", "kind", "name", "field"], condition=Q(removed_at__isnull=True), name="intake_rule_once"
            ),
        ]


class IntakeMinute(models.Model):
    """Calls of a source in one minute: what its rate limit is held against, and what came of them."""

    pk = models.CompositePrimaryKey("source_id", "minute")
    source = models.ForeignKey(Source, models.CASCADE, related_name="+")
    minute = models.DateTimeField()
    calls = models.IntegerField(default=0)

    objects = AdminQuerySet["IntakeMinute"].as_manager()
