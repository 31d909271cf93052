"""What people say and do about a renewal before and after it is decided. Kept by the due itself, so that a rebuilt case loses nothing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Account, User
from accounts.querysets import AccountBoundQuerySet
from churn.types import CheckKind, ForecastCategory


class OfDue(models.Model):
    """Hangs on a due: (account, product, ends_on) of `RenewalCase`, which the night derives anew."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    product = models.TextField()
    ends_on = models.DateField(help_text="First day no longer covered by the old term.")

    class Meta:
        abstract = True


class Forecast(OfDue):
    """One forecast of a renewal; the latest that is not withdrawn counts, the others are its history."""

    currency = models.TextField(help_text="Of both amounts: the due's.")
    amount = models.DecimalField(max_digits=18, decimal_places=2, help_text="MRR expected to be renewed, without expansion.")
    expansion = models.DecimalField(max_digits=18, decimal_places=2, default=0, help_text="MRR expected on top.")
    probability = models.DecimalField(max_digits=5, decimal_places=4, help_text="0 … 1 that it is renewed.")
    category = models.TextField(help_text="`commit`, `best_case` or `at_risk`.")
    reason = models.TextField(blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="forecasts")
    entered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["Forecast"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(category__in=[one.value for one in ForecastCategory]), name="forecast_category_known"),
            models.CheckConstraint(condition=Q(probability__gte=0, probability__lte=1), name="forecast_probability_is_share"),
            models.CheckConstraint(condition=Q(amount__gte=0, expansion__gte=0), name="forecast_amounts_not_negative"),
        ]
        indexes = [models.Index(fields=["account", "product", "ends_on", "-entered_at"], name="forecast_of_due")]  # latest of a due


class CaseOutcome(OfDue):
    """What a person entered as the outcome of a renewal: it wins over what the contracts say until it is withdrawn."""

    state = models.TextField(help_text="`renewed` or `lost`.")
    currency = models.TextField(help_text="Of the renewed amount: the due's.")
    renewed_mrr = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, blank=True, help_text="MRR of the new term; null: as the contracts say, else as before."
    )
    decided_on = models.DateField(help_text="Day the customer decided.")
    note = models.TextField(blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="case_outcomes")
    entered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["CaseOutcome"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "product", "ends_on"], condition=Q(withdrawn_at__isnull=True), name="case_outcome_one_in_force"
            ),
            models.CheckConstraint(condition=Q(state__in=["renewed", "lost"]), name="case_outcome_state_known"),
            models.CheckConstraint(condition=Q(renewed_mrr__isnull=True) | Q(renewed_mrr__gte=0), name="case_outcome_amount_not_negative"),
        ]


class CaseCheck(OfDue):
    """A step ticked: pack opened, usage shared. That a forecast is entered is read from the forecasts."""

    kind = models.TextField()
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="case_checks", help_text="Empty: by itself.")
    checked_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["CaseCheck"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "product", "ends_on", "kind"], condition=Q(withdrawn_at__isnull=True), name="case_check_one_in_force"
            ),
            models.CheckConstraint(condition=Q(kind__in=[one.value for one in CheckKind]), name="case_check_kind_known"),
        ]


class UsageSheet(OfDue):
    """The page for the renewal talk as it was shown: every figure of it frozen, so that it can be read again as it was."""

    language = models.TextField(help_text="`en` or `zh-hans`.")
    as_of = models.DateField(help_text="Day its figures are of.")
    body = models.JSONField(help_text="All figures and texts of the page.")
    author = models.ForeignKey(User, models.PROTECT, related_name="usage_sheets")
    shared_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["UsageSheet"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(language__in=["en", "zh-hans"]), name="usage_sheet_language_known")]
        indexes = [models.Index(fields=["account", "-shared_at"], name="usage_sheet_by_account")]  # the account's sheets, newest first


class RenewalPack(models.Model):
    """What was prepared for a renewal or a review, as it stood: every figure and text of the page frozen, so that it can be read again."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    product = models.TextField(blank=True)
    ends_on = models.DateField(null=True, blank=True, help_text="With `product` the due it is about; empty: nothing was due.")
    language = models.TextField(help_text="`en` or `zh-hans`.")
    as_of = models.DateField(help_text="Day its figures are of.")
    body = models.JSONField(help_text="All figures and texts of the page.")
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="renewal_packs", help_text="Empty: by itself.")
    frozen_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccountBoundQuerySet["RenewalPack"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "product", "ends_on"], condition=Q(author__isnull=True), name="renewal_pack_by_itself_once"
            ),
            models.CheckConstraint(condition=Q(language__in=["en", "zh-hans"]), name="renewal_pack_language_known"),
        ]
        indexes = [models.Index(fields=["account", "-frozen_at"], name="renewal_pack_by_account")]  # the account's packs, newest first
