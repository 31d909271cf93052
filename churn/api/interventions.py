"""Interventions: what was tried at accounts, and a way to enter it."""

from __future__ import annotations

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
from accounts.api.entered import account_told, as_faults
from accounts.api.parameters import Parameter, choice
from accounts.edit_values import NotSaved
from accounts.touch import MAX_NOTE
from churn.helping.interventions import KINDS, Tried, enter
from churn.models import Intervention
from csm_portal.web import today

ACCOUNT = Parameter("account_external_id", gettext_lazy("Only interventions at this account; repeat for several."), many=True)


class InterventionSerializer(serializers.Serializer[Any]):
    """One thing tried at an account to change its course."""

    id = serializers.IntegerField(source="pk", read_only=True)
    account_external_id = serializers.CharField(source="account.external_id", help_text="An account that you see.")
    kind = serializers.ChoiceField(KINDS, help_text="What was tried.")
    began_on = serializers.DateField(help_text="Day it began; today at the latest.")
    note = serializers.CharField(max_length=MAX_NOTE, default="", allow_blank=True, trim_whitespace=False)
    item = serializers.IntegerField(
        source="item_id", default=None, allow_null=True, help_text="Item of the day's list that led to it; null: none."
    )
    author = serializers.CharField(source="author.email", read_only=True)
    entered_at = serializers.DateTimeField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A name that is no field would be lost without a word, so it is refused."""
        unknown = set(self.initial_data) - {name for name, field in self.fields.items() if not field.read_only}
        if unknown:
            told = _("There is no field of this name to be set.")
            raise ValidationError({name: [ErrorDetail(told, "unknown_field")] for name in unknown})
        return attrs


@extend_schema_view(
    get=extend_schema(summary="Interventions", operation_id="interventions_list", responses=InterventionSerializer(many=True)),
    post=extend_schema(
        summary="Enter an intervention",
        operation_id="interventions_create",
        request=InterventionSerializer,
        responses={201: InterventionSerializer, 200: OpenApiResponse(InterventionSerializer, "The same was entered within the minute.")},
    ),
)
class Interventions(ListView):
    """Interventions that began in [from, to), the latest first; what was taken back is left out."""

    serializer_class = InterventionSerializer
    parameters = (parameters.FROM, parameters.TO, choice("kind", KINDS), ACCOUNT)
    order = ("-began_on", "-pk")
    joined = ("account", "author")

    def rows(self) -> QuerySet[Any]:
        """Interventions at the accounts that the user sees."""
        asked = self.asked
        rows = Intervention.objects.visible_to(self.request.user).filter(withdrawn_at__isnull=True)
        if asked["from"]:
            rows = rows.filter(began_on__gte=asked["from"])
        if asked["to"]:
            rows = rows.filter(began_on__lt=asked["to"])
        if asked["kind"]:
            rows = rows.filter(kind__in=asked["kind"])
        if asked["account_external_id"]:
            rows = rows.filter(account__external_id__in=asked["account_external_id"])
        return rows

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Keep one intervention: 201, or 200 where the same was entered within the minute."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        account = account_told(request.user, told)
        tried = Tried(told["kind"], told["began_on"], told["note"], told["item_id"])
        try:
            kept, new = enter(request.user, account, tried, timezone.now(), today())
        except NotSaved as refused:
            raise as_faults(refused) from refused
        return Response(self.get_serializer(kept).data, status.HTTP_201_CREATED if new else status.HTTP_200_OK)
