"""What a night costs: one in which every account did something, one in which one in a hundred did, and the week's, step by step.

The book is a published one, copied up to size (`many`). The full night is the first of a new day: every account has events on it. The
small one follows at once: late events of one account in a hundred come for the same day, and the night of that day is built again. The
week's is the full night of the day after, with the search for combinations in what follows it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path

from django.conf import settings
from django.db import connection

from csm_portal.portal.bench import processes, warm
from csm_portal.portal.bench.many import large_book

ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "10000"))
EVENTS = int(os.environ.get("BENCH_EVENTS", "1000000"))
ONE_IN = 100
_CALLS = count(1)
# What the command prints of each chunk of a step, in the night and after it.
STEP = re.compile(r"^\s*([a-z][a-z ]*?) ?([\d-]*): ([\d,]+) rows(?:,| in) ([\d.]+) s$", re.MULTILINE)
# Of these the steps that follow the night.
FOLLOWS = re.compile(r"^\s*([a-z][a-z ]*): ([\d,]+) rows in ([\d.]+) s$", re.MULTILINE)
PUBLISHED = re.compile(r"^Published as of .*; ([\d.]+) s$", re.MULTILINE)

_SEATS = """
CREATE UNLOGGED TABLE bench_seat AS
SELECT s.id, s.account_id, row_number() OVER (PARTITION BY s.account_id ORDER BY s.id) - 1 AS place,
       count(*) OVER (PARTITION BY s.account_id) AS seats, dense_rank() OVER (ORDER BY s.account_id) - 1 AS account
FROM accounts_seat s;
CREATE UNIQUE INDEX ON bench_seat (account, place);
CREATE UNLOGGED TABLE bench_action AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM accounts_action;
ANALYZE bench_seat; ANALYZE bench_action
"""
_EVENTS = """
INSERT INTO event (source_id, message_id, account_id, seat_id, action_id, occurred_at, recorded_at, day)
SELECT (SELECT min(id) FROM accounts_source), %(name)s || i, s.account_id, s.id, a.id, %(day)s::date + time '12:00', %(day)s::date,
       %(day)s::date
