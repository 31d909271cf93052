"""Renewals that fall due and their rates as the API writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.api.fields import MoneyField, NumberField, ShareField, money
from accounts.terms import DueState
from churn.cases import needs, stage_of
from churn.decision_values import DECIDED
from churn.models import RenewalCase
from churn.types import CheckKind, ForecastCategory, Stage
from health.api.money import Told


class OfCase(serializers.Serializer[Any]):
    """A part of a case that may not be there: null then."""

    key = ""

    def to_representation(self, instance: RenewalCase) -> Any:
        """Its fields, of the case's annotations."""
        return None if getattr(instance, self.key) is None else super().to_representation(instance)


class CaseForecastSerializer(OfCase):
    """The latest forecast that stands."""

    key = "forecast_id"
    amount = MoneyField(source="forecast_amount", help_text="MRR expected to be renewed, in the case's `currency`, without expansion.")
    expansion = MoneyField(source="forecast_expansion", help_text="MRR expected on top.")
    probability = ShareField(source="forecast_probability")
    category = serializers.ChoiceField(tuple(ForecastCategory), source="forecast_category")
    reason = serializers.CharField(source="forecast_reason")
    entered_on = serializers.DateField(source="forecast_on")
    author = serializers.CharField(source="forecast_author")


class CaseOutcomeSerializer(OfCase):
    """What a person entered; it wins over the contracts."""

    key = "outcome_id"
    state = serializers.ChoiceField(DECIDED, source="outcome_state")
    renewed_mrr = MoneyField(source="outcome_mrr", allow_null=True, help_text="null: as the contracts say, else as before.")
    decided_on = serializers.DateField(source="outcome_on")
    note = serializers.CharField(source="outcome_note")
    author = serializers.CharField(source="outcome_author")


class CaseChecksSerializer(serializers.Serializer[Any]):
    """Days on which the steps were ticked; null: not yet."""

    pack_opened = serializers.DateField(source="pack_opened_on", allow_null=True)
    usage_shared = serializers.DateField(source="usage_shared_on", allow_null=True)


class CaseSerializer(serializers.Serializer[Any]):
    """One due: an account's contracts of one product that end on the same day."""

    id = serializers.IntegerField(help_text="For the addresses below it.")
    account_external_id = serializers.CharField(source="account.external_id")
    name = serializers.CharField(source="account.name")
    csm = serializers.CharField(source="account.owner.email", default=None, allow_null=True, help_text="Today's owner.")
    product = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="First day no longer covered by the old term.")
    decision_on = serializers.DateField(help_text="`ends_on` less the notice days.")
    days_left = serializers.IntegerField(help_text="To the decision; below 0: past.")
    stage = serializers.SerializerMethodField(help_text="null: decided.")
    state = serializers.ChoiceField(tuple(DueState), help_text="As entered by a person, else as the contracts say.")
    contract_state = serializers.ChoiceField(tuple(DueState), help_text="As the contracts alone say.")
    auto_renew_lapsed = serializers.BooleanField(help_text="Was to renew by itself, and no contract came.")
    currency = serializers.CharField()
    due_mrr = MoneyField(help_text="MRR at the end of the old term, in `currency`.")
    renewed_mrr = MoneyField(allow_null=True)
    due_reporting = MoneyField(allow_null=True, help_text="In the reporting currency at the rate of `ends_on`; null: no rate.")
    renewed_reporting = MoneyField(allow_null=True)
    resolved_on = serializers.DateField(allow_null=True)
    forecast = CaseForecastSerializer(source="*", allow_null=True)
    outcome = CaseOutcomeSerializer(source="*", allow_null=True)
    checks = CaseChecksSerializer(source="*")
    needs = serializers.SerializerMethodField(help_text="What is missing now, most pressing first.")
    as_of = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField(help_text="Renewal definition in force.")

    def get_stage(self, case: RenewalCase) -> Stage | None:
        """Where it stands today."""
        return stage_of(case, self.context["today"])

    def get_needs(self, case: RenewalCase) -> list[str]:
        """Words of `outcome`, `forecast`, `usage_shared`."""
        return needs(case, self.context["today"])

    def get_as_of(self, _case: RenewalCase) -> str | None:
        """The published day."""
        basis = self.context["basis"]
        return None if basis is None else basis.as_of.isoformat()

    def get_version(self, _case: RenewalCase) -> int | None:
        """Of the renewal definition."""
        basis = self.context["basis"]
        return None if basis is None else basis.version


class ForecastInputSerializer(serializers.Serializer[Any]):
    """A forecast to be entered."""

    amount = MoneyField(help_text="MRR expected to be renewed, in the case's currency; at most its `due_mrr`.")
    expansion = MoneyField(default=Decimal(0), help_text="MRR expected on top.")
    probability = ShareField(help_text="0 … 1; also as text, `80%`.")
    category = serializers.ChoiceField(tuple(ForecastCategory))
    reason = serializers.CharField(required=False, allow_blank=True, help_text="Required unless the category is `commit`.")


