"""Clients that post ready bodies to a web server on lasting connections: as fast as it answers, or at a steady pace."""

from __future__ import annotations

import http.client
import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Posted:
    """What clients saw: seconds each answer took from when its request was due, the whole time, and answers other than 200."""

    seconds: float = 0.0
    taken: list[float] = field(default_factory=list)
    failed: int = 0


def post_all(address: str, path: str, key: str, bodies: Sequence[bytes], *, clients: int, a_second: float = 0) -> Posted:
    """Post every body once; with `a_second` each at its time, late or not, so that a slow server is not spared by its slowness."""
    found = Posted()
    turn = itertools.count()
    began = time.perf_counter() + 0.05

    def client(_number: int) -> list[tuple[float, int]]:
        post = _poster(address, path, key)
        seen = []
        while (place := next(turn)) < len(bodies):
            due = began + place / a_second if a_second else time.perf_counter()
            time.sleep(max(0.0, due - time.perf_counter()))
            status = post(bodies[place])
            seen.append((time.perf_counter() - due, status))
        return seen

    with ThreadPoolExecutor(max_workers=clients) as pool:
        answers = list(itertools.chain.from_iterable(pool.map(client, range(clients))))
    found.seconds = time.perf_counter() - began
    found.taken = sorted(one for one, status in answers if status == 200)
    found.failed = sum(status != 200 for _one, status in answers)
    return found


def _poster(address: str, path: str, key: str) -> Callable[[bytes], int]:
    parts = urlsplit(address)
    server = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}

    def post(body: bytes) -> int:
        server.request("POST", path, body, headers)
        answer = server.getresponse()
        answer.read()
        return answer.status

    return post
