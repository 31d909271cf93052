"""What trackers' calls mean: names, accounts, instants, numbers, and what is said of those that cannot be taken."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.tracking import posthog, segment
from accounts.tracking.calls import Call, Fault
from accounts.tracking.saying import Arrival

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
VECTORS = Path(__file__).parents[4] / "shared/data/ingest_vectors"
NEEDS_VECTORS = pytest.mark.skipif(not VECTORS.is_dir(), reason="shared/data/ingest_vectors is not here")


def call(arrival: Arrival | None = None, implied: str = "", **said: Any) -> Call:
    found = segment.understand(said, arrival or Arrival(NOW), implied)
    assert isinstance(found, Call), found
    return found


def fault(implied: str = "", **said: Any) -> Fault:
    found = segment.understand(said, Arrival(NOW), implied)
    assert isinstance(found, Fault), found
    return found


def test_a_track_call_is_an_event_of_a_person_in_an_account() -> None:
    found = call(
        type="track", userId=7, event=" Order created ", messageId="m1", timestamp="2026-11-22T08:00:00.5+01:00",
        context={"groupId": "acme/1"}, properties={"quantity": "2.5", "value": 19.999999, "format": "csv"},
    )  # fmt: skip
    assert (found.kind, found.user_id, found.account_id, found.action, found.message_id) == ("track", "7", "acme/1", "Order created", "m1")
    assert found.at == datetime(2026, 11, 22, 7, 0, 0, 500_000, tzinfo=UTC)
    assert (found.quantity, found.value) == (Decimal("2.500000"), Decimal("20.0000"))


def test_the_account_is_named_by_the_call_its_context_or_a_trait() -> None:
    assert call(type="group", groupId=42, userId="u").account_id == "42"
    assert call(type="identify", userId="u", context={"groupId": "a"}, traits={"account": "b"}).account_id == "a"
    assert call(type="identify", userId="u", traits={"account": {"id": "b"}}).account_id == "b"
    assert call(type="identify", userId="u").account_id == ""


def test_pages_and_screens_are_events_with_their_name_among_the_properties() -> None:
    found = call(type="page", anonymousId="x", name="Home", properties={"url": "https://example.com"})
    assert (found.kind, found.action, found.user_id, found.other_id) == ("track", "page", "", "x")
    assert found.properties == {"name": "Home", "url": "https://example.com"}
    assert call(implied="screen", userId="u").action == "screen"


def test_an_alias_names_both_ids() -> None:
    found = call(type="alias", userId="new", previousId="old")
    assert (found.kind, found.user_id, found.other_id) == ("alias", "new", "old")
    assert fault(type="alias", userId="new").code == "missing_value"


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"userId": "u", "event": "x"}, "missing_type", "type"),
        ({"type": "click", "userId": "u"}, "unknown_type", "type"),
        ({"type": "track", "event": "x"}, "missing_user", "userId"),
        ({"type": "track", "userId": None, "anonymousId": None, "event": "x"}, "missing_user", "userId"),
        ({"type": "track", "userId": "u"}, "missing_value", "event"),
        ({"type": "track", "userId": "u", "event": " "}, "missing_value", "event"),
        ({"type": "track", "userId": True, "event": "x"}, "bad_id", "userId"),
        ({"type": "track", "userId": {"id": 1}, "event": "x"}, "bad_id", "userId"),
        ({"type": "track", "userId": "a\x00b", "event": "x"}, "bad_id", "userId"),
        ({"type": "track", "userId": "u" * 501, "event": "x"}, "value_too_long", "userId"),
        ({"type": "track", "userId": "u", "event": "x", "messageId": "m" * 501}, "value_too_long", "messageId"),
        ({"type": "track", "userId": "u", "event": "x", "timestamp": "yesterday"}, "bad_instant", "timestamp"),
        ({"type": "track", "userId": "u", "event": "x", "timestamp": 1700000000}, "bad_instant", "timestamp"),
        ({"type": "track", "userId": "u", "event": "x", "timestamp": "0001-01-01T00:00:00+14:00"}, "bad_instant", "timestamp"),
        ({"type": "track", "userId": "u", "event": "x", "timestamp": "1801-01-01T00:00:00Z"}, "year_out_of_range", "timestamp"),
        ({"type": "track", "userId": "u", "event": "x", "properties": []}, "not_an_object", "properties"),
        ({"type": "track", "userId": "u", "event": "x", "properties": {"quantity": -1}}, "quantity_below_zero", "properties.quantity"),
        ({"type": "track", "userId": "u", "event": "x", "properties": {"quantity": "NaN"}}, "bad_number", "properties.quantity"),
        ({"type": "track", "userId": "u", "event": "x", "properties": {"quantity": 10**12}}, "number_too_big", "properties.quantity"),
        ({"type": "track", "userId": "u", "event": "x", "properties": {"value": [1]}}, "bad_number", "properties.value"),
        ({"type": "group", "userId": "u"}, "missing_value", "groupId"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_code_and_the_field(said: dict[str, Any], code: str, field: str) -> None:
    found = fault(**said)
    assert (found.code, found.field) == (code, field)
    assert field in found.message


def test_a_common_slip_is_named() -> None:
    assert "user_id, which is written userId" in fault(type="track", user_id="u", event="x").message
    assert "action: 'track' instead" in fault(userId="u", action="track", event="x").message


def test_a_call_that_contradicts_its_address_is_refused() -> None:
    assert fault("track", type="identify", userId="u").code == "wrong_type"


def test_a_wrong_clock_is_corrected_by_what_it_says_of_the_sending() -> None:
    late = Arrival.of(NOW, (NOW - timedelta(hours=26)).isoformat())
    assert call(late, type="track", userId="u", event="x", timestamp=(NOW - timedelta(hours=27)).isoformat()).at == NOW - timedelta(hours=1)
    # Within the slack it may as well be the way that took so long.
    slow = Arrival.of(NOW, (NOW - timedelta(minutes=50)).isoformat())
    said = NOW - timedelta(hours=2)
    assert call(slow, type="track", userId="u", event="x", timestamp=said.isoformat()).at == said
    assert Arrival.of(NOW, "not a time").sent_at is None


def test_nothing_happens_after_it_was_received() -> None:
    soon = call(type="track", userId="u", event="x", timestamp=(NOW + timedelta(hours=23)).isoformat())
    assert (soon.at, soon.future) == (NOW, False)
    far = call(type="track", userId="u", event="x", timestamp="2038-01-19T03:14:07Z")
    assert (far.at, far.future) == (NOW, True)


def test_a_repeat_has_the_same_digest_whatever_the_order_and_another_body_has_another() -> None:
    one = call(type="track", userId="u", event="x", properties={"a": 1, "b": 2}, messageId="m", timestamp="2026-01-01T00:00:00Z")
    again = segment.understand(
        {
            "timestamp": "2026-01-01T00:00:00Z",
            "properties": {"b": 2, "a": 1},
            "event": "x",
            "userId": "u",
            "messageId": "m",
            "type": "track",
        },
        Arrival(NOW + timedelta(hours=1), NOW),
    )
    assert isinstance(again, Call)
    assert again.digest == one.digest
    other = call(type="track", userId="u", event="x", properties={"a": 1}, messageId="m", timestamp="2026-01-01T00:00:00Z")
    assert other.digest != one.digest


def test_a_message_without_id_gets_one_of_what_it_says() -> None:
    said: dict[str, Any] = {"type": "track", "userId": "u", "event": "x", "timestamp": "2026-01-01T00:00:00Z"}
    assert call(**said).message_id == call(Arrival(NOW + timedelta(days=1)), **said).message_id
    timeless: dict[str, Any] = {"type": "track", "userId": "u", "event": "x"}
    assert call(**timeless).message_id != call(Arrival(NOW + timedelta(days=1)), **timeless).message_id


def event(**said: Any) -> Call:
    found = posthog.understand(said, Arrival(NOW))
    assert isinstance(found, Call), found
    return found


def test_posthogs_events_people_and_groups() -> None:
    seen = event(event="order", distinct_id="u", uuid="1", properties={"$groups": {"company": "acme", "project": "p"}, "$lib": "x", "n": 1})
    assert (seen.kind, seen.user_id, seen.account_id, seen.properties) == ("track", "u", "acme", {"n": 1})
    assert event(event="order", distinct_id="u", properties={"$groups": {"project": "p"}}).account_id == "p"
    assert event(event="order", distinct_id="u", properties={"$groups": {"project": "p", "x": "y"}}).account_id == ""
    person = event(event="$identify", distinct_id="u", properties={"$anon_distinct_id": "anon", "$set": {"email": "a@b.c"}})
    assert (person.kind, person.other_id, person.traits) == ("identify", "anon", {"email": "a@b.c"})
    assert event(event="$set", distinct_id="u", **{"$set": {"name": "Ann"}}).traits == {"name": "Ann"}
    group = event(event="$groupidentify", distinct_id="made up", properties={"$group_key": "acme", "$group_set": {"name": "Acme"}})
    assert (group.kind, group.user_id, group.account_id, group.traits) == ("group", "", "acme", {"name": "Acme"})
    bad = posthog.understand({"event": "order"}, Arrival(NOW))
    assert isinstance(bad, Fault)
    assert (bad.code, bad.field) == ("missing_user", "distinct_id")


@given(st.dictionaries(st.sampled_from(["type", "userId", "event", "timestamp", "properties", "traits", "context", "messageId", "groupId"]),
                       st.none() | st.text(max_size=10) | st.integers() | st.floats() | st.lists(st.integers(), max_size=2)
                       | st.dictionaries(st.text(max_size=5), st.integers(), max_size=2)))  # fmt: skip
def test_any_object_is_understood_or_refused(said: dict[str, Any]) -> None:
    for found in (segment.understand(said, Arrival(NOW)), posthog.understand(said, Arrival(NOW))):
        assert isinstance(found, (Call, Fault))


@NEEDS_VECTORS
def test_what_real_clients_send_is_taken() -> None:
    cases = json.loads((VECTORS / "client_requests.json").read_text())
    kinds: dict[str, int] = {}
    for name, case in cases.items():
        reader = segment.understand if name.startswith("segment") else posthog.understand if name.startswith("posthog") else None
        for request in case["requests"] if reader else []:
            if request["method"] != "POST":
                continue
            for said in request["json"]["batch"]:
                found = reader(said, Arrival(NOW)) if reader else None
                assert isinstance(found, Call), (name, found)
                kinds[found.kind] = kinds.get(found.kind, 0) + 1
    assert set(kinds) == {"track", "identify", "group", "alias"}


@NEEDS_VECTORS
def test_the_examples_of_the_documentation_are_taken_or_told_their_slip() -> None:
    examples = json.loads((VECTORS / "segment_spec_examples.json").read_text())
    verdicts: dict[str, int] = {}
    for example in examples:
        found = segment.understand(example["payload"], Arrival(NOW))
        verdicts[found.code if isinstance(found, Fault) else "taken"] = (
            verdicts.get(found.code if isinstance(found, Fault) else "taken", 0) + 1
        )
    # 34 say `action` for the type; of the others a few leave out everybody.
    assert verdicts["missing_type"] == 34
    assert sum(verdicts.values()) == 70
    assert set(verdicts) == {"taken", "missing_type", "missing_user"}
