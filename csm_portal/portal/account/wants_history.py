"""How a desired outcome moved: one line per version, saying what it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from csm_portal.portal import words
from csm_portal.portal.account import wants_words
from health.models import OutcomeVersion

FIELDS = ("statement", "stage", "action", "metric", "target", "due_on", "status", "achieved_on", "withdrawn_on", "since", "recorded_at")


@dataclass(frozen=True)
class Step:
    """One version: its day, and what it changed in words."""

    on: date
    told: str


def version_rows() -> ArraySubquery:
    """Annotation of outcomes: their versions in order, as one column."""
    rows = OutcomeVersion.objects.filter(outcome=OuterRef("pk")).order_by("pk")
    return ArraySubquery(rows.values(row=JSONObject(**{name: name for name in FIELDS})))


def first_on(rows: Sequence[Mapping[str, Any]]) -> date | None:
    """The day on which it was first written down."""
    return _day(rows[0]) if rows else None


def history(rows: Sequence[Mapping[str, Any]]) -> list[Step]:
    """The versions, newest first; the first one says what was agreed."""
    steps = [Step(_day(row), _changed(before, row)) for before, row in zip([None, *rows], rows, strict=False)]
    return [step for step in reversed(steps) if step.told]


def _day(row: Mapping[str, Any]) -> date:
    if row["since"]:
        return date.fromisoformat(row["since"])
    return timezone.localtime(datetime.fromisoformat(row["recorded_at"])).date()


def _changed(before: Mapping[str, Any] | None, row: Mapping[str, Any]) -> str:
    if row["withdrawn_on"]:
        return "" if before is not None and before["withdrawn_on"] else _("They want it no more")
    if before is None:
        agreed = [_("Written down: %(status)s") % {"status": words.outcome(row["status"])}, _target(row)]
        return "; ".join(part for part in [*agreed, _due(row)] if part)
    parts = [_("Wanted again")] if before["withdrawn_on"] else []
    if row["statement"] != before["statement"]:
        parts.append(f"“{row['statement']}”")
    if row["stage"] != before["stage"]:
        parts.append(_("stage: %(stage)s") % {"stage": words.readable(row["stage"]) or words.UNKNOWN})
    if any(row[name] != before[name] for name in ("action", "metric", "target")):
        parts.append(_target(row) or _("no proof agreed"))
    if row["due_on"] != before["due_on"]:
        parts.append(_due(row) or _("no due date"))
    if (row["status"], row["achieved_on"]) != (before["status"], before["achieved_on"]):
        on = words.day(date.fromisoformat(row["achieved_on"])) if row["achieved_on"] else ""
        parts.append(f"{words.outcome(row['status'])} ({on})" if on else words.outcome(row["status"]))
    return "; ".join(parts)


def _target(row: Mapping[str, Any]) -> str:
    if not row["action"] and not row["metric"]:
        return ""
    return f"{wants_words.proof(row['action'], row['metric'], row['target'])}: {row['target'] or words.UNKNOWN}"


def _due(row: Mapping[str, Any]) -> str:
    return _("due on %(day)s") % {"day": words.day(date.fromisoformat(row["due_on"]))} if row["due_on"] else ""
