"""Triangles over REST."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from accounts.api import parameters
from accounts.api.fields import ShareField, money
from accounts.api.parameters import Parameter
from churn.api.money import OfMoney
from churn.api.money_parameters import CUT_BY, MEASURE, MORE_FILTERS, every_filter
from churn.cohorts import GRAINS, triangle
from health.api.money import CURRENCY

GRAIN = Parameter("grain", _("Length of the intervals and of the cohorts: week or month."), default="month", choices=GRAINS)


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string", "format": "decimal"}]})
class SizeField(serializers.Field[Any, Any, Any, Any]):
    """A number of members; of revenue an amount of money, as text."""

    def to_representation(self, value: Any) -> Any:
        return money(value) if isinstance(value, Decimal) else value


class CellSerializer(serializers.Serializer[Any]):
    """One finished cell of a triangle."""

    cohort = serializers.CharField(help_text="Period in which its members began: YYYY-Www or YYYY-MM.")
    group = serializers.CharField(allow_null=True, help_text="`all`, or the value of `by` at the close of the cohort; null: without value.")
    size = SizeField(help_text="Members at offset 0; of revenue their MRR.")
    offset = serializers.IntegerField(help_text="Periods since the cohort's own, which is 0.")
    remaining = SizeField(help_text="Of the size, still there at that offset; of revenue their MRR then.")
    share = ShareField(allow_null=True, help_text="remaining / size; of revenue net, so it may exceed 1; null: size 0.")
    currency = serializers.CharField(required=False, allow_null=True, help_text="Of the amounts; null: counts.")
    as_of = serializers.DateField()
    version = serializers.IntegerField(allow_null=True, help_text="Renewal definition in force; of seats the activity definition.")
    ids = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="detail=1: accounts, or account/seat (a slash inside an id as %2F), that remain and that are lost.",
    )


@extend_schema_view(get=extend_schema(summary="Cohorts", operation_id="churn_cohorts_list", responses=CellSerializer(many=True)))
class Cohorts(OfMoney):
    """Who began in a week or month, and how many are still there in each later one. Cells that are not finished have no row."""

    serializer_class = CellSerializer
    parameters = (
        MEASURE,
        GRAIN,
        parameters.FROM,
        parameters.TO,
        CUT_BY,
        parameters.DETAIL,
        CURRENCY,
        *parameters.FILTERS,
        *MORE_FILTERS,
    )

    def rows(self) -> Sequence[Any]:
        """The cells, by cohort, group and offset."""
        user: Any = self.request.user
        asked = self.asked
        cut = asked["by"], every_filter(asked)
        # Asked for money only: seats and accounts need no rate.
        self.currency = self.read_currency() if asked["measure"] == "revenue" else None
        begins = asked["from"], asked["to"]
        return triangle(user, asked["measure"], asked["grain"], *begins, *cut, detail=asked["detail"], currency=self.currency or "")
