"""MRR movements and attrition over REST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view

from accounts.api import parameters
from accounts.api.base import ListView
from accounts.api.pages import FigurePages
from accounts.api.parameters import fault
from churn.api.money_parameters import ATTRITION_GRAIN, CUT_BY, MEASURE, MORE_FILTERS, MRR_GRAIN, every_filter, periods_in
from churn.api.money_serializers import AttritionSerializer, MovementSerializer
from churn.as_of import read_basis
from churn.attrition import SEAT, attrition
from churn.revenue import movements
from health.api.money import CURRENCY, told_in

SET = (parameters.FROM, parameters.TO, CUT_BY, parameters.DETAIL, CURRENCY, *parameters.FILTERS, *MORE_FILTERS)


class OfMoney(ListView):
    """A figure with a currency; `ids` stand in a row only where they were asked for."""

    pagination_class = FigurePages
    currency: str | None = None

    def shown(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Rows as they are answered."""
        found = super().shown(rows)
        for row in found:
            row["currency"] = self.currency
            if not self.asked["detail"]:
                row.pop("ids", None)
        return found

    def columns(self) -> list[str]:
        """Header of the CSV file."""
        return [name for name in super().columns() if name != "ids" or self.asked["detail"]]

    def read_currency(self) -> str:
        """The currency asked for, else the reporting one. Raises a fault where it has no rate."""
        return told_in(self.asked).currency if self.asked["currency"] else str(settings.REPORTING_CURRENCY)


@extend_schema_view(get=extend_schema(summary="MRR movements", operation_id="churn_mrr_list", responses=MovementSerializer(many=True)))
class Mrr(OfMoney):
    """New, expansion, contraction, churn and reactivation per month or quarter that begins in [from, to), or of the span itself."""

    serializer_class = MovementSerializer
    parameters = (MRR_GRAIN, *SET)

    def rows(self) -> Sequence[Any]:
        """One row per period and group."""
        user: Any = self.request.user
        basis = read_basis()
        if basis is None:
            return []
        first, after = periods_in(self.asked, basis)
        self.currency = self.read_currency()
        asked = self.asked
        cut = asked["by"], every_filter(asked)
        return movements(user, asked["grain"], first, after, *cut, detail=asked["detail"], currency=self.currency, basis=basis)


@extend_schema_view(get=extend_schema(summary="Attrition", operation_id="churn_attrition_list", responses=AttritionSerializer(many=True)))
class AttritionRates(OfMoney):
    """Of the logos, seats or revenue there at the start of each period that begins in [from, to), what did not remain."""

    serializer_class = AttritionSerializer
    parameters = (MEASURE, ATTRITION_GRAIN, *SET)

    def check_parameters(self) -> None:
        """Weeks are too short for contracts."""
        if self.asked["grain"] == "week" and self.asked["measure"] != SEAT:
            raise fault("grain", _("Weeks are for seats only: give month, quarter or span, or measure=seat."), "no_weeks")

    def rows(self) -> Sequence[Any]:
        """One row per period and group."""
        user: Any = self.request.user
        basis = read_basis()
        if basis is None:
            return []
        asked = self.asked
        first, after = periods_in(asked, basis)
        self.currency = self.read_currency() if asked["measure"] == "revenue" else None
        cut = asked["by"], every_filter(asked)
        return attrition(
            user,
            asked["measure"],
            asked["grain"],
            first,
            after,
            *cut,
            detail=asked["detail"],
            currency=self.currency or "",
            basis=basis,
        )
