"""Laws of the intake's parser for whatever is sent: it never raises, its limits hold, and the same said again is the same call."""

from __future__ import annotations

import gzip
import io
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.tracking import posthog_v1, segment
from accounts.tracking.body import BodyError, read_body
from accounts.tracking.calls import Call, Fault
from accounts.tracking.envelope import open_batch, read_call
from accounts.tracking.intake import Answer, understood
from accounts.tracking.policy import MAX_BODY_BYTES, MAX_DEPTH, MAX_ID_BYTES, MAX_ID_CHARS, MAX_QUANTITY, MAX_VALUE
from accounts.tracking.saying import Arrival

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NAMES = (
    "type", "userId", "anonymousId", "groupId", "previousId", "messageId", "event", "name", "timestamp", "originalTimestamp", "properties",
    "traits", "context", "distinct_id", "uuid", "$set", "$set_once", "options", "quantity", "value", "account", "id", "$groups", "company",
    "$group_key", "$group_set", "$anon_distinct_id", "alias", "$ignore_sent_at", "x",
)  # fmt: skip
WORDS = (
    *segment.KINDS,
    "$identify",
    "$groupidentify",
    "$create_alias",
    "$set",
    "order",
    "2026-11-03T10:00:00Z",
    "2026-11-03",
    "1e12",
    "-1",
    "",
)


def characters(most: int) -> st.SearchStrategy[str]:
    """Any characters, halves of pairs and NUL too."""
    return st.text(st.characters(exclude_categories=()), max_size=most)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | characters(12) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | characters(4), inner, max_size=5),
    max_leaves=15,
)
# Good calls, of which some places say something else: else next to all would be refused for the first field that is looked at.
_GOOD: dict[str, Any] = {
    "userId": "u",
    "event": "order",
    "groupId": "g",
    "previousId": "p",
    "distinct_id": "d",
    "properties": {"$group_key": "g"},
}
said = st.builds(
    lambda kind, event, changes: {**_GOOD, "type": kind, **event, **changes},
    st.sampled_from(segment.KINDS),
    st.sampled_from(["order", "$identify", "$groupidentify", "$create_alias"]).map(lambda event: {"event": event}),
    st.dictionaries(st.sampled_from(NAMES), anything, max_size=4),
)
TRACKERS = ("segment", "posthog")


def whole(text: str) -> bool:
    """Whether it holds no half of a pair."""
    return not any("\ud800" <= one <= "\udfff" for one in text)


def judged(raw: bytes, tracker: str, now: datetime = NOW) -> Call | Fault:
    """What becomes of a call's bytes, as at the door."""
    found, _replaced, fault = read_call(raw)
    if found is None:
        assert fault is not None
        return fault
    return understood(found, Arrival(now), tracker, "")


@pytest.mark.parametrize("tracker", TRACKERS)
@given(call=said)
def test_any_call_is_understood_within_what_columns_hold_or_refused_with_a_reason(tracker: str, call: dict[str, Any]) -> None:
    found = judged(json.dumps(call).encode(), tracker)
    if isinstance(found, Fault):
        assert found.code
        assert found.field in found.message
        return
    for name in (found.user_id, found.account_id, found.other_id, found.action, found.message_id):
        assert len(name) <= MAX_ID_CHARS
        assert len(name.encode()) <= MAX_ID_BYTES
        assert "\x00" not in name
    assert found.at <= NOW
    assert 0 <= found.quantity < MAX_QUANTITY
    assert found.quantity == round(found.quantity, 6)
    assert found.value is None or (abs(found.value) < MAX_VALUE and found.value == round(found.value, 4))
    assert found.user_id or found.other_id or found.account_id
    assert (found.action != "") == (found.kind == "track")
    # What is stored as JSON beside it can be stored: no NUL and no half of a pair.
    assert "\\u0000" not in json.dumps([found.properties, found.traits])
    json.dumps([found.properties, found.traits], ensure_ascii=False).encode()


@pytest.mark.parametrize("tracker", TRACKERS)
@given(call=said, later=st.integers(0, 10**6), order=st.randoms(use_true_random=False))
def test_the_same_said_again_is_the_same_call_whenever_it_comes_and_however_it_is_written(
    tracker: str, call: dict[str, Any], later: int, order: Any
) -> None:
    first = judged(json.dumps(call).encode(), tracker)
    names = list(call)
    order.shuffle(names)
    written = json.dumps({name: call[name] for name in names}, ensure_ascii=False, indent=1)
    if not whole(written):
        written = json.dumps(call)
    again = judged(written.encode(), tracker, NOW + timedelta(seconds=later))
    if isinstance(first, Fault):
        assert isinstance(again, Fault)
        assert (again.code, again.field) == (first.code, first.field)
        return
    assert isinstance(again, Call)
    assert again.digest == first.digest
    # Only a message without an id and a time of its own is another one each time.
    if call.get("timestamp") or not first.message_id.startswith("made:"):
        assert again.message_id == first.message_id


