"""Events over HTTP: what one costs against the same batches by COPY alone and by bulk_create, how long a batch takes, and the memory.

Costs are processor seconds: of the web server's processes and of the database's for it, clients left out. Each round does all three ways
one after the other, so that they meet the same machine.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from accounts.models import EventKey, Source
from csm_portal.portal.bench import processes
from csm_portal.portal.bench.bare_intake import make_bare_tables, rows_of, write_bare
from csm_portal.portal.bench.pages import percentile
from csm_portal.portal.bench.posting import Posted, post_all
from csm_portal.portal.bench.scratch import scratch_database
from csm_portal.portal.bench.tracked_book import batches, make_book
from csm_portal.portal.screens.web import serving

BATCH = 100
BATCHES = int(os.environ.get("BENCH_BATCHES", "300"))
CLIENTS = 8
ROUNDS = 3
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
PATH = "/v1/batch"


@dataclass(frozen=True, slots=True)
class Spent:
    """Microseconds of processor time for each event: of Python and of the database."""

    python: float
    database: float

    @property
    def both(self) -> float:
        """Their sum."""
        return self.python + self.database


class Way:
    """A web server that takes batches, and the processes behind it."""

    def __init__(self, stack: ExitStack, url: str, key: str, application: str) -> None:
        before = set(processes.children())
        self.key = key
        self.address = stack.enter_context(serving(url, application))
        self.web = [pid for pid in processes.children() if pid not in before]
        self.database: set[int] = set()

    def post(self, bodies: Sequence[bytes], a_second: float = 0) -> Posted:
        """Send them all. Raises RuntimeError where one was not taken."""
        before = set(processes.backends(other=True)) - self.database
        found = post_all(self.address.replace("localhost", "127.0.0.1"), PATH, self.key, bodies, clients=CLIENTS, a_second=a_second)
        self.database |= set(processes.backends(other=True)) - before
        if found.failed:
            raise RuntimeError(f"{found.failed} of {len(bodies)} batches were not taken")
        return found

    def cost(self, bodies: Sequence[bytes]) -> Spent | None:
        """What each event of the bodies costs."""
        web, database = processes.cpu_of(self.web), processes.cpu_of(self.database)
        self.post(bodies)
        return _each(processes.cpu_of(self.web), web, processes.cpu_of(self.database), database, len(bodies))


def bench_intake() -> Iterator[tuple[str, str]]:
    """Figures of the intake. None of processor time where /proc does not show it."""
    with scratch_database("intake") as url, ExitStack() as stack:
        key = make_book()
        now = datetime.now(UTC)
        source = Source.objects.get(name="bench").pk
        portal = Way(stack, url, key, "csm_portal.wsgi")
        portal.post(list(batches("warm", 5 * CLIENTS, BATCH, now)))
        make_bare_tables()
        bulk = Way(stack, url, key, "csm_portal.portal.bench.bulk_wsgi")
        bulk.post(list(batches("warm bulk", 5 * CLIENTS, BATCH, now)))
        memory = processes.memory_of(portal.web)
        sent = 5 * CLIENTS
        yield from _costs(portal, bulk, source, now)
        sent += ROUNDS * BATCHES
        bodies = list(batches("peak", BATCHES * 2, BATCH, now))
        peak = len(bodies) / portal.post(bodies).seconds
        sent += len(bodies)
        yield f"peak, {CLIENTS} clients, batches of {BATCH}, events a second", f"{peak * BATCH:,.0f}"
        bodies = list(batches("steady", max(1, round(SECONDS * peak / 2)), BATCH, now))
        steady = portal.post(bodies, peak / 2)
        sent += len(bodies)
        yield "batches at half of the peak", f"{len(bodies):,} in {steady.seconds:.0f} s"
        yield "their p50, p99, ms (goal: p99 under 250)", " and ".join(f"{1000 * percentile(steady.taken, one):.0f}" for one in (0.5, 0.99))
        after = processes.memory_of(portal.web)
        if memory and after:
            yield "memory of the web server's processes before and after, MB (goal: flat)", f"{memory:.0f} and {after:.0f}"
        stored, keys = _stored()
        if stored != sent * BATCH or keys != stored:
            raise RuntimeError(f"{stored:,} events and {keys:,} keys stored instead of {sent * BATCH:,}")
        yield "events sent, stored", f"{sent * BATCH:,}, {stored:,}"


def _costs(portal: Way, bulk: Way, source: int, now: datetime) -> Iterator[tuple[str, str]]:
    found: list[tuple[Spent, Spent, Spent]] = []
    for round_ in range(ROUNDS):
        bodies = list(batches(f"round {round_}", BATCHES, BATCH, now))
        bare = _bare(rows_of(source, bodies, now))
        with connection.cursor() as cursor:
            # The next way meets the ids as new too.
            cursor.execute("TRUNCATE bare_event")
        ours, rival = portal.cost(bodies), bulk.cost(bodies)
        if bare is None or ours is None or rival is None:
            yield "cost of an event", "not told here"
            return
        found.append((bare, ours, rival))
    for name, place in (("COPY, stage, ON CONFLICT alone", 0), ("over HTTP", 1), ("over HTTP by bulk_create", 2)):
        spent = [one[place] for one in found]
        python, database = (statistics.median(getattr(one, part) for one in spent) for part in ("python", "database"))
        yield f"an event by {name}, µs of processor time in Python and database", f"{python:.0f} + {database:.0f} = {python + database:.0f}"
    for name, over, goal in (("COPY alone", 0, "at most 2.5"), ("bulk_create", 2, "below 1")):
        ratio = statistics.median(one[1].both / one[over].both for one in found)
        yield f"over HTTP / {name} (goal: {goal})", f"{ratio:.2f}"


def _bare(rows: Sequence[Sequence[tuple[object, ...]]]) -> Spent | None:
    own = processes.backends(other=False)
    python, database = time.process_time(), processes.cpu_of(own)
    write_bare(rows)
    return _each(time.process_time(), python, processes.cpu_of(own), database, len(rows))


def _each(python: float | None, python_before: float | None, database: float | None, database_before: float | None, n: int) -> Spent | None:
    if python is None or python_before is None or database is None or database_before is None:
        return None
    each = 1e6 / (n * BATCH)
    return Spent((python - python_before) * each, (database - database_before) * each)


def _stored() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM event")
        return int(cursor.fetchone()[0]), EventKey.objects.count()
