"""What was drawn last, kept by everything it was drawn from: rows of a list hardly change between two nights, and drawing them is dear.

What is kept is a function of its key and of nothing else: no token and no clock may enter it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")
# Says how many rows the list has, not what this one shows.
NOT_SHOWN = {"n_total"}


class Drawn(Generic[T]):
    """At most `most` things of this process; all are let go when there are more."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Hashable, T] = {}
        self._writing = threading.Lock()

    def get(self, key: Hashable, draw: Callable[[], T]) -> T:
        """What was drawn under the key, drawn now where it was not."""
        found = self._kept.get(key)
        if found is None:
            found = draw()
            with self._writing:
                if len(self._kept) >= self._most:
                    self._kept.clear()
                self._kept[key] = found
        return found

    def __len__(self) -> int:
        return len(self._kept)

    def clear(self) -> None:
        """Let everything go."""
        self._kept.clear()


def values_of(instance: Any) -> str:
    """Everything that a row of the database was read with, related rows left out."""
    return repr([(name, value) for name, value in vars(instance).items() if name[0] != "_" and name not in NOT_SHOWN])
