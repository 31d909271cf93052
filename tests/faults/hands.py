"""A process that has the portal loaded and makes children at once, each of which does one thing to a database and may be killed.

Starting Django costs seconds, a fork milliseconds; so twenty kills need not take minutes. `Hands` is the test's end of it, `main` the
process's own: it reads a line of JSON, forks, and writes lines of JSON: the child's id, what the child says, and how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from csm_portal.embedded import child
from tests.faults import processes_of
from tests.faults.cluster import ROOT
from tests.faults.supervisor import SABOTAGED, Supervisor

# When to kill: asked at the beginning and at each line the work says, with all of them so far; the answer is the pause before the kill,
# None: not now.
Killer = Callable[[Sequence[str]], float | None]


@dataclass
class Ended:
    """How a piece of work ended: its exit code (negative: the signal that ended it), what it said, and the seconds it took."""

    code: int
    seconds: float
    said: list[str] = field(default_factory=list)

    @property
    def killed(self) -> bool:
        """Whether SIGKILL ended it."""
        return self.code == -signal.SIGKILL


class Hands:
    """The test's end. Use it as a context manager inside a `Supervisor` whose PostgreSQL runs."""

    def __init__(self, portal: Supervisor, *, sabotage: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> None:
        spoiled = [SABOTAGED, ",".join(sabotage)] if sabotage else []
        command = child.wrapped([sys.executable, "-m", *spoiled, "tests.faults.hands"], on_parent_death=signal.SIGKILL)
        self.errors = (portal.home / "hands.log").open("ab")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env={**portal.environment(), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **(environment or {})},
            cwd=ROOT,
            text=True,
        )
        self.log = portal.home / "hands.log"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None) -> None:
        members = processes_of.signal_tree(self.process.pid, signal.SIGKILL)
        self.process.wait()
        processes_of.wait_until_gone(members)
        for pipe in (self.process.stdin, self.process.stdout, self.errors):
            if pipe is not None:
                pipe.close()

    def do(self, work: str, database: str = "portal", *, kill: Killer | None = None, **values: Any) -> Ended:
        """Have a child do the work and wait for its end; `kill` ends it before. Work that fails by itself fails the test."""
        self.order(work, database, **values)
        return self.follow(kill)

    def order(self, work: str, database: str = "portal", **values: Any) -> int:
        """Begin the work; returns the child's process id. `follow` waits for its end."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"work": work, "database": database, **values}) + "\n")
        self.process.stdin.flush()
        self.began = time.monotonic()
        self.pid = int(self._read()["pid"])
        return self.pid

    def follow(self, kill: Killer | None = None) -> Ended:
        """Read what the child says until it ends."""
        said: list[str] = []
        if kill is not None and (pause := kill(said)) is not None:
            self._kill(pause)
            kill = None
        while "code" not in (line := self._read()):
            said.append(line["say"])
            if kill is not None and (pause := kill(said)) is not None:
                self._kill(pause)
                kill = None
        ended = Ended(line["code"], time.monotonic() - self.began, said)
        assert ended.code in (0, -signal.SIGKILL), f"the work ended with {ended.code}:\n{self.log.read_text(errors='replace')[-3000:]}"
        return ended

    def _kill(self, pause: float) -> None:
        time.sleep(pause)
        processes_of.send(self.pid, signal.SIGKILL)

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the process ended:\n{self.log.read_text(errors='replace')[-3000:]}"
        return dict(json.loads(line))


# --- The process's own end -----------------------------------------------------------------------------------------------------


def _tell(**values: Any) -> None:
    """One line in one write, so that those of parent and child never mix."""
    os.write(1, (json.dumps(values) + "\n").encode())


def _say(line: str) -> None:
    _tell(say=line)


def night(as_of: str, **_: Any) -> None:
    """Build and publish a night, and do all that follows from it, as a worker does."""
    from csm_portal.nightly import build, foresee, foreseeing

    day = date.fromisoformat(as_of)
    today = day + timedelta(days=1)
    run = build.build(day, say=_say).run
    narrowed = foreseeing.narrowed(run, today)
    # What is closed tells when: the hour of nights, whenever this one is built.
    foresee.foresee(foresee.Moment(day, today, datetime(day.year, day.month, day.day, 23, tzinfo=UTC), narrowed), _say)
    foreseeing.note(run, today, narrowed)


def load(folder: str, on: str, rejects: str, chunk: int = 0, dry_run: bool = False, **_: Any) -> None:
    """Load a folder; `chunk`: records of a chunk, where a small file must have many. The last line says what became of the rows."""
    from accounts.loading import load as loading

    if chunk:
        assert hasattr(loading, "CHUNK_ROWS")
        loading.CHUNK_ROWS = chunk
    report = loading.load_folder(Path(folder), rejects=Path(rejects), source="late", on=date.fromisoformat(on), dry_run=dry_run, say=_say)
    assert report.exit_code == 0, report.lines()
    _say(json.dumps({one: sum(getattr(file, one) for file in report.files) for one in ("created", "updated", "unchanged", "rejected")}))


def hostile(folder: str, on: str, **_: Any) -> None:
    """Give a folder of one file to the loader and to the first look of the page; says what both say of it and the memory it took."""
    from accounts.loading.load import load_folder
    from accounts.loading.peek import peek

    processes_of.forget_peaks(os.getpid())
    report = load_folder(Path(folder), rejects=Path(folder) / "rejects", source="hostile", on=date.fromisoformat(on))
    (file,) = [path for path in Path(folder).iterdir() if path.is_file()]
    refused = [one.refused for one in report.files] + [peek(file, 200).refused]
    counts = {"read": report.total("read"), "rejected": report.total("rejected")}
    told = {"refused": [one for one in refused if one], "report": "\n".join(report.lines()), **counts}
    _say(json.dumps({**told, "mb": processes_of.memory_kb(os.getpid(), "VmHWM")[os.getpid()] // 1024}))


def tick(**_: Any) -> None:
    """One tick of beat: write down what is owed, wake a worker for what is due."""
    from csm_portal.nightly import tasks

    _say(f"woke {tasks.tick()}")


WORK: Mapping[str, Callable[..., None]] = {"night": night, "load": load, "hostile": hostile, "tick": tick}


def _child(order: dict[str, Any]) -> None:
    """Be the child: on a database of its own choice, with a session of its own."""
    from django.db import connection

    connection.settings_dict["NAME"] = order.pop("database")
    WORK[order.pop("work")](**order)


def main() -> None:
    """Load the portal once, then fork for each order."""
    import django

    django.setup()
    import churn.likelihood.tell  # noqa: F401 - and what brings numpy
    import csm_portal.nightly.tasks  # noqa: F401 - with all that it brings

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _be_child(json.loads(line))
        _pid, status = os.waitpid(pid, 0)
        _tell(code=os.waitstatus_to_exitcode(status))


def _be_child(order: dict[str, Any]) -> None:
    code = 1
    try:
        child.die_with_parent(signal.SIGKILL, os.getppid())
        _tell(pid=os.getpid())
        _child(order)
        code = 0
    except BaseException:  # noqa: BLE001 - the child must never go on as its parent
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
