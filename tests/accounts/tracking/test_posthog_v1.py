"""PostHog's newer address: the key as a bearer token, a result for each event by its uuid, the sender's clock in a header."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.keys import new_write_key
from accounts.models import PendingEvent, RefusedCall
from accounts.tracking.posthog_v1 import SENT_AT
from accounts.tracking.store import forget_prepared

pytestmark = pytest.mark.django_db
PATH = "/i/v1/analytics/events"
STAMP = "2026-03-02T09:15:00+00:00"


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    forget_prepared()
    yield
    forget_prepared()


@pytest.fixture
def key() -> str:
    return new_write_key("web").key


def post(key: str, *events: dict[str, Any], headers: dict[str, str] | None = None, path: str = PATH) -> Any:
    body = zlib.compress(json.dumps({"created_at": STAMP, "batch": list(events)}).encode())
    said = {"Authorization": f"Bearer {key}", "Content-Encoding": "deflate", "PostHog-Attempt": "1", **(headers or {})}
    return Client(enforce_csrf_checks=True).post(path, body, content_type="application/json", headers=said)


def event(number: int, **more: Any) -> dict[str, Any]:
    properties = {"$groups": {"company": "acme"}, **more.pop("properties", {})}
    return {
        "event": "order",
        "uuid": f"e{number}",
        "distinct_id": "u1",
        "timestamp": STAMP,
        "options": {},
        "properties": properties,
        **more,
    }


def results(answer: Any) -> dict[str, tuple[str, str]]:
    """By uuid: the result, and the code at the head of its details."""
    found = answer.json()["results"]
    return {name: (one["result"], one.get("details", "").partition(":")[0]) for name, one in found.items()}


@pytest.mark.parametrize("path", [PATH, PATH + "/"])
def test_every_event_is_told_what_became_of_it(key: str, path: str) -> None:
    assert results(post(key, event(1), path=path)) == {"e1": ("ok", "")}
    answer = post(
        key,
        event(1),
        event(1, event="other"),
        event(2, timestamp="2038-01-19T03:14:07Z"),
        event(3, distinct_id=None),
        event(4, properties={"quantity": -1}),
        event(5),
    )
    assert answer.status_code == 200
    assert results(answer) == {
        "e1": ("drop", "conflicting_duplicate"),
        "e2": ("warning", "in_the_future"),
        "e3": ("drop", "missing_user"),
        "e4": ("drop", "quantity_below_zero"),
        "e5": ("ok", ""),
    }
    told = answer.json()
    assert (told["accepted"], told["duplicate"], told["conflict"], [one["index"] for one in told["rejected"]]) == (2, 1, 1, [3, 4])
    assert PendingEvent.objects.count() == 3
    assert RefusedCall.objects.filter(tracker="posthog").count() == 4


def test_events_that_are_all_bad_are_told_one_by_one_too(key: str) -> None:
    answer = post(key, event(1, event=""), {"event": "order"})
    assert (answer.status_code, results(answer)) == (200, {"e1": ("drop", "missing_value")})
    assert [one["code"] for one in answer.json()["rejected"]] == ["missing_value", "missing_user"]
    assert post(key, event(2), event(3, event=""), headers={"X-Strict-Mode": "1"}).status_code == 400
    assert PendingEvent.objects.count() == 1


def test_the_key_is_a_bearer_token_and_a_wrong_one_is_given_up(key: str) -> None:
    assert post("wrong", event(1)).status_code == 401
    assert post(key).status_code == 400
    assert Client().get(PATH).status_code == 405
    assert not PendingEvent.objects.exists()


def test_a_wrong_clock_is_corrected_by_the_header_unless_the_event_says_it_is_right(key: str) -> None:
    now = datetime.now(UTC)
    sent = now - timedelta(hours=26)
    said = {"timestamp": (sent - timedelta(hours=1)).isoformat()}
    header = {SENT_AT: sent.isoformat()}
    post(key, event(1, **said), event(2, **said, options={"disable_skew_correction": True}), headers=header)
    post(key, event(3, **said, properties={"$ignore_sent_at": True}), headers=header)
    places = dict(PendingEvent.objects.values_list("message_id", "occurred_at"))
    assert abs(places["e1"] - (now - timedelta(hours=1))) < timedelta(minutes=5)
    assert places["e2"] == places["e3"] == sent - timedelta(hours=1)
