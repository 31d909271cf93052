"""Cursor pages `{next, previous, results}` that hold their place while rows come and go, also where the sort column has no value."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError as FieldError
from django.db.models import F, OrderBy, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from accounts.api.parameters import MAX_PAGE
from accounts.api.raw_path import raw_path

Place = list[Any]


class KeysetPages(CursorPagination):
    """Pages of a queryset by the view's `order` (field names, `-` for descending, the last one unique), or slices of a computed list."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        """The rows of the page asked for; one row more is read to know whether another page follows."""
        self.called = address(request)
        self.size = self.get_page_size(request) or self.page_size
        cursor = _decoded(request.query_params.get("cursor"))
        self.links: dict[str, Place | None] = {"next": None, "previous": None}
        if isinstance(queryset, QuerySet):
            return self._of_queryset(queryset, view.order, view.joined, cursor)
        return self._of_list(queryset, cursor)

    def _of_list(self, rows: Sequence[Any], cursor: Place | None) -> list[Any]:
        start = 0
        if cursor is not None:
            if len(cursor) != 2 or cursor[0] != "at" or not isinstance(cursor[1], int) or cursor[1] < 0:
                raise bad_cursor()
            start = cursor[1]
        if start + self.size < len(rows):
            self.links["next"] = ["at", start + self.size]
        if start:
            self.links["previous"] = ["at", max(0, start - self.size)]
        return list(rows[start : start + self.size])

    def _of_queryset(self, rows: QuerySet[Any], order: Sequence[str], joined: Sequence[str], cursor: Place | None) -> list[Any]:
        backwards = cursor is not None and cursor[0] == "before"
        sorted_by = sorts(rows, order, backwards=backwards)
        wanted = _after(rows, order, cursor, backwards=backwards).order_by(*sorted_by)[: self.size + 1]
        if joined and (rows.query.where or any("__" in name for name in order)):
            wanted = fetched(wanted).order_by(*sorted_by)
        found = list(wanted.select_related(*joined) if joined else wanted)

        more = len(found) > self.size
        found = found[: self.size]
        if backwards:
            found.reverse()
        if found:
            if more or backwards:
                self.links["next"] = ["after", *_place(found[-1], order)]
            if more if backwards else cursor is not None:
                self.links["previous"] = ["before", *_place(found[0], order)]
        return found

    def get_next_link(self) -> str | None:
        """Address of the following page."""
        return self._link("next")

    def get_previous_link(self) -> str | None:
        """Address of the page before."""
        return self._link("previous")

    def _link(self, way: str) -> str | None:
        place = self.links[way]
        if place is None:
            return None
        if place == ["at", 0]:
            return str(remove_query_param(self.called, "cursor"))
        text = urlsafe_b64encode(json.dumps(place, default=str, separators=(",", ":")).encode()).decode().rstrip("=")
        return str(replace_query_param(self.called, "cursor", text))

    def get_paginated_response(self, data: Any) -> Response:
        """The page with its neighbours' addresses."""
        return Response({"next": self.get_next_link(), "previous": self.get_previous_link(), "results": data})

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """None: views declare `cursor` and `page_size` with their other parameters."""
        return []


class FigurePages(KeysetPages):
    """Figures are read as series, so a page holds as many as it may."""

    page_size = MAX_PAGE


def address(request: Any) -> str:
    """The address as it was called, with the path as it was sent where the server tells."""
    raw = raw_path(request)
    if raw is None:
        return str(request.build_absolute_uri())
    query = request.META.get("QUERY_STRING", "")
    return f"{request.scheme}://{request.get_host()}{request.META.get('SCRIPT_NAME', '')}{raw}" + (f"?{query}" if query else "")


def fetched(wanted: QuerySet[Any]) -> QuerySet[Any]:
    """Those rows by their keys: what needs joins or filters is chosen on narrow rows, and only the page is joined wide."""
    rows: QuerySet[Any] = wanted.model._default_manager.filter(pk__in=wanted.values("pk"))
    return rows


def bad_cursor() -> ValidationError:
    """The error for a cursor that no page of this list gave."""
    told = _("Not a cursor of this list. Follow `next` and `previous` of a page, unchanged.")
    return ValidationError({"cursor": [ErrorDetail(str(told), "invalid")]})


def _decoded(text: str | None) -> Place | None:
    if not text:
        return None
    try:
        place = json.loads(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        raise bad_cursor() from None
    if not isinstance(place, list) or not place or place[0] not in ("after", "before", "at"):
        raise bad_cursor()
    return place


def sorts(rows: QuerySet[Any], order: Sequence[str], *, backwards: bool = False) -> list[OrderBy]:
    """Unknown values come last, whichever way the column runs; backwards everything is turned round.

    A column that always has a value says nothing of it, so that its index serves the order.
    """
    made = []
    for name in order:
        column, optional = F(name.removeprefix("-")), _may_be_null(rows, name.removeprefix("-"))
        made.append(
            OrderBy(
                column,
                descending=name.startswith("-") != backwards,
                nulls_last=True if optional and not backwards else None,
                nulls_first=True if optional and backwards else None,
            )
        )
    return made


def _may_be_null(rows: QuerySet[Any], name: str) -> bool:
    """Whether the column can be empty; one behind a join is taken to be."""
    return "__" in name or (name != "pk" and bool(getattr(rows.model._meta.get_field(name), "null", True)))


def _place(row: Any, order: Sequence[str]) -> Place:
    return [_value(row, name.removeprefix("-")) for name in order]


def _value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part, None)
    return row


def _after(rows: QuerySet[Any], order: Sequence[str], cursor: Place | None, *, backwards: bool) -> QuerySet[Any]:
    """Rows beyond the place: greater in the first column, or equal there and greater in the next, and so on."""
    if cursor is None:
        return rows
    values = cursor[1:]
    if len(values) != len(order) or cursor[0] == "at":
        raise bad_cursor()
    beyond = Q(pk__in=[])
    same = Q()
    for name, value in zip(order, values, strict=True):
        column, descending = name.removeprefix("-"), name.startswith("-")
        optional = _may_be_null(rows, column)
        if value is None:
            step = Q(**{f"{column}__isnull": False}) if backwards else None
            equal = Q(**{f"{column}__isnull": True})
        else:
            step = Q(**{f"{column}__{'lt' if descending != backwards else 'gt'}": value})
            if optional and not backwards:
                step |= Q(**{f"{column}__isnull": True})
            equal = Q(**{column: value})
        if step is not None:
            beyond |= same & step
        same &= equal
    try:
        return rows.filter(beyond)
    except (FieldError, ValueError, TypeError, OverflowError):
        raise bad_cursor() from None
