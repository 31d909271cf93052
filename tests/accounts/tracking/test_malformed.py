"""Two thousand malformed payloads over HTTP: no answer is a 5xx, nothing of them is stored, and each refusal names its place and field."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.keys import new_write_key
from accounts.models import Account, Event, PendingEvent, RefusedCall, Seat, Source, TrackedAlias, TrackedLink, TrackedTrait
from accounts.tracking.attach import attach
from accounts.tracking.policy import MAX_BODY_BYTES
from accounts.tracking.store import forget_prepared
from tests.accounts.tracking.malformed import BATCH, POSTHOG, SEGMENT, BadCall, bodies, calls, odd

pytestmark = pytest.mark.django_db
STORED = (Event, PendingEvent, TrackedTrait, TrackedLink, TrackedAlias, Account, Seat)
TOGETHER = 40


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    forget_prepared()
    yield
    forget_prepared()


@pytest.fixture
def key() -> str:
    found = new_write_key("web").key
    Source.objects.update(calls_per_minute=1_000_000)
    return found


class Sender:
    """Posts as a tracker does, key in the header; a 500 comes back as an answer."""

    def __init__(self, key: str) -> None:
        self.client = Client(raise_request_exception=False, enforce_csrf_checks=True)
        self.basic = "Basic " + base64.b64encode(f"{key}:".encode()).decode()

    def post(self, body: bytes, path: str = "/v1/batch", encoding: str = "") -> Any:
        coding = {"Content-Encoding": encoding} if encoding else {}
        return self.client.post(path, body, content_type="application/json", headers={"Authorization": self.basic, **coding})


def rows_stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM event_key")
        return int(cursor.fetchone()[0]) + sum(model._default_manager.count() for model in STORED)


def batch(raws: Iterable[bytes]) -> bytes:
    return b'{"batch": [' + b",".join(raws) + b'], "sentAt": "2026-11-03T10:00:00Z"}'


def together(raws: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Batches of a few calls, well below what a body may have."""
    held: list[bytes] = []
    for raw in raws:
        if held and (len(held) == TOGETHER or sum(map(len, held)) + len(raw) > MAX_BODY_BYTES // 2):
            yield held
            held = []
        held.append(raw)
    yield held


def good(number: int) -> bytes:
    return json.dumps({"type": "track", "userId": "u", "event": "x", "messageId": f"good-{number}"}).encode()


def test_bodies_that_are_no_batch_are_refused_whole_and_leave_nothing(key: str) -> None:
    sender = Sender(key)
    paths = ["/v1/batch", "/batch/", "/i/v1/analytics/events"]
    found = {}
    for number, one in enumerate(bodies()):
        answer = sender.post(one.body, paths[number % 3], one.encoding)
        told = answer.json()
        if answer.status_code != one.status or told["success"] or not told["code"] or not told["message"]:
            found[one.name] = (answer.status_code, answer.content[:200])
    assert found == {}
    assert rows_stored() == RefusedCall.objects.count() == 0


@pytest.mark.parametrize("tracker", [SEGMENT, POSTHOG])
def test_every_bad_call_is_told_its_place_code_and_field_and_kept_for_people_alone(key: str, tracker: str) -> None:
    sender = Sender(key)
    bad = [one for one in calls() if one.tracker == tracker]
    at = 0
    for raws in together(one.raw for one in bad):
        answer = sender.post(batch(raws), BATCH[tracker])
        assert answer.status_code == 400, answer.content[:500]
        told = answer.json()
        assert (told["accepted"], told["duplicate"], told["conflict"]) == (0, 0, 0)
        lines = [(one["index"], one["code"], one["field"]) for one in told["rejected"]]
        assert lines == [(place, one.code, one.field) for place, one in enumerate(bad[at : at + len(raws)])]
        assert all(one["message"] and one["field"] in one["message"] for one in told["rejected"])
        at += len(raws)
    assert at == len(bad) == RefusedCall.objects.filter(tracker=tracker, flagged=False).count()
    assert rows_stored() == 0


def test_a_bad_call_takes_none_of_its_neighbours_with_it(key: str) -> None:
    sender = Sender(key)
    bad: list[BadCall] = [one for one in calls() if one.tracker == SEGMENT][::9]
    sent = 0
    for start in range(0, len(bad), 10):
        some = bad[start : start + 10]
        raws = [raw for place, one in enumerate(some) for raw in (good(sent + place), one.raw)]
        answer = sender.post(batch([*raws, good(sent + len(some))]))
        sent += len(some) + 1
        told = answer.json()
        assert (answer.status_code, told["accepted"]) == (200, len(some) + 1), told
        assert [(one["index"], one["code"]) for one in told["rejected"]] == [(2 * n + 1, one.code) for n, one in enumerate(some)]
    assert PendingEvent.objects.count() == sent
    assert RefusedCall.objects.count() == len(bad)


def test_odd_calls_are_taken_once_and_what_no_column_holds_is_told_by_the_load(key: str) -> None:
    sender = Sender(key)
    sent = [raw for _name, raw in odd()]
    for expected in ((1, 0), (0, 1)):
        for raws in together(sent):
            answer = sender.post(batch(raws))
            told = answer.json()
            assert answer.status_code == 200, told
            assert (told["accepted"], told["duplicate"]) == (expected[0] * len(raws), expected[1] * len(raws)), told
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM event_key")
        assert cursor.fetchone() == (len(sent),)
    assert not RefusedCall.objects.filter(flagged=False).exists()
    found = attach(date(2026, 11, 22))
    assert found.refused > 0
    assert attach(date(2026, 11, 22)).events == 0