FROM (SELECT max(account) + 1 AS n FROM bench_seat) accounts, generate_series(0, %(events)s - 1) i
JOIN LATERAL (SELECT * FROM bench_seat WHERE account = (i %% (accounts.n / %(one_in)s)) * %(one_in)s AND place = 0) first ON true
JOIN bench_seat s ON s.account = first.account AND s.place = (i / 7) %% first.seats
JOIN bench_action a ON a.place = i %% (SELECT count(*) FROM bench_action)
"""
_MARK = """
INSERT INTO accounts_dirtyday (account_id, day, events, claimed_by, marked_at)
SELECT DISTINCT coalesce(a.counts_for_id, a.id), e.day, true, NULL::bigint, now()
FROM event e JOIN accounts_account a ON a.id = e.account_id WHERE e.day = %(day)s AND e.message_id LIKE %(name)s || '%%'
ON CONFLICT (account_id, day) DO UPDATE SET claimed_by = NULL, events = true
"""


@dataclass(frozen=True, slots=True)
class Night:
    """Seconds on the clock, of processor time of Python and of the database (None: not told here), peak memory in MB, and what it said."""

    wall: float
    python: float
    database: float | None
    peak_mb: float
    said: str

    @property
    def cpu(self) -> float:
        """Processor time of both."""
        return self.python + (self.database or 0)


def bench_night() -> Iterator[tuple[str, str]]:
    """Figures of both nights and their ratio."""
    with large_book(ACCOUNTS, whole=True) as book:
        _execute(_SEATS)
        yield "accounts, seats", f"{book.rows['accounts_account']:,}, {book.rows['accounts_seat']:,}; made in {book.seconds:.0f} s"
        # What history the copies still owe is built first: the measured night has one new day.
        _command(book.url, book.today)
        day = book.today + timedelta(days=1)
        full = _night(book.url, day, EVENTS, 1)
        yield from _rows(f"full night, {EVENTS:,} events of all accounts", full)
        late = f"the same night after {EVENTS // ONE_IN:,} late events of one account in {ONE_IN}"
        small = _night(book.url, day, EVENTS // ONE_IN, ONE_IN)
        yield from _rows(f"{late}, in a process of its own", small)
        in_worker = _night_in_worker(book.url, day)
        yield from _rows(f"{late}, in a worker's process that had built another", in_worker)
        start = _start()
        yield "start of Python and Django, which a worker has behind it: processor s", f"{start:.1f}"
        # As if the week had none yet.
        _execute("DELETE FROM churn_rulesearch")
        week = _night(book.url, day + timedelta(days=1), EVENTS, 1)
        yield from _rows("the week's night, with the search for combinations", week)
    yield "one in a hundred / full, processor time, in a worker (goal: at most 0.05)", f"{in_worker.cpu / (full.cpu - start):.3f}"
    yield "one in a hundred / full, processor time, each in a process of its own", f"{small.cpu / full.cpu:.3f}"
    yield "the same without what follows the night, on the clock", f"{_own(small.said) / _own(full.said):.2f}"
    for name, night in (("full night", full), ("week's night", week)):
        search = "with" if _followed(night.said).get("rules") else "without"
        ratio = f"{with_without(night.said):.2f}"
        yield f"{name} with / without what follows it, {search} a search, on the clock (goal: at most 1.5)", ratio


def steps_of(said: str) -> dict[str, tuple[int, float]]:
    """Rows and seconds of each step, its chunks added up, in the order they came."""
    found: dict[str, tuple[int, float]] = {}
    for name, _chunk, rows, seconds in STEP.findall(said):
        before = found.get(name, (0, 0.0))
        found[name] = before[0] + int(rows.replace(",", "")), before[1] + float(seconds)
    return found


def _followed(said: str) -> dict[str, int]:
    """Rows of each step that follows the night."""
    return {name: int(rows.replace(",", "")) for name, rows, _seconds in FOLLOWS.findall(said)}


def with_without(said: str) -> float:
    """Seconds of a night and all that follows it over those of the night alone."""
    own = _own(said)
    return (own + sum(float(seconds) for _name, _rows, seconds in FOLLOWS.findall(said))) / own


def _rows(name: str, night: Night) -> Iterator[tuple[str, str]]:
    database = "not told here" if night.database is None else f"{night.database:.1f}"
    yield f"{name}: s on the clock, processor s of Python and of the database", f"{night.wall:.1f}, {night.python:.1f}, {database}"
    yield f"{name}: peak memory of its process, MB", f"{night.peak_mb:.0f}"
    for step, (rows, seconds) in steps_of(night.said).items():
        yield f"{name}: {step}, rows and s", f"{rows:,}, {seconds:.1f}"


def _own(said: str) -> float:
    return float(PUBLISHED.findall(said)[-1])


def _night(url: str, day: date, events: int, one_in: int) -> Night:
    """Events of a day, of one account in so many, and its night in a process of its own."""
    _late(day, events, one_in)
    server = _server()
    before = processes.ended_children_of(server)
    wall, python, peak, said = _command(url, day)
    after = processes.ended_children_of(server)
    return Night(wall, python, None if before is None or after is None else after - before, peak, said)


def _night_in_worker(url: str, day: date) -> Night:
    """The night of one account in a hundred twice in one process; of the second what it cost."""
    with warm.worker(url, day + timedelta(days=1)) as worker:
        _late(day, EVENTS // ONE_IN, ONE_IN)
        worker.night(day)
        _late(day, EVENTS // ONE_IN, ONE_IN)
        before = _server_spent()
        done = worker.night(day)
        after = _server_spent()
    return Night(done.wall, done.python, None if before is None or after is None else after - before, done.peak_mb, "")


def _server_spent() -> float | None:
    """Processor seconds of all connections to the book but this one, those that were closed too."""
    ended = processes.ended_children_of(_server())
    return None if ended is None else ended + (processes.cpu_of(processes.backends(other=True)) or 0.0)


def _start() -> float:
    """Processor seconds until the command knows what is asked of it."""
    command = [sys.executable, "-m", "django", "nightly", "--help"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "csm_portal.settings"}
    child = subprocess.Popen(command, env=environment, cwd=Path(settings.BASE_DIR), stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def _late(day: date, events: int, one_in: int) -> None:
    """Events of a day, of one account in so many; each call has ids of its own."""
    name = f"bench {next(_CALLS)} "
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_month('event', %s)", [day])
        cursor.execute(_EVENTS, {"name": name, "day": day, "events": events, "one_in": one_in})
        cursor.execute(_MARK, {"name": name, "day": day})
        cursor.execute("ANALYZE event")


def _command(url: str, day: date) -> tuple[float, float, float, str]:
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "csm_portal.settings",
        "PORTAL_AS_OF": str(day + timedelta(days=1)),
    }
    began = time.monotonic()
    command = [sys.executable, "-m", "django", "nightly", "--as-of", day.isoformat()]
    with subprocess.Popen(
        command, env=environment, cwd=Path(settings.BASE_DIR), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        said = child.stdout.read() if child.stdout else ""
        _pid, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"nightly ended with {child.returncode}: {said[-600:]}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, kilobytes / 1024, said


def _server() -> int | None:
    """The process whose children serve the connections."""
    own = processes.backends(other=False)
    return processes.parent_of(own[0]) if own else None


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
