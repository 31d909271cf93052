"""One request of a tracker from its bytes to its answer: read, understood, stored, told."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import OperationalError

from accounts.models import RefusedCall, Source
from accounts.tracking import posthog, segment
from accounts.tracking.calls import Call, Fault
from accounts.tracking.envelope import NUL, UNKNOWN_CHARACTER, read_call
from accounts.tracking.policy import FUTURE_AFTER
from accounts.tracking.rules import Ignored, judged, name_of, rules_of
from accounts.tracking.saying import Arrival
from accounts.tracking.store import Stored, store

SEGMENT, POSTHOG = "segment", "posthog"
# What a refused call goes by in lists is cut off here.
MAX_NAME_CHARS = 200
_TRIES = 3
# Deadlock, serialization failure, an action that is gone: the same again may well pass.
_AGAIN = {"40P01", "40001", "55000"}
CONFLICT = Fault(
    "conflicting_duplicate", "messageId", "This message id is stored with another body, which stays; send changed content under a new id."
)
_FUTURE = Fault(
    "in_the_future",
    "timestamp",
    f"The timestamp lies more than {FUTURE_AFTER.days * 24 + FUTURE_AFTER.seconds // 3600} hours ahead; stored at the received time.",
)
_REPLACED = Fault("replaced_characters", "", "Characters that no text can hold (NUL, half a pair) were replaced.")


@dataclass
class Answer:
    """What became of the calls: numbers, and a line for each refused one (place, code, field, message).

    Not sent by default: `remarks`, lines for those that were taken with something to say, and `conflicts`, lines for those not stored
    because another body has their id.
    """

    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[dict[str, Any]] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)

    def as_body(self) -> dict[str, Any]:
        """The verdicts of the JSON that is sent; whether it was a success is its status."""
        return {"accepted": self.accepted, "duplicate": self.duplicate, "conflict": self.conflict, "rejected": self.rejected}


@dataclass(frozen=True)
class _Noted:
    """A call to be kept for people: refused, or taken with something to say."""

    place: int
    fault: Fault
    raw: bytes
    flagged: bool = False


def take(source: Source, raws: Sequence[bytes], arrival: Arrival, *, tracker: str = SEGMENT, implied: str = "") -> Answer:
    """Judge and store every call of a request; the good ones stay whatever the others are. Committed when it returns."""
    calls: list[tuple[int, Call]] = []
    noted: list[_Noted] = []
    rules, ignored = rules_of(source.pk), 0
    judge = partial(understood, arrival=arrival, tracker=tracker, implied=implied)
    for place, raw in enumerate(raws):
        said, replaced, fault = read_call(raw)
        if said is not None:
            found = judged(said, rules, judge, implied)
            ignored += isinstance(found, Ignored)
            fault = found if isinstance(found, Fault) else None
            if isinstance(found, Call):
                calls.append((place, found))
                noted += [_Noted(place, _FUTURE, raw, flagged=True)] if found.future else []
                noted += [_Noted(place, _REPLACED, raw, flagged=True)] if replaced else []
        if fault is not None:
            noted.append(_Noted(place, fault, raw))
    stored = store_calls(source.pk, calls, arrival.received_at) if calls else Stored()
    noted += [_Noted(place, CONFLICT, raws[place]) for place in stored.conflicts]
    _keep(source, noted, arrival, tracker, implied)
    refused = [one for one in noted if not one.flagged and one.fault is not CONFLICT]
    return Answer(
        accepted=stored.accepted + ignored,
        duplicate=stored.duplicate,
        conflict=len(stored.conflicts),
        rejected=[_line(one.place, one.fault) for one in sorted(refused, key=lambda one: one.place)],
        remarks=[_line(one.place, one.fault) for one in noted if one.flagged],
        conflicts=[_line(place, CONFLICT) for place in stored.conflicts],
    )


def understood(said: Mapping[str, Any], arrival: Arrival, tracker: str, implied: str) -> Call | Fault:
    """One call as its tracker means it."""
    return posthog.understand(said, arrival) if tracker == POSTHOG else segment.understand(said, arrival, implied)


def _line(place: int, fault: Fault) -> dict[str, Any]:
    return {"index": place, "code": fault.code, "field": fault.field, "message": fault.message}


def store_calls(source: int, calls: Sequence[tuple[int, Call]], now: datetime) -> Stored:
    """Store, again where the database asks for that: all of it or nothing is kept of each try."""
    for attempt in range(1, _TRIES + 1):
        try:
            return store(source, calls, settings.TIME_ZONE, now)
        except OperationalError as problem:
            if attempt == _TRIES or getattr(problem.__cause__, "sqlstate", None) not in _AGAIN:
                raise
            time.sleep(random.random() * 0.05 * attempt)  # noqa: S311 - so that two do not meet again
    raise AssertionError("unreachable")


def _keep(source: Source, noted: Sequence[_Noted], arrival: Arrival, tracker: str, implied: str) -> None:
    RefusedCall.objects.bulk_create(
        [
            RefusedCall(
                source=source,
                received_at=arrival.received_at,
                sent_at=arrival.sent_at,
                tracker=tracker,
                implied=implied,
                code=one.fault.code,
                field=one.fault.field,
                message=one.fault.message,
                name=_name(one.raw),
                body=one.raw.decode("utf-8", "replace").replace(NUL, UNKNOWN_CHARACTER),
                flagged=one.flagged,
            )
            for one in noted
        ]
    )


def _name(raw: bytes) -> str:
    said, _replaced, _fault = read_call(raw)
    return name_of(said or {}).replace(NUL, UNKNOWN_CHARACTER)[:MAX_NAME_CHARS]
