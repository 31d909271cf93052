"""The night's runs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from accounts.api.base import ListView
from accounts.api.parameters import choice
from health.api.serializers import RunSerializer
from health.models import Run
from health.types import RunState

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
