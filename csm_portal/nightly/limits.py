"""Time and memory one part of a night may take, and which failures may be an account's own."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection

from csm_portal.portal.night.reasons import MEMORY_REASON, TIME_REASON

MB = 1024 * 1024
# How long after a statement was cancelled, or the code interrupted, it is tried again.
_AGAIN_SECONDS = 5
# The server's own trouble or the program's, never a figure's: lost connections, deadlocks, no disk, too many clients, unknown tables.
_NOT_OF_AN_ACCOUNT = ("08", "40", "42", "53100", "53300", "55", "57P", "58", "F0")
_LONGEST_REASON = 500


class OverTimeError(Exception):
    """A part of the night took longer than it may."""


def is_of_an_account(problem: BaseException) -> bool:
    """Whether the failure may come from the data of single accounts, so that looking for them is worth it."""
    # Only a worker has such a limit, and has Celery loaded; the command starts without it.
    celery = sys.modules.get("celery.exceptions")
    if celery is not None and isinstance(problem, celery.SoftTimeLimitExceeded):
        return False
    code = _sqlstate(problem)
    if code:
        return not code.startswith(_NOT_OF_AN_ACCOUNT)
    return not isinstance(problem, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError | OSError)


def reason_of(problem: BaseException) -> str:
    """What went wrong, in one line for people."""
    if isinstance(problem, MemoryError) or _sqlstate(problem) == "53200":
        return MEMORY_REASON
    if isinstance(problem, OverTimeError) or _sqlstate(problem) == "57014":
        return TIME_REASON
    first = next(iter(str(problem).strip().splitlines()), "")
    return f"{type(problem).__name__}: {first}"[:_LONGEST_REASON]


def _sqlstate(problem: BaseException | None) -> str:
    while problem is not None:
        code = getattr(problem, "sqlstate", None)
        if code:
            return str(code)
        problem = problem.__cause__
    return ""


@contextmanager
def limited(seconds: float, megabytes: int) -> Iterator[None]:
    """End what is done inside after so many seconds by `OverTimeError`, or a cancelled statement; more memory is a `MemoryError`.

    Memory counts from what the process holds now. It is limited, like code that waits without computing, only in a process of its own
    (the worker's and the command's main thread): beside a page the limit would be the page's too.
    """
    connection.ensure_connection()
    watch = _Watch(threading.get_ident(), connection.connection)
    alone = threading.current_thread() is threading.main_thread()
    before = resource.getrlimit(resource.RLIMIT_AS)
    former = signal.signal(signal.SIGALRM, watch.interrupt) if alone else None
    watch.former = former
    keeper = threading.Thread(target=watch.keep, args=(seconds, alone), name="time of a part of the night", daemon=True)
    keeper.start()
    try:
        if alone:
            _set_memory(megabytes, before)
        yield
    except RuntimeError as problem:
        # The database's driver wraps what interrupts it.
        if watch.over and isinstance(problem.__cause__ or problem.__context__, OverTimeError):
            raise OverTimeError from problem
        raise
    finally:
        try:
            watch.end()
        except OverTimeError:
            watch.end()
        if alone:
            resource.setrlimit(resource.RLIMIT_AS, before)
            signal.signal(signal.SIGALRM, former)
        keeper.join()


def _set_memory(megabytes: int, before: tuple[int, int]) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    wanted = pages * resource.getpagesize() + megabytes * MB
    soft, hard = before
    ceilings = [limit for limit in (wanted, soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(ceilings), hard))


@dataclass
class _Watch:
    """The time of one part: a statement is cancelled, code is interrupted."""

    thread: int
    database: Any
    over: bool = False
    former: Any = None
    _ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, seconds: float, alone: bool) -> None:
        wait = seconds
        while not self._ended.wait(wait):
            with self._lock:
                if self._ended.is_set():
                    return
                self._stop(alone)
                self.over = True
            wait = _AGAIN_SECONDS

    def _stop(self, alone: bool) -> None:
        asked = self.database.info.transaction_status == psycopg.pq.TransactionStatus.ACTIVE
        if asked:
            # A server too busy to listen is asked again.
            with contextlib.suppress(psycopg.Error):
                self.database.cancel()
        if asked and not self.over:
            # A copy that waits for its next line does not hear of it: then the code that makes the line is interrupted next.
            return
        self.over = True
        if alone:
            signal.pthread_kill(self.thread, signal.SIGALRM)
        else:
            _raise_in(self.thread, OverTimeError)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """The signal's handler. Another's alarm is the other's."""
        if self.over and not self._ended.is_set():
            raise OverTimeError
        if not self.over and callable(self.former):
            self.former(number, frame)

    def end(self) -> None:
        self._ended.set()
        with self._lock:
            # What was sent and has not arrived is taken back.
            _raise_in(self.thread, None)


def _raise_in(thread: int, what: type[Exception] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(what) if what is not None else None)
