"""Check 4: PostgreSQL is stopped, then sessions are cut: 503 with Retry-After, never a 2xx that is not stored, never a hang."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.faults import oracle
from tests.faults.book import events, write_accounts, write_source
from tests.faults.clients import Log, sending
from tests.faults.results import control, reported, sized, within
from tests.faults.supervisor import POSTGRES, VALKEY, WEB, WORKER, Supervisor
from tests.faults.test_03_redis_gone import caught_up
from tests.processes import wait_for

ACCOUNTS = 20
NUMBER = "4"
SABOTAGE = "tests.faults.sabotage_intake:"
ANSWER_SECONDS, BACK_SECONDS = 3.0, 10.0
_CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"


def batch_of(number: int) -> list[Any]:
    """A batch that no other number gives, some of it by people the accounts have no seat of."""
    return events(20, ACCOUNTS, seed=number, prefix=f"gone-{number}", strangers=0)


def stopped(portal: Supervisor, log: Log, seconds: float) -> tuple[float, float]:
    """Stop the database under load for so long; the slowest answer meanwhile, and how long after its start the first 2xx took."""
    wait_for(lambda: log.statuses[200] >= 3, seconds=300, what="answers before")
    portal.stop(POSTGRES)
    time.sleep(0.2)  # what was on its way when it stopped is answered
    began, before = time.monotonic(), log.statuses[200]
    wait_for(lambda: log.statuses[503] >= 5, seconds=300, what="answers while the database is away")
    time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    ended = time.monotonic()
    assert log.statuses[200] == before, "a 2xx while the database was away"
    heard = log.statuses[200]
    portal.start(POSTGRES)
    back = time.monotonic()
    wait_for(lambda: log.statuses[200] > heard, seconds=300, what="a 2xx after the database came back")
    return log.slowest(1.0, began, ended), time.monotonic() - back


def test_while_the_database_is_away_senders_are_told_to_come_again_and_all_recover_by_themselves(cluster: Path) -> None:
    with Supervisor(cluster, concurrency=1) as portal, reported(NUMBER, "Database gone") as result:
        portal.start(POSTGRES, VALKEY, WEB, WORKER)
        write_accounts(portal, ACCOUNTS)
        pids = {name: portal.pid(name) for name in (WEB, WORKER)}
        key, sent = write_source(portal, "gone"), []

        def make(number: int) -> list[Any]:
            sent.append(batch_of(number))
            return sent[-1]

        with sending(portal.web_port, key, make, senders=4, a_second=10) as log:
            slowest, back = stopped(portal, log, sized(1.0, 60.0))
            cuts = sized(3, 60)
            for _ in range(cuts):
                heard = log.statuses[200]
                portal.query(_CUT)
                wait_for(lambda heard=heard: log.statuses[200] > heard, seconds=300, what="a 2xx after sessions were cut")  # type: ignore[misc]
                time.sleep(sized(0.1, 2.0))
        wanted = oracle.expected([one for batch in sent for one in batch])
        result.faults, result.lost = 1 + cuts, len(log.acknowledged - oracle.ids_stored(portal))
        result.differing = oracle.differing(oracle.stored(portal), wanted)
        result.note(
            f"{log.statuses[503]:,} answers 503, the slowest {slowest:.2f} s, {log.server_errors()} other 5xx; back in {back:.1f} s"
        )
        assert log.server_errors() == 0, log.statuses
        assert log.without_retry_after == 0
        assert (result.lost, result.differing) == (0, 0)
        assert slowest < within(ANSWER_SECONDS)
        assert back < within(BACK_SECONDS)
        # The worker's own sessions were cut too.
        result.note(f"worker caught up {caught_up(portal):.0f} s after")
        assert {name: portal.pid(name) for name in pids if portal.is_alive(name)} == pids


def test_the_check_sees_a_database_error_that_is_not_told(cluster: Path) -> None:
    with Supervisor(cluster, sabotage=(SABOTAGE + "database_errors_untold",)) as portal:
        portal.start(POSTGRES, VALKEY, WEB)
        write_accounts(portal, ACCOUNTS)
        with (
            control(NUMBER, "database errors like any other"),
            sending(portal.web_port, write_source(portal, "gone"), batch_of, senders=2) as log,
        ):
            wait_for(lambda: log.statuses[200] >= 1, seconds=300, what="an answer")
            portal.stop(POSTGRES)
            wait_for(lambda: log.statuses.total() - log.statuses[200] >= 3, seconds=300, what="answers while the database is away")
            portal.start(POSTGRES)
            assert log.server_errors() == 0, log.statuses
