"""Health of one account per day, and why it changed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.response import Response

from accounts.api import parameters
from accounts.api.base import ListView, OfAccount, columns_of
from accounts.api.downloads import csv_response
from accounts.api.fields import SCORE_PLACES, rounded
from accounts.api.pages import FigurePages
from accounts.api.parameters import Parameter, fault, read_day, span_in
from health.api.figures import end_of_published
from health.api.score_serializers import ChangeItemSerializer, ChangeSerializer, HealthDaySerializer
from health.api.serializers import facets_shown
from health.explaining.change import Facets, explain_change
from health.models import HealthScore

DEFAULT_DAYS = 365
AGAINST_DAYS = 30
AGAINST = Parameter("against", _("The earlier day YYYY-MM-DD; without it 30 days before `as_of`."), read_day)


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


@extend_schema_view(get=extend_schema(summary="Why the score changed", operation_id="account_health_explain", responses=ChangeSerializer))
class ExplainHealth(OfAccount):
    """The change of the score from `against` to `as_of` as a signed list per facet; null where either score is unknown."""

    serializer_class = ChangeSerializer
    parameters = (parameters.AS_OF, AGAINST)

    def check_parameters(self) -> None:
        """The earlier day comes first."""
        as_of, against = self.asked["as_of"], self.asked["against"]
        if as_of is not None and against is not None and against >= as_of:
            raise fault("against", _("`against` is the earlier day, so it has to lie before `as_of`."), "against_not_before_as_of")

    def get(self, request: Any, external_id: str) -> HttpResponseBase:
        """The change; as CSV its items."""
        as_of: date = self.asked["as_of"] or end_of_published() - timedelta(days=1)
        against: date = self.asked["against"] or as_of - timedelta(days=AGAINST_DAYS)
        if against >= as_of:
            raise fault("against", _("Lies at or after the last published day; give `as_of` as well."), "against_not_before_as_of")
        scores = HealthScore.objects.visible_to(request.user).published().filter(account=self.account, day__in=[as_of, against])
        found: dict[date, HealthScore] = {score.day: score for score in scores}
        shown = ChangeSerializer(self.change(found.get(against), found.get(as_of), against, as_of)).data
        if self.wants_csv:
            return csv_response(list(columns_of(ChangeItemSerializer())), shown["items"], "explain")
        return Response(shown)

    def change(self, then: HealthScore | None, now: HealthScore | None, against: date, as_of: date) -> dict[str, Any]:
        """Both scores, their difference and its items."""
        before, after = (None if score is None else score.score for score in (then, now))
        change: Decimal | None = None if before is None or after is None else after - before
        items = [] if change is None or then is None or now is None else change_items(then.facets, now.facets, change)
        return {
            "external_id": self.account.external_id,
            "as_of": as_of,
            "against": against,
            "score_from": before,
            "score_to": after,
            "change": change,
            "items": items,
            "version": None if now is None else now.version,
            "version_from": None if then is None else then.version,
        }


def change_items(then: Facets, now: Facets, change: Decimal) -> list[dict[str, Any]]:
    """What each facet did, with the facts of both days."""
    before, after = facets_shown(then), facets_shown(now)
    return [
        {
            "what": share.facet,
            "delta": rounded(share.delta, SCORE_PLACES),
            "because": {"from": before.get(share.facet), "to": after.get(share.facet)},
        }
        for share in explain_change(then, now, change)
    ]
