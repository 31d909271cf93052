"""How the API says that something is wrong: one form for every fault of a request, and for addresses that are none."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found
from drf_standardized_errors.openapi_serializers import ClientErrorEnum, ValidationErrorEnum
from rest_framework import serializers

ROOT = "/api/v1/"


class FaultSerializer(serializers.Serializer[Any]):
    """One fault: a parameter or field, and what would be right."""

    code = serializers.CharField(help_text="A word for programs, such as `invalid`, `unknown_parameter`, `does_not_exist`.")
    detail = serializers.CharField(help_text="What would be right, in the reader's language.")
    attr = serializers.CharField(allow_null=True, help_text="The parameter or field; null: the body as a whole.")


class BadRequestSerializer(serializers.Serializer[Any]):
    """Why a request was refused, every fault at once."""

    type = serializers.ChoiceField(
        [*ValidationErrorEnum.values, *ClientErrorEnum.values], help_text="`client_error`: the body could not be read at all."
    )
    errors = FaultSerializer(many=True)  # type: ignore[assignment] # the name of the field, not what a serializer says of itself


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404 for an address that is none: under the API in its own form, else the page."""
    if not request.path_info.startswith(ROOT):
        return page_not_found(request, exception)
    told = {"code": "not_found", "detail": _("There is nothing at this address."), "attr": None}
    return JsonResponse({"type": "client_error", "errors": [told]}, status=404, headers={"Cache-Control": "no-store"})
