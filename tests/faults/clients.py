"""Senders of events as trackers send them, over plain sockets: many at once, dropping connections, sending again until they are heard."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

# A sender that hears nothing for this long sends again. Long: on a busy machine nothing may be sent again for mere slowness.
PATIENCE = 300.0
# As trackers do, a sender gives a batch up that is answered 500 again and again; 503 and silence it bears for ever.
MOST_ERRORS = 5


@dataclass(frozen=True)
class Reply:
    """What was answered, and how long it took from the first byte sent."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]
    seconds: float


@dataclass
class Log:
    """What the senders saw. `acknowledged`: message ids of batches answered 2xx."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    wrong_sums: int = 0
    dropped: int = 0
    cut_off: int = 0
    acknowledged: set[str] = field(default_factory=set)
    # (when answered by time.monotonic(), seconds it took, status)
    answered: list[tuple[float, float, int]] = field(default_factory=list)
    without_retry_after: int = 0

    def note(self, batch: Sequence[Any], reply: Reply) -> None:
        """Count a reply."""
        self.statuses[reply.status] += 1
        self.answered.append((time.monotonic(), reply.seconds, reply.status))
        if reply.status in {429, 503}:
            self.without_retry_after += "retry-after" not in reply.headers
        if reply.status != 200:
            return
        self.sent += len(batch)
        counted = {name: reply.body[name] for name in ("accepted", "duplicate", "conflict")} | {"rejected": len(reply.body["rejected"])}
        self.verdicts.update(counted)
        self.wrong_sums += sum(counted.values()) != len(batch)
        self.acknowledged.update(one["messageId"] for one in batch)

    def server_errors(self) -> int:
        """Answers that say neither yes nor no nor later."""
        return sum(count for status, count in self.statuses.items() if status >= 500 and status != 503)

    def slowest(self, share: float = 0.99, since: float = 0.0, until: float = float("inf")) -> float:
        """Seconds within which that share of the answers came."""
        taken = sorted(seconds for at, seconds, _status in self.answered if since <= at <= until)
        return taken[min(len(taken) - 1, int(len(taken) * share))] if taken else 0.0


async def post(
    port: int, path: str, body: bytes, headers: dict[str, str], *, drop: bool = False, patience: float = PATIENCE
) -> Reply | None:
    """One request on a connection of its own; None where `drop` closes it before the answer. Raises OSError where it is cut off."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = {"Host": "127.0.0.1", "Content-Length": str(len(body)), "Connection": "close", **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        writer.write(f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        await writer.drain()
        if drop:
            return None
        answer = await asyncio.wait_for(reader.read(), patience)
    finally:
        writer.close()
    return parsed(answer, time.monotonic() - began)


def parsed(answer: bytes, seconds: float) -> Reply:
    """An answer's bytes. Raises ConnectionResetError where they are not a whole one."""
    head, found, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines[1:])}
    if headers.get("transfer-encoding") == "chunked":
        body = unchunked(body)
    if not found or len(body) < int(headers.get("content-length", len(body))):
        raise ConnectionResetError("the answer was cut off")
    said = json.loads(body) if headers.get("content-type", "").startswith("application/json") else {}
    return Reply(int(lines[0].split()[1]), said, headers, seconds)


def unchunked(body: bytes) -> bytes:
    """The content of a body sent in pieces. Raises ConnectionResetError where the last is missing."""
    content = b""
    while body:
        size, _line, body = body.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return content
        content, body = content + body[:length], body[length + 2 :]
    raise ConnectionResetError("the answer was cut off")


def basic(key: str) -> dict[str, str]:
    """The header of a write key."""
    return {"Authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}", "Content-Type": "application/json"}


def batches(events: Sequence[Any], rng: random.Random, most: int = 100) -> Iterator[list[Any]]:
    """The events in their order, cut into batches of 1 to `most`."""
    start = 0
    while start < len(events):
        size = rng.randrange(1, most + 1)
        yield list(events[start : start + size])
        start += size


async def deliver(
    port: int,
    key: str,
    todo: Iterable[list[Any] | None],
    log: Log,
    *,
    senders: int = 8,
    drop: float = 0.0,
    seed: int = 0,
    packed: float = 0.5,
    patience: float = PATIENCE,
) -> None:
    """Send every batch until it is answered 2xx or 4xx (or `MOST_ERRORS` times 500), by several senders at once; a share of the requests is
    dropped unheard, and sent again, and a share is gzip. None among the batches: nothing to send just now.
    """
    source = iter(todo)
    await asyncio.gather(
        *(_Sender(port, key, log, drop, packed, random.Random(f"{seed} {number}"), patience).work(source) for number in range(senders))
    )


@dataclass
class _Sender:
    """One of the senders: a request at a time, the same batch again until somebody has answered."""

    port: int
    key: str
    log: Log
    drop: float
    packed: float
    rng: random.Random
    patience: float
    errors: int = 0

    async def work(self, source: Iterator[list[Any] | None]) -> None:
        for batch in source:
            if batch is None:
                await asyncio.sleep(0.005)
                continue
            self.errors = 0
            while self.errors < MOST_ERRORS and not await self.tried(batch):
                await asyncio.sleep(0.05 + self.rng.random() * 0.1)

    async def tried(self, batch: list[Any]) -> bool:
        """Whether the batch needs no other try."""
        body, headers = json.dumps({"batch": batch}).encode(), basic(self.key)
        if self.rng.random() < self.packed:
            body, headers = gzip.compress(body, 1), {**headers, "Content-Encoding": "gzip"}
        try:
            reply = await post(self.port, "/v1/batch", body, headers, drop=self.rng.random() < self.drop, patience=self.patience)
        except (OSError, TimeoutError):
            self.log.cut_off += 1
            self.errors += self.patience < PATIENCE
            return False
        if reply is None:
            self.log.dropped += 1
            return False
        self.log.note(batch, reply)
        self.errors += reply.status == 500
        return reply.status not in {429, 500, 502, 503}


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end in a thread of its own: a browser that another test has open keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, work).result()


def send_all(port: int, key: str, todo: Iterable[list[Any]], **how: Any) -> Log:
    """`deliver` to its end; what the senders saw."""
    log = Log()
    run_apart(deliver(port, key, todo, log, **how))
    return log


@contextmanager
def sending(port: int, key: str, make: Callable[[int], list[Any]], *, senders: int = 4, a_second: float = 0.0, **how: Any) -> Iterator[Log]:
    """Send the batches `make(0)`, `make(1)`, … while the block runs, then finish those begun. `a_second`: no more batches than that."""
    log, stop = Log(), threading.Event()

    def endless() -> Iterator[list[Any] | None]:
        began, number = time.monotonic(), 0
        while not stop.is_set():
            if a_second and number > (time.monotonic() - began) * a_second:
                yield None
                continue
            yield make(number)
            number += 1

    failed: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(deliver(port, key, endless(), log, senders=senders, **how))
        except BaseException as problem:  # noqa: BLE001 - told to the test below
            failed.append(problem)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield log
    finally:
        stop.set()
        thread.join(PATIENCE)
    if failed:
        raise failed[0]
    assert not thread.is_alive(), "the senders do not finish"
