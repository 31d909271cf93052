"""What customers said and what we did: tickets, answers, interactions; and the team's targets and chart notes."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models.accounts import Account, Contact, Seat
from accounts.models.people import Team, User
from accounts.models.sources import Loaded
from accounts.querysets import AccountBoundQuerySet, PublicQuerySet, TargetQuerySet


class Ticket(Loaded):
    """One support case."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="tickets")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    first_response_at = models.DateTimeField(null=True, blank=True)
    priority = models.TextField(blank=True)
    satisfaction = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    scale = models.DecimalField(max_digits=6, decimal_places=2, default=5)
    escalated = models.BooleanField(default=False)
    kind = models.TextField(blank=True)
    subject = models.TextField(blank=True)

    objects = AccountBoundQuerySet["Ticket"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="ticket_once"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")), name="ticket_closed_after_opened"
            ),
            models.CheckConstraint(condition=Q(kind__in=["", "how_to", "bug", "request", "other"]), name="ticket_kind_known"),
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__gte=0, satisfaction__lte=F("scale")),
                name="ticket_satisfaction_on_scale",
            ),
            models.CheckConstraint(condition=Q(scale__gt=0), name="ticket_scale_positive"),
        ]


class SurveyResponse(Loaded):
    """One answer to an NPS or CSAT question."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="surveys")
    seat = models.ForeignKey(Seat, models.SET_NULL, null=True, blank=True, related_name="surveys")
    kind = models.TextField()
    score = models.DecimalField(max_digits=6, decimal_places=2)
    scale = models.DecimalField(max_digits=6, decimal_places=2)
    responded_at = models.DateTimeField()
    comment = models.TextField(blank=True)

    objects = AccountBoundQuerySet["SurveyResponse"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="survey_response_once"),
            models.CheckConstraint(condition=Q(kind__in=["nps", "csat"]), name="survey_kind_known"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=F("scale"), scale__gt=0), name="survey_score_on_scale"),
        ]
        indexes = [models.Index(fields=["kind", "responded_at"], name="survey_by_kind")]  # NPS of a month


class Interaction(Loaded):
    """One touchpoint with the customer."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="interactions")
    kind = models.TextField()
    happened_at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="interactions")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="interactions")
    note = models.TextField(blank=True)

    objects = AccountBoundQuerySet["Interaction"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="interaction_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["call", "meeting", "email", "visit", "training", "interview"]), name="interaction_kind_known"
            ),
        ]


class Target(models.Model):
    """What a person or a team is to reach in a month, per headline."""

    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="targets")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="targets")
    month = models.DateField(help_text="First day of the month.")
    metric = models.TextField(
        help_text="`renewal_rate_count`, `renewal_rate_amount`, `monthly_active_rate` (shares 0..1) or `nps` (-100..100)."
    )
    value = models.DecimalField(max_digits=12, decimal_places=6)

    objects = TargetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "team", "month", "metric"], nulls_distinct=False, name="target_once"),
            models.CheckConstraint(condition=Q(user__isnull=True) ^ Q(team__isnull=True), name="target_of_person_or_team"),
            models.CheckConstraint(condition=Q(month__day=1), name="target_month_is_first_day"),
            models.CheckConstraint(
                condition=Q(metric__in=["renewal_rate_count", "renewal_rate_amount", "monthly_active_rate", "nps"]),
                name="target_metric_known",
            ),
        ]


class Annotation(models.Model):
    """A dated note on every chart: price change, positioning, launch."""

    day = models.DateField()
    text = models.TextField()
    kind = models.TextField(blank=True)

    objects = PublicQuerySet["Annotation"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "text"], name="annotation_once")]
