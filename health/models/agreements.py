"""What was agreed with an account about a scenario, where it differs from the definition."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Account, ImportRun
from health.querysets import AgreementQuerySet


class ScenarioAgreement(models.Model):
    """How much one account agreed to use one scenario, from a day on until the next agreement on it.

    An empty value leaves the definition's; 0 says that nothing is expected. Of a month the one in force on its last day decides.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="scenario_agreements")
    scenario = models.TextField(help_text="Name of the scenario in the activity definition.")
    starts_on = models.DateField(help_text="First day on which it holds.")
    days_per_month = models.SmallIntegerField(null=True, blank=True, help_text="Days a month, 0 … 31; null: as the definition says.")
    seat_share = models.DecimalField(
        max_digits=9, decimal_places=6, null=True, blank=True, help_text="Share of the seats, 0 … 1; null: as the definition says."
    )
    reason = models.TextField(blank=True)
    recorded_at = models.DateTimeField(help_text="When it became known.")
    loaded_by = models.ForeignKey(ImportRun, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = AgreementQuerySet.as_manager()

    class Meta:
        constraints = [
            # Also the index by which the night finds the one in force.
            models.UniqueConstraint(fields=["account", "scenario", "starts_on"], name="scenario_agreement_once"),
            models.CheckConstraint(condition=~Q(scenario=""), name="scenario_agreement_names_scenario"),
            models.CheckConstraint(
                condition=Q(days_per_month__isnull=False) | Q(seat_share__isnull=False), name="scenario_agreement_has_value"
            ),
            models.CheckConstraint(
                condition=Q(days_per_month__isnull=True) | Q(days_per_month__gte=0, days_per_month__lte=31),
                name="scenario_agreement_days_in_month",
            ),
            models.CheckConstraint(
                condition=Q(seat_share__isnull=True) | Q(seat_share__gte=0, seat_share__lte=1), name="scenario_agreement_share_in_range"
            ),
        ]
