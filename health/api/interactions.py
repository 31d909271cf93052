"""Touchpoints with customers: what files brought and people entered, and a way to enter them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts.api import parameters
from accounts.api.base import ListView
from accounts.api.entered import EnteredSerializer, account_told, as_faults
from accounts.api.parameters import Parameter, choice
from accounts.edit_values import NotSaved
from accounts.models import Interaction
from accounts.touch import KINDS, MAX_NOTE, Touch, put_interaction
from csm_portal.web import today
from health.fresh_states import refresh_touched

ACCOUNT = Parameter("account_external_id", gettext_lazy("Only touchpoints with this account; repeat for several."), many=True)
BY = Parameter("by_email", gettext_lazy("Only touchpoints of this colleague; repeat for several."), many=True)


class InteractionSerializer(EnteredSerializer):
    """One touchpoint. The fields of the file `interactions`."""

    kind = serializers.ChoiceField(KINDS, help_text="What it was.")
    happened_at = serializers.DateTimeField(help_text="Instant with its offset.")
    by_email = serializers.EmailField(
        source="by.email", default=None, allow_null=True, help_text="A colleague who sees the account; left out: yourself."
    )
    contact_external_id = serializers.CharField(
        source="contact.external_id", default=None, allow_null=True, help_text="With whom: a contact of the account."
    )
    note = serializers.CharField(max_length=MAX_NOTE, default="", allow_blank=True, trim_whitespace=False, help_text="What was said.")
    recorded_at = serializers.DateTimeField(read_only=True, help_text="When it became known.")


@extend_schema_view(
    get=extend_schema(summary="Touchpoints with customers", operation_id="interactions_list", responses=InteractionSerializer(many=True)),
    post=extend_schema(
        summary="Enter a touchpoint",
        operation_id="interactions_create",
        request=InteractionSerializer,
        responses={201: InteractionSerializer, 200: OpenApiResponse(InteractionSerializer, "The one of this external_id was there.")},
    ),
)
class Interactions(ListView):
    """Touchpoints that happened (UTC) in [from, to), the latest first."""

    serializer_class = InteractionSerializer
    parameters = (parameters.FROM, parameters.TO, choice("kind", KINDS), BY, ACCOUNT)
    order = ("-happened_at", "-pk")
    joined = ("account", "source", "by", "contact")

    def rows(self) -> QuerySet[Any]:
        """Touchpoints with the accounts that the user sees."""
        asked = self.asked
        rows = Interaction.objects.visible_to(self.request.user)
        if asked["from"]:
            rows = rows.filter(happened_at__date__gte=asked["from"])
        if asked["to"]:
            rows = rows.filter(happened_at__date__lt=asked["to"])
        for name, column in (("kind", "kind"), ("by_email", "by__email"), ("account_external_id", "account__external_id")):
            if asked[name]:
                rows = rows.filter(**{f"{column}__in": asked[name]})
        return rows

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Keep one touchpoint: 201 where it is new, 200 where its `external_id` was there already."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        account = account_told(request.user, told)
        by, contact = told.get("by") or {}, told.get("contact") or {}
        touch = Touch(told["kind"], told["happened_at"], by.get("email") or "", contact.get("external_id") or "", told["note"])
        day, known = today(), told.get("external_id", "")
        try:
            with transaction.atomic():
                kept, new = put_interaction(request.user, account, touch, timezone.now(), day, home=settings.TIME_ZONE, external_id=known)
                refresh_touched([account.pk], day)
        except NotSaved as refused:
            raise as_faults(refused) from refused
        return Response(self.get_serializer(kept).data, status.HTTP_201_CREATED if new else status.HTTP_200_OK)
