"""A door of its own for trackers: their requests pass none of what pages need (sessions, languages, compression, rights of browsers)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

ADDRESSES = "accounts.tracking.urls"
# How every address of theirs begins: others need not be looked up.
BEGINNINGS = ("/v1/", "/batch", "/i/v")


class TrackersDoor:
    """Middleware, first in the row: answers trackers itself, passes on everybody else.

    A batch is thus not redirected to https or to an address with a slash, which would lose it, and costs a third less to take.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, without content that a browser would guess the kind of."""
        if not request.path_info.startswith(BEGINNINGS):
            return self.get_response(request)
        try:
            found = resolve(request.path_info, ADDRESSES)
        except Resolver404:
            return self.get_response(request)
        answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
        answer["X-Content-Type-Options"] = "nosniff"
        # Without it the server would send a few bytes in chunks.
        answer["Content-Length"] = str(len(answer.content))
        return answer
