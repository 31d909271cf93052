"""The night's runs, and the published definitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from accounts.api.base import ListView
from accounts.api.parameters import choice
from accounts.models import CalendarDefinition, RenewalDefinition
from health.api.serializers import DefinitionSerializer, RunSerializer
from health.models import ActivityDefinition, HealthModel, NorthStarDefinition, QuestionSet, Run, StateDefinition
from health.types import RunState

SECTIONS: dict[str, Any] = {
    "activity": ActivityDefinition,
    "north_star": NorthStarDefinition,
    "health": HealthModel,
    "ratings": QuestionSet,
    "states": StateDefinition,
    "calendar": CalendarDefinition,
    "renewals": RenewalDefinition,
}
STATES = tuple(state.value for state in RunState)


@extend_schema_view(get=extend_schema(summary="Nightly runs", responses=RunSerializer(many=True)))
class Runs(ListView):
    """Runs, the latest first."""

    serializer_class = RunSerializer
    parameters = (choice("state", STATES),)
    order = ("-as_of", "-id")

    def rows(self) -> QuerySet[Any]:
        """Every run kept."""
        rows: QuerySet[Any] = Run.objects.visible_to(self.request.user)
        return rows.filter(state__in=self.asked["state"]) if self.asked["state"] else rows


@extend_schema_view(get=extend_schema(summary="Published definitions", responses=DefinitionSerializer(many=True)))
class Definitions(ListView):
    """Every version of every section, the latest version of each section first."""

    serializer_class = DefinitionSerializer
    parameters = (choice("section", tuple(SECTIONS)),)

    def rows(self) -> Sequence[Any]:
        """Versions, each told its section."""
        found = []
        for section, model in SECTIONS.items():
            if self.asked["section"] and section not in self.asked["section"]:
                continue
            for version in model.objects.visible_to(self.request.user).select_related("published_by").order_by("-version"):
                version.section = section
                found.append(version)
        return found
