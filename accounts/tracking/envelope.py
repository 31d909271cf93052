"""A body as the calls in it: each as its own bytes, so that one that cannot be read does not take the others with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from accounts.tracking.body import BodyError
from accounts.tracking.calls import Fault
from accounts.tracking.policy import MAX_CALL_BYTES, MAX_DEPTH

# Strings are skipped as a whole, so that a bracket inside one is none. One that never ends goes to the end of the body, and nothing is
# tried twice (`*+`): a body of open quotes would otherwise be read once for each of them.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
# An escape of half a character, which no text can hold; an escaped backslash before it makes it a word.
_HALF = re.compile(
    rb"(?<!\\)((?:\\\\)*)\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..\\u[dD])[c-fC-F][0-9a-fA-F]{2})"
)
NUL, UNKNOWN_CHARACTER = "\x00", "\ufffd"


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
    writeKey: Any = None  # noqa: N815 - the sender's name
    api_key: Any = None
    token: Any = None
    sentAt: Any = None  # noqa: N815 - the sender's name
    sent_at: Any = None
    context: Any = None
    historical_migration: Any = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """A batch: the calls as bytes, in order, and what was said about all of them."""

    calls: list[bytes]
    about: Mapping[str, Any] = field(default_factory=dict)


_BATCH = msgspec.json.Decoder(_Batch)


def open_batch(body: bytes) -> Envelope:
    """The calls of a body `{"batch": […]}`. Raises BodyError (400) where it is no such thing."""
    try:
        found = _BATCH.decode(body)
    except (msgspec.ValidationError, RecursionError, msgspec.DecodeError, UnicodeDecodeError) as problem:
        return _opened_with_care(body, problem)
    about = {name: getattr(found, name) for name in ("writeKey", "api_key", "token", "sentAt", "sent_at", "context")}
    return Envelope([bytes(one) for one in found.batch], {name: value for name, value in about.items() if value is not None})


def read_call(raw: bytes) -> tuple[dict[str, Any] | None, bool, Fault | None]:
    """One call's bytes as an object; whether characters that cannot be stored were replaced in it; or what is wrong with it."""
    if len(raw) > MAX_CALL_BYTES:
        return None, False, Fault("too_large", "", f"The call has {len(raw):,} bytes; at most {MAX_CALL_BYTES:,} are taken.")
    replaced = False
    try:
        try:
            found = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            mended = _HALF.sub(rb"\1\\ufffd", raw)
            if mended == raw:
                raise
            found, replaced = msgspec.json.decode(mended), True
    except RecursionError:
        return None, False, _too_deep()
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as problem:
        return None, False, Fault("bad_json", "", f"The call is no JSON: {problem}.")
    if not isinstance(found, dict):
        return None, False, Fault("not_an_object", "", "A call is an object with a type, such as track.")
    # Without so many brackets it cannot be so deep; inside strings they are counted too, which only means that it is looked at.
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _too_deep_in(found):
        return None, False, _too_deep()
    if b"\\u0000" in raw:
        return _without_nul(found), True, None
    return found, replaced, None


def _opened_with_care(body: bytes, problem: Exception) -> Envelope:
    """The same by brackets alone, for a body of which some call cannot be read; the rest around the batch must be readable."""
    bounds = _bounds(body)
    if bounds is None:
        raise BodyError(400, "bad_json", f"The body is no JSON object with a list named batch: {problem}.") from None
    first, last, cuts = bounds
    try:
        about = msgspec.json.decode(body[:first] + body[last:])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        raise BodyError(400, "bad_json", f"The body is no JSON object with a list named batch: {problem}.") from None
    return Envelope([body[start:end].strip() for start, end in cuts], {key: value for key, value in about.items() if key != "batch"})


def _bounds(body: bytes) -> tuple[int, int, list[tuple[int, int]]] | None:
    """Where the inside of the list named batch begins and ends, and where each call in it does; None where brackets do not match."""
    depth, name, first, start = 0, b"", -1, -1
    cuts: list[tuple[int, int]] = []
    for token, place in _tokens(body):
        if token in b"[{":
            depth += 1
            if depth == 2 and token == b"[" and name == b'"batch"' and first < 0:
                first = start = place + 1
        elif token in b"]}":
            if depth == 2 and start >= 0 and token == b"]":
                if body[start:place].strip():
                    cuts.append((start, place))
                return first, place, cuts
            depth -= 1
        elif token == b",":
            if depth == 2 and start >= 0:
                cuts.append((start, place))
                start = place + 1
        elif depth == 1:
            name = token
    return None


def _tokens(body: bytes) -> Iterator[tuple[bytes, int]]:
    for found in _TOKEN.finditer(body):
        yield found.group(), found.start()


def _too_deep() -> Fault:
    return Fault("too_deep", "", f"The call is nested deeper than {MAX_DEPTH} levels.")


def _too_deep_in(found: dict[str, Any]) -> bool:
    level: list[Any] = [found]
    for _depth in range(MAX_DEPTH):
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one) if isinstance(inner, (dict, list))]
        if not level:
            return False
    return True


def _without_nul(found: Any) -> Any:
    """The same without NUL, which no text of a database can hold. No deeper than MAX_DEPTH by now."""
    if isinstance(found, str):
        return found.replace(NUL, UNKNOWN_CHARACTER)
    if isinstance(found, list):
        return [_without_nul(one) for one in found]
    if isinstance(found, dict):
        return {_without_nul(key): _without_nul(value) for key, value in found.items()}
    return found
