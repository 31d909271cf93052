"""The run and its steps as rows: what is done stays done, whatever kills the process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import psycopg
from django.db import connection, transaction

from accounts.models import DirtyDay
from health.models import AccountDay, AccountPeriod, HealthScore, Run, RunStep, ScenarioPeriod
from health.types import RunState

# One build at a time in this database; the number only has to differ from other advisory locks.
_LOCK = 0x43534D_01

Say = Callable[[str], None]


class NightBusyError(Exception):
    """Another process is building right now."""


@contextmanager
def only_builder() -> Iterator[None]:
    """Hold the build lock on a connection of its own, so that a killed process gives it back at once.

    Transaction-level on purpose: a pooler between us and PostgreSQL may hand a session to somebody else.
    """
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.ClientCursor}) as guard:
        # The guard only waits: a server that ends idle transactions must leave it alone.
        guard.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        taken = guard.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK]).fetchone()
        if taken is None or not taken[0]:
            raise NightBusyError("Another night is being built; this one was skipped.")
        yield


def open_run(as_of: date, first_day: date, now: datetime) -> Run:
    """The unfinished run of that day to go on with, else a new one. Call it under the build lock."""
    unfinished = Run.objects.filter(as_of=as_of, state__in=[RunState.BUILDING, RunState.VERIFIED]).first()
    return unfinished or Run.objects.create(as_of=as_of, first_day=first_day, started_at=now)


def drop_unfinished(as_of: date) -> int:
    """Mark unfinished runs of other days and every held one as failed, drop what they built and let their days go; all is built anew."""
    unfinished = Run.objects.filter(state__in=[RunState.BUILDING, RunState.VERIFIED]).exclude(as_of=as_of)
    held = Run.objects.filter(state=RunState.HELD)
    ids = [*unfinished.values_list("pk", flat=True), *held.values_list("pk", flat=True)]
    drop_rows(ids)
    dropped = unfinished.update(state=RunState.FAILED, error="Given up for a later day.")
    return dropped + held.update(state=RunState.FAILED, error="Held, and replaced by the next run.")


def drop_rows(runs: Sequence[int]) -> None:
    """Remove what unpublished runs built and let the days they claimed go, so that the next run redoes them."""
    DirtyDay.objects.filter(claimed_by__in=runs).update(claimed_by=None)
    drop_rows_built(runs)


def drop_rows_built(runs: Sequence[int]) -> None:
    """Remove what unpublished runs built; the days they claimed stay theirs."""
    for model in (AccountDay, AccountPeriod, ScenarioPeriod, HealthScore):
        model.objects.filter(run_id__in=runs).delete()


@dataclass
class Ledger:
    """Runs each chunk once: the chunk's rows and its ledger row land in one transaction."""

    run: Run
    clock: Callable[[], datetime]
    say: Say

    def find(self, step: str, label: str) -> RunStep | None:
        """What the ledger says of a chunk; None when it was not ended."""
        return RunStep.objects.filter(run=self.run, step=step, chunk=label).first()

    def chunk(self, step: str, label: str, work: Callable[[], int], *, quiet: bool = False) -> int:
        """Do `work` unless the ledger has it; returns the rows written, now or then."""
        done = self.find(step, label)
        if done is not None:
            return done.rows
        began = time.monotonic()
        with transaction.atomic():
            rows = work()
            seconds = round(time.monotonic() - began, 3)
            self.add(step, label, rows, seconds)
        if not quiet:
            self.say(f"{step} {label}: {rows:,} rows, {seconds:.1f} s")
        return rows

    def add(self, step: str, label: str, rows: int = 0, seconds: float = 0) -> None:
        """Write a chunk, or a mark about one, into the ledger."""
        RunStep.objects.create(run=self.run, step=step, chunk=label, rows=rows, seconds=seconds, finished_at=self.clock())

    def forget(self, step: str) -> None:
        """Take the chunks of a step that was only tried out of the ledger."""
        RunStep.objects.filter(run=self.run, step=step).delete()

    def close(self, step: str, label: str, rows: int) -> None:
        """Put the chunk in the place of its parts, with the time they took."""
        with transaction.atomic():
            parts = RunStep.objects.filter(run=self.run, step=step, chunk__startswith=f"{label} ")
            seconds = sum(parts.values_list("seconds", flat=True))
            parts.delete()
            self.add(step, label, rows, round(seconds, 3))
        self.say(f"{step} {label}: {rows:,} rows, {seconds:.1f} s")
