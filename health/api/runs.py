"""The night's runs."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from accounts.api.base import ListView
from accounts.api.parameters import choice
from health.api.serializers import RunSerializer
from health.models import Run
from health.types import PARTIAL, RunState

STATES = (*(state.value for state in RunState), PARTIAL)


@extend_schema_view(get=extend_schema(summary="Nightly runs", responses=RunSerializer(many=True)))
class Runs(ListView):
    """Runs, the latest first."""

    serializer_class = RunSerializer
    parameters = (choice("state", STATES),)
    order = ("-as_of", "-id")

    def rows(self) -> QuerySet[Any]:
        """Every run kept."""
        rows: QuerySet[Any] = Run.objects.visible_to(self.request.user)
        asked = self.asked["state"]
        if not asked:
            return rows
        wanted = Q(state__in=set(asked) - {RunState.PUBLISHED, PARTIAL})
        if RunState.PUBLISHED in asked:
            wanted |= Q(state=RunState.PUBLISHED, faults=0)
        if PARTIAL in asked:
            wanted |= Q(state=RunState.PUBLISHED, faults__gt=0)
        return rows.filter(wanted)
