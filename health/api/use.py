"""How one account uses the product: its scenarios against what is expected, and its units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view

from accounts.api import parameters
from accounts.api.base import ListView, OfAccount
from accounts.api.pages import FigurePages
from accounts.api.parameters import span_in
from health.api.figures import end_of_published
from health.api.use_serializers import ScenarioSerializer, UnitSerializer
from health.units import account_units
from health.value.scenario_reads import scenario_lines

DEFAULT_DAYS = 365


@extend_schema_view(
    get=extend_schema(summary="Scenarios of an account", operation_id="account_scenarios_list", responses=ScenarioSerializer(many=True))
)
class Scenarios(ListView, OfAccount):
    """Per published month that begins in [from, to) and scenario: actual against expected or agreed, the gap, and the step it calls for."""

    serializer_class = ScenarioSerializer
    pagination_class = FigurePages
    parameters = (parameters.FROM, parameters.TO)

    def rows(self) -> Sequence[Any]:
        """Lines in order of month and name."""
        return scenario_lines(self.account, *span_in(self.asked, default_days=DEFAULT_DAYS, until=end_of_published()))

    def file_name(self) -> str:
        """Name of the file."""
        return "scenarios"


@extend_schema_view(
    get=extend_schema(summary="Units of an account", operation_id="account_units_list", responses=UnitSerializer(many=True))
)
class Units(ListView, OfAccount):
    """Outlets, departments and counted stores over the 28 days up to `as_of`, each with a level of its own."""

    serializer_class = UnitSerializer
    pagination_class = FigurePages
    parameters = (parameters.AS_OF,)

    def rows(self) -> Sequence[Any]:
        """Lines, the account's own units first."""
        as_of: date = self.asked["as_of"] or end_of_published() - timedelta(days=1)
        return account_units(self.account, as_of)

    def file_name(self) -> str:
        """Name of the file."""
        return "units"
