"""A long file in chunks: several connections write at once, in the order of the file where it counts."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

from django.db import DataError, connection, transaction

from accounts.loading.binding import Bound
from accounts.loading.job import TYPED, describe_typed, run
from accounts.loading.turns import ALONE, Stopped, Turn, Turns
from accounts.loading.typing_rows import Setting, create_typed

Write = Callable[["Chunk", Turn], None]
# Keys go in one chunk after the other, a quarter of the work: more connections would wait for each other.
MOST_HELPERS = 3


@dataclass(frozen=True)
class Chunk:
    """Records `first` to `last` of a file; `more` picks them among the staged ones."""

    first: int
    last: int

    @property
    def more(self) -> str:
        """Condition on the staged file."""
        return f"r.n BETWEEN {self.first} AND {self.last}"


def spans(done_through: int, records: int, size: int) -> list[Chunk]:
    """What is left of a file, in pieces; an empty file is one empty piece."""
    starts = range(done_through + 1, max(records, done_through + 1) + 1, size)
    return [Chunk(first, first + size - 1) for first in starts]


def fill_typed(bound: Bound, setting: Setting, more: str) -> None:
    """Make the typed table: hastily, and where a value does not bear that, with every check."""
    run(f"DROP TABLE IF EXISTS {TYPED}")
    try:
        with transaction.atomic():
            run(create_typed(bound, setting, more, quick=True))
    except DataError:
        run(create_typed(bound, setting, more))
    if bound.target.name != "events":
        describe_typed()


def helpers_here() -> int:
    """How many connections help the first one: the server is at work on all of them, so no more than there are other processors."""
    return min(MOST_HELPERS, max(1, (os.cpu_count() or 2) - 1))


def write_chunks(chunks: list[Chunk], write: Write, prepare: Callable[[], None] | None) -> None:
    """Write every chunk, the first one here; with `prepare`, the others on further connections too, which it readies.

    What fails in any of them keeps the chunks before it and is raised here.
    """
    if prepare is None or len(chunks) == 1:
        for chunk in chunks:
            write(chunk, ALONE)
        return
    together = _Together(chunks, write, prepare)
    first = together.following()
    n_helpers = min(helpers_here(), len(chunks) - 1)
    helpers = [Thread(target=together.help_out, name=f"load-writing-{place}", daemon=True) for place in range(1, 1 + n_helpers)]
    for helper in helpers:
        helper.start()
    together.work(first)
    for helper in helpers:
        helper.join()
    if together.errors:
        raise min(together.errors, key=lambda found: found[0])[1]


class _Together:
    """Chunks that several threads take one after the other, each on a connection of its own; `errors` by the place of the chunk."""

    def __init__(self, chunks: list[Chunk], write: Write, prepare: Callable[[], None]) -> None:
        self._write, self._prepare = write, prepare
        self._turns, self._queue = Turns(), deque(enumerate(chunks))
        self.errors: list[tuple[int, BaseException]] = []

    def following(self) -> tuple[int, Chunk] | None:
        """The next chunk that nobody has taken; None: all are."""
        try:
            return self._queue.popleft()
        except IndexError:
            return None

    def work(self, mine: tuple[int, Chunk] | None) -> None:
        """Write this chunk and those that are left, until one before it fails."""
        while mine and not self._turns.stopped(mine[0]):
            place, chunk = mine
            try:
                turn = Turn(self._turns, place)
                self._write(chunk, turn)
                turn.leave_end()
            except Stopped:
                return
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised by `write_chunks`
                self._fail(place, error)
                return
            mine = self.following()

    def help_out(self) -> None:
        """Work on a connection of this thread."""
        try:
            self._prepare()
            self.work(self.following())
        except BaseException as error:  # noqa: BLE001
            self._fail(-1, error)
        finally:
            connection.close()

    def _fail(self, place: int, error: BaseException) -> None:
        self._turns.fail(place)
        self.errors.append((place, error))
