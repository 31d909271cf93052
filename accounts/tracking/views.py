"""The addresses that trackers post to: no sign-in, no redirect, small JSON, answered after the commit. docs/reference/intake.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.tracking import posthog_v1, segment
from accounts.tracking.body import BodyError, read_body
from accounts.tracking.envelope import Envelope, open_batch, read_call
from accounts.tracking.intake import POSTHOG, SEGMENT, Answer, take
from accounts.tracking.saying import Arrival
from accounts.tracking.write_keys import key_of, may_send, source_of

RETRY_AFTER = "2"
STRICT = "X-Strict-Mode"
BATCHES = ("batch", "b", "import")
# Kinds by what the address says, in full or by its letter, as some clients do.
KINDS = {**{kind: kind for kind in segment.KINDS}, **{kind[0]: kind for kind in segment.KINDS}}
View = Callable[..., HttpResponse]


def _intake(view: View) -> View:
    """POST alone; a body that cannot be taken and a database that is away are told in a few bytes, in time for the sender to try again."""

    @csrf_exempt
    @wraps(view)
    def told(request: HttpRequest, **named: str) -> HttpResponse:
        if request.method != "POST":
            refusal = _refusal(405, "method_not_allowed", "Send calls by POST.")
            refusal["Allow"] = "POST"
            return refusal
        try:
            return view(request, **named)
        except BodyError as problem:
            return _refusal(problem.status, problem.code, str(problem))
        except (OperationalError, InterfaceError):
            away = _refusal(503, "database_away", "The database does not answer; send the same again.")
            away["Retry-After"] = RETRY_AFTER
            return away

    return told


@_intake
def batch(request: HttpRequest, tracker: str = SEGMENT) -> HttpResponse:
    """A batch of calls."""
    return _answered(request, open_batch(_body(request)), tracker=tracker)


@_intake
def call(request: HttpRequest, call: str) -> HttpResponse:
    """Segment's addresses: a batch, or one call whose kind the address names."""
    if call in BATCHES:
        return _answered(request, open_batch(_body(request)))
    kind = KINDS.get(call)
    if kind is None:
        return _refusal(404, "unknown_address", f"/v1/ takes {', '.join([*BATCHES, *KINDS])}.")
    body = _body(request)
    said, _replaced, _fault = read_call(body)
    return _answered(request, Envelope([body], said or {}), implied=kind)


@_intake
def event(request: HttpRequest) -> HttpResponse:
    """One event of PostHog's, or a batch of them at the same address."""
    body = _body(request)
    said, _replaced, _fault = read_call(body)
    envelope = open_batch(body) if said is None or "batch" in said else Envelope([body], said)
    return _answered(request, envelope, tracker=POSTHOG)


@_intake
def events(request: HttpRequest) -> HttpResponse:
    """A batch in the form of PostHog's newer clients, answered event by event."""
    envelope = open_batch(_body(request))
    answer = _taken(request, envelope, POSTHOG)
    if isinstance(answer, HttpResponse):
        return answer
    strict = request.headers.get(STRICT) == "1" and bool(answer.rejected)
    return _told(posthog_v1.told(envelope.calls, answer), 400 if strict else 200)


def _body(request: HttpRequest) -> bytes:
    return read_body(request, request.headers.get("Content-Encoding", ""))


def _answered(request: HttpRequest, envelope: Envelope, *, tracker: str = SEGMENT, implied: str = "") -> HttpResponse:
    answer = _taken(request, envelope, tracker, implied)
    if isinstance(answer, HttpResponse):
        return answer
    return _told(answer.as_body(), _status(request, answer, len(envelope.calls)))


def _taken(request: HttpRequest, envelope: Envelope, tracker: str, implied: str = "") -> Answer | HttpResponse:
    """What became of the calls, or the answer to a request of which none was looked at."""
    now = datetime.now(UTC)
    source = source_of(key_of(request.headers.get("Authorization", ""), envelope.about), now)
    if source is None:
        return _refusal(401, "bad_key", "The write key is missing, unknown or revoked.")
    if not envelope.calls:
        return _refusal(400, "empty_batch", "The batch holds no call.")
    if not may_send(source, len(envelope.calls), now, settings.INTAKE_CALLS_PER_MINUTE):
        fast = _refusal(429, "too_fast", "More calls in this minute than the key may send; send the same again later.")
        fast["Retry-After"] = next_minute(now)
        return fast
    sent_at = envelope.about.get("sentAt") or envelope.about.get("sent_at") or request.headers.get(posthog_v1.SENT_AT)
    return take(source, envelope.calls, Arrival.of(now, sent_at), tracker=tracker, implied=implied)


def next_minute(now: datetime) -> str:
    """Seconds until a key may send again."""
    return str(60 - now.second)


def _status(request: HttpRequest, answer: Answer, sent: int) -> int:
    """400 where nothing could be taken, or where the sender wants to hear of any refusal; what was good is stored all the same."""
    wholly_bad = len(answer.rejected) == sent
    strict = request.headers.get(STRICT) == "1" and bool(answer.rejected)
    return 400 if wholly_bad or strict else 200


def _told(verdicts: dict[str, Any], status: int) -> JsonResponse:
    return JsonResponse({"success": status == 200} | verdicts, status=status)


def _refusal(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"success": False, "code": code, "message": message}, status=status)
