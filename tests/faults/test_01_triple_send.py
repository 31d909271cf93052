"""Check 1: every event is sent three times, shuffled, in batches of any size, by eight senders that drop connections."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import oracle
from tests.faults.book import events, write_accounts, write_source
from tests.faults.clients import Log, batches, send_all
from tests.faults.results import Result, control, controls, reported, sized
from tests.faults.supervisor import POSTGRES, VALKEY, WEB, Supervisor

ACCOUNTS = 40
NUMBER = "1"
SABOTAGE = "tests.faults.sabotage_intake:"


@pytest.fixture
def portal(cluster: Path) -> Iterator[Supervisor]:
    with Supervisor(cluster) as found:
        found.start(POSTGRES, VALKEY)
        write_accounts(found, ACCOUNTS)
        yield found


def load(portal: Supervisor, source: str, *, count: int, times: int, most: int = 100) -> tuple[Log, int]:
    """Send events of a source's own and return what the senders saw, and how many stored events are not the counter's."""
    sent = events(count, ACCOUNTS, seed=7, prefix=source)
    rng = random.Random(8)
    todo = [one for _ in range(times) for one in sent]
    rng.shuffle(todo)
    before = oracle.stored(portal)
    log = send_all(portal.web_port, write_source(portal, source), batches(todo, rng, most), senders=8, drop=0.05)
    return log, oracle.differing(oracle.stored(portal) - before, oracle.expected(sent))


def deadlocks(portal: Supervisor) -> int:
    """Of all sessions since the server was first started; its log has each at once, its statistics only later."""
    return portal.log(POSTGRES).count("deadlock detected")


def check(portal: Supervisor, source: str, *, count: int, times: int, result: Result | None = None, most: int = 100) -> None:
    before = deadlocks(portal)
    log, differing = load(portal, source, count=count, times=times, most=most)
    met = deadlocks(portal) - before
    if result is not None:
        result.faults, result.differing = log.dropped, differing
        result.lost = len(log.acknowledged - oracle.ids_stored(portal))
        result.note(f"{log.sent:,} calls of {count:,} events acknowledged, {met} deadlocks, {log.server_errors()} answers 5xx")
    assert met == 0, f"{met} deadlocks"
    assert log.server_errors() == 0, f"answers 5xx: {log.statuses}"
    assert differing == 0, f"{differing} events stored that are not the counter's"
    assert log.wrong_sums == 0
    assert set(log.statuses) == {200}, log.statuses
    assert len(log.acknowledged) == count


def test_of_events_sent_three_times_by_eight_senders_each_is_stored_once(portal: Supervisor) -> None:
    portal.start(WEB)
    with reported(NUMBER, "Triple send") as result:
        check(portal, "thrice", count=sized(1_500, 100_000), times=3, result=result)


@pytest.mark.parametrize(
    ("spoiled", "words", "because"),
    controls(("unsorted_ids", "ids locked in any order", "deadlocks"), ("no_memory_of_ids", "every call counts as new", "5xx")),
)
def test_the_check_sees(portal: Supervisor, spoiled: str, words: str, because: str) -> None:
    portal.sabotage = (SABOTAGE + spoiled,)
    # The server looks for deadlocks sooner than it usually does: here there are many, and each is waited for.
    portal.query("ALTER DATABASE portal SET deadlock_timeout = '20ms'")
    portal.start(WEB)
    with control(NUMBER, words, because):
        # Few events often, so that requests meet.
        check(portal, spoiled, count=60, times=12, most=20)
