"""Renewals that fall due, derived from the contracts each night; what people enter about them hangs on the due, not on this row."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from accounts.querysets import AccountBoundQuerySet


class RenewalCase(models.Model):
    """One due: (account, product, ends_on) of a contract with MRR above 0, as the last published run saw it."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="renewal_cases")
    product = models.TextField()
    ends_on = models.DateField(help_text="First day no longer covered by the old term.")
    starts_on = models.DateField(help_text="Start of the old term; terms of 90 days or more are observations.")
    decision_on = models.DateField(help_text="`ends_on` - notice days.")
    currency = models.TextField()
    due_mrr = models.DecimalField(max_digits=18, decimal_places=2, help_text="MRR at the end of the old term.")
    renewed_mrr = models.DecimalField(max_digits=18, decimal_places=2, null=True, help_text="MRR of the successor; null: none.")
    due_reporting = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, help_text="In the reporting currency at the rate of `ends_on`; null: no rate."
    )
    renewed_reporting = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    state = models.TextField(help_text="`open`, `renewed` or `lost`: as entered by a person, else as the contracts say.")
    contract_state = models.TextField(
        default="open", db_default="open", help_text="What the contracts alone say; another word than `state`: a listed mismatch."
    )
    auto_renew_lapsed = models.BooleanField(default=False, help_text="Lost although it was to renew by itself: a listed mismatch.")
    resolved_on = models.DateField(null=True, help_text="Day it was known to be renewed or lost.")

    objects = AccountBoundQuerySet["RenewalCase"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "product", "ends_on"], name="renewal_case_once"),
            models.CheckConstraint(condition=Q(state__in=["open", "renewed", "lost"]), name="renewal_case_state_known"),
            models.CheckConstraint(condition=Q(contract_state__in=["open", "renewed", "lost"]), name="renewal_case_contract_state_known"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="renewal_case_ends_after_start"),
        ]
        indexes = [models.Index(fields=["ends_on"], name="renewal_case_by_end")]  # dues of a month
