# ruff: noqa: S608 - the name of a table of ours
"""The typed table of a long file, chunk by chunk; the next chunk is typed on a second connection while this one is written."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event, Thread

from django.db import DataError, connection, transaction

from accounts.loading.binding import Bound
from accounts.loading.job import TYPED, Job, run
from accounts.loading.staging import SHARED
from accounts.loading.typing_rows import Setting, create_typed

# Names in use at once: one being written, one waiting, one being typed.
TABLES = 3
PATIENCE_SECONDS = 0.2


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


def fill_typed(bound: Bound, setting: Setting, more: str, table: str = TYPED, kind: str = "TEMP") -> None:
    """Make the typed table: hastily, and where a value does not bear that, with every check."""
    run(f"DROP TABLE IF EXISTS {table}")
    try:
        with transaction.atomic():
            run(create_typed(bound, setting, table, more, quick=True, kind=kind))
    except DataError:
        run(create_typed(bound, setting, table, more, kind=kind))
    # Without figures the planner takes a condition on `problem` for a rare one and joins in loops.
    run(f"ANALYZE {table} (n, message_id, account_id, problem)" if "message_id" in bound.texts else f"ANALYZE {table}")


def typed_chunks(job: Job, size: int, prepare: Callable[[], None]) -> Iterator[Chunk]:
    """Each chunk in turn, with TYPED standing for its rows until the next is asked for. `prepare` readies a new connection."""
    chunks = spans(job.done_through, job.staged.records, size)
    if len(chunks) > 1 and job.staged.shared and not job.bound.joins and not connection.in_atomic_block:
        with closing(_typed_ahead(job, chunks, prepare)) as ahead:
            yield from ahead
        return
    for chunk in chunks:
        fill_typed(job.bound, job.setting, chunk.more)
        yield chunk


def _typed_ahead(job: Job, chunks: list[Chunk], prepare: Callable[[], None]) -> Generator[Chunk, None, None]:
    ready: Queue[tuple[Chunk, str] | BaseException] = Queue(maxsize=1)
    stopped, freed = Event(), [Event() for _ in range(TABLES)]
    for event in freed:
        event.set()

    def work() -> None:
        try:
            prepare()
            for place, chunk in enumerate(chunks):
                slot = place % TABLES
                while not freed[slot].wait(PATIENCE_SECONDS):
                    if stopped.is_set():
                        return
                freed[slot].clear()
                table = f"{SHARED}typed_{slot}"
                fill_typed(job.bound, job.setting, chunk.more, table, "UNLOGGED")
                if not _offer(ready, (chunk, table), stopped):
                    return
        except BaseException as error:  # noqa: BLE001 - whatever it is, the loading thread must know
            _offer(ready, error, stopped)
        finally:
            connection.close()

    thread = Thread(target=work, name="load-typing", daemon=True)
    thread.start()
    try:
        for place in range(len(chunks)):
            found = _await(ready, thread)
            if isinstance(found, BaseException):
                raise found
            chunk, table = found
            with _standing_for(table):
                yield chunk
            freed[place % TABLES].set()
    finally:
        stopped.set()
        thread.join()
        if not connection.needs_rollback:
            for slot in range(TABLES):
                run(f"DROP TABLE IF EXISTS {SHARED}typed_{slot}")


def _offer(queue: Queue[tuple[Chunk, str] | BaseException], item: tuple[Chunk, str] | BaseException, stopped: Event) -> bool:
    while not stopped.is_set():
        try:
            queue.put(item, timeout=PATIENCE_SECONDS)
        except Full:
            continue
        return True
    return False


def _await(queue: Queue[tuple[Chunk, str] | BaseException], thread: Thread) -> tuple[Chunk, str] | BaseException:
    while True:
        try:
            return queue.get(timeout=PATIENCE_SECONDS)
        except Empty:
            if not thread.is_alive() and queue.empty():
                return RuntimeError("the typing of the file stopped without a word")


@contextmanager
def _standing_for(table: str) -> Iterator[None]:
    """TYPED is another name for the table meanwhile."""
    run(f"DROP TABLE IF EXISTS {TYPED}")
    run(f"CREATE TEMP VIEW {TYPED} AS SELECT * FROM {table}")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            run(f"DROP VIEW IF EXISTS {TYPED}")
