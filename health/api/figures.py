"""Activity of one account, and the active rates of a book."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.response import Response

from accounts.api import parameters
from accounts.api.base import ListView, OfAccount, columns_of
from accounts.api.downloads import csv_response
from accounts.api.pages import FigurePages
from accounts.api.parameters import Parameter, filters_in, span_in
from health.activity_reads import account_activity
from health.api.figure_serializers import ActivityDaySerializer, ActivityPeriodSerializer, ActivitySerializer, RateSerializer
from health.models import Run
from health.rates import activity_rates
from health.types import Grain

# Spans of an answer when none is asked for, in days up to the last published one.
DEFAULT_DAYS = {Grain.DAY: 28, Grain.WEEK: 91, Grain.MONTH: 365}
GRAIN = Parameter("grain", _("One of day, week, month."), default=Grain.MONTH.value, choices=("day", "week", "month"))
ROWS = Parameter("rows", _("With format=csv: days, weeks or months."), default="days", choices=("days", "weeks", "months"))


def end_of_published() -> date:
    """The day after the last published one; where nothing is published any day will do."""
    published = Run.objects.latest_published()
    return (published.as_of if published else date(2000, 1, 1)) + timedelta(days=1)


@extend_schema_view(get=extend_schema(summary="Activity of an account", operation_id="account_activity", responses=ActivitySerializer))
class AccountActivity(OfAccount):
    """Every published day in [from, to), with the weeks and months that begin in it."""

    serializer_class = ActivitySerializer
    parameters = (parameters.FROM, parameters.TO, ROWS)

    def get(self, request: Any, external_id: str) -> HttpResponseBase:
        """Days, weeks and months; as CSV one of the three."""
        first, last = span_in(self.asked, default_days=DEFAULT_DAYS[Grain.MONTH], until=end_of_published())
        found = account_activity(self.account, first, last)
        if self.wants_csv:
            kind = self.asked["rows"]
            serializer = ActivityDaySerializer if kind == "days" else ActivityPeriodSerializer
            return csv_response(list(columns_of(serializer())), serializer(found[kind], many=True).data, f"activity-{kind}")
        return Response(ActivitySerializer({"external_id": self.account.external_id, **found}).data)


@extend_schema_view(get=extend_schema(summary="Active rates", operation_id="activity_rates_list", responses=RateSerializer(many=True)))
class Rates(ListView):
    """Active accounts among the paying ones, per published day, week or month that begins in [from, to), by any cut."""

    serializer_class = RateSerializer
    pagination_class = FigurePages

    parameters = (GRAIN, parameters.FROM, parameters.TO, parameters.ACCOUNT_BY, parameters.DETAIL, *parameters.FILTERS)

    def rows(self) -> Sequence[Any]:
        """One row per period and group."""
        user: Any = self.request.user
        asked = self.asked
        first, last = span_in(asked, default_days=DEFAULT_DAYS[Grain(asked["grain"])], until=end_of_published())
        return activity_rates(user, asked["grain"], first, last, asked["by"], filters_in(asked), detail=asked["detail"])
