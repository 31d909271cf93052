"""Batches as calls: each in its own bytes, and one that cannot be read takes no other with it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.tracking.body import BodyError
from accounts.tracking.envelope import open_batch, read_call
from accounts.tracking.policy import MAX_CALL_BYTES, MAX_DEPTH

GOOD = b'{"type": "track", "event": "a]b"}'


def batch(*calls: bytes) -> bytes:
    return b'{"sentAt": "2026-03-02", "batch": [' + b", ".join(calls) + b'], "writeKey": "k"}'


def test_calls_come_as_the_bytes_they_were_sent_in() -> None:
    found = open_batch(batch(GOOD, b'{ "a" :1 }'))
    assert found.calls == [GOOD, b'{ "a" :1 }']
    assert found.about == {"sentAt": "2026-03-02", "writeKey": "k"}


DEEP = b"[" * 5000 + b"]" * 5000
BROKEN = {
    "not a number": b'{"a": NaN}',
    "half a character": b'{"event": "x\\ud800y"}',
    "nested beyond reason": b'{"a": ' + DEEP + b"}",
    "no JSON": b'{"a": tru}',
}


@pytest.mark.parametrize("bad", BROKEN.values(), ids=list(BROKEN))
def test_one_that_cannot_be_read_leaves_the_others(bad: bytes) -> None:
    found = open_batch(batch(GOOD, bad, GOOD))
    assert found.calls == [GOOD, bad, GOOD]
    assert found.about["sentAt"] == "2026-03-02"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'"x"',
        b'{"batch": {}}',
        b'{"batch": [{}',
        b'{"batch": [}]',
        '{"batch": []}'.encode("utf-16"),
        b"\xff",
        b"null",
        b'{"batch": 3}',
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(BodyError) as found:
        open_batch(body)
    assert found.value.status == 400


def test_an_empty_batch_holds_no_call() -> None:
    assert open_batch(b'{"batch": []}').calls == []


def code_of(raw: bytes) -> str:
    _found, _replaced, fault = read_call(raw)
    return fault.code if fault else ""


def test_a_call_of_just_the_limit_is_read_and_one_byte_more_is_not() -> None:
    frame = b'{"a": ""}'
    assert code_of(b'{"a": "' + b"x" * (MAX_CALL_BYTES - len(frame)) + b'"}') == ""
    assert code_of(b'{"a": "' + b"x" * (MAX_CALL_BYTES - len(frame) + 1) + b'"}') == "too_large"


def test_depth_is_counted_with_the_call_as_the_first_level() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a": ' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    assert code_of(nested(MAX_DEPTH)) == ""
    assert code_of(nested(MAX_DEPTH + 1)) == "too_deep"
    assert code_of(nested(10_000)) == "too_deep"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"[1]", "not_an_object"), (b"1", "not_an_object"), (b"{", "bad_json"), (b'{"a": 1e400}', "bad_json"),
        (b'{"a": "\xff"}', "bad_json"),
        (b'{"a": Infinity}', "bad_json"), (b"", "bad_json"),
    ],
)  # fmt: skip
def test_what_is_no_call_says_what_it_is(raw: bytes, code: str) -> None:
    assert code_of(raw) == code


def test_characters_that_cannot_be_stored_are_replaced_and_said_so() -> None:
    assert read_call(b'{"a": "x\\ud800y", "b": ["\\u0000"]}') == ({"a": "x\ufffdy", "b": ["\ufffd"]}, True, None)
    assert read_call(b'{"a": "\\udc00"}') == ({"a": "\ufffd"}, True, None)
    # A whole pair is a character, and an escaped backslash before the u makes it a word.
    assert read_call(b'{"a": "\\ud83d\\ude00"}') == ({"a": "\U0001f600"}, False, None)
    assert read_call(b'{"a": "\\\\ud800"}') == ({"a": "\\ud800"}, False, None)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.sampled_from(["a", "batch", "b"]), json_values), max_size=5), st.booleans())
def test_whatever_is_sent_is_read_as_it_is_meant(calls: list[dict[str, Any]], ascii_only: bool) -> None:
    body = json.dumps({"batch": calls, "sentAt": "x"}, ensure_ascii=ascii_only).encode()
    assert [read_call(one)[0] for one in open_batch(body).calls] == calls
    # The careful way, taken where one call is broken, cuts the same pieces.
    broken = body.replace(b'"batch": [', b'"batch": [{"n": NaN}' + (b", " if calls else b""), 1)
    assert [read_call(one)[0] for one in open_batch(broken).calls[1:]] == calls


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    found, _replaced, fault = read_call(raw)
    assert (found is None) == (fault is not None)
    with suppress(BodyError):
        open_batch(b'{"batch": [' + raw + b"]}")
