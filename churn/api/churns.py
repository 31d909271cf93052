"""Reasons of losses: what files brought and people entered, and a way to enter them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response

from accounts.api import parameters
from accounts.api.base import ListView
from accounts.api.entered import entered_by
from accounts.api.parameters import Parameter, choice
from accounts.edit_values import MAX_WORD, NotSaved
from accounts.models import Account
from accounts.touch import MAX_NOTE
from churn.models import ChurnRecord
from churn.records import Reason, put
from churn.types import CauseSource, ChurnType
from csm_portal.web import today

TYPES = tuple(ChurnType)
CAUSE_SOURCES = tuple(CauseSource)
CAUSE = Parameter("cause", gettext_lazy("Only records with this cause; repeat for several."), many=True)
ACCOUNT = Parameter("account_external_id", gettext_lazy("Only records of this account; repeat for several."), many=True)


class ChurnRecordSerializer(serializers.Serializer[Any]):
    """Why an account left. The fields of the file `churns`; read-only ones say where a record comes from."""

    external_id = serializers.CharField(
        max_length=MAX_WORD, required=False, allow_blank=True, help_text="Your own id: the same again changes the record, never adds one."
    )
    account_external_id = serializers.CharField(source="account.external_id", help_text="An account that you see.")
    churned_on = serializers.DateField(help_text="First day it no longer paid.")
    type = serializers.ChoiceField(TYPES, default=ChurnType.UNKNOWN.value, help_text="How it left.")
    cause = serializers.CharField(
        max_length=MAX_WORD,
        default="",
        allow_blank=True,
        help_text="Why: a word of the methods page, or your own; empty where refused.",
    )
    cause_source = serializers.ChoiceField(CAUSE_SOURCES, default="", allow_blank=True, help_text="Who says why.")
    note = serializers.CharField(max_length=MAX_NOTE, default="", allow_blank=True, trim_whitespace=False)
    regrettable = serializers.BooleanField(default=None, allow_null=True, help_text="null: by the fit as recorded 90 days before the loss.")
    entered_by = entered_by()
    recorded_at = serializers.DateTimeField(read_only=True)

    def get_fields(self) -> dict[str, Any]:
        """With `source`, which as an attribute would be another thing of serializers."""
        told = "`portal` for what people enter, else where its file comes from."
        return {**super().get_fields(), "source": serializers.CharField(source="source.name", read_only=True, help_text=told)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A name that is no field would be lost without a word, so it is refused."""
        unknown = set(self.initial_data) - {name for name, field in self.fields.items() if not field.read_only}
        if unknown:
            raise ValidationError(
                {name: [ErrorDetail(_("There is no field of this name to be set."), "unknown_field")] for name in unknown}
            )
        return attrs


@extend_schema_view(
    get=extend_schema(summary="Reasons of losses", operation_id="churns_list", responses=ChurnRecordSerializer(many=True)),
    post=extend_schema(
        summary="Enter the reason of a loss",
        operation_id="churns_create",
        request=ChurnRecordSerializer,
        responses={201: ChurnRecordSerializer, 200: OpenApiResponse(ChurnRecordSerializer, "The record of this external_id was there.")},
    ),
)
class Churns(ListView):
    """Records with a day in [from, to), the latest loss first; what was taken back is left out."""

    serializer_class = ChurnRecordSerializer
    parameters = (parameters.FROM, parameters.TO, choice("type", TYPES), choice("cause_source", CAUSE_SOURCES), CAUSE, ACCOUNT)
    order = ("-churned_on", "-pk")
    joined = ("account", "source", "entered_by")

    def rows(self) -> QuerySet[Any]:
        """Records of the accounts that the user sees."""
        asked = self.asked
        rows = ChurnRecord.objects.visible_to(self.request.user).filter(withdrawn_at__isnull=True)
        if asked["from"]:
            rows = rows.filter(churned_on__gte=asked["from"])
        if asked["to"]:
            rows = rows.filter(churned_on__lt=asked["to"])
        for name in ("type", "cause_source", "cause"):
            if asked[name]:
                rows = rows.filter(**{f"{name}__in": asked[name]})
        if asked["account_external_id"]:
            rows = rows.filter(account__external_id__in=asked["account_external_id"])
        return rows

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Keep one record: 201 where it is new, 200 where its `external_id` was there already."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        account = Account.objects.visible_to(request.user).filter(external_id=told["account"]["external_id"]).first()
        if account is None:
            raise ValidationError({"account_external_id": [ErrorDetail(_("You see no account of this id."), "does_not_exist")]})
        reason = Reason(**{field.name: told[field.name] for field in fields(Reason)})
        try:
            record, new = put(request.user, account, reason, timezone.now(), today(), external_id=told.get("external_id", ""))
        except NotSaved as refused:
            raise ValidationError({name: [ErrorDetail(text, "invalid")] for name, text in refused.problems.items()}) from refused
        return Response(self.get_serializer(record).data, status.HTTP_201_CREATED if new else status.HTTP_200_OK)
