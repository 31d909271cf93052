"""MRR and attrition as the API writes them: money as text, rates with six places, undefined as null."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.fields import MoneyField, ShareField, money

IDS = "detail=1: external ids of the accounts behind each number."


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string", "format": "decimal"}]})
class CountOrMoneyField(serializers.Field[Any, Any, Any, Any]):
    """A number of logos or seats; of revenue an amount of money, as text."""

    def to_representation(self, value: Any) -> Any:
        return money(value) if isinstance(value, Decimal) else value


class MovementSerializer(serializers.Serializer[Any]):
    """What became of the MRR of one period and group; start + new + expansion + reactivation - contraction - churn = end."""

    period = serializers.CharField(help_text="YYYY-MM or YYYY-Qn; of a span its first day/the day after it.")
    group = serializers.CharField(allow_null=True, help_text="`all`, or the value of `by` at the period's end; null: without value.")
    start = MoneyField(help_text="MRR at the close of the day before the period.")
    new = MoneyField(help_text="Of accounts that never paid before.")
    expansion = MoneyField(help_text="Growth of accounts that paid at the start.")
    contraction = MoneyField(help_text="Loss of accounts that still pay.")
    churn = MoneyField(help_text="Loss of accounts that pay nothing any more.")
    reactivation = MoneyField(help_text="Of accounts that paid before, but not at the start.")
    fx = MoneyField(help_text="What the rate change leaves until the next period's start; no movement.")
    end = MoneyField(help_text="MRR at the close of the period's last day (running: of the as-of day), at the rates of its first day.")
    gross_churn = ShareField(allow_null=True, help_text="(churn + contraction) / start; null: start 0.")
    net_churn = ShareField(allow_null=True, help_text="(churn + contraction - expansion - reactivation) / start; may be negative.")
    grr = ShareField(allow_null=True, help_text="Gross revenue retention: sum of min(start, end) / sum of start.")
    nrr = ShareField(allow_null=True, help_text="Net revenue retention: end / start of those that paid at the start.")
    quick_ratio = ShareField(allow_null=True, help_text="(new + expansion + reactivation) / (contraction + churn); null: nothing lost.")
    accounts = serializers.IntegerField(help_text="Paying at the start.")
    without_rate = serializers.IntegerField(help_text="Accounts left out of all amounts: no exchange rate was known.")
    currency = serializers.CharField(required=False, help_text="Of the amounts; exchanged at the rates of the period's first day.")
    provisional = serializers.BooleanField(help_text="The period still runs.")
    as_of = serializers.DateField()
    version = serializers.IntegerField(allow_null=True, help_text="Of the renewal definition in force on the as-of day.")
    ids = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False, help_text=IDS)


class AttritionSerializer(serializers.Serializer[Any]):
    """One measure of one period and group: who was there at the start, and who did not remain."""

    period = serializers.CharField(help_text="YYYY-Www, YYYY-MM or YYYY-Qn; of a span its first day/the day after it.")
    group = serializers.CharField(allow_null=True, help_text="`all`, or the value of `by` at the period's end; null: without value.")
    measure = serializers.ChoiceField(choices=("logo", "seat", "revenue"))
    start = CountOrMoneyField(help_text="Present at the start: logos, seats, or MRR as text.")
    lost = CountOrMoneyField(help_text="Of the start, not there at the end.")
    joined = CountOrMoneyField(help_text="Not there at the start; never in the rate.")
    remaining = CountOrMoneyField(help_text="start - lost.")
    rate = ShareField(allow_null=True, help_text="lost / start; null: nobody at the start.")
    low = ShareField(allow_null=True, help_text="95% Wilson interval of the rate; of revenue over as many accounts of equal size.")
    high = ShareField(allow_null=True)
    purchased_start = serializers.IntegerField(allow_null=True, help_text="Seats bought at the start; measure=seat only, null: not told.")
    purchased_lost = serializers.IntegerField(allow_null=True, help_text="Of them no longer bought at the end.")
    without_rate = serializers.IntegerField(help_text="Accounts left out of revenue: no exchange rate was known.")
    currency = serializers.CharField(required=False, allow_null=True, help_text="Of the amounts; null: counts.")
    provisional = serializers.BooleanField(help_text="The period still runs: counted up to the as-of day.")
    as_of = serializers.DateField()
    version = serializers.IntegerField(
        allow_null=True, help_text="Of the renewal definition in force on the as-of day; of seats the activity definition."
    )
    ids = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text=IDS + " Seats as account/seat, a slash inside an id as %2F.",
    )
