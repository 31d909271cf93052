"""What people judge and agree: ratings, overrides, reviews, outcomes, milestones."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import Account, ImportRun, User
from accounts.models.sources import Loaded
from accounts.querysets import AccountBoundQuerySet
from health.types import Band


class Rating(models.Model):
    """One answer of one rater to one anchored question on one day."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="ratings")
    question = models.TextField(help_text="Key of the question in the question set.")
    score = models.SmallIntegerField(help_text="1 … 5.")
    rated_on = models.DateField()
    rated_by = models.ForeignKey(User, models.PROTECT, related_name="ratings")
    reason = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(ImportRun, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = AccountBoundQuerySet["Rating"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "question", "rated_on", "rated_by"], name="rating_once"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="rating_one_to_five"),
            models.CheckConstraint(condition=~Q(question=""), name="rating_names_question"),
        ]


class Override(models.Model):
    """A dated human correction of the band, `[starts_on, ends_on)`: survives every recomputation."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="overrides")
    band = models.TextField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.TextField()
    author = models.ForeignKey(User, models.PROTECT, related_name="overrides")
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="Taken back by an undo; it never held.")

    objects = AccountBoundQuerySet["Override"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="override_ends_after_start"),
            models.CheckConstraint(condition=Q(band__in=[b.value for b in Band]), name="override_band_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_reason"),
        ]


class Review(Loaded):
    """A QBR or other review, planned and held."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="reviews")
    kind = models.TextField()
    planned_on = models.DateField(null=True, blank=True)
    held_on = models.DateField(null=True, blank=True)
    executive_attended = models.BooleanField(default=False)
    landed = models.TextField(blank=True)
    fell_flat = models.TextField(blank=True)
    feedback = models.TextField(blank=True)
    next_on = models.DateField(null=True, blank=True)
    entered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="reviews", help_text="Empty: a file.")
    kept = models.JSONField(
        default=dict,
        db_default={},
        help_text="{column: what the file said when a person changed it}: it stays while the file repeats that.",
    )

    objects = AccountBoundQuerySet["Review"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="review_once"),
            models.CheckConstraint(condition=Q(kind__in=["qbr", "ebr", "onboarding", "other"]), name="review_kind_known"),
            models.CheckConstraint(condition=Q(planned_on__isnull=False) | Q(held_on__isnull=False), name="review_planned_or_held"),
        ]


class ReviewBoundQuerySet(AccountBoundQuerySet[models.Model]):
    """Rows that hang on a review are seen by whoever sees its account."""

    account_path = "review__account__"


class FeedbackCare(models.Model):
    """What becomes of the feedback given in a review: themes for product, who answers it, and the answer."""

    review = models.OneToOneField(Review, models.CASCADE, primary_key=True, related_name="care")
    themes: Any = ArrayField(models.TextField(), default=list, blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="feedback")
    answer = models.TextField(blank=True)
    answered_on = models.DateField(null=True, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField()

    objects = ReviewBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_on__isnull=True) | (~Q(answer="") & Q(answered_on__isnull=False)),
                name="feedback_care_answer_has_day",
            )
        ]


class Outcome(Loaded):
    """What the customer wants to reach, with its proof and where it stands."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="outcomes")
    statement = models.TextField()
    stage = models.TextField(blank=True)
    action = models.TextField(blank=True, help_text="Action that proves it.")
    metric = models.TextField(blank=True, help_text="Or the metric that does.")
    target = models.TextField(blank=True)
    due_on = models.DateField(null=True, blank=True)
    status = models.TextField(default="on_track")
    achieved_on = models.DateField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True, help_text="From this day on they want it no more; it counts for nothing.")
    since = models.DateField(null=True, blank=True, help_text="Day for which the present version was entered; null: when it was recorded.")
    entered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="outcomes", help_text="Empty: a file.")
    kept = models.JSONField(
        default=dict,
        db_default={},
        help_text="{column: what the file said when a person changed it}: it stays while the file repeats that.",
    )

    objects = AccountBoundQuerySet["Outcome"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="outcome_once"),
            models.CheckConstraint(condition=Q(status__in=["on_track", "behind", "achieved", "missed"]), name="outcome_status_known"),
            models.CheckConstraint(condition=~Q(statement=""), name="outcome_has_statement"),
        ]


class Milestone(models.Model):
    """One step of the onboarding."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="milestones")
    name = models.TextField()
    due_on = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(ImportRun, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = AccountBoundQuerySet["Milestone"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="milestone_once"),
            models.CheckConstraint(condition=~Q(name=""), name="milestone_has_name"),
        ]
