"""Fields of the API's answers, read from the serializers of its routes: what the schema is made of, without making the schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework import serializers

PREFIX = "api/v1/"
# Names of what a field holds, by the field's class; the first that fits.
TYPES: tuple[tuple[type, str], ...] = (
    (serializers.BooleanField, "boolean"),
    (serializers.IntegerField, "integer"),
    (serializers.FloatField, "number"),
    (serializers.DecimalField, "decimal"),
    (serializers.DateTimeField, "instant"),
    (serializers.DateField, "date"),
    (serializers.EmailField, "e-mail"),
    (serializers.ListField, "list"),
    (serializers.DictField, "object"),
    (serializers.JSONField, "object"),
    (serializers.ChoiceField, "one of a list"),
    (serializers.CharField, "text"),
)
DEEPEST = 3


@dataclass(frozen=True)
class Field:
    """One field of one route's answer; a part of an object stands behind its name and a point."""

    path: str
    name: str
    kind: str
    required: bool
    choices: tuple[str, ...]
    meaning: str


@cache
def api_fields() -> tuple[Field, ...]:
    """Fields of every route below `/api/v1/`, in the order of the routes. Help texts are written in English."""
    found: dict[tuple[str, str], Field] = {}
    for path, view in _routes(get_resolver().url_patterns, ""):
        serializer = getattr(view, "serializer_class", None)
        if serializer is not None and path.startswith(PREFIX):
            for field in _fields(serializer(), f"/{path}", ""):
                found.setdefault((field.path, field.name), field)
    return tuple(found.values())


def _routes(patterns: Any, before: str) -> Iterator[tuple[str, Any]]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, route)
        elif isinstance(one, URLPattern) and hasattr(one.callback, "view_class"):
            yield route.replace("<external_id:external_id>", "{external_id}"), one.callback.view_class


def _fields(serializer: Any, path: str, prefix: str) -> Iterator[Field]:
    for name, field in serializer.fields.items():
        inner = getattr(field, "child", field)
        if isinstance(inner, serializers.BaseSerializer) and hasattr(inner, "fields"):
            if prefix.count(".") < DEEPEST:
                yield from _fields(inner, path, f"{prefix}{name}.")
            continue
        choices = tuple(str(value) for value in getattr(field, "choices", {})) if isinstance(field, serializers.ChoiceField) else ()
        yield Field(path, prefix + name, _kind(field), not field.allow_null, choices, _meaning(field, serializer, name))


def _kind(field: Any) -> str:
    return next((name for kind, name in TYPES if isinstance(field, kind)), "value")


def _meaning(field: Any, serializer: Any, name: str) -> str:
    """The field's own help text, else what the method that makes it says of itself."""
    if field.help_text:
        return str(field.help_text)
    method = getattr(type(serializer), f"get_{name}", None)
    return (method.__doc__ or "").strip() if method is not None else ""