class OutcomeInputSerializer(serializers.Serializer[Any]):
    """An outcome to be entered."""

    state = serializers.ChoiceField(DECIDED)
    renewed_mrr = MoneyField(required=False, allow_null=True, help_text="Of the new term; without it as the contracts say, else as before.")
    decided_on = serializers.DateField(required=False, help_text="Without it: today.")
    note = serializers.CharField(required=False, allow_blank=True)


class CheckInputSerializer(serializers.Serializer[Any]):
    """A step to be ticked."""

    kind = serializers.ChoiceField(tuple(CheckKind))
    done = serializers.BooleanField(default=True, help_text="false takes your own tick of today back.")


class ToldSerializer(serializers.Serializer[Any]):
    """Amounts of the reporting currency, told in the one asked for."""

    currency = serializers.SerializerMethodField(help_text="Of the amounts.")

    def get_currency(self, _row: Any) -> str:
        """Three letters."""
        return self.told().currency

    def told(self) -> Told:
        """The currency asked for, else the reporting one."""
        return self.context.get("told") or Told(str(settings.REPORTING_CURRENCY), Decimal(1))


class ToldField(MoneyField):
    """An amount of the reporting currency, told in the one that the row is told in."""

    def to_representation(self, value: Any) -> Any:
        """As text with cents."""
        parent: Any = self.parent
        return money(parent.told().amount(value))


class RenewedSerializer(ToldSerializer):
    """Renewal rates of one period and group."""

    period = serializers.CharField(help_text="YYYY-MM, YYYY-Qn, or first/after of a span.")
    group = serializers.CharField(allow_null=True, help_text="`all`, or the value of `by` at the period's close; null: without value.")
    due = serializers.IntegerField(help_text="Renewals whose term ends in the period.")
    renewed = serializers.IntegerField()
    lost = serializers.IntegerField()
    open = serializers.IntegerField()
    rate_count = ShareField(allow_null=True, help_text="renewed / (due - open); null: none is decided.")
    rate_gross = ShareField(allow_null=True, help_text="kept_amount / due_amount.")
    rate_net = ShareField(allow_null=True, help_text="renewed_amount / due_amount; may exceed 1.")
    due_amount = ToldField(help_text="MRR of the decided dues at the end of their old terms.")
    kept_amount = ToldField(help_text="Sum of min(renewed, due).")
    renewed_amount = ToldField()
    open_amount = ToldField(help_text="MRR of the dues not decided yet.")
    without_rate = serializers.IntegerField(help_text="Dues in no amount for want of an exchange rate.")
    provisional = serializers.BooleanField(help_text="The period still runs, or a due of it is open.")
    as_of = serializers.DateField()
    version = serializers.IntegerField(allow_null=True)
    ids = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="detail=1: accounts of the dues renewed, lost, open and without_rate, one per due.",
    )


class HitSerializer(serializers.Serializer[Any]):
    """One category of forecast."""

    category = serializers.ChoiceField(tuple(ForecastCategory))
    forecast = serializers.IntegerField(help_text="Decided dues that were forecast so.")
    renewed = serializers.IntegerField()
    share = ShareField(source="estimate.value")
    low = ShareField(source="estimate.low", help_text="95% interval.")
    high = ShareField(source="estimate.high")


class AccuracySerializer(ToldSerializer):
    """Forecasts of one group against what happened."""

    group = serializers.CharField(allow_null=True, help_text="`all`, or the value of `by` at the close of the span; null: without value.")
    decided = serializers.IntegerField(help_text="Dues that ended in the span and are decided.")
    forecast = serializers.IntegerField(help_text="Of them: with a forecast. All below is of these.")
    without_forecast = serializers.IntegerField()
    late = serializers.IntegerField(help_text="Forecast only after the decision day.")
    expected = NumberField(help_text="Sum of the probabilities.")
    renewed = serializers.IntegerField()
    renewal_amount = ToldField(help_text="Forecast MRR without expansion.")
    forecast_amount = ToldField(help_text="Forecast MRR with expansion.")
    weighted_amount = ToldField(help_text="The same times its probability.")
    actual_amount = ToldField(help_text="MRR that was renewed.")
    amount_ratio = ShareField(allow_null=True, help_text="actual_amount / forecast_amount.")
    weighted_ratio = ShareField(allow_null=True, help_text="actual_amount / weighted_amount.")
    without_rate = serializers.IntegerField(help_text="Of those with a forecast: in no amount for want of an exchange rate.")
    categories = HitSerializer(many=True)
    as_of = serializers.DateField()
    version = serializers.IntegerField(allow_null=True)
