"""Check 12, and 10 and 13 with worker and beat: one run of a night whoever calls for it, missed ones in order, whatever is killed."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from typing import Any

from tests.faults import canonical, nights, processes_of
from tests.faults.hands import Hands
from tests.faults.night_book import Book, day_of
from tests.faults.results import control, reported, sized, within
from tests.faults.supervisor import BEAT, POSTGRES, VALKEY, WORKER, Supervisor
from tests.processes import wait_for

SPOIL = "tests.faults.sabotage_night:"
HASTEN = SPOIL + "hasten"
RUN = "csm_portal.nightly.tasks.run_nightly_job"
SENT = 20
MISSED = sized(3, 6)
# Each part is killed so often while the missed nights are built.
KILLS = sized(1, 5)


def pool_child(portal: Supervisor) -> None:
    """End one of the worker's processes, which its main process replaces."""
    children = processes_of.descendants(portal.pid(WORKER))
    if children:
        processes_of.send(children[0], signal.SIGKILL)


def restart(portal: Supervisor, *names: str) -> None:
    """Kill, then start again as a service manager does."""
    for name in names:
        portal.kill(name)
    portal.start(*names)


HARM: dict[str, Callable[[Supervisor], None]] = {
    "a process of the pool": pool_child,
    "the worker": lambda portal: restart(portal, WORKER),
    "beat": lambda portal: restart(portal, BEAT),
    "all of them": lambda portal: restart(portal, VALKEY, WORKER, BEAT),
}


def order_night(portal: Supervisor, night: int) -> int:
    """The row of a night that is due; its key."""
    rows = portal.query(
        "INSERT INTO accounts_jobrun (job, key, period, state, due_at, attempts, total, done, message, error)"
        " VALUES ('nightly', '', %s, 'due', now(), 0, 0, 0, '', '') RETURNING id",
        day_of(night).isoformat(),
    )
    return int(rows[0][0])


def states(portal: Supervisor, job: str = "nightly") -> list[tuple[Any, ...]]:
    """State and attempts of the jobs of a kind, the oldest first."""
    return portal.query("SELECT period, state, attempts FROM accounts_jobrun WHERE job = %s ORDER BY period", job)


def all_done(portal: Supervisor, count: int, job: str = "nightly") -> bool:
    """Whether so many jobs of the kind have succeeded, and none is left."""
    found = portal.query("SELECT count(*) FILTER (WHERE state = 'succeeded'), count(*) FROM accounts_jobrun WHERE job = %s", job)
    return found == [(count, count)]


def test_missed_nights_are_built_once_each_oldest_first_while_everything_is_killed(book: Book) -> None:
    today = day_of(MISSED + 1).isoformat()
    rng = random.Random(12)
    with Supervisor(book.cluster, sabotage=[HASTEN], environment={"PORTAL_AS_OF": today, "PORTAL_NIGHT_AT": "00:00"}) as portal:
        portal.start(POSTGRES, VALKEY)
        nights.copy_database(portal, nights.CALM)
        with Hands(portal) as hands:
            began = time.monotonic()
            for night in range(1, MISSED + 1):
                nights.build(hands, night, nights.CALM)
            calm = time.monotonic() - began
        with reported("10", "Killed under worker and beat") as result:
            portal.start(WORKER, BEAT)
            began = time.monotonic()
            wait_for(lambda: len(states(portal)) == MISSED, seconds=300, what="beat owing every missed night")
            for _ in range(KILLS):
                for harm in HARM.values():
                    time.sleep(rng.random() * calm / len(HARM))
                    harm(portal)
                    result.faults += 1
            wait_for(lambda: all_done(portal, MISSED), seconds=600, what="the end of all nights")
            took = time.monotonic() - began
            found = nights.differing(portal, canonical.FIGURES)
            result.differing = nights.count(found)
            result.said = f"{MISSED} missed nights, {', '.join(HARM)}: {took:.0f} s against {calm:.0f} s undisturbed (waits at 1/20)"
            assert found == {}
            runs = portal.query("SELECT as_of, count(*) FROM health_run WHERE state = 'published' AND as_of > %s GROUP BY 1", day_of(0))
            assert sorted(runs) == [(day_of(night), 1) for night in range(1, MISSED + 1)]
            order = portal.query("SELECT as_of FROM health_run WHERE state = 'published' ORDER BY finished_at")
            assert order == sorted(order), "a later night was published before an earlier one"
            # Lease, tick and the pause after a failure are at a twentieth; 120 s of these are 6.
            assert took <= within(2 * calm + 6 * result.faults + 120)


def one_night(portal: Supervisor) -> list[tuple[Any, ...]]:
    """Three beats and a message sent twenty times for one night, slower than messages wait; the row of its job."""
    # Each chunk takes a while longer, so that the messages come again meanwhile.
    portal.query(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END $$;"
        " CREATE TRIGGER slow BEFORE INSERT ON health_runstep FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    portal.start(VALKEY, WORKER)
    job = order_night(portal, 1)
    for _ in range(SENT):
        portal.poke(RUN, job, queue="nightly")
    ticks = f"import time\nfrom csm_portal.nightly.tasks import tick\nfor _ in range({sized(5, 20)}):\n    tick()\n    time.sleep(1)"
    for number in range(3):
        portal.begin("shell", "-c", ticks, name=f"beat {number}")
    wait_for(lambda: all_done(portal, 1) or states(portal)[0][2] > 1, seconds=600, what="the night")
    if states(portal)[0][2] == 1:
        wait_for(lambda: portal.log(WORKER).count("run_nightly_job[") >= SENT, seconds=300, what="every message")
    return states(portal)


def is_one(portal: Supervisor, jobs: list[tuple[Any, ...]]) -> None:
    """What there must be of a night, whoever called for it."""
    assert [(state, attempts) for _period, state, attempts in jobs] == [("succeeded", 1)]
    assert portal.query("SELECT count(*) FROM health_run WHERE as_of = %s", day_of(1)) == [(1,)]
    assert portal.query("SELECT count(*) FROM (SELECT 1 FROM accounts_jobrun GROUP BY job, key, period HAVING count(*) > 1) d") == [(0,)]


def test_a_night_sent_twenty_times_under_three_beats_is_built_once(book: Book) -> None:
    with Supervisor(book.cluster, sabotage=[HASTEN], concurrency=4) as portal, reported("12", "Exactly one run") as result:
        portal.start(POSTGRES)
        is_one(portal, one_night(portal))
        result.faults, result.differing = SENT + 3, 0
        result.said = f"{SENT} messages, 3 beats, messages given out again after 3 s"


def test_check_12_sees_a_job_that_anybody_takes(book: Book) -> None:
    with Supervisor(book.cluster, sabotage=[HASTEN, SPOIL + "no_one_is_alone"], concurrency=4) as portal:
        portal.start(POSTGRES)
        with control("12", "a job is whoever's hears of it"):
            is_one(portal, one_night(portal))
