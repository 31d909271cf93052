"""A small invented book to spoil nights on: a cluster with some history built, and what comes late before each of the nights after it.

Run as `python -m tests.faults.night_book FOLDER ACCOUNTS`, on the database of the environment: everything in one process, through the
commands everyone uses. One event in `LATE_SHARE` is held back and comes before one of the nights, so that each has older days to redo.
"""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from csm_portal.embedded import owner
from csm_portal.embedded.postgres import Postgres
from csm_portal.embedded.runfolder import RunFolder
from tests.faults.cluster import ROOT, clean_environment, copy, locked, template
from tests.faults.results import FULL

ACCOUNTS = 120 if FULL else 20
FIRST, LAST = date(2026, 8, 1) if FULL else date(2026, 9, 1), date(2026, 10, 31)
NIGHTS = 28
# The last day of the history that is there; the nights follow it day by day.
BUILT = LAST - timedelta(days=NIGHTS)
LATE_SHARE = 12
READER = "admin@example.com"


@dataclass(frozen=True)
class Book:
    """A folder with the cluster to copy, a folder of late files per night, and a token of somebody who sees everything."""

    folder: Path

    @property
    def cluster(self) -> Path:
        """For `Supervisor`."""
        return self.folder / "cluster"

    @property
    def token(self) -> str:
        """Of `READER`."""
        return (self.folder / "token").read_text()

    def late_of(self, night: int) -> Path:
        """Files that come before a night, 1 to `NIGHTS`."""
        return self.folder / "late" / f"{night:02}"


def day_of(night: int) -> date:
    """The as-of day of a night, 1 to `NIGHTS`."""
    return BUILT + timedelta(days=night)


def shared_book(shared: Path) -> Book:
    """The book, made by the first process of the test run that asks. `shared`: a folder of the run."""
    made = shared / "faults-book"
    migrated = template(shared)
    with locked(shared / "faults-book.lock"):
        if not made.exists():
            fresh = shared / "faults-book.new"
            fresh.mkdir()
            _make(fresh, migrated)
            fresh.rename(made)
    return Book(made)


def _make(target: Path, migrated: Path) -> None:
    user = owner.server_user(Path("/nonexistent"))
    run = RunFolder(user)
    copy(migrated, run.path / "data")
    # Nobody reads what a crash would leave of it, so it need not wait for the disk.
    server = Postgres(run.path / "data", run.path, user, run.path / "postgres.log", careless=True)
    try:
        server.start()
        server.wait_until_ready()
        environment = {
            **clean_environment(),
            "DATABASE_URL": server.url,
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "PORTAL_HOME": str(run.path),
            "PORTAL_AS_OF": (BUILT + timedelta(days=1)).isoformat(),
        }
        command = [sys.executable, "-m", "tests.faults.night_book", str(target), str(ACCOUNTS)]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        server.stop()
        copy(run.path / "data", target / "cluster")
    finally:
        server.stop()
        run.remove()


def main(arguments: Sequence[str]) -> None:
    """Fill the database of the environment, and leave what comes late below the folder."""
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.people import new_token

    folder, accounts = Path(arguments[0]), int(arguments[1])
    files = folder / "files"
    call_command("sample", str(files), accounts=accounts, months=6, as_of=LAST, verbosity=0)
    _hold_back(files / "events.csv.gz", folder / "late")
    definition = files / "definition.toml"
    # Days before it would be graded too, and are of no interest here.
    told = re.sub(r"effective_from = \S+", f"effective_from = {FIRST}", definition.read_text(encoding="utf-8"))
    definition.write_text(told, encoding="utf-8")
    call_command("define", str(definition))
    call_command("load", str(files), source="sample", rejects=folder / "rejects")
    call_command("nightly", first=FIRST, to=BUILT)
    (folder / "token").write_text(new_token(READER))


def _hold_back(events: Path, late: Path) -> None:
    """Keep events from `FIRST` on; one in `LATE_SHARE` goes into the folder of a night, the same one each time."""
    with gzip.open(events, "rt", encoding="utf-8") as source:
        header, *lines = source.readlines()
    when = header.rstrip("\n").split(",").index("occurred_at")
    nights: dict[int, list[str]] = {night: [] for night in range(1, NIGHTS + 1)}
    kept = []
    for line in lines:
        drawn = zlib.crc32(line.encode())
        if line.split(",")[when] < FIRST.isoformat():
            continue
        if drawn % LATE_SHARE == 0:
            nights[1 + drawn // LATE_SHARE % NIGHTS].append(line)
        else:
            kept.append(line)
    with gzip.open(events, "wt", encoding="utf-8") as out:
        out.writelines([header, *kept])
    for night, found in nights.items():
        (late / f"{night:02}").mkdir(parents=True)
        (late / f"{night:02}" / "events.csv").write_text(header + "".join(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
