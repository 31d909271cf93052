"""Somebody who reads all the while: asks the portal again and again, and keeps what it answered."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

ACCOUNTS = "/api/v1/accounts/?page_size=1000"
HEADLINES = "/api/v1/headlines/"
PAUSE = 0.05
# Bands and levels that a row may have; an account that no night has seen has none of a day.
_SEEN = ("green", "amber", "red", "unknown")


@dataclass
class Seen:
    """What the answers said: for each address and as-of day the different bodies, and what was wrong with an answer."""

    bodies: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    counts: set[int] = field(default_factory=set)
    answers: int = 0
    days: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def take(self, address: str, body: dict[str, Any]) -> None:
        """Note one answer."""
        self.answers += 1
        rows = body["results"]
        days = {row["as_of"] for row in rows}
        if len(days) != 1:
            self.wrong.append(f"{address} speaks of {len(days)} days: {sorted(map(str, days))}")
            return
        (day,) = days
        if self.days and str(day) < self.days[-1]:
            self.wrong.append(f"{address} went back from {self.days[-1]} to {day}")
        if not self.days or self.days[-1] != day:
            self.days.append(str(day))
        self.bodies[address, str(day)].add(hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest())
        if address == ACCOUNTS:
            self.counts.add(len(rows))
            unknown = [row["external_id"] for row in rows if row["health"] is not None and row["health"]["band"] not in _SEEN]
            if unknown:
                self.wrong.append(f"accounts with a band nobody knows: {unknown}")

    def torn(self) -> list[str]:
        """Days of which one address answered differently at different times: not all of it was published at once."""
        return [f"{address} of {day}: {len(found)} versions" for (address, day), found in self.bodies.items() if len(found) > 1]


class Reader:
    """Asks every 50 ms from a thread of its own, in turn, while the block runs."""

    def __init__(self, address: str, token: str, paths: tuple[str, ...] = (ACCOUNTS, HEADLINES)) -> None:
        self.address, self.token, self.paths = address, token, paths
        self.seen = Seen()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._read, name="reader", daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None) -> None:
        self.over.set()
        self.thread.join(120)

    def _read(self) -> None:
        while not self.over.is_set():
            for path in self.paths:
                self.ask(path)
            time.sleep(PAUSE)

    def ask(self, path: str) -> None:
        """One question; an answer that is none is wrong."""
        request = urllib.request.Request(self.address + path, headers={"Authorization": f"Bearer {self.token}"})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=120) as answer:
                self.seen.take(path, json.load(answer))
        except (OSError, ValueError) as problem:
            self.seen.wrong.append(f"{path}: {type(problem).__name__}: {problem}")
