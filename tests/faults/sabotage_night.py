"""What turns the checks of nights and jobs red: each function spoils one thing in the process it is called in, before that begins its work.

`hasten` spoils nothing: beat ticks and leases run out ten times as fast, so that a check need not wait minutes for a second.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import connection

from accounts.models import JobRun
from accounts.types import JobState
from csm_portal.nightly import build, jobs, leases, ledger, outbox, publish, restate

_put = setattr  # a name for it that says what is done, and that no checker takes for an assignment of its own
# Of the minute that beat ticks in, of the lease and of the heartbeat.
FASTER = 20
# What a spoiled piece of work says at the moment when a kill shows that it is spoiled.
NOTED = "noted"
# Rows that the ledger of a spoiled load runs ahead.
AHEAD = 500


def hasten() -> None:
    """Beat, leases, heartbeats and pauses after a failure at a twentieth of their time; messages come again after seconds."""
    from csm_portal.celery import app

    leases.LEASE /= FASTER
    for module in (jobs, outbox, restate):
        _put(module, "LEASE", leases.LEASE)
    leases.RENEW_SECONDS /= FASTER
    for entry in app.conf.beat_schedule.values():
        entry["schedule"] /= FASTER
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "visibility_timeout": 3}


def ledger_before_work() -> None:
    """A chunk is written down as done before it is, in a transaction of its own."""

    def chunk(self: ledger.Ledger, step: str, label: str, work: Callable[[], int], *, quiet: bool = False) -> int:
        done = self.find(step, label)
        if done is not None:
            return done.rows
        self.add(step, label)
        self.say(f"{NOTED} {step} {label}")
        time.sleep(0.5)
        rows = work()
        if not quiet:
            self.say(f"{step} {label}: {rows:,} rows")
        return rows

    _put(ledger.Ledger, "chunk", chunk)


def current_rows_first() -> None:
    """Half of the current rows are written before the switch, and seen."""
    from health.states import merge_states

    def early() -> int:
        with psycopg.connect(**connection.get_connection_params() | {"autocommit": True}) as beside:
            beside.execute("UPDATE health_accountstate SET as_of = as_of + 1 WHERE account_id % 2 = 0")
        time.sleep(2)
        return merge_states()

    _put(publish, "merge_states", early)


def no_one_is_alone() -> None:
    """A job is taken by whoever hears of it, and the builder's lock is nobody's."""
    from contextlib import nullcontext

    def claim(job_id: int, now: datetime) -> JobRun | None:
        row = JobRun.objects.filter(pk=job_id).first()
        if row is None or row.state == JobState.SUCCEEDED:
            return None
        row.state, row.attempts, row.lease_until = JobState.RUNNING, row.attempts + 1, now + timedelta(minutes=1)
        row.save()
        return row

    _put(jobs, "claim", claim)
    _put(build, "only_builder", nullcontext)


def no_reconciler() -> None:
    """A tick wakes nobody: what was sent is all there is."""
    _put(jobs, "due_jobs", lambda _now: [])
    _put(outbox, "due", lambda _now: [])


def no_isolation() -> None:
    """What fails for one account fails for the night."""
    from csm_portal.nightly import isolation

    _put(isolation, "is_of_an_account", lambda _problem: False)


def poisoned_accounts() -> None:
    """Not a control: the statements of one account fail, another's never end, and a third takes four gigabytes.

    Their keys are in RAISING_ACCOUNT, ENDLESS_ACCOUNT and GREEDY_ACCOUNT of the environment.
    """
    from health import score_days

    def asking(statement: str) -> Callable[[], None]:
        def ask() -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement)

        return ask

    def fill_memory() -> None:
        bytearray(4 * 1024**3)

    for module, step, key, poison in (
        (build, "build_account_days", "RAISING_ACCOUNT", asking("SELECT 'a figure that is none'::numeric")),
        (build, "build_periods", "ENDLESS_ACCOUNT", asking("SELECT pg_sleep(1000)")),
        (score_days, "_build_stretch", "GREEDY_ACCOUNT", fill_memory),
    ):
        _put(module, step, _poisoned(getattr(module, step), int(os.environ[key]), poison))


def _poisoned(real: Callable[..., int], account: int, poison: Callable[[], None]) -> Callable[..., int]:
    """A step that does harm when the account is in its scope, which is its last argument."""

    def spoiled(*args: Any) -> int:
        if args[-1].holds(account):
            poison()
        return real(*args)

    return spoiled


def forgetful_loads() -> None:
    """The ledger of a load runs ahead of its rows."""
    from accounts.loading import ledger as of_loads

    real = of_loads.save_file

    def save(row: Any, report: Any, state: Any, done_through: int = 0) -> None:
        real(row, report, state, done_through + AHEAD if done_through else 0)
        if done_through:
            # To the test, which kills at the third of these: the chunk before the one before this is committed then.
            os.write(1, (json.dumps({"say": f"{NOTED} {done_through}"}) + "\n").encode())
            time.sleep(0.3)

    _put(of_loads, "save_file", save)


def trusted_workbooks() -> None:
    """Nobody looks a workbook over before it is read."""
    from accounts.loading import sheets

    _put(sheets, "look_over", lambda _path: None)


def everybody_sees_everything() -> None:
    """One queryset forgets whose book it reads."""
    from accounts.querysets import AccountQuerySet

    _put(AccountQuerySet, "visible_to", lambda self, _user: self.all())
