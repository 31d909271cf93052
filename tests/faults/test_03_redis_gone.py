"""Check 3: Redis is killed, frozen, full and emptied while events come in; nothing is refused or lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults import oracle
from tests.faults.book import events, write_accounts, write_source
from tests.faults.clients import Log, sending
from tests.faults.results import control, reported, sized, within
from tests.faults.supervisor import BEAT, POSTGRES, VALKEY, WEB, WORKER, Supervisor
from tests.processes import wait_for

ACCOUNTS = 20
NUMBER = "3"
SABOTAGE = "tests.faults.sabotage_intake:"
CAUGHT_UP_SECONDS, FROZEN_SECONDS = 300.0, 1.0
# Batches of 20 events, 200 events a second in all.
BATCH, A_SECOND = 20, 10.0
ATTACH = "csm_portal.nightly.tasks.attach_tracked"


def batch_of(number: int) -> list[Any]:
    """A batch that no other number gives, some of it by people the accounts have no seat of."""
    return events(BATCH, ACCOUNTS, seed=number, prefix=f"redis-{number}", strangers=0)


@contextmanager
def killed(portal: Supervisor) -> Iterator[None]:
    portal.kill(VALKEY)
    yield
    portal.start(VALKEY)


@contextmanager
def frozen(portal: Supervisor) -> Iterator[None]:
    portal.freeze(VALKEY)
    yield
    portal.thaw(VALKEY)


@contextmanager
def full(portal: Supervisor) -> Iterator[None]:
    with portal.broker() as redis:
        before = redis.config_get("maxmemory*")
        redis.config_set("maxmemory-policy", "noeviction")
        redis.config_set("maxmemory", "1mb")
        yield
        for name in ("maxmemory", "maxmemory-policy"):
            redis.config_set(name, before[name])


@contextmanager
def emptied(portal: Supervisor) -> Iterator[None]:
    with portal.broker() as redis:
        redis.flushall()
        yield


FAULTS: dict[str, Callable[[Supervisor], Any]] = {"killed": killed, "frozen": frozen, "full": full, "emptied": emptied}


def under_faults(portal: Supervisor, key: str, seconds: float) -> tuple[Log, dict[str, float]]:
    """Events come in while each thing happens to Redis for so long; what the senders saw, and the slowest answers of each time."""
    slowest = {}
    with sending(portal.web_port, key, batch_of, senders=4, a_second=A_SECOND) as log:
        for name, fault in FAULTS.items():
            began, heard = time.monotonic(), len(log.answered)
            with fault(portal):
                wait_for(lambda heard=heard: len(log.answered) > heard + 5, seconds=300, what=f"answers while Redis is {name}")  # type: ignore[misc]
                time.sleep(max(0.0, seconds - (time.monotonic() - began)))
                slowest[name] = log.slowest(since=began)
    return log, slowest


def taken(log: Log) -> float:
    """Share of the answers that were 2xx."""
    return log.statuses[200] / max(1, log.statuses.total())


def waiting(portal: Supervisor) -> int:
    """Events that a worker could attach and has not."""
    return int(portal.query("SELECT count(*) FROM accounts_pendingevent")[0][0])


def caught_up(portal: Supervisor) -> float:
    """Seconds until the worker has done all that waits. Beat wakes it; where it does not run, a wake-up of ours does, again and again."""
    began = time.monotonic()

    def done() -> bool:
        if waiting(portal) == 0:
            return True
        if not portal.is_alive(BEAT):
            portal.poke(ATTACH)
            time.sleep(0.5)
        return False

    wait_for(done, seconds=CAUGHT_UP_SECONDS, what="the worker's catching up")
    return time.monotonic() - began


def test_events_are_taken_while_redis_is_killed_frozen_full_and_emptied(cluster: Path) -> None:
    with Supervisor(cluster, concurrency=1) as portal, reported(NUMBER, "Redis gone") as result:
        portal.start(POSTGRES, VALKEY, WEB, WORKER, *sized((), (BEAT,)))
        write_accounts(portal, ACCOUNTS)
        log, slowest = under_faults(portal, write_source(portal, "redis"), sized(0.5, 60.0))
        result.faults, result.lost = len(FAULTS), len(log.acknowledged - oracle.ids_stored(portal))
        result.note(f"{taken(log):.1%} of {log.statuses.total():,} requests 2xx")
        result.note("p99 " + ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in slowest.items()))
        assert result.lost == 0
        assert taken(log) >= 0.99, log.statuses
        assert slowest["frozen"] < within(FROZEN_SECONDS)
        result.note(f"worker caught up {caught_up(portal):.0f} s after")
        assert all(portal.is_alive(name) for name in (WEB, WORKER))


def test_the_check_sees_a_request_that_needs_redis(cluster: Path) -> None:
    with Supervisor(cluster, sabotage=(SABOTAGE + "redis_on_the_way",)) as portal:
        portal.start(POSTGRES, VALKEY, WEB)
        write_accounts(portal, ACCOUNTS)
        portal.kill(VALKEY)
        with control(NUMBER, "each request counts in the cache first"):
            with sending(portal.web_port, write_source(portal, "redis"), batch_of, senders=2) as log:
                wait_for(lambda: log.statuses.total() >= 5, what="some answers")
                # So that the senders, who try again for ever, come to an end.
                portal.start(VALKEY)
            assert taken(log) >= 0.99, log.statuses