@given(calls=st.lists(said, max_size=6), broken=st.integers(0, 6), packed=st.booleans())
def test_a_batch_is_the_calls_that_were_put_into_it_whatever_stands_between_them(
    calls: list[dict[str, Any]], broken: int, packed: bool
) -> None:
    pieces = [json.dumps(call).encode() for call in calls]
    pieces.insert(min(broken, len(pieces)), b'{"a": NaN}')
    body = b'{"sentAt": "2026-11-03", "batch": [' + b" , ".join(pieces) + b"]}"
    read = read_body(io.BytesIO(gzip.compress(body) if packed else body), "gzip" if packed else "")
    assert open_batch(read).calls == pieces


@given(st.integers(1, 80), st.sampled_from([(b"[", b"]"), (b'{"a":', b"}")]))
def test_no_call_deeper_than_the_limit_is_taken_and_none_less_deep_is_too_deep(levels: int, bracket: tuple[bytes, bytes]) -> None:
    opening, closing = bracket
    inner = b"0" if opening == b'{"a":' else b""
    found, _replaced, fault = read_call(b'{"x":' + opening * levels + inner + closing * levels + b"}")
    assert (found is None) == (levels + 1 > MAX_DEPTH)
    assert fault is None or fault.code == "too_deep"


@given(st.integers(MAX_BODY_BYTES - 2, MAX_BODY_BYTES + 2), st.sampled_from(["", "gzip"]))
def test_no_body_above_the_limit_is_read(size: int, encoding: str) -> None:
    body = b" " * size
    sent = io.BytesIO(gzip.compress(body, 1) if encoding else body)
    if size <= MAX_BODY_BYTES:
        assert len(read_body(sent, encoding)) == size
        return
    with pytest.raises(BodyError) as refused:
        read_body(sent, encoding)
    assert refused.value.status == 413


@given(st.binary(max_size=400) | st.text('{}[]",:\\ ubatch01nN\t', max_size=200).map(str.encode))
@example(b'{"batch": [NaN, "' + b'\\"' * 100_000)
@example(b'{"batch": [NaN' + b',"a\\' * 100_000)
def test_any_bytes_are_a_batch_or_refused(body: bytes) -> None:
    with suppress(BodyError):
        for raw in open_batch(body).calls:
            for tracker in TRACKERS:
                assert isinstance(judged(raw, tracker), (Call, Fault))


@given(st.lists(st.binary(max_size=30) | said.map(lambda call: json.dumps(call).encode()), max_size=6), st.data())
def test_the_newer_answer_names_every_uuid_once_and_never_calls_stored_what_is_not(raws: list[bytes], data: st.DataObject) -> None:
    refused = data.draw(st.sets(st.integers(0, max(len(raws) - 1, 0)), max_size=len(raws)))
    lines = [{"index": place, "code": "x", "field": "", "message": "y"} for place in sorted(refused) if place < len(raws)]
    told = posthog_v1.told(raws, Answer(rejected=lines))["results"]
    for place, raw in enumerate(raws):
        name = (read_call(raw)[0] or {}).get("uuid")
        if isinstance(name, str) and name:
            assert told[name]["result"] == "drop" or place not in refused
    assert set(told) <= {(read_call(raw)[0] or {}).get("uuid") for raw in raws if isinstance((read_call(raw)[0] or {}).get("uuid"), str)}


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=9) | st.sampled_from([Decimal("999999999999.9999995"), Decimal("0.0000005")])
)
def test_a_number_is_kept_as_it_was_said_to_the_last_place_or_refused(number: Decimal) -> None:
    for tracker, base in (("segment", {"type": "track", "userId": "u"}), ("posthog", {"distinct_id": "u"})):
        call = {**base, "event": "x", "properties": {"quantity": str(number), "value": str(number)}}
        found = judged(json.dumps(call).encode(), tracker)
        if isinstance(found, Call):
            assert found.value is not None
            assert abs(found.quantity - number) <= Decimal("0.0000005")
            assert abs(found.value - number) <= Decimal("0.00005")
        else:
            assert found.code in {"quantity_below_zero", "number_too_big"}
