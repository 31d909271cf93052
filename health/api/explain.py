"""Why a score, a facet and a day are what they are, down to the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api import parameters
from accounts.api.base import ListView, OfAccount, columns_of
from accounts.api.downloads import csv_response
from accounts.api.fields import SCORE_PLACES, number, rounded
from accounts.api.parameters import DAY, Parameter, fault, read_day
from health.api.explain_serializers import (
    ChangeItemSerializer,
    EvidenceRowSerializer,
    ScoreChangeSerializer,
)
from health.api.figures import end_of_published
from health.api.serializers import facets_shown
from health.caps import FACETS
from health.explaining.definitions import definitions
from health.explaining.explanation import Explanation, explain, turning_of
from health.explaining.facet_rows import Asked, columns_of_rows, facet_rows
from health.explaining.reading import Viewed
from health.explaining.turning_words import state_words, step_words
from health.models import HealthScore
from health.reasons import reason_words

if TYPE_CHECKING:
    from accounts.models import User

AGAINST_DAYS = 30
AGAINST = Parameter("against", _("The earlier day YYYY-MM-DD; without it 30 days before `as_of`."), read_day, shape=DAY)
FACET = OpenApiParameter("facet", str, OpenApiParameter.PATH, enum=list(FACETS), description="Key of the facet.")


class Explained(OfAccount):
    """What every explanation below an account shares."""

    select = ("state",)

    def viewed(self) -> Viewed:
        """The account as this user sees it."""
        return Viewed(self.account, cast("User", self.request.user), definitions().zone_on(end_of_published()))


@extend_schema_view(
    get=extend_schema(summary="Why the score changed", operation_id="account_health_explain", responses=ScoreChangeSerializer)
)
class ExplainHealth(Explained):
    """The change of the score from `against` to `as_of` as a signed list per facet; null where either score is unknown.

    Beside it the band of both days with its reasons, and the smallest facts that would turn the score of `as_of` green.
    """

    serializer_class = ScoreChangeSerializer
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
        viewed = self.viewed()
        explained = explain(viewed, getattr(self.account, "state", None), as_of, against)
        if self.wants_csv:
            return csv_response(list(columns_of(ChangeItemSerializer())), change_items(explained), "explain")
        return Response(ScoreChangeSerializer(self.change(viewed, explained)).data)

    def change(self, viewed: Viewed, explained: Explanation) -> dict[str, Any]:
        """Both scores and bands, their difference, and what would turn it green."""
        then, now = explained.then, explained.now
        return {
            "external_id": self.account.external_id,
            "as_of": explained.as_of,
            "against": explained.against,
            "score_from": None if then is None else then.score,
            "score_to": None if now is None else now.score,
            "change": explained.change,
            "items": change_items(explained),
            "band_from": None if then is None else then.band,
            "band_to": None if now is None else now.band,
            "band_reasons": _reasons(explained.reasons),
            "band_changes": _reasons(explained.band_changes),
            "turning": _turning(viewed, explained),
            "version": None if now is None else now.version,
            "version_from": None if then is None else then.version,
        }


def change_items(explained: Explanation) -> list[dict[str, Any]]:
    """What each facet did, with the facts of both days."""
    if explained.now is None or explained.then is None:
        return []
    before, after = facets_shown(explained.then.facets), facets_shown(explained.now.facets)
    return [
        {
            "what": share.facet,
            "delta": rounded(share.delta, SCORE_PLACES),
            "because": {"from": before.get(share.facet), "to": after.get(share.facet)},
        }
        for share in explained.shares
    ]


def _reasons(reasons: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "code": reason["code"],
            "words": reason_words(reason),
            "facts": {name: fact for name, fact in reason.items() if name != "code"},
        }
        for reason in reasons
    ]


def _turning(viewed: Viewed, explained: Explanation) -> dict[str, Any] | None:
    turning = turning_of(viewed, explained)
    if turning is None:
        return None
    options = [
        {
            "deeds": [
                {"facet": step.facet, "code": step.code, "words": step_words(step), "facts": dict(step.said)} for step in option.steps
            ],
            "effort": option.effort,
            "score": option.score,
        }
        for option in turning.options
    ]
    return {
        "state": turning.state,
        "words": state_words(turning),
        "options": options,
        "best_score": turning.best_score,
        "best_band": turning.best_band,
    }


@extend_schema_view(
    get=extend_schema(
        summary="Rows behind a facet",
        operation_id="account_health_facet_rows",
        parameters=[FACET],
        responses=EvidenceRowSerializer(many=True),
    )
)
class FacetRows(ListView, Explained):
    """The rows that a facet's value of a day is made of: days, seats, tickets, invoices, answers, contracts, dues, outcomes, milestones.

    The columns of `row` depend on the facet. A row of a store that you may not see is in the value and not in the list.
    """

    serializer_class = EvidenceRowSerializer
    parameters = (parameters.AS_OF,)

    def check_access(self) -> None:
        """The account, and a facet that exists."""
        super().check_access()
        if self.kwargs["facet"] not in FACETS:
            raise NotFound

    def rows(self) -> Sequence[Any]:
        """All rows of the day."""
        facet = self.kwargs["facet"]
        as_of: date = self.asked["as_of"] or end_of_published() - timedelta(days=1)
        score = HealthScore.objects.visible_to(self.request.user).published().filter(account=self.account, day=as_of).first()
        stored = (score.facets.get(facet) or {}) if score else {}
        known = definitions(score.version if score else None)
        rules = known.health_rules(score.version, score.profile) if score else None
        found = facet_rows(self.viewed(), Asked(facet, as_of, stored.get("evidence") or {}, known, rules))
        version = score.version if score else None
        return [{"facet": facet, "counts": line["counts"], "row": _plain(line), "as_of": as_of, "version": version} for line in found.lines]

    def columns(self) -> list[str]:
        """Header of the CSV file: every column of the row behind `row.`."""
        own = [f"row.{name}" for name in columns_of_rows(self.kwargs["facet"]) if name != "counts"]
        return ["facet", "counts", *own, "as_of", "version"]

    def file_name(self) -> str:
        """Name of the file."""
        return f"facet-{self.kwargs['facet']}"


def _plain(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in line.items() if name != "counts"}


def _value(value: Any) -> Any:
    if isinstance(value, Decimal | Fraction):
        return number(value)
    return value.isoformat() if isinstance(value, date | datetime) else value
