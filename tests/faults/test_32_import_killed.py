"""Check 32: a load killed at random points and begun again leaves what an undisturbed one does; the same files again change nothing."""

from __future__ import annotations

import csv
import json
import random
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from tests.faults import canonical, nights, processes_of
from tests.faults.hands import Ended, Hands, Killer
from tests.faults.results import Result, control, reported, sized
from tests.faults.sabotage_night import NOTED
from tests.faults.supervisor import POSTGRES, Supervisor

SPOIL = "tests.faults.sabotage_night:"
ROWS = sized(12_000, 1_000_000)
# Records of a chunk: the product's own at full size, and as many chunks of a small file.
CHUNK = sized(1_000, 0)
KILLS = sized(4, 20)
BAD_EACH = 1_000
ACCOUNTS, SEATS = 50, 10
ON = "2026-10-31"
MOST_MB = 300


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accounts, seats and events, one event in `BAD_EACH` of an account that nobody knows."""
    folder = tmp_path_factory.mktemp("files")
    names = [f"A{number:03}" for number in range(ACCOUNTS)]
    (folder / "known").mkdir()
    write(folder / "known" / "accounts.csv", ["external_id", "name"], ([name, f"Invented {name}"] for name in names))
    write(folder / "accounts.csv", ["external_id", "name"], ([name, f"Invented {name}"] for name in names))
    seats = [(name, f"s{number:02}") for name in names for number in range(SEATS)]
    write(folder / "seats.csv", ["account_external_id", "external_id"], (list(seat) for seat in seats))
    write(
        folder / "events.csv", ["message_id", "account_external_id", "seat_external_id", "action", "occurred_at", "quantity"], events(seats)
    )
    return folder


def events(seats: list[tuple[str, str]]) -> Iterator[list[str]]:
    """Events over 60 days, made from a seed."""
    rng = random.Random(32)
    first = datetime(2026, 9, 1, tzinfo=UTC)
    for number in range(ROWS):
        account, seat = rng.choice(seats)
        at = first + timedelta(seconds=rng.randrange(60 * 86_400))
        known = number % BAD_EACH != BAD_EACH - 1
        yield [f"m{number}", account if known else "nobody", seat, rng.choice(("open", "save", "send")), at.isoformat(), "1"]


def write(path: Path, header: list[str], rows: Iterator[list[str]]) -> None:
    """A CSV file."""
    with path.open("w", newline="", encoding="utf-8") as out:
        lines = csv.writer(out)
        lines.writerow(header)
        lines.writerows(rows)


def load(hands: Hands, files: Path, database: str, *, kill: Killer | None = None, dry_run: bool = False) -> Ended:
    """Load the files, or kill the load meanwhile."""
    rejects = str(files.parent / f"rejects-{database}")
    return hands.do("load", database, folder=str(files), on=ON, rejects=rejects, chunk=CHUNK, dry_run=dry_run, kill=kill)


def counts(ended: Ended) -> dict[str, int]:
    """What the load says became of the rows."""
    return dict(json.loads(ended.said[-1]))


@contextmanager
def measured(hands: Hands, result: Result) -> Iterator[None]:
    """Note the most memory that a load took."""
    over, most = threading.Event(), [0]

    def watch() -> None:
        while not over.wait(0.05):
            most[0] = max([most[0], *(kb for pid, kb in processes_of.resident_kb(hands.process.pid).items() if pid != hands.process.pid)])

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        result.note(f"{most[0] / 1024:.0f} MB of memory at most")
    assert most[0] < MOST_MB * 1024


def at_random(seconds: float) -> Iterator[Killer]:
    """Kill at some moment of so many seconds, again and again."""
    rng = random.Random(33)
    while True:
        yield nights.at(0, rng.random() * seconds)


def compare(portal: Supervisor, hands: Hands, files: Path, database: str, killers: Iterable[Killer]) -> tuple[int, dict[str, list[str]]]:
    """Kill a load each time, let it end, and compare with the undisturbed one; how often it was killed, and what differs."""
    killed = sum(load(hands, files, database, kill=killer).killed for killer in killers)
    load(hands, files, database)
    return killed, nights.differing(portal, canonical.INPUT, other=database)


@pytest.fixture
def portal(cluster: Path, files: Path) -> Iterator[Supervisor]:
    """Three databases that know the accounts: the digest of an event is made of its account's key, which has gaps after a kill."""
    with Supervisor(cluster) as found:
        found.start(POSTGRES)
        with Hands(found) as hands:
            hands.do("load", folder=str(files / "known"), on=ON, rejects=str(files / "none"))
        for name in (nights.CALM, "spoiled"):
            nights.copy_database(found, name)
        yield found


def test_a_killed_load_goes_on_and_the_same_files_change_nothing(portal: Supervisor, files: Path) -> None:
    with reported("32", "Imports") as result, Hands(portal) as hands, measured(hands, result):
        tried = load(hands, files, nights.CALM, dry_run=True)
        assert portal_rows(portal, nights.CALM) == 0, "a dry run left rows"
        began = time.monotonic()
        calm = load(hands, files, nights.CALM)
        seconds = time.monotonic() - began
        assert counts(tried) == counts(calm), "a dry run counts otherwise"
        assert counts(calm)["rejected"] == ROWS // BAD_EACH
        with (files.parent / f"rejects-{nights.CALM}" / "events.csv.rejects.csv").open(encoding="utf-8", newline="") as lines:
            rejected = list(csv.DictReader(lines))
        assert len(rejected) == ROWS // BAD_EACH
        assert all(row["line"] and row["column"] and row["reason"] for row in rejected)
        # A kill that comes too late is none, and a load that ended is loaded again: then nothing may change.
        result.faults, found = compare(portal, hands, files, nights.HARMED, islice(at_random(seconds), KILLS))
        result.differing, result.lost = nights.count(found), 0
        again = counts(load(hands, files, nights.HARMED))
        result.said = f"{ROWS:,} rows in {seconds:.0f} s, dry run counts the same, again: {again['created'] + again['updated']} changes"
        assert found == {}
        assert (again["created"], again["updated"]) == (0, 0)
        assert nights.differing(portal, canonical.INPUT) == {}
        assert result.faults > 0


def portal_rows(portal: Supervisor, database: str) -> int:
    """Events stored."""
    with nights.session(portal, database) as session:
        row = session.execute("SELECT count(*) FROM event").fetchone()
    return int(str(row[0])) if row else 0


def test_check_32_sees_a_ledger_that_runs_ahead(portal: Supervisor, files: Path) -> None:
    with Hands(portal, sabotage=[SPOIL + "forgetful_loads"]) as hands, control("32", "the ledger of chunks runs 500 rows ahead"):
        load(hands, files, nights.CALM)
        # When the ledger is written for the third chunk, the first one's is committed, however many write at once.
        killed, found = compare(portal, hands, files, "spoiled", [nights.on_line(NOTED, 3)])
        if not killed:
            pytest.fail("the spoiled load was not killed")
        assert found == {}
