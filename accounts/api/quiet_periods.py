"""Days on which accounts are closed: what files brought and people entered, and a way to enter them."""

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

from accounts import quiet
from accounts.api import parameters
from accounts.api.base import ListView
from accounts.api.entered import account_told, as_faults
from accounts.api.parameters import Parameter
from accounts.edit_values import MAX_SENTENCE, NotSaved
from accounts.models import QuietPeriod

ACCOUNT = Parameter("account_external_id", gettext_lazy("Only closures of this account; repeat for several."), many=True)


class QuietPeriodSerializer(serializers.Serializer[Any]):
    """One closure. The fields of the file `quiet_periods`."""

    account_external_id = serializers.CharField(source="account.external_id", help_text="An account that you see.")
    reason = serializers.CharField(max_length=MAX_SENTENCE, help_text="Why they are closed, in a few words.")
    recorded_at = serializers.DateTimeField(read_only=True, help_text="When it became known.")

    def get_fields(self) -> dict[str, Any]:
        """With `from` and `to`, which are no names of Python."""
        first = serializers.DateField(source="starts_on", help_text="First day on which they are closed.")
        after = serializers.DateField(source="ends_on", help_text="First day open again.")
        return {**super().get_fields(), "from": first, "to": after}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Known fields alone: another name would be lost without a word."""
        unknown = set(self.initial_data) - {name for name, field in self.fields.items() if not field.read_only}
        if unknown:
            told = _("There is no field of this name to be set.")
            raise ValidationError({name: [ErrorDetail(told, "unknown_field")] for name in unknown})
        return attrs


@extend_schema_view(
    get=extend_schema(
        summary="Days on which accounts are closed", operation_id="quiet_periods_list", responses=QuietPeriodSerializer(many=True)
    ),
    post=extend_schema(
        summary="Enter days on which an account is closed",
        operation_id="quiet_periods_create",
        request=QuietPeriodSerializer,
        responses={201: QuietPeriodSerializer, 200: OpenApiResponse(QuietPeriodSerializer, "The same days were on file already.")},
    ),
)
class QuietPeriods(ListView):
    """Closures with a day in [from, to), the latest first. They take working days out of an account's calendar from the next night on."""

    serializer_class = QuietPeriodSerializer
    parameters = (parameters.FROM, parameters.TO, ACCOUNT)
    order = ("-starts_on", "-pk")
    joined = ("account",)

    def rows(self) -> QuerySet[Any]:
        """Closures of the accounts that the user sees."""
        asked = self.asked
        rows = QuietPeriod.objects.visible_to(self.request.user)
        if asked["from"]:
            rows = rows.filter(ends_on__gt=asked["from"])
        if asked["to"]:
            rows = rows.filter(starts_on__lt=asked["to"])
        return rows.filter(account__external_id__in=asked["account_external_id"]) if asked["account_external_id"] else rows

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Keep one closure: 201 where it is new, 200 where the account has one of the same days."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        account = account_told(request.user, told)
        days = {"account": account, "starts_on": told["starts_on"], "ends_on": told["ends_on"]}
        known = QuietPeriod.objects.filter(**days).first()
        if known is None:
            try:
                quiet.add(request.user, account, quiet.Closure(told["starts_on"], told["ends_on"], told["reason"]), timezone.now())
            except NotSaved as refused:
                raise as_faults(refused) from refused
        row = known or QuietPeriod.objects.get(**days)
        return Response(self.get_serializer(row).data, status.HTTP_200_OK if known else status.HTTP_201_CREATED)
