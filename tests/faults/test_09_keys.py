"""Check 9: keys that are wrong, cut, revoked, of another kind or in the wrong place all get the same 401, and are written nowhere."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import oracle
from tests.faults.book import events, write_accounts, write_source
from tests.faults.clients import Reply, basic, post, run_apart
from tests.faults.results import FULL, Result, control, reported, sized
from tests.faults.supervisor import POSTGRES, VALKEY, WEB, Supervisor

NUMBER = "9"
SABOTAGE = "tests.faults.sabotage_intake:"
_TABLES = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace"


@pytest.fixture
def portal(cluster: Path) -> Iterator[Supervisor]:
    with Supervisor(cluster) as found:
        found.start(POSTGRES, VALKEY)
        write_accounts(found, 2)
        yield found


def try_key(portal: Supervisor, headers: dict[str, str], *, path: str = "/v1/batch", **more: str) -> Reply:
    """Send a batch with these headers, `more` going into the body."""
    body = json.dumps({"batch": events(1, 2, seed=1, prefix=secrets.token_hex(8)), **more}).encode()
    reply = run_apart(post(portal.web_port, path, body, {"Content-Type": "application/json", **headers}))
    assert reply is not None
    return reply


def wrong_ways(key: str, revoked: str, token: str) -> dict[str, dict[str, str]]:
    """Headers, or fields of the body, that must not open the door."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    return {
        "none": {},
        "wrong": basic("wrong"),
        "cut by one": basic(key[:-1]),
        "its prefix": basic(key[:8]),
        "one letter more": basic(key + "x"),
        "other case": basic(key.swapcase()),
        "its hash": basic(digest),
        "revoked": basic(revoked),
        "a token of the REST": {"Authorization": f"Bearer {token}"},
        "as the password": {"Authorization": "Basic " + base64.b64encode(f":{key}".encode()).decode()},
        "no base64": {"Authorization": f"Basic {key}"},
        "under another scheme": {"Authorization": f"Digest {key}"},
        "in a header of another name": {"X-Write-Key": key},
        "a NUL in it": basic(key[:4] + "\x00" + key[4:]),
    }


def check_refusals(portal: Supervisor, name: str, result: Result | None = None) -> None:
    """All get one and the same 401 and store nothing; a key that is revoked ends with the next request."""
    key, revoked, token = write_source(portal, name), write_source(portal, f"{name} revoked"), f"csm_{secrets.token_hex(32)}"
    assert try_key(portal, basic(key)).status == 200
    assert try_key(portal, basic(revoked)).status == 200
    portal.query("UPDATE accounts_source SET revoked_at = now() WHERE name = %s", f"{name} revoked")
    before = len(oracle.ids_stored(portal))
    bodies = set()
    for words, headers in wrong_ways(key, revoked, token).items():
        reply = try_key(portal, headers)
        assert reply.status == 401, f"a key that is {words}: {reply.status}"
        bodies.add(json.dumps(reply.body))
    for words, path in (("in the address", f"/v1/batch?writeKey={key}"), ("in the address", f"/batch/?api_key={key}")):
        reply = try_key(portal, {}, path=path)
        assert reply.status == 401, f"a key {words}: {reply.status}"
        bodies.add(json.dumps(reply.body))
    assert len(bodies) == 1, bodies
    guesses = sized(200, 10_000)
    statuses = run_apart(guessed(portal.web_port, guesses))
    assert statuses == {401}
    assert len(oracle.ids_stored(portal)) == before
    # The intake's key opens nothing else.
    assert get_status(portal, "/api/v1/accounts/", key) == 401
    # Another key of the source ends the one before.
    assert try_key(portal, basic(key)).status == 200
    if result is not None:
        result.faults = len(wrong_ways(key, revoked, token)) + 2 + guesses
        result.note(f"{guesses:,} guesses refused, one body for all")


async def guessed(port: int, count: int) -> set[int]:
    """The statuses of so many guesses, by eight at once."""
    rng, found = random.Random(3), set()
    body = json.dumps({"batch": events(1, 2, seed=1, prefix="guess")}).encode()
    todo = iter(range(count))

    async def guess() -> None:
        for _number in todo:
            reply = await post(port, "/v1/batch", body, basic(f"{rng.getrandbits(256):064x}"))
            found.add(reply.status if reply else 0)

    await asyncio.gather(*(guess() for _ in range(8)))
    return found


def get_status(portal: Supervisor, path: str, key: str) -> int:
    """The status of a GET with the key as a bearer's token."""

    async def ask() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", portal.web_port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 300)
        writer.close()
        return int(answer.split(b" ", 2)[1])

    return run_apart(ask())


def check_traces(portal: Supervisor, name: str, result: Result | None = None) -> None:
    """No key, right or wrong, is in the whole database nor in any log."""
    key = write_source(portal, name)
    wrong = f"wrong-{secrets.token_hex(16)}"
    for one in (key, wrong):
        for address in ("/v1/batch", "/batch/", "/v1/track", "/i/v0/e/"):
            try_key(portal, basic(one), path=address)
        try_key(portal, {}, writeKey=one)
        try_key(portal, {}, path="/batch/", api_key=one)
        get_status(portal, "/nowhere/", one)
    read = 0
    with portal.connect() as session:
        for (table,) in session.execute(_TABLES).fetchall():
            with session.cursor().copy(f'COPY "{table}" TO STDOUT'.encode()) as copy:
                text = b"".join(bytes(piece) for piece in copy)
            read += len(text)
            assert key.encode() not in text, f"the key stands in {table}"
            assert wrong.encode() not in text, f"a wrong key stands in {table}"
    for path in portal.home.glob("*.log"):
        text = path.read_bytes()
        read += len(text)
        assert key.encode() not in text, f"the key stands in {path.name}"
        assert wrong.encode() not in text, f"a wrong key stands in {path.name}"
    if result is not None:
        result.note(f"0 keys in {read / 1e6:.1f} MB of tables and logs")


def test_a_key_that_is_not_right_gets_one_401_and_is_written_nowhere(portal: Supervisor) -> None:
    portal.start(WEB)
    with reported(NUMBER, "Write keys") as result:
        check_refusals(portal, "keys", result)
        check_traces(portal, "traces", result)


def test_the_check_sees_a_revoked_key_that_passes(portal: Supervisor) -> None:
    portal.sabotage = (SABOTAGE + "revoked_keys_pass",)
    portal.start(WEB)
    with control(NUMBER, "revoked keys pass"):
        check_refusals(portal, "revoked pass")


@pytest.mark.skipif(not FULL, reason="a second control, at full size")
def test_the_check_sees_a_key_in_a_log(portal: Supervisor) -> None:
    portal.sabotage = (SABOTAGE + "keys_in_the_log",)
    portal.start(WEB)
    with control(NUMBER, "keys in the log"):
        check_traces(portal, "talkative")
