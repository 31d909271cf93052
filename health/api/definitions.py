"""The published definitions, and a way to publish: the sections of a definition file as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from drf_standardized_errors.openapi_serializers import ErrorResponse403Serializer
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, PermissionDenied, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response

from accounts.api.base import ListView
from accounts.api.parameters import FLAG, Parameter, choice, read_flag
from accounts.models import JobRun
from accounts.types import Role
from csm_portal.lib.checked import DefinitionError
from health.api.serializers import DefinitionSerializer
from health.lab.publish_definitions import ACTIVITY, HEALTH, SECTIONS, Draft, check_draft, publish_draft

# The job that recomputes history; what does it sits in a room above.
RESTATE = "restate"
CHECK = Parameter(
    "check",
    gettext_lazy("POST only: 1 validates and tells what would change, and publishes nothing."),
    read_flag,
    default=False,
    shape=FLAG,
)
CONFIRM = Parameter(
    "confirm_logins_only",
    gettext_lazy("POST only: 1 publishes although logins are the only key actions."),
    read_flag,
    default=False,
    shape=FLAG,
)


class ChangeSerializer(serializers.Serializer[Any]):
    """What became of one section."""

    section = serializers.CharField()
    version = serializers.IntegerField(help_text="The new version, or the one in force where nothing changed.")
    effective_from = serializers.DateField()
    new = serializers.BooleanField(help_text="false: the same as the version in force, so none was made.")
    keys = serializers.ListField(child=serializers.CharField(), help_text="Keys that differ from the version in force on that day.")


class PublishedSerializer(serializers.Serializer[Any]):
    """What was published, or with `check=1` would be."""

    changes = ChangeSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField(), help_text="What the lint says; none of it keeps from publishing.")
    redone_days = serializers.IntegerField(help_text="Days already published that the next night redoes.")


@extend_schema_view(
    get=extend_schema(summary="Published definitions", operation_id="definitions_list", responses=DefinitionSerializer(many=True)),
    post=extend_schema(
        summary="Publish definitions",
        operation_id="definitions_create",
        description="The body is an object of sections, each as a definition file has it, with `effective_from`. For admins.",
        request={"application/json": {"type": "object", "additionalProperties": {"type": "object"}}},
        responses={
            201: PublishedSerializer,
            200: OpenApiResponse(PublishedSerializer, "With `check=1`, or where nothing differs from what is in force."),
            403: OpenApiResponse(ErrorResponse403Serializer, "Not an admin."),
        },
    ),
)
class Definitions(ListView):
    """Every version of every section, the latest version of each section first."""

    serializer_class = DefinitionSerializer
    parser_classes = (JSONParser,)
    parameters = (choice("section", tuple(SECTIONS)), CHECK, CONFIRM)

    def rows(self) -> Sequence[Any]:
        """Versions, each told its section."""
        found = []
        for name, section in SECTIONS.items():
            if self.asked["section"] and name not in self.asked["section"]:
                continue
            rows: Any = section.model._default_manager
            for version in rows.visible_to(self.request.user).select_related("published_by").order_by("-version"):
                version.section = name
                found.append(version)
        return found

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Publish the sections of the body, all or none: 201 with the new versions."""
        if request.user.role != Role.ADMIN:
            raise PermissionDenied(_("Definitions are published by admins."))
        if not isinstance(request.data, Mapping):
            raise ValidationError(_('The body is an object of sections, such as {"activity": {…}}.'))
        try:
            draft = check_draft(request.data)
        except DefinitionError as error:
            told: dict[str, list[ErrorDetail]] = {}
            for problem in error.problems:
                told.setdefault(problem.path, []).append(ErrorDetail(_said(problem.reason, problem.value), "invalid"))
            raise ValidationError(told) from error
        answer = _answer(draft)
        if self.asked["check"] or not draft.new:
            return Response(answer)
        if draft.logins_only and not self.asked["confirm_logins_only"]:
            refusal = _("The only key actions are logins. Name an action that shows value, or add confirm_logins_only=1.")
            raise ValidationError({"activity.key_actions": [ErrorDetail(refusal, "logins_only")]})
        at = timezone.now()
        with transaction.atomic():
            publish_draft(draft, at=at, by=request.user)
            _owe_history(draft, at)
        return Response(answer, status.HTTP_201_CREATED)


def _owe_history(draft: Draft, at: datetime) -> None:
    """Have history recomputed with today's definition, as after publishing on the page; the next minute's tick takes the row up."""
    if any(change.section in (ACTIVITY, HEALTH) for change in draft.new):
        JobRun.objects.get_or_create(job=RESTATE, key="", period=at.isoformat(timespec="seconds"), defaults={"due_at": at})


def _said(reason: str, value: str) -> str:
    return f"{reason} (found {value})" if value else reason


def _answer(draft: Draft) -> dict[str, Any]:
    """Said before publishing: afterwards the days are no longer what they were."""
    changes = [
        {
            "section": change.section.name,
            "version": change.version,
            "effective_from": change.effective_from,
            "new": change.is_new,
            "keys": list(change.keys),
        }
        for change in draft.changes
    ]
    redone = draft.redone
    told = {"changes": changes, "warnings": list(draft.warnings), "redone_days": redone.days if redone else 0}
    return dict(PublishedSerializer(told).data)
