"""What every view of the API shares: declared parameters, pages or CSV, accounts that are not yours do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import resolve
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from drf_standardized_errors.openapi import AutoSchema
from redis.exceptions import RedisError
from rest_framework import generics, serializers
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle

from accounts.api import parameters
from accounts.api.downloads import CsvRenderer, csv_response
from accounts.api.pages import KeysetPages, sorts
from accounts.api.parameters import Parameter
from accounts.api.raw_path import PREFIX, SLASH, raw_path
from accounts.models import Account

CHUNK = 1000
COMMON = (parameters.FORMAT,)
PAGING = (parameters.CURSOR, parameters.PAGE)


class PatientThrottle(UserRateThrottle):
    """The rate limit of a user; while Redis is away nobody is turned away (reading must not depend on it)."""

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether this request is within the limit."""
        try:
            return bool(super().allow_request(request, view))
        except (RedisError, OSError):
            return True


class Negotiation(DefaultContentNegotiation):
    """`?format=` chooses; another format than those offered is a fault of the parameter, not a missing page."""

    def filter_renderers(self, renderers: Iterable[Any], format: str) -> list[Any]:  # noqa: A002
        """The renderers of that format."""
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            offered = ", ".join(renderer.format for renderer in renderers)
            told = _("Not a format of this answer. Known: %(offered)s.") % {"offered": offered}
            raise ValidationError({"format": [ErrorDetail(told, "invalid")]})

        return found


class PortalSchema(AutoSchema):
    """Shows the parameters that a view declares."""

    def get_override_parameters(self) -> list[Any]:
        """Declared parameters, and the external id of the path."""
        shown = [parameter.openapi for parameter in cast("PortalView", self.view).declared()]
        if "{external_id}" in self.path:
            text = "Id of the account as it was loaded, percent-encoded: a slash in it is %2F."
            shown.append(OpenApiParameter("external_id", str, OpenApiParameter.PATH, description=text))
        return shown


class PortalView(generics.GenericAPIView[Any]):
    """A view with declared query parameters; their values are in `self.asked`."""

    schema = PortalSchema()
    renderer_classes = (JSONRenderer, CsvRenderer)
    content_negotiation_class = Negotiation
    throttle_classes = (PatientThrottle,)
    pagination_class: Any = None
    filter_backends = ()
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    asked: dict[str, Any]

    def declared(self) -> tuple[Parameter, ...]:
        """Parameters of this view with the common ones."""
        return (*self.parameters, *COMMON)

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Access first, then the parameters."""
        super().initial(request, *args, **kwargs)
        self.check_access()
        self.asked = parameters.read_parameters(request.query_params, self.declared())
        self.check_parameters()

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Personal data: nobody on the way keeps a copy."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    def check_access(self) -> None:
        """Raises NotFound for what the user may not see."""

    def check_parameters(self) -> None:
        """Raises ValidationError for parameters that do not go together."""

    @property
    def wants_csv(self) -> bool:
        """Whether the answer is to be a file."""
        return bool(self.request.accepted_renderer.format == "csv")

    def file_name(self) -> str:
        """Name of a CSV file, without its ending."""
        return type(self).__name__.lower()

    def one(self, serializer: serializers.BaseSerializer[Any]) -> HttpResponseBase:
        """A single object; as CSV a file of one row."""
        return (
            csv_response(list(columns_of(serializer)), [serializer.data], self.file_name()) if self.wants_csv else Response(serializer.data)
        )


class ListView(PortalView):
    """A list: cursor pages, or the whole as CSV. `rows()` gives a queryset (ordered by `order`) or a computed list."""

    pagination_class = KeysetPages
    order: Sequence[str] = ("pk",)
    joined: Sequence[str] = ()

    def declared(self) -> tuple[Parameter, ...]:
        """Parameters of this view with those of every list."""
        return (*self.parameters, *PAGING, *COMMON)

    def rows(self) -> QuerySet[Any] | Sequence[Any]:
        """What the user may see of it."""
        raise NotImplementedError

    def get(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """One page, or the file."""
        rows = self.rows()
        if self.wants_csv:
            return csv_response(self.columns(), self.shown_in_chunks(rows), self.file_name())
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.shown(page or []))

    def shown(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Rows as they are answered."""
        return list(self.get_serializer(rows, many=True).data)

    def shown_in_chunks(self, rows: QuerySet[Any] | Sequence[Any]) -> Iterator[dict[str, Any]]:
        """All rows, without holding them all."""
        joined = rows.select_related(*self.joined) if self.joined and isinstance(rows, QuerySet) else rows
        for chunk in chunks(joined, self.order):
            yield from self.shown(chunk)

    def columns(self) -> list[str]:
        """Header of the CSV file: nested objects take a column per part, `health.score`."""
        return list(columns_of(self.get_serializer()))


def columns_of(serializer: Any, prefix: str = "") -> Iterator[str]:
    """Names of the fields, those of nested objects behind the object's name and a point."""
    for name, field in serializer.fields.items():
        if isinstance(field, serializers.Serializer):
            yield from columns_of(field, f"{prefix}{name}.")
        else:
            yield prefix + name


def chunks(rows: QuerySet[Any] | Sequence[Any], order: Sequence[str]) -> Iterator[list[Any]]:
    """Rows in lists of at most 1,000; querysets through a server-side cursor."""
    if not isinstance(rows, QuerySet):
        for start in range(0, len(rows), CHUNK):
            yield list(rows[start : start + CHUNK])
        return
    held: list[Any] = []
    ordered: Iterable[Any] = rows.order_by(*sorts(rows, order)).iterator(chunk_size=CHUNK)
    for row in ordered:
        held.append(row)
        if len(held) == CHUNK:
            yield held
            held = []
    if held:
        yield held


class OfAccount(PortalView):
    """A view below one account. Not yours and not there give the same answer: 404."""

    account: Account
    select: ClassVar[tuple[str, ...]] = ()

    def check_access(self) -> None:
        """Find the account among those the user may see."""
        found = (
            Account.objects.visible_to(self.request.user)
            .filter(external_id=self.kwargs["external_id"])
            .select_related(*self.select)
            .first()
        )
        if found is None:
            raise NotFound
        self.account = found

    def handle_exception(self, exc: Exception) -> Response:
        """Where the server did not tell how the path was sent, the sub-resource may be the end of an id: try that before 404."""
        tail = self.request.path_info.removeprefix(PREFIX)
        if isinstance(exc, NotFound) and raw_path(self.request) is None and SLASH not in tail and not hasattr(self, "account"):
            whole = PREFIX + tail.removesuffix("/").replace("/", SLASH) + "/"
            match = resolve(whole)
            if match.kwargs["external_id"] != self.kwargs["external_id"]:
                plain = self.request._request
                plain.path_info = whole
                answer: Response = match.func(plain, **match.kwargs)
                return answer
        return super().handle_exception(exc)
