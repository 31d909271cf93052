"""External ids in the path: opaque, so they may hold a slash, a space, a percent sign or anything else that prints.

A server decodes `%2F` before the application sees the path, and `a%2Factivity` can then no longer be told from `a/activity`. Where the
server hands over the path as it was sent (gunicorn: RAW_URI, uWSGI: REQUEST_URI) it is split before it is decoded; otherwise the longest
known sub-resource wins, and an account whose id ends like one is tried second (`AccountView`).
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponseBase
from django.urls import register_converter

PREFIX = "/api/v1/accounts/"
# Stands for a slash inside an id until the address is resolved; NUL prints nothing, so no id holds it.
SLASH = "\x00"
SENT = "csm_portal.sent_path"


class RawPathMiddleware:
    """Lets addresses below `accounts/` be resolved on the path as it was sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(PREFIX):
            request.path_info = request.path_info.replace(SLASH, "")
            raw = _sent_path(request)
            if raw is not None:
                request.META[SENT] = raw
                rest = raw[len(PREFIX) :]
                request.path_info = PREFIX + "/".join(unquote(segment).replace("/", SLASH) for segment in rest.split("/"))
        return self.get_response(request)


def raw_path(request: HttpRequest) -> str | None:
    """The path below the script name as it was sent; None where the server does not tell it."""
    found: str | None = request.META.get(SENT)
    return found


def _sent_path(request: HttpRequest) -> str | None:
    """As the server tells it; None where it does not, or tells of another path than the one it decoded."""

    sent = str(request.META.get("RAW_URI") or request.META.get("REQUEST_URI") or "").partition("?")[0]
    if sent and not sent.startswith("/"):  # absolute form: http://host/path
        sent = "/" + sent.partition("://")[2].partition("/")[2]
    sent = sent.removeprefix(str(request.META.get("SCRIPT_NAME", "")))
    return sent if sent.startswith(PREFIX) and unquote(sent) == request.path_info else None


class ExternalIdConverter:
    """Any text of at least one character, slashes included."""

    regex = r"[\s\S]+"

    def to_python(self, value: str) -> str:
        """The id as it was loaded."""
        return value.replace(SLASH, "/")

    def to_url(self, value: str) -> str:
        """For `reverse`, which percent-encodes the rest."""
        return value


register_converter(ExternalIdConverter, "external_id")
