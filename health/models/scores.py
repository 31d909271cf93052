"""Health per day, and the one current row per account that lists read."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from accounts.models import Account
from health.models.runs import Run
from health.querysets import ScoreQuerySet, StateQuerySet
from health.types import Band, Level


class HealthScore(models.Model):
    """Health of one account on one day, with the facts behind each facet."""

    pk = models.CompositePrimaryKey("account_id", "day", "run_id")
    run = models.ForeignKey(Run, models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, related_name="health_scores")
    day = models.DateField()
    score = models.DecimalField(max_digits=7, decimal_places=4, null=True, help_text="0 … 100; null: unknown (coverage below the minimum).")
    band = models.TextField()
    coverage = models.DecimalField(max_digits=7, decimal_places=6, help_text="Share 0..1 of the weight whose facet is known.")
    machine = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    human = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    facets = models.JSONField(help_text="{key: {value: 0..100 or null, weight, evidence: {fact: figure}}}")
    caps = models.JSONField(default=list, help_text="Conditions that held the band down.")
    version = models.IntegerField(help_text="Health model.")
    profile = models.SmallIntegerField(default=0)

    objects = ScoreQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(band__in=[b.value for b in Band]), name="health_score_band_known"),
            models.CheckConstraint(condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100), name="health_score_in_bounds"),
            models.CheckConstraint(
                condition=Q(machine__isnull=True) | Q(machine__gte=0, machine__lte=100), name="health_score_machine_in_bounds"
            ),
            models.CheckConstraint(condition=Q(human__isnull=True) | Q(human__gte=0, human__lte=100), name="health_score_human_in_bounds"),
            models.CheckConstraint(condition=Q(coverage__gte=0, coverage__lte=1), name="health_score_coverage_is_share"),
        ]
        indexes = [
            models.Index(fields=["day", "run"], name="health_score_by_day"),  # bands of a book on a day
        ]


class AccountState(models.Model):
    """An account as the last published run saw it: all that a list shows, in one row."""

    account = models.OneToOneField(Account, models.CASCADE, primary_key=True, related_name="state")
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    as_of = models.DateField()
    paying = models.BooleanField()
    level = models.SmallIntegerField(help_text="Of the as-of day; -1 unknown.")
    flags = models.SmallIntegerField(default=0)
    strip = models.TextField(help_text="Levels of the last 28 days, oldest first: Z L M H, U for unknown.")
    week_active = models.BooleanField(null=True)
    week_days = models.IntegerField(default=0, help_text="Active days of the running week.")
    week_bar = models.IntegerField(null=True)
    month_active = models.BooleanField(null=True)
    month_days = models.IntegerField(default=0, help_text="Active days of the running month.")
    month_bar = models.IntegerField(null=True)
    month_days_left = models.IntegerField(default=0)
    month_can_reach = models.BooleanField(default=False)
    score = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    band = models.TextField(default=Band.UNKNOWN)
    coverage = models.DecimalField(max_digits=7, decimal_places=6, default=0)
    machine = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    human = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    score_change_30d = models.DecimalField(
        max_digits=7, decimal_places=4, null=True, help_text="Against 30 days before; null if either side is unknown."
    )
    facets = models.JSONField(default=dict)
    caps = models.JSONField(default=list)
    stale_since = models.DateField(
        null=True, help_text="The day its figures are of, where the last run could not compute it; null: they are of `as_of`."
    )
    top_reason = models.JSONField(
        default=dict, help_text="{code, ...facts}: the facet or cap that costs the most, put into words by the page."
    )
    seats = models.IntegerField(default=0)
    seats_active = models.IntegerField(default=0, help_text="Distinct seats with a key action in 28 days.")
    seats_activated = models.IntegerField(default=0)
    seats_purchased = models.IntegerField(default=0)
    mrr = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, help_text="In `currency`; null: currencies mix and a rate is missing."
    )
    currency = models.TextField(default="")
    mrr_reporting = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, help_text="In the reporting currency at the as-of day's rate."
    )
    plan = models.TextField(default="", help_text="Plan of the largest running contract, else the account's.")
    products = models.JSONField(default=list)
    renewal_on = models.DateField(null=True, help_text="Next `ends_on` without successor, overdue ones first.")
    decision_on = models.DateField(null=True, help_text="`renewal_on` - notice days.")
    outcome_status = models.TextField(default="", help_text="Worst open outcome, else achieved; empty: no outcome defined.")
    north_star = models.DecimalField(max_digits=24, decimal_places=6, null=True, help_text="Cumulative; null: no north star defined.")
    north_star_crossed_on = models.DateField(null=True)
    rated_on = models.DateField(null=True)
    last_contact_on = models.DateField(null=True)
    open_tickets = models.IntegerField(default=0)
    activity_version = models.IntegerField(null=True)
    health_version = models.IntegerField(null=True)
    named_states = models.JSONField(null=True, help_text="[{key, evidence: {fact: figure}}]; null: not computed yet.")
    states_version = models.IntegerField(null=True, help_text="Of `[states]`; null: its defaults.")

    objects = StateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(band__in=[b.value for b in Band]), name="account_state_band_known"),
            models.CheckConstraint(condition=Q(level__in=[level.value for level in Level]), name="account_state_level_known"),
            models.CheckConstraint(condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100), name="account_state_score_in_bounds"),
            models.CheckConstraint(condition=Q(coverage__gte=0, coverage__lte=1), name="account_state_coverage_is_share"),
        ]
        indexes = [
            # The book's own order: expected loss, then the nearer renewal.
            models.Index(
                (F("mrr_reporting") * (100 - Coalesce(F("score"), 50))).desc(nulls_last=True),
                F("renewal_on").asc(nulls_last=True),
                F("account"),
                name="account_state_by_loss",
            ),
            models.Index(F("score").asc(nulls_last=True), F("account"), name="account_state_by_score"),  # worst first
            models.Index(F("mrr_reporting").desc(nulls_last=True), F("account"), name="account_state_by_mrr"),
            models.Index(F("renewal_on").asc(nulls_last=True), F("account"), name="account_state_by_renewal"),
        ]
