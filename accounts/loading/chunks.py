"""A long file in chunks: two connections write at once, in the order of the file where it counts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

from django.db import DataError, connection, transaction

from accounts.loading.binding import Bound
from accounts.loading.job import TYPED, describe_typed, run
from accounts.loading.turns import ALONE, Stopped, Turn, Turns
from accounts.loading.typing_rows import Setting, create_typed


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


def write_chunks(chunks: list[Chunk], write: Callable[[Chunk, Turn], None], prepare: Callable[[], None] | None) -> None:
    """Write every chunk, the first one here; with `prepare`, the others on a second connection too, which it readies.

    What fails in either keeps the chunks before it and is raised here.
    """
    if prepare is None or len(chunks) == 1:
        for chunk in chunks:
            write(chunk, ALONE)
        return
    turns, queue = Turns(), deque(enumerate(chunks))
    errors: list[tuple[int, BaseException]] = []

    def work(mine: tuple[int, Chunk] | None) -> None:
        while mine and not turns.stopped(mine[0]):
            place, chunk = mine
            try:
                turn = Turn(turns, place)
                write(chunk, turn)
                turn.leave_end()
            except Stopped:
                return
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised below
                turns.fail(place)
                errors.append((place, error))
                return
            mine = following()

    def following() -> tuple[int, Chunk] | None:
        try:
            return queue.popleft()
        except IndexError:
            return None

    def help_out() -> None:
        try:
            prepare()
            work(following())
        except BaseException as error:  # noqa: BLE001
            turns.fail(-1)
            errors.append((-1, error))
        finally:
            connection.close()

    helper = Thread(target=help_out, name="load-writing", daemon=True)
    first = following()
    helper.start()
    work(first)
    helper.join()
    if errors:
        raise min(errors, key=lambda found: found[0])[1]
