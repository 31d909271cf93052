"""Health of one account per day."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from accounts.api import parameters
from accounts.api.base import ListView, OfAccount
from accounts.api.pages import FigurePages
from accounts.api.parameters import span_in
from health.api.figures import end_of_published
from health.api.score_serializers import HealthDaySerializer
from health.models import HealthScore

DEFAULT_DAYS = 365


@extend_schema_view(
    get=extend_schema(summary="Health of an account", operation_id="account_health_list", responses=HealthDaySerializer(many=True))
)
class AccountHealth(ListView, OfAccount):
    """Every published score with its day in [from, to), as it was computed then, oldest first."""

    serializer_class = HealthDaySerializer
    pagination_class = FigurePages
    parameters = (parameters.FROM, parameters.TO)
    order = ("day",)

    def rows(self) -> QuerySet[Any]:
        """Scores of the span."""
        first, last = span_in(self.asked, default_days=DEFAULT_DAYS, until=end_of_published())
        scores = HealthScore.objects.visible_to(self.request.user).published()
        found: QuerySet[Any] = scores.filter(account=self.account, day__gte=first, day__lt=last).annotate(as_of=F("run__as_of"))
        return found

    def file_name(self) -> str:
        """Name of the file."""
        return "health"
