"""Checks 16 and 17: work goes on after every kind of silence between worker and queue, and a queue that is wiped loses no job."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from csm_portal.embedded import watch
from tests.faults.results import control, reported, sized
from tests.faults.sabotage_night import FASTER
from tests.faults.supervisor import BEAT, POSTGRES, VALKEY, WORKER, Supervisor
from tests.processes import wait_for

SPOIL = "tests.faults.sabotage_night:"
HASTEN = SPOIL + "hasten"
# A job that an empty portal has done at once: there is nothing to restate.
JOB = "restate"
# Ticks come at a twentieth of their time, so this is long even on a busy machine; the small size times nothing.
PATIENCE = sized(300.0, 60.0)
# A worker that has not answered for so long is said to be away (two minutes at the real pace).
SILENT = 120 / FASTER
CONNECTIONS = 50
FROZEN = sized(3, 60)
JOBS = sized(60, 500)


def order(portal: Supervisor, name: str, count: int = 1) -> None:
    """Rows of jobs that are due."""
    portal.query(
        "INSERT INTO accounts_jobrun (job, key, period, state, due_at, attempts, total, done, message, error)"
        " SELECT %s, %s, n, 'due', now(), 0, 0, 0, '', '' FROM generate_series(1, %s) n",
        JOB,
        name,
        count,
    )


def undone(portal: Supervisor, name: str) -> int:
    """Jobs of that name that have not succeeded."""
    return int(portal.query("SELECT count(*) FROM accounts_jobrun WHERE key = %s AND state <> 'succeeded'", name)[0][0])


def work_goes_on(portal: Supervisor, name: str, seconds: float = PATIENCE) -> float:
    """Order a job and wait until it is done; how long that took."""
    began = time.monotonic()
    order(portal, name)
    wait_for(lambda: not undone(portal, name), seconds=seconds, what=f"the job ordered after {name}")
    return time.monotonic() - began


@pytest.fixture
def portal(cluster: Path) -> Iterator[Supervisor]:
    with Supervisor(cluster, sabotage=[HASTEN]) as found:
        found.start(POSTGRES, VALKEY, WORKER, BEAT)
        wait_for(
            lambda: found.query("SELECT count(*) FROM accounts_heartbeat") == [(2,)], seconds=300, what="signs of life of beat and worker"
        )
        yield found


def test_work_goes_on_after_lost_connections_and_a_silent_queue(portal: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "SILENT_SECONDS", SILENT)
    with reported("16", "Stalled worker") as result:
        took = []
        broker = portal.broker()
        for _ in range(CONNECTIONS):
            broker.client_kill_filter(_type="normal", skipme=True)
            result.faults += 1
            time.sleep(0.05)
        took.append(work_goes_on(portal, "lost connections"))
        portal.freeze(VALKEY)
        time.sleep(FROZEN)
        portal.thaw(VALKEY)
        took.append(work_goes_on(portal, "a silent queue"))
        portal.freeze(WORKER)
        wait_for(lambda: watch.worker_is_deaf(portal.database_url), seconds=300, what="the heartbeat telling of a frozen worker")
        # As the demo does, and any service manager that watches the same.
        portal.kill(WORKER)
        portal.start(WORKER)
        took.append(work_goes_on(portal, "a frozen worker"))
        result.faults += 2
        result.lost = 0
        result.said = f"{CONNECTIONS} connections killed, queue silent {FROZEN} s, worker frozen: next job done after " + ", ".join(
            f"{seconds:.0f} s" for seconds in took
        )


def test_check_16_sees_a_worker_that_stays_frozen(portal: Supervisor) -> None:
    portal.freeze(WORKER)
    with control("16", "nobody restarts a frozen worker"):
        work_goes_on(portal, "nothing", seconds=10)
    portal.thaw(WORKER)
    wait_for(lambda: not undone(portal, "nothing"), seconds=300, what="the worker's return")


def wiped(cluster: Path, seconds: float, *sabotage: str) -> tuple[int, int, float]:
    """Jobs that were queued when the queue was killed, those never done, and how long the others took."""
    with Supervisor(cluster, sabotage=[HASTEN, *sabotage]) as portal:
        portal.start(POSTGRES, VALKEY)
        order(portal, "wiped", JOBS)
        send = "from csm_portal.nightly.tasks import *\nfor pk in JobRun.objects.values_list('pk', flat=True): run_nightly_job.delay(pk)"
        portal.command("shell", "-c", send)
        queued = int(portal.broker().llen("portal:nightly"))
        portal.kill(VALKEY)
        portal.start(VALKEY)
        assert portal.broker().dbsize() == 0
        began = time.monotonic()
        portal.start(WORKER, BEAT)
        deadline = began + seconds
        while (left := undone(portal, "wiped")) and time.monotonic() < deadline:
            time.sleep(0.2)
        return queued, left, time.monotonic() - began


def test_jobs_of_a_wiped_queue_are_all_done_from_their_rows(cluster: Path) -> None:
    with reported("17", "Queue wiped") as result:
        queued, left, took = wiped(cluster, 600)
        result.faults, result.lost = 1, left
        result.said = f"{queued} messages gone, {JOBS - left} jobs done {took:.0f} s after the worker's start"
        assert queued == JOBS
        assert left == 0, f"{left} jobs were lost with the queue"


def test_check_17_sees_a_tick_that_wakes_nobody(cluster: Path) -> None:
    with control("17", "no tick looks at the rows"):
        _queued, left, _took = wiped(cluster, 10, SPOIL + "no_reconciler")
        assert left == 0, f"{left} jobs were lost with the queue"
