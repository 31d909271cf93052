"""What is foreseen: the likelihood of renewal, combinations that went with losses, and the list of each Monday."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Account, User
from accounts.querysets import AccountBoundQuerySet, PublicQuerySet
from churn.types import Basis, RuleState


class LikelihoodModel(models.Model):
    """How likelihood was told from a day on: what it was fitted on, and its numbers."""

    as_of = models.DateField(primary_key=True)
    basis = models.TextField()
    n = models.IntegerField(help_text="Closed renewals it was fitted on.")
    lost = models.IntegerField()
    body = models.JSONField(
        default=dict, help_text="Facets, weights of experts and learned, intercept, covariance, past quarters, challenger."
    )

    objects = PublicQuerySet["LikelihoodModel"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(basis__in=[one.value for one in Basis]), name="likelihood_model_basis_known")]


class Likelihood(models.Model):
    """How likely an account renews, told on a day and holding until the next row of the account: a row for each change."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="likelihoods")
    day = models.DateField()
    value = models.DecimalField(max_digits=7, decimal_places=6, null=True, help_text="0 … 1; null: not told.")
    low = models.DecimalField(max_digits=7, decimal_places=6, null=True, help_text="95% interval of the rate of such accounts.")
    high = models.DecimalField(max_digits=7, decimal_places=6, null=True)
    basis = models.TextField()
    model = models.ForeignKey(LikelihoodModel, models.PROTECT, related_name="+")

    objects = AccountBoundQuerySet["Likelihood"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="likelihood_once"),
            models.CheckConstraint(condition=Q(basis__in=[one.value for one in Basis]), name="likelihood_basis_known"),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gte=0, value__lte=1, low__gte=0, high__lte=1), name="likelihood_is_share"
            ),
        ]


class RuleSearch(models.Model):
    """One search for combinations: over which renewals, what was tried, what passed, and why nothing did."""

    as_of = models.DateField(primary_key=True)
    body = models.JSONField(
        default=dict, help_text="n, lost, base, conditions, candidates, passed, validated, refused conditions with reasons, seconds, why."
    )

    objects = PublicQuerySet["RuleSearch"].as_manager()


class RiskRule(models.Model):
    """A combination of up to three conditions: found by a search, or written by a person."""

    key = models.TextField(unique=True, help_text="Its conditions in one fixed spelling.")
    conditions = models.JSONField(help_text="[{feature, operator, value}].")
    name = models.TextField(blank=True)
    state = models.TextField()
    figures = models.JSONField(
        default=dict,
        help_text="support, lost, rate, base, lift, low, high, holdout_n, holdout_lost, holdout_rate, holdout_low, holdout_high, q_value, "
        "found_from, found_to, checked_from, checked_to.",
    )
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="risk_rules", help_text="Null: found.")
    found_on = models.DateField()
    searched_on = models.DateField(help_text="As-of day of the search its figures are of.")
    retired_on = models.DateField(null=True, blank=True)
    retired_why = models.TextField(blank=True)
    retired_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", help_text="Null: by its figures.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = PublicQuerySet["RiskRule"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=[one.value for one in RuleState]), name="risk_rule_state_known")]


class RuleQuarter(models.Model):
    """What became of the renewals of one quarter that a rule matched."""

    rule = models.ForeignKey(RiskRule, models.CASCADE, related_name="quarters")
    quarter = models.TextField(help_text="`2026-Q3`, of the due day.")
    n = models.IntegerField()
    lost = models.IntegerField()
    base_n = models.IntegerField()
    base_lost = models.IntegerField()

    objects = PublicQuerySet["RuleQuarter"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "quarter"], name="rule_quarter_once"),
            models.CheckConstraint(condition=Q(n__gte=models.F("lost"), base_n__gte=models.F("base_lost")), name="rule_quarter_adds_up"),
        ]


class RuleMatch(models.Model):
    """An account that a rule matches as of the last night, or misses by one condition."""

    rule = models.ForeignKey(RiskRule, models.CASCADE, related_name="matches")
    account = models.ForeignKey(Account, models.CASCADE, related_name="rule_matches")
    as_of = models.DateField()
    near = models.BooleanField(help_text="All conditions but one.")
    facts = models.JSONField(default=list, help_text="Per condition of the rule: its figure at the account, and whether it is met.")

    objects = AccountBoundQuerySet["RuleMatch"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "account"], name="rule_match_once")]


class MondayReport(models.Model):
    """The list of one Monday as it was made; it is never made again."""

    monday = models.DateField(primary_key=True)
    as_of = models.DateField()
    made_at = models.DateTimeField()
    body = models.JSONField(default=dict, help_text="What the list rests on: rules, renewals, base rate; why there is none.")

    objects = PublicQuerySet["MondayReport"].as_manager()


class AtRisk(models.Model):
    """An account on the list of a Monday."""

    report = models.ForeignKey(MondayReport, models.CASCADE, related_name="accounts")
    account = models.ForeignKey(Account, models.CASCADE, related_name="at_risk")
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="at_risk", help_text="Of that Monday.")
    rule = models.ForeignKey(RiskRule, models.SET_NULL, null=True, blank=True, related_name="+", help_text="The strongest that matched.")
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True, help_text="MRR in the reporting currency.")
    expected = models.FloatField(help_text="Chance of loss that the hold-out supports, 0 … 1.")
    matched = models.IntegerField(help_text="Hold-out renewals it rests on.")
    lost = models.IntegerField(help_text="Of them lost.")
    evidence = models.JSONField(default=dict)

    objects = AccountBoundQuerySet["AtRisk"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "account"], name="at_risk_once")]


class CampaignCall(models.Model):
    """What came of calling an account of a Monday's list; the latest that is not withdrawn counts."""

    at_risk = models.ForeignKey(AtRisk, models.CASCADE, related_name="calls")
    account = models.ForeignKey(Account, models.CASCADE, related_name="campaign_calls")
    result = models.TextField(help_text="`reached`, `not_reached`, `not_needed`.")
    note = models.TextField(blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="campaign_calls")
    called_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["CampaignCall"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(result__in=["reached", "not_reached", "not_needed"]), name="campaign_call_result_known")
        ]
        indexes = [models.Index(fields=["at_risk", "-called_at"], name="campaign_call_latest")]  # the latest of an entry
