"""What a check of the fault suite found, as a line of its table; and the sizes it runs at.

`FAULT_SCALE=full` in the environment: the figures that docs/reliability.md promises; else sizes for every run of the tests.
`FAULT_REPORT`: a file to which each result is appended as JSON, read by `manage.py test --faults`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

FULL = os.environ.get("FAULT_SCALE") == "full"
T = TypeVar("T")
# Of a failure this much is told at the end of a run.
MOST_LINES = 25


def sized(quick: T, full: T) -> T:
    """The size for this run."""
    return full if FULL else quick


def controls(first: T, *more: T) -> list[T]:
    """Of a check's controls the first; at full size all."""
    return [first, *sized((), more)]


def within(seconds: float) -> float:
    """A promised time: at full size stretched by how many processes wait for each core just now, at quick size none at all."""
    crowd = max(os.getloadavg()[:2]) / (os.cpu_count() or 1)
    return seconds * max(1.0, crowd) if FULL else float("inf")


@dataclass
class Result:
    """One check. `number` is the goal's; `faults` were injected; `lost` is acknowledged work that is gone; `differing` rows that are not
    what an undisturbed run or the independent counter has; `said`: what else was measured, in a few words. None: not a thing it measures.
    """

    number: str
    name: str
    faults: int = 0
    lost: int | None = None
    differing: int | None = None
    control: str = ""
    said: str = ""
    seconds: float = 0
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Add a figure to what is said."""
        self.notes.append(text)


@contextmanager
def reported(number: str, name: str) -> Iterator[Result]:
    """Time the block and append its result; a check that fails leaves a line that says so and fails."""
    result = Result(number, name)
    began = time.monotonic()
    try:
        yield result
    except BaseException as problem:
        result.note(f"FAILED: {str(problem).splitlines()[0][:120] if str(problem) else type(problem).__name__}")
        raise
    finally:
        result.seconds = round(time.monotonic() - began, 1)
        result.said = "; ".join([*filter(None, [result.said]), *result.notes])
        if path := os.environ.get("FAULT_REPORT"):
            line = asdict(result)
            line.pop("notes")
            with Path(path).open("a", encoding="utf-8") as out:
                out.write(json.dumps(line) + "\n")


@contextmanager
def control(number: str, sabotage: str, because: str = "") -> Iterator[None]:
    """A spoiled run of a check: passes only when the check's assertions fail in it, and appends that it was seen.

    `sabotage` says in a few words what was spoiled, `because` what the failed assertion has to speak of: red for that reason alone. An
    error that is no failed assertion is one: the control must turn the check red, not break it.
    """
    try:
        yield
    except AssertionError as red:
        if because not in str(red):
            _append({"number": number, "control": sabotage, "red": False, "why": str(red)[:200]})
            raise
        _append({"number": number, "control": sabotage, "red": True, "why": str(red).splitlines()[0][:200] if str(red) else ""})
        return
    _append({"number": number, "control": sabotage, "red": False, "why": ""})
    raise AssertionError(f"check {number} does not notice: {sabotage}")


def note_failure(name: str, why: str) -> None:
    """A test that failed, to be told at the run's end even where its next try passes; of what it says the last lines."""
    _append({"failed": name, "why": why.splitlines()[-MOST_LINES:]})


def _append(line: dict[str, object]) -> None:
    if path := os.environ.get("FAULT_REPORT"):
        with Path(path).open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
