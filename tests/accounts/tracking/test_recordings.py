"""What unmodified clients once sent, request by request, and the examples of Segment's documentation: each gets the right verdict."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.keys import new_write_key
from accounts.models import PendingEvent, RefusedCall
from accounts.tracking.segment import KINDS
from accounts.tracking.store import forget_prepared

VECTORS = Path(__file__).parents[4] / "shared/data/ingest_vectors"
pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not VECTORS.is_dir(), reason="shared/data/ingest_vectors is not here")]
OURS = ("/v1/batch", "/batch/", "/i/v1/analytics/events")


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    forget_prepared()
    yield
    forget_prepared()


@cache
def client() -> Client:
    """One throughout: each new one would load the middleware again. The intake knows no cookies."""
    return Client(enforce_csrf_checks=True)


def recorded(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


def posted(request: dict[str, Any], key: str) -> Any:
    """The request as it was recorded, with a key of ours in the places where it has one."""
    headers = {name: value for name, value in request["headers"].items() if name not in {"Content-Length", "Connection", "Content-Type"}}
    scheme = headers.get("Authorization", "").partition(" ")[0]
    if scheme:
        headers["Authorization"] = f"{scheme} " + (base64.b64encode(f"{key}:".encode()).decode() if scheme == "Basic" else key)
    said = {name: key if name in {"writeKey", "api_key"} else value for name, value in request["json"].items()}
    body = json.dumps(said).encode()
    packed = gzip.compress(body) if headers.get("Content-Encoding") == "gzip" else body
    return client().post(request["path"], packed, content_type=request["headers"]["Content-Type"], headers=headers)


def test_every_recorded_request_is_taken_whole_and_the_same_again_is_a_duplicate() -> None:
    seen: Counter[str] = Counter()
    for name, case in recorded("client_requests.json").items():
        key = new_write_key(name).key
        known: set[str] = set()
        for request in case["requests"]:
            if request["method"] != "POST" or request["path"] not in OURS:
                continue
            ids = [one.get("messageId") or one["uuid"] for one in request["json"]["batch"]]
            answer = posted(request, key)
            told = answer.json()
            assert answer.status_code == 200, (name, told)
            assert (told["accepted"], told["duplicate"]) == (len(set(ids) - known), len(set(ids) & known)), name
            assert (told["conflict"], told["rejected"]) == (0, []), name
            if request["path"] == OURS[2]:
                assert told["results"] == {one: {"result": "ok"} for one in ids}
            known |= set(ids)
            seen[request["path"]] += 1
    assert seen == {"/v1/batch": 21, "/batch/": 14, "/i/v1/analytics/events": 1}
    assert not RefusedCall.objects.exists()
    assert PendingEvent.objects.exists()


def test_other_trackers_find_no_address_here_and_are_not_sent_elsewhere() -> None:
    for name, case in recorded("client_requests.json").items():
        for request in case["requests"]:
            if request["method"] == "POST" and request["path"] not in OURS:
                body = json.dumps(request.get("json") or {}).encode()
                answer = client().post(request["path"], body, content_type="application/json")
                assert answer.status_code == 404, name


def verdict(said: dict[str, Any]) -> str:
    """What is to be said of an example, told apart without the code that judges."""
    if "type" not in said:
        return "missing_type"
    assert said["type"] in KINDS
    named = said.get("userId") or said.get("anonymousId") or (said["type"] == "group" and said.get("groupId"))
    return "taken" if named else "missing_user"


def test_every_example_of_the_documentation_gets_its_verdict_alone_and_in_a_batch() -> None:
    examples = [one["payload"] for one in recorded("segment_spec_examples.json")]
    wanted = [verdict(one) for one in examples]
    assert Counter(wanted)["missing_type"] == 34
    assert len(wanted) == 70
    alone = new_write_key("alone").key
    basic = {"Authorization": "Basic " + base64.b64encode(f"{alone}:".encode()).decode()}
    for said, right in zip(examples, wanted, strict=True):
        answer = client().post("/v1/batch", json.dumps({"batch": [said]}), content_type="application/json", headers=basic)
        told = answer.json()
        assert [one["code"] for one in told["rejected"]] == ([] if right == "taken" else [right])
        assert answer.status_code == (200 if right == "taken" else 400)
        # A slip that people copy is named, so that they see what to change.
        slip = {"missing_type": "action", "missing_user": "user_id"}.get(right)
        if slip in said:
            assert slip in told["rejected"][0]["message"]
    body = json.dumps({"batch": examples, "writeKey": new_write_key("together").key})
    told = client().post("/v1/batch", body, content_type="application/json").json()
    assert {one["index"]: one["code"] for one in told["rejected"]} == {n: one for n, one in enumerate(wanted) if one != "taken"}
    assert told["accepted"] + told["duplicate"] + told["conflict"] == wanted.count("taken")


def test_examples_with_the_slip_mended_are_taken_at_the_address_of_their_kind() -> None:
    key = new_write_key("web").key
    basic = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
    for number, example in enumerate(recorded("segment_spec_examples.json")):
        said = {**example["payload"], "messageId": f"m{number}"}
        kind = said.pop("action", None) or said.get("type")
        said["userId"] = said.pop("user_id", None) or said.get("userId") or "u"
        answer = client().post(f"/v1/{kind}", json.dumps(said), content_type="application/json", headers=basic)
        assert (answer.status_code, answer.json().get("accepted")) == (200, 1), (said, answer.content)
