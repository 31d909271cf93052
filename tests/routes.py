"""Every route of the portal, as the URL resolver knows it, and an address for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.urls import URLPattern, URLResolver, get_resolver

# What stands in an address for each argument of a route; the account is the one the matrix is about.
ARGUMENTS = {
    "external_id": "hers",
    "object_id": "1",
    "content_type_id": "1",
    "app_label": "auth",
    "uidb36": "1",
    "key": "no-key",
    "page": "health",
    "token": "no-token",
    "url": "nothing-here/",
    "pk": "0",
    "case": "0",
    "task": "0",
    "override": "0",
    "facet": "activity",
    "day": "2026-03-15",
    "tab": "outcomes",
    "section": "activity",
    "kind": "done",
    "call": "batch",
    "number": "1",
    "batch": "00000000-0000-4000-8000-000000000000",
}


def routes() -> list[str]:
    """Every route as it is written, in the order in which it is tried."""
    return list(_walk(get_resolver().url_patterns, "/"))


def _walk(patterns: Iterable[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route


def address(route: str, external_id: str = ARGUMENTS["external_id"]) -> str:
    """A path that the route matches."""
    values = {**ARGUMENTS, "external_id": external_id}
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], re.sub(r"\(\?P(<\w+>)(?:[^()]|\([^()]*\))*\)", r"\1", route))
    return path.replace("^", "").replace("$", "").replace(r"\Z", "")
