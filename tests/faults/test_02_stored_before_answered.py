"""Check 2: what was answered 2xx is on disk, however web and database end; they are back within seconds."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import oracle
from tests.faults.book import events, write_accounts, write_source
from tests.faults.clients import Log, sending
from tests.faults.results import FULL, Result, control, reported, sized, within
from tests.faults.supervisor import POSTGRES, WEB, Supervisor
from tests.processes import wait_for

ACCOUNTS = 20
NUMBER = "2"
SABOTAGE = "tests.faults.sabotage_intake:"
BACK_SECONDS = 10.0


@pytest.fixture
def portal(cluster: Path) -> Iterator[Supervisor]:
    with Supervisor(cluster) as found:
        found.start(POSTGRES)
        write_accounts(found, ACCOUNTS)
        yield found


def batch_of(prefix: str, number: int) -> list[Any]:
    """A batch that no other number gives."""
    return events(20, ACCOUNTS, seed=number, prefix=f"{prefix}-{number}")


def under_kills(portal: Supervisor, key: str, name: str, kills: int, *, seed: int) -> tuple[Log, float]:
    """Kill one of the servers again and again at random moments under load; what the senders saw, and the longest wait for it."""
    rng = random.Random(seed)
    longest = 0.0
    with sending(portal.web_port, key, lambda number: batch_of(f"{name}-{seed}", number), senders=6) as log:
        for _ in range(kills):
            heard = len(log.acknowledged)
            wait_for(lambda heard=heard: len(log.acknowledged) > heard, seconds=300, what="an answer under load")  # type: ignore[misc]
            time.sleep(rng.random() * sized(0.3, 2.0))
            portal.kill(name)
            began, heard = time.monotonic(), len(log.acknowledged)
            portal.start(name)
            wait_for(lambda heard=heard: len(log.acknowledged) > heard, seconds=300, what="an answer after the start")  # type: ignore[misc]
            longest = max(longest, time.monotonic() - began)
    return log, longest


def missing(portal: Supervisor, log: Log) -> int:
    """Acknowledged events that are not there."""
    return len(log.acknowledged - oracle.ids_stored(portal))


def settings(portal: Supervisor) -> dict[str, str]:
    """What makes a commit outlive a power cut, which no killed process proves."""
    return {name: portal.query(f"SHOW {name}")[0][0] for name in ("fsync", "full_page_writes", "synchronous_commit")}


def note(result: Result, portal: Supervisor, log: Log, kills: int) -> None:
    """Add a load's figures."""
    result.faults += kills
    result.lost = (result.lost or 0) + missing(portal, log)
    result.note(f"{len(log.acknowledged):,} events acknowledged, {log.cut_off} requests cut off")


def test_nothing_that_was_acknowledged_is_lost_when_web_and_database_are_killed_under_load(portal: Supervisor) -> None:
    portal.start(WEB)
    kills = sized(2, 20)
    with reported(NUMBER, "2xx means stored") as result:
        assert set(settings(portal).values()) == {"on"}
        for name in (WEB, POSTGRES):
            log, longest = under_kills(portal, write_source(portal, name), name, kills, seed=1)
            note(result, portal, log, kills)
            result.note(f"{name} answers again after {longest:.1f} s at most")
            assert missing(portal, log) == 0
            assert log.server_errors() == 0, log.statuses
            assert longest < within(BACK_SECONDS)
        # Each id once, and none without its event.
        keys = {row[0] for row in portal.query("SELECT message_id FROM event_key")}
        assert keys == oracle.ids_stored(portal)
        assert portal.query("SELECT count(*) FROM event_key") == portal.query(
            "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM accounts_pendingevent)"
        )


def test_the_check_sees_an_answer_given_before_the_commit(portal: Supervisor) -> None:
    portal.sabotage = (SABOTAGE + "answer_before_commit",)
    portal.start(WEB)
    with control(NUMBER, "200 before the commit"):
        log, _longest = under_kills(portal, write_source(portal, "early"), WEB, 2, seed=2)
        assert missing(portal, log) == 0, f"{missing(portal, log)} acknowledged events are missing"


@pytest.mark.skipif(not FULL, reason="a second control, at full size")
def test_the_check_sees_commits_that_do_not_wait_for_the_disk(portal: Supervisor) -> None:
    key = write_source(portal, "careless")
    portal.query("ALTER SYSTEM SET synchronous_commit = off")
    portal.query("ALTER SYSTEM SET wal_writer_delay = '10s'")
    portal.query("SELECT pg_reload_conf()")
    portal.start(WEB)
    with control(NUMBER, "synchronous_commit = off"):
        log, _longest = under_kills(portal, key, POSTGRES, 2, seed=3)
        assert missing(portal, log) == 0, f"{missing(portal, log)} acknowledged events are missing"
