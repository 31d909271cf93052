"""What a step says when it is done: a toast of the page that is shown, or a message for the next one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django_htmx.http import trigger_client_event

Tone = Literal["ok", "warn", "error"]
EVENT = "portal:toast"
LEVELS = {"ok": messages.SUCCESS, "warn": messages.WARNING, "error": messages.ERROR}
TONES: dict[int, Tone] = {messages.WARNING: "warn", messages.ERROR: "error"}
# With these the browser leaves the page, and a toast on it would be gone at once.
LEAVING = ("HX-Redirect", "HX-Refresh", "HX-Location")


@dataclass(frozen=True)
class Toast:
    """A short word about a step. An error stays until it is closed, the others for ten seconds."""

    text: str
    tone: Tone = "ok"
    undo_url: str = ""
    undo_label: str = ""


def toast_for(
    request: HttpRequest, response: HttpResponse, text: str, *, tone: Tone = "ok", undo_url: str = "", undo_label: str = ""
) -> HttpResponse:
    """The response, with a toast that its page will show: at once for htmx, after the redirect for a plain form.

    `undo_url` is posted to by the toast's button, whose word is `undo_label` (empty: Undo). A second toast on one htmx response
    takes the first one's place.
    """
    htmx: Any = getattr(request, "htmx", None)
    stays = bool(htmx) and not htmx.boosted and not any(name in response for name in LEAVING)
    if stays:
        detail = {"text": text, "tone": tone, "undo_url": undo_url, "undo_label": undo_label}
        trigger_client_event(response, EVENT, {name: value for name, value in detail.items() if value})
    else:
        undo = urlencode({"undo": undo_url, "label": undo_label}) if undo_url else ""
        messages.add_message(request, LEVELS[tone], text, extra_tags=undo)
    return response


def toasts_of(found: Iterable[Message]) -> list[Toast]:
    """The waiting messages as toasts; reading them takes them away."""
    return [_toast(message) for message in found]


def _toast(message: Message) -> Toast:
    undo = {name: values[0] for name, values in parse_qs(message.extra_tags or "").items()}
    return Toast(str(message.message), TONES.get(message.level, "ok"), undo.get("undo", ""), undo.get("label", ""))
