"""Check 6: bodies at their limits, bombs and liars, and senders that drip: refused in time, with memory and the others' service kept."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults import oracle, processes_of
from tests.faults.book import write_accounts, write_source
from tests.faults.clients import Log, Reply, basic, parsed, post, run_apart, send_all
from tests.faults.results import Result, control, controls, reported, sized, within
from tests.faults.supervisor import POSTGRES, VALKEY, WEB, Supervisor

NUMBER = "6"
SABOTAGE = "tests.faults.sabotage_intake:"
CALL_BYTES, BODY_BYTES = 32 * 1024, 500 * 1024
GROWTH_KB = 32 * 1024
BOMB_MB = sized(200, 1024)
REFUSED_SECONDS, SERVED_SECONDS = 1.0, 0.5


@pytest.fixture
def portal(cluster: Path) -> Iterator[Supervisor]:
    with Supervisor(cluster) as found:
        found.start(POSTGRES, VALKEY)
        write_accounts(found, 2)
        yield found


def call_of(size: int, name: str) -> bytes:
    """A track call of exactly so many bytes."""
    call = {"type": "track", "messageId": name, "userId": "user-1", "event": "e", "context": {"groupId": "acct-1"}, "properties": {"t": ""}}
    return json.dumps(call).replace('"t": ""', '"t": "' + "x" * (size - len(json.dumps(call))) + '"').encode()


def batch_of(size: int, name: str) -> bytes:
    """A batch of exactly so many bytes, of calls that are small enough each."""
    head, tail = b'{"batch": [', b"]}"
    calls: list[bytes] = []
    left = size - len(head) - len(tail)
    while left > 0:
        part = left if left <= 30_000 else 25_000
        calls.append(call_of(part, f"{name}-{len(calls)}"))
        left -= part + 1
    body = head + b",".join(calls) + tail
    assert len(body) == size
    return body


def bomb(megabytes: int) -> bytes:
    """A gzip body of nothing but spaces, a thousand times smaller than what is in it."""
    found = io.BytesIO()
    with gzip.GzipFile(fileobj=found, mode="wb", compresslevel=9) as out:
        for _ in range(megabytes):
            out.write(b" " * 1_000_000)
    return found.getvalue()


def members(body: bytes) -> bytes:
    """The body as three gzip members in a row."""
    third = len(body) // 3
    return b"".join(gzip.compress(body[start:end]) for start, end in ((0, third), (third, 2 * third), (2 * third, len(body))))


def bodies(name: str) -> list[tuple[str, bytes, str, int, int]]:
    """Body, its encoding, the status it is to get and how many events it adds."""
    small, packed = batch_of(2_000, f"{name}-small"), gzip.compress(batch_of(50_000, f"{name}-cut"))
    one = [b'{"batch": [' + call_of(CALL_BYTES + more, f"{name}-one{more}") + b"]}" for more in (0, 1)]
    whole = [batch_of(BODY_BYTES + more, f"{name}-whole{more}") for more in (0, 1)]
    inflated = [gzip.compress(batch_of(BODY_BYTES + more, f"{name}-packed{more}")) for more in (0, 1)]
    count = len(json.loads(whole[0])["batch"])
    return [
        ("an event of 32 KB", one[0], "", 200, 1),
        ("a byte more", one[1], "", 400, 0),
        ("a body of 500 KB", whole[0], "", 200, count),
        ("a byte more", whole[1], "", 413, 0),
        ("500 KB, gzip", inflated[0], "gzip", 200, count),
        ("a byte more, gzip", inflated[1], "gzip", 413, 0),
        ("several gzip members", members(small), "gzip", 200, 1),
        ("gzip in gzip", gzip.compress(gzip.compress(small)), "gzip", 400, 0),
        ("cut gzip", packed[: len(packed) // 2], "gzip", 400, 0),
        ("no gzip", b"{}", "gzip", 400, 0),
        (f"a bomb of {BOMB_MB} MB", bomb(BOMB_MB), "gzip", 413, 0),
    ]


def lies(body: bytes, key: str) -> dict[str, bytes]:
    """Requests whose length is not told or not true."""
    head = "POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in basic(key).items()
    )
    told = {"none": "", "too much": f"Content-Length: {len(body) + 10}\r\n", "too little": f"Content-Length: {len(body) - 10}\r\n"}
    told |= {"no number": "Content-Length: many\r\n", "below zero": "Content-Length: -1\r\n"}
    found = {name: f"{head}{line}\r\n".encode() + body for name, line in told.items()}
    return found | {"cut": f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2]}


async def raw(port: int, request: bytes) -> Reply | None:
    """What is answered to these bytes, after which nothing more is sent; None where the connection is just closed."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 300)
        return parsed(answer, time.monotonic() - began) if answer else None
    except OSError:
        return None
    finally:
        writer.close()


