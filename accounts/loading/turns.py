"""The order of chunks that are written at once: each passes two gates after the one before it."""

from __future__ import annotations

from threading import Condition


class Stopped(Exception):
    """A chunk before this one failed; this one must not be kept."""


class Turns:
    """Which chunk may pass which gate. Chunks are numbered from 0."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._next = {"keys": 0, "end": 0}
        self._failed: int | None = None

    def wait(self, gate: str, place: int) -> None:
        """Return when all chunks before `place` have left the gate. Raises Stopped when one of them never will."""
        with self._changed:
            self._changed.wait_for(lambda: self._next[gate] == place or self.stopped(place))
            if self._next[gate] != place:
                raise Stopped

    def leave(self, gate: str) -> None:
        """The chunk that stands in the gate lets the next one in."""
        with self._changed:
            self._next[gate] += 1
            self._changed.notify_all()

    def fail(self, place: int) -> None:
        """Chunks after this one must not be kept."""
        with self._changed:
            self._failed = place if self._failed is None else min(place, self._failed)
            self._changed.notify_all()

    def stopped(self, place: int) -> bool:
        """Whether a chunk before this one failed."""
        return self._failed is not None and self._failed < place


class Turn:
    """One chunk's way through the gates; without `turns` nobody else is on the way."""

    def __init__(self, turns: Turns | None = None, place: int = 0) -> None:
        self._turns, self._place = turns, place

    def await_keys(self) -> None:
        """The keys of all earlier chunks are in (their transactions may be open)."""
        if self._turns:
            self._turns.wait("keys", self._place)

    def leave_keys(self) -> None:
        """The keys are in."""
        if self._turns:
            self._turns.leave("keys")

    def await_end(self) -> None:
        """All earlier chunks are committed."""
        if self._turns:
            self._turns.wait("end", self._place)

    def leave_end(self) -> None:
        """The chunk is committed."""
        if self._turns:
            self._turns.leave("end")


ALONE = Turn()
