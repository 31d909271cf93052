"""Monthly active rates twice: as they were published, and recomputed with today's definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view

from accounts.api import parameters
from accounts.api.base import ListView
from accounts.api.pages import FigurePages
from accounts.api.parameters import filters_in, span_in
from csm_portal.lib.periods import label
from health.api.figure_serializers import BothRatesSerializer
from health.api.figures import DEFAULT_DAYS, end_of_published
from health.lab.restated_rates import BothRates, restated_rates
from health.rates import RATE_PLACES
from health.types import Grain


@extend_schema_view(
    get=extend_schema(
        summary="Active rates, as they were and recomputed with today's definition",
        operation_id="activity_rates_recomputed_list",
        responses=BothRatesSerializer(many=True),
    )
)
class RecomputedRates(ListView):
    """Per published month that begins in [from, to): the rate as it was beside the one by today's definition, of the same paying accounts.

    Months are recomputed after a definition was published, the last 24 and the running one; where one version has always held, never.
    """

    serializer_class = BothRatesSerializer
    pagination_class = FigurePages
    parameters = (parameters.FROM, parameters.TO, parameters.ACCOUNT_BY, *parameters.FILTERS)

    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One row per month and group."""
        user: Any = self.request.user
        first, after = span_in(self.asked, default_days=DEFAULT_DAYS[Grain.MONTH], until=end_of_published())
        return [_row(row) for row in restated_rates(user, first, after, self.asked["by"], filters_in(self.asked))]

    def file_name(self) -> str:
        """Name of the file."""
        return "activity-rates-recomputed"


def _row(row: BothRates) -> dict[str, Any]:
    was, now = row.rate, row.rate_recomputed
    return {
        "period": label(Grain.MONTH, row.month),
        "group": row.group,
        "paying": row.paying,
        "provisional": row.provisional,
        "as_it_was": {"active": row.active, "rate": _share(was), "version": row.version, "as_of": row.as_of},
        "recomputed": {"active": row.recomputed, "rate": _share(now), "version": row.today, "as_of": row.recomputed_as_of},
        "difference": None if was is None or now is None else _share(now - was),
    }


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, RATE_PLACES)
