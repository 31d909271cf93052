"""The harness itself: what is killed is gone, what is frozen is silent, what is started again goes on, and nothing is left."""

from __future__ import annotations

import signal
from pathlib import Path

import psycopg
import pytest
import redis

from tests.faults import canonical, processes_of
from tests.faults.supervisor import POSTGRES, VALKEY, WEB, WORKER, Supervisor
from tests.processes import processes_naming, wait_for


def test_servers_are_killed_frozen_and_started_again_and_leave_nothing(cluster: Path) -> None:
    with Supervisor(cluster) as portal:
        portal.start(POSTGRES, VALKEY)
        portal.query("INSERT INTO accounts_action (name) VALUES ('kept')")
        session = portal.connect()
        members = [portal.pid(POSTGRES), *processes_of.descendants(portal.pid(POSTGRES))]
        portal.kill(POSTGRES)
        assert len(members) > 3
        assert all(processes_of.is_gone(pid) for pid in members)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
        portal.start(POSTGRES)
        assert portal.query("SELECT name FROM accounts_action") == [("kept",)]
        portal.freeze(VALKEY)
        with pytest.raises(redis.TimeoutError):
            redis.Redis(unix_socket_path=str(portal.valkey.socket), socket_timeout=0.2).ping()
        portal.thaw(VALKEY)
        assert portal.broker().ping()
        home = portal.home
    assert processes_naming(str(home)) == []
    assert not home.exists()


def test_web_and_worker_do_their_work_and_a_killed_worker_process_is_replaced(cluster: Path) -> None:
    with Supervisor(cluster, concurrency=1) as portal:
        portal.start(POSTGRES, VALKEY, WEB, WORKER)
        assert portal.command("source", "test").stdout.strip()
        portal.query("INSERT INTO accounts_jobrun (job, key, period, state, due_at, attempts, done, total, message, error)"
                     " VALUES ('nightly', '', '2026-03-01', 'due', now(), 0, 0, 0, '', '')")  # fmt: skip
        (pool,) = processes_of.descendants(portal.pid(WORKER))
        processes_of.send(pool, signal.SIGKILL)
        portal.poke("csm_portal.nightly.tasks.run_nightly_job", portal.query("SELECT id FROM accounts_jobrun")[0][0], queue="nightly")
        # An empty portal has no definition, which the row then says.
        wait_for(lambda: portal.query("SELECT 1 FROM accounts_jobrun WHERE attempts = 1 AND error <> ''"), what="the job's attempt")


def test_the_canonical_dump_is_blind_to_ids_and_clocks_and_sees_everything_else(cluster: Path) -> None:
    row = (
        "INSERT INTO accounts_account (external_id, name, industry, region, country, plan, tier, timezone, work_week, fit,"
        " lifecycle_stage, need, domain, currency, tags, next_step, recorded_at)"
        " VALUES (%s, 'n', '', '', '', '', '', '', '5', 'unknown', '', '', '', '', '{}', '', now())"
    )
    seat = (
        "INSERT INTO accounts_seat (account_id, external_id, email, name, persona, kind, is_executive, recorded_at)"
        " SELECT id, 'u', '', '', '', 'human', false, now() FROM accounts_account WHERE external_id = %s"
    )
    with Supervisor(cluster) as portal:
        portal.start(POSTGRES)
        dumps = []
        for names in (("a", "b"), ("b", "a")):
            portal.query("TRUNCATE accounts_account CASCADE")
            for name in names:
                portal.query(row, name)
            portal.query(seat, "b")
            with portal.connect() as session:
                dumps.append(canonical.digests(session))
        assert dumps[0] == dumps[1]
        portal.query("UPDATE accounts_seat SET name = 'x'")
        with portal.connect() as session:
            after = canonical.digests(session)
            seats = list(canonical.lines(session, "accounts_seat"))
        assert {table for table in after if after[table] != dumps[0][table]} == {"accounts_seat"}
        assert len(seats) == 1
        assert "b" in seats[0]
    assert canonical.differing(["x", "x", "y"], ["x", "y", "z"]) == 2
