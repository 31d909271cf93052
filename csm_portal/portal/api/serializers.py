"""Headlines, cuts and setup as the API writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.fields import ShareField, money, number, rounded
from csm_portal.portal.account import told
from csm_portal.portal.account.dated import Dated
from csm_portal.portal.headlines import KEYS, Headline
from csm_portal.portal.timeline import GROUPS, KINDS
from csm_portal.web import today
from health.api.money import Told

MONEY = {"due_amount", "renewed_amount", "open_amount"}
NUMBER_OR_MONEY = {"oneOf": [{"type": "number"}, {"type": "string"}], "nullable": True}


class HeadlineSerializer(serializers.Serializer[Any]):
    """One headline of one group. Rates are shares, NPS is -100 … 100; undefined is null."""

    key = serializers.ChoiceField(choices=KEYS)
    month = serializers.SerializerMethodField()
    group = serializers.CharField(allow_null=True, help_text="`all`, or the value of `by`; null: without value.")
    value = ShareField(allow_null=True)
    previous = ShareField(allow_null=True, help_text="The month before.")
    change = ShareField(allow_null=True, help_text="value - previous.")
    target = ShareField(allow_null=True)
    attainment = ShareField(allow_null=True, help_text="value / target.")
    n = serializers.IntegerField(help_text="Renewals decided, paying accounts or answers.")
    numerator = serializers.SerializerMethodField(help_text="A count; money as text for renewal_rate_amount.")
    denominator = serializers.SerializerMethodField(help_text="A count; money as text for renewal_rate_amount.")
    extra = serializers.SerializerMethodField(help_text="What stands beside it: open renewals, unknown accounts, response rate, …")
    ids = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), help_text="detail=1: accounts behind it.")
    as_of = serializers.DateField(allow_null=True)
    version = serializers.IntegerField(allow_null=True, help_text="Of the definition it was computed by; null: it has none.")

    def get_month(self, headline: Headline) -> str:
        """YYYY-MM."""
        return f"{headline.month:%Y-%m}"

    @extend_schema_field(NUMBER_OR_MONEY)
    def get_numerator(self, headline: Headline) -> Any:
        """The ratio's upper side."""
        return self._side(headline, headline.numerator)

    @extend_schema_field(NUMBER_OR_MONEY)
    def get_denominator(self, headline: Headline) -> Any:
        """The ratio's lower side."""
        return self._side(headline, headline.denominator)

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_extra(self, headline: Headline) -> dict[str, Any]:
        """Money as text, shares with 6 places."""
        shown = {name: self._shown(name, value) for name, value in headline.extra.items()}
        return {**shown, "currency": self._told().currency} if headline.key == "renewal_rate_amount" else shown

    def _told(self) -> Told:
        return self.context.get("told") or Told(str(settings.REPORTING_CURRENCY), Decimal(1))

    def _shown(self, name: str, value: Any) -> Any:
        if name in MONEY:
            return money(self._told().amount(value))
        return rounded(value) if isinstance(value, Decimal) else value

    def _side(self, headline: Headline, value: Decimal | None) -> Any:
        return money(self._told().amount(value)) if headline.key == "renewal_rate_amount" else number(value)


class EntrySerializer(serializers.Serializer[Any]):
    """One dated fact of an account. Title and text are in the language asked for; `facts` holds what they were made of."""

    day = serializers.DateField(help_text="Local day of the account; of what is still to come, a later one.")
    kind = serializers.ChoiceField(choices=tuple(KINDS))
    group = serializers.ChoiceField(choices=tuple(GROUPS))
    title = serializers.CharField(help_text="What happened.")
    text = serializers.CharField(help_text="What the row says.")
    by = serializers.CharField(allow_null=True, help_text="E-mail of who did it; null: nobody is named.")
    external_id = serializers.CharField(allow_null=True, help_text="Of the row, where it has one.")
    facts = serializers.DictField(help_text="The row's own figures and words, by name.")

    def to_representation(self, row: Dated) -> dict[str, Any]:
        """The row with its words."""
        line = told.line(row, today())
        return {
            "day": None if row.on is None else row.on.isoformat(),
            "kind": row.kind,
            "group": KINDS[row.kind],
            "title": line.title,
            "text": line.text,
            "by": row.by or None,
            "external_id": row.ref or None,
            "facts": dict(row.facts),
        }


class CutSerializer(serializers.Serializer[Any]):
    """One cut with the values it takes in what you may see."""

    name = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField())


class SetupCheckSerializer(serializers.Serializer[Any]):
    """One thing that may be missing."""

    key = serializers.CharField()
    title = serializers.CharField()
    remedy = serializers.CharField(help_text="What to do about it.")
    count = serializers.IntegerField(help_text="Accounts that fail it; of a definition: 1 where there is none.")
    of = serializers.IntegerField(help_text="Accounts it applies to.")
    sample = serializers.ListField(child=serializers.CharField(), help_text="External ids of the first of them.")