def send(portal: Supervisor, body: bytes, encoding: str, key: str) -> Reply:
    headers = basic(key) | ({"Content-Encoding": encoding} if encoding else {})
    reply = run_apart(post(portal.web_port, "/v1/batch", body, headers))
    assert reply is not None
    return reply


def check_limits(portal: Supervisor, name: str, result: Result | None = None) -> None:
    """Every body gets its status in time, and only what is right is stored; no worker grows by more than a body or two."""
    key = write_source(portal, name)
    send(portal, batch_of(2_000, f"{name}-first"), "", key)
    web, stored = portal.pid(WEB), len(oracle.ids_stored(portal))
    processes_of.forget_peaks(web)
    before = processes_of.memory_kb(web)
    slowest, wrong = 0.0, []
    for words, body, encoding, status, count in bodies(name):
        reply = send(portal, body, encoding, key)
        slowest = max(slowest, reply.seconds if status != 200 else 0.0)
        now = len(oracle.ids_stored(portal))
        if (reply.status, now - stored) != (status, count):
            wrong.append(f"{words}: {reply.status} and {now - stored} stored instead of {status} and {count}")
        stored = now
    grown = max(after - before.get(pid, after) for pid, after in processes_of.memory_kb(web, "VmHWM").items())
    if result is not None:
        result.faults += len(bodies(name))
        result.note(f"slowest refusal {slowest * 1000:.0f} ms, {grown / 1024:.0f} MB more memory of a worker at its peak")
    assert not wrong, "; ".join(wrong)
    assert grown < GROWTH_KB, f"a worker grew by {grown:,} KB"
    assert slowest < within(REFUSED_SECONDS)


def check_lies(portal: Supervisor, result: Result) -> None:
    """Of a request that lies about its length as much is stored as its answer says, and no answer is a 5xx."""
    key = write_source(portal, "liar")
    for words in lies(b"", key):
        before = len(oracle.ids_stored(portal))
        reply = run_apart(raw(portal.web_port, lies(batch_of(4_000, f"lie {words}"), key)[words]))
        assert reply is None or reply.status < 500, f"length {words}: {reply}"
        # The whole batch and then silence instead of ten bytes more: whoever sent that is told that the batch is stored, and it is.
        told = reply.body["accepted"] if reply is not None and reply.status == 200 else 0
        assert told == int(words == "too much"), f"length {words}: {reply}"
        assert len(oracle.ids_stored(portal)) - before == told
        result.faults += 1


@contextmanager
def dripping(port: int, count: int) -> Iterator[None]:
    """Connections that have said half a request and go no further."""

    async def open_all() -> list[asyncio.StreamWriter]:
        found = []
        for number in range(count):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            # Half of them stop inside the header, half inside the body.
            head = "POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            writer.write((head if number % 2 else head + 'Content-Length: 1000\r\n\r\n{"batch": [').encode())
            await writer.drain()
            found.append(writer)
        return found

    loop = asyncio.new_event_loop()
    writers = loop.run_until_complete(open_all())
    try:
        yield
    finally:
        for writer in writers:
            writer.close()
        loop.run_until_complete(asyncio.sleep(0.1))
        loop.close()


def test_limits_hold_to_the_byte_and_bombs_cost_nothing(portal: Supervisor) -> None:
    portal.start(WEB)
    with reported(NUMBER, "Size and bombs") as result:
        check_limits(portal, "limits", result)
        check_lies(portal, result)


def test_others_are_served_beside_senders_that_say_half_a_request(portal: Supervisor) -> None:
    portal.start(WEB)
    with reported(NUMBER, "Slow senders") as result:
        check_drips(portal, result)


def check_drips(portal: Supervisor, result: Result) -> None:
    """Others are served while many senders say half a request and no more."""
    key, slow = write_source(portal, "slow"), sized(40, 200)
    todo: list[list[Any]] = [[json.loads(call_of(400, f"slow-{number}"))] for number in range(sized(20, 400))]
    with dripping(portal.web_port, slow):
        log: Log = send_all(portal.web_port, key, todo, senders=2, patience=sized(120.0, 15.0))
    result.faults += slow
    result.note(f"p99 of the others {log.slowest() * 1000:.0f} ms beside {slow} senders that drip")
    assert log.statuses[200] == len(todo), log.statuses
    assert log.slowest() < within(SERVED_SECONDS)


@pytest.mark.parametrize(
    ("spoiled", "words", "because"),
    controls(
        ("one_byte_more", "a limit a byte higher", "a byte more"), ("unbounded_inflation", "bodies inflated at once", "a worker grew")
    ),
)
def test_the_check_sees(portal: Supervisor, spoiled: str, words: str, because: str) -> None:
    portal.sabotage = (SABOTAGE + spoiled,)
    portal.start(WEB)
    with control(NUMBER, words, because):
        check_limits(portal, spoiled)
