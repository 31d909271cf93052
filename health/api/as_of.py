"""How far the published figures reach."""

from __future__ import annotations

from datetime import date

from health.models import Run
from health.types import RunState


def published_as_of() -> date | None:
    """The as-of day of the latest published run; None before the first night."""
    latest: date | None = Run.objects.filter(state=RunState.PUBLISHED).order_by("-as_of", "-id").values_list("as_of", flat=True).first()
    return latest
