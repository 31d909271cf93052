"""Some 2,000 payloads, the same on every run: bodies that are no batch, calls that are refused, odd calls that are taken."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from accounts.tracking.policy import MAX_BODY_BYTES, MAX_CALL_BYTES, MAX_DEPTH, MAX_ID_BYTES, MAX_ID_CHARS

SEGMENT, POSTHOG = "segment", "posthog"
BATCH = {SEGMENT: "/v1/batch", POSTHOG: "/batch/"}
STAMP = "2026-11-03T10:00:00Z"
_HOLE = '"<<here>>"'


class Body(NamedTuple):
    """A request that is no batch at all, and the status it is answered with."""

    name: str
    body: bytes
    encoding: str = ""
    status: int = 400


class BadCall(NamedTuple):
    """A call that is refused, and what the answer names."""

    name: str
    tracker: str
    raw: bytes
    code: str
    field: str


def nested(levels: int) -> bytes:
    """Lists in lists."""
    return b"[" * levels + b"]" * levels


# --- Whole bodies -----------------------------------------------------------------------------------------------------------
_GOOD_CALL = {"type": "track", "userId": "u", "event": "x", "messageId": "m", "timestamp": STAMP}
GOOD_BODY = json.dumps({"batch": [_GOOD_CALL], "sentAt": STAMP}).encode()
_WORDS = {
    "empty": b"", "blank": b" \r\n", "null": b"null", "a number": b"1", "a text": b'"x"', "true": b"true", "a list": b"[]",
    "a list of calls": b'[{"type": "track"}]', "no list": b'{"batch": {}}', "null for a list": b'{"batch": null}',
    "text for a list": b'{"batch": "[]"}', "number for a list": b'{"batch": 1}', "another name": b'{"Batch": [{}]}', "no name": b"{}",
    "an empty batch": b'{"batch": []}', "an empty batch with blanks": b'{"batch": [ \n ]}',
    "lines": GOOD_BODY + b"\n" + GOOD_BODY, "something behind": GOOD_BODY + b"x", "something before": b"x" + GOOD_BODY,
    "a form": b"data=%7B%22event%22%3A1%7D&verbose=1", "XML": b"<batch><track/></batch>", "HTML": b"<!doctype html><html></html>",
    "single quotes": GOOD_BODY.replace(b'"', b"'"), "a comment": b"/* */" + GOOD_BODY, "no quotes": b"{batch: [{type: track}]}",
    "an open bracket": b'{"batch": [{"a": 1}', "a bracket too many": b'{"batch": [{"a": 1}]]', "crossed brackets": b'{"batch": [{"a": 1]}',
    "NUL": b"\0" * 100, "NUL before": b"\0" + GOOD_BODY, "half of it NUL": GOOD_BODY.replace(b" ", b"\0"),
    "a mark of order": b"\xef\xbb\xbf" + GOOD_BODY, "broken UTF-8": GOOD_BODY.replace(b'"sentAt": "', b'"sentAt": "\xff\xfe'),
    "broken beside the batch": GOOD_BODY.replace(b'"sentAt": "2026', b'"sentAt": NaN, "x": "2026'),
    "deep": nested(10_000), "deeper": nested(60_000), "deep objects": b'{"a":' * 50_000, "many brackets": b"{" * 10_000,
    "deep before the batch": b'{"a": ' + nested(20_000) + b', "batch": [{}]}', "open text": b'{"batch": ["' + b"x" * 1_000,
    # Read once for each quote, these would keep a process busy for minutes.
    "an open text of quotes": b'{"batch": [NaN, "' + b'\\"' * 200_000, "open texts": b'{"batch": [NaN' + b',"a\\' * 100_000,
    "backslashes": b'{"batch": ["' + b"\\" * 10_001, "a long number": b"9" * 100_000, "a long name": b'{"' + b"x" * 100_000 + b'": 1}',
}  # fmt: skip


def bodies() -> Iterator[Body]:
    """Requests of which nothing can be read, or nothing may be."""
    for name, body in _WORDS.items():
        yield Body(name, body)
    for cut in range(1, len(GOOD_BODY) - 1, 3):
        yield Body(f"cut after {cut} bytes", GOOD_BODY[:cut])
    for code in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037"):
        text = GOOD_BODY.decode().replace("{", "+AHs-") if code == "utf-7" else GOOD_BODY.decode()
        yield Body(f"in {code}", text.encode("ascii" if code == "utf-7" else code))
    chance = random.Random(20261122)
    for number in range(30):
        yield Body(f"chance {number}", b"\xff" + chance.randbytes(chance.randrange(1, 400)))
    packed = gzip.compress(GOOD_BODY)
    for cut in range(1, len(packed) - 1, 8):
        yield Body(f"gzip cut after {cut} bytes", packed[:cut], "gzip")
    yield from (Body(f"{kind} that is none", GOOD_BODY, kind) for kind in ("gzip", "x-gzip", "deflate"))
    yield Body("raw deflate", zlib.compress(GOOD_BODY, wbits=-15), "deflate")
    yield Body("gzip twice", gzip.compress(packed), "gzip")
    yield Body("gzip of nothing", gzip.compress(b""), "gzip")
    for kind in ("br", "zstd", "compress", "gzip, gzip", "*", "x"):
        yield Body(f"packed as {kind}", packed, kind, 415)
    yield Body("too large", b" " * (MAX_BODY_BYTES + 1), "", 413)
    yield Body("a bomb", gzip.compress(b" " * 20_000_000), "gzip", 413)
    yield Body("many empty members", gzip.compress(b"") * 40_000, "gzip", 413)


# --- Calls ------------------------------------------------------------------------------------------------------------------
_BASE: dict[str, dict[str, dict[str, Any]]] = {
    SEGMENT: {
        "track": {"type": "track", "userId": "u", "event": "x", "properties": {"quantity": 1}},
        "page": {"type": "page", "userId": "u", "name": "Home", "properties": {}},
        "screen": {"type": "screen", "anonymousId": "a", "properties": {}},
        "identify": {"type": "identify", "userId": "u", "traits": {"email": "a@b.example"}},
        "group": {"type": "group", "userId": "u", "groupId": "acme", "traits": {"name": "Acme"}},
        "alias": {"type": "alias", "userId": "u", "previousId": "before"},
    },
    POSTHOG: {
        "event": {"event": "order", "distinct_id": "u", "properties": {"n": 1}},
        "$identify": {"event": "$identify", "distinct_id": "u", "properties": {"$anon_distinct_id": "a"}, "$set": {"email": "a@b.example"}},
        "$groupidentify": {"event": "$groupidentify", "distinct_id": "x", "properties": {"$group_key": "acme", "$group_set": {}}},
        "$create_alias": {"event": "$create_alias", "distinct_id": "u", "properties": {"alias": "before"}},
    },
}  # fmt: skip
_NO_ID = ("true", "1.5", "[1]", '{"a": 1}', "1e300", '"a\\nb"', '"\\u0001"', '"a\\u0000b"', '"\\ud800"', '"x\\udc00"', '"\\u001fx\\u0000"')
_LONG = json.dumps("x" * (MAX_ID_CHARS + 1))
# Fewer characters than the most, and more bytes than an index row has room for.
_WIDE = json.dumps("\U0001f600" * (MAX_ID_BYTES // 4 + 1))
_NO_OBJECT = ("1", "1.5", "true", "false", '"x"', '""', "[]", "[{}]", "-0", "1e10")
_NO_JSON = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "01",
    "+1",
    "1.",
    ".5",
    "0x10",
    "tru",
    "'x'",
    "1" * 5_000,
    '"\\x"',
    '"\\u12"',
    '"\t"',
    "",
)
_NO_INSTANT = (
    "1", "1700000000", "1.5", "true", "[1]", '{"a": 1}', '"yesterday"', '"2026-13-01"', '"2026-02-30T00:00:00Z"', '"2026-11-03T24:61:00Z"',
    '"10000-01-01T00:00:00Z"', '"0000-01-01T00:00:00Z"', '"-2026-01-01"', '"9999-12-31T23:59:59-14:00"', '"0001-01-01T00:00:00+14:00"',
    '"2026-11-03T10:00:00+99:00"', '"\\u0000"', '"' + "9" * 5_000 + '"',
)  # fmt: skip
_NO_YEAR = ('"1899-12-31"', '"1000-01-01T00:00:00Z"', '"0002-01-01"', '"2201-01-01"', '"9998-12-31T23:59:59Z"')
_NO_NUMBER = ("true", "false", "[]", "[1]", "{}", '"x"', '"NaN"', '"sNaN"', '"-Infinity"', '"1,5"', '"0x10"', '"1 2"', '"\\u0000"', '"--1"')
_TOO_BIG = ('"1e400"', "1e300", "-1e300" , "1" + "0" * 30, '"' + "9" * 5_000 + '"', "9223372036854775808000000")  # fmt: skip


def _raw(base: dict[str, Any], path: str, fragment: str) -> bytes:
    """The call with a piece of JSON, good or not, at the place."""
    call: dict[str, Any] = json.loads(json.dumps(base))
    at = call
    *above, name = path.split("/")
    for step in above:
        at = at.setdefault(step, {})
    at[name] = json.loads(_HOLE)
    return json.dumps(call).replace(_HOLE, fragment).encode()


def calls() -> Iterator[BadCall]:
    """Calls that are refused, each with what is wrong in one place."""
    for tracker, kinds in _BASE.items():
        for kind, base in kinds.items():
            for path, field, fragments, code in (*_shared(tracker), *_own(tracker, kind)):
                for fragment in fragments:
                    yield BadCall(f"{kind} {path} {fragment[:40]}", tracker, _raw(base, path, fragment), code, field)
    for tracker in _BASE:
        yield from (BadCall(f"no call {raw[:20]!r}", tracker, raw, code, "") for raw, code in _whole())


_Wrong = tuple[str, str, Iterable[str], str]


def _shared(tracker: str) -> Iterator[_Wrong]:
    user, message = ("userId", "messageId") if tracker == SEGMENT else ("distinct_id", "uuid")
    for name in (user, message):
        yield name, name, _NO_ID, "bad_id"
        yield name, name, [_LONG, _WIDE], "value_too_long"
    yield "properties", "properties", _NO_OBJECT, "not_an_object"
    yield "timestamp", "timestamp", _NO_INSTANT, "bad_instant"
    yield "timestamp", "timestamp", _NO_YEAR, "year_out_of_range"
    for name in ("quantity", "value"):
        yield f"properties/{name}", f"properties.{name}", _NO_NUMBER, "bad_number"
        yield f"properties/{name}", f"properties.{name}", _TOO_BIG, "number_too_big"
    yield "properties/quantity", "properties.quantity", ("-1", "-0.5", '"-2"'), "quantity_below_zero"
    # What rounding would lift over the edge of the column.
    yield "properties/quantity", "properties.quantity", ('"999999999999.9999999"',), "number_too_big"
    yield "properties/value", "properties.value", ('"99999999999999.99999"', '"-99999999999999.99999"'), "number_too_big"
    yield "else", "", _NO_JSON, "bad_json"
    yield "else", "", [nested(levels).decode() for levels in (MAX_DEPTH, 1_000, 10_000)], "too_deep"
    yield "else", "", [json.dumps("x" * MAX_CALL_BYTES)], "too_large"


def _own(tracker: str, kind: str) -> Iterator[_Wrong]:
    if tracker == SEGMENT:
        for name in ("context", "traits"):
            yield name, name, _NO_OBJECT, "not_an_object"
        for name in ("anonymousId", "context/groupId", "traits/account"):
            fragments = [one for one in _NO_ID if not (name == "traits/account" and one.startswith("{"))]
            # A group names its account itself, so that nobody looks for another one.
            if kind != "group" or name == "anonymousId":
                yield name, name.replace("/", "."), [*fragments], "bad_id"
        yield "type", "type", ("null",), "missing_type"
        yield "type", "type", ("1", "true", "[]", "{}", '""', '"TRACK"', '"click"', '"\\u0000"'), "unknown_type"
    if kind in {"track", "event"}:
        yield "event", "event", ("null", "1", "true", "[]", "{}", '""', '"  "'), "missing_value"
        yield "event", "event", ('"a\\u0000b"', '"\\ud800"', '"a\\rb"'), "bad_id"
        yield "event", "event", [_LONG, _WIDE], "value_too_long"
    needed = {"group": "groupId", "alias": "previousId", "$groupidentify": "properties/$group_key"}.get(kind)
    if needed:
        yield needed, needed.replace("/", "."), ("null", '""', '" "'), "missing_value"
        yield needed, needed.replace("/", "."), _NO_ID, "bad_id"
    if kind == "event":
        yield "properties/$groups", "properties.$groups", _NO_OBJECT, "not_an_object"
        yield "properties/$groups/company", "properties.$groups.company", _NO_ID, "bad_id"
        yield "distinct_id", "distinct_id", ("null", '""', '" "'), "missing_user"
        yield "options", "options", _NO_OBJECT, "not_an_object"


def _whole() -> Iterator[tuple[bytes, str]]:
    yield from ((raw, "not_an_object") for raw in (b"1", b"-1.5", b"null", b"true", b'"x"', b"[]", b"[{}]", b'"{}"'))
    yield from ((raw, "bad_json") for raw in (b"{1}", b'{"a"}', b'{"a":}', b"{'a': 1}", b"nul", b'"\xff"', b'{"a" 1}', b"{:}"))
    yield b"{" + b'"a":{' * 100 + b"}" * 101, "too_deep"


# --- Odd, and taken -----------------------------------------------------------------------------------------------------------
def _signs(count: int) -> str:
    """Text that no compression makes shorter, four bytes a character."""
    chance = random.Random(count)
    return "".join(chr(chance.randrange(0x20000, 0x2A000)) for _place in range(count))


ODD_VALUES = (
    "9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775809", "1" + "0" * 300, "-0", "-0.0", "0.1",
    "1e308", "5e-324", "1e-400", '"\\u2028"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\udc00\\ud800"', '"a\\u0000b"', '"\\\\u0000"',
    '"\\\\ud800"', '"\\ufeff"', '"\\u202e"', '"\\uffff"', json.dumps(_signs(2_000), ensure_ascii=False), nested(MAX_DEPTH - 2).decode(),
    "{}", "[]", "null", '""', '{"a": 1, "a": 2}', '{"": {"": ""}}', '{"\\u0000": 1}', '{"\\ud800": 1, "\\ud801": 2}',
    '"' + "x" * 20_000 + '"', "[" + "0," * 8_000 + "0]",
)  # fmt: skip
_STAMPS = (
    "", "20261103T100000Z", "2026-11-03", "2026-W45-2", "2026-11-03 10:00", "2026-11-03T10:00:00.123456789+05:30", "2099-01-01",
)  # fmt: skip
_PEOPLE = (0, -1, 2**63, 2**70, "  u  ", "\u00fc", "a/b", "a%2Fb", "-" * MAX_ID_CHARS, _signs(MAX_ID_BYTES // 4))
_TRAITS = ("email", "name", "employees", "plan", "createdAt", "account", "csmEmail", "annualRevenue", "timezone", "isExecutive")


def odd() -> Iterator[tuple[str, bytes]]:
    """Segment calls that look wrong and say something all the same: each is taken, with or without a remark."""
    for kind, base in _BASE[SEGMENT].items():
        place = "traits" if kind in {"identify", "group"} else "properties"
        person = "anonymousId" if "anonymousId" in base else "userId"
        for number, fragment in enumerate(ODD_VALUES):
            yield f"{kind} {fragment[:40]}", _raw({**base, "messageId": f"{kind}-{number}"}, f"{place}/odd", fragment)
        yield f"{kind} at an unknown place", _raw({**base, "messageId": f"{kind}-else"}, "else", nested(MAX_DEPTH - 1).decode())
        for stamp in _STAMPS:
            yield f"{kind} at {stamp}", json.dumps({**base, "messageId": f"{kind}-{stamp}", "timestamp": stamp}).encode()
        for number, said in enumerate(_PEOPLE):
            yield f"{kind} of {str(said)[:40]}", json.dumps({**base, "messageId": f"{kind}-id-{number}", person: said}).encode()
    for name in _TRAITS:
        for kind in ("identify", "group"):
            for number, fragment in enumerate(ODD_VALUES):
                # There it names an account, and is judged as an id.
                if not (name == "account" and kind == "identify"):
                    base = {**_BASE[SEGMENT][kind], "messageId": f"{kind}-{name}-{number}"}
                    yield f"{kind} {name} {fragment[:40]}", _raw(base, f"traits/{name}", fragment)
