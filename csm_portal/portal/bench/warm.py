"""The bench's end of a worker's process, which does a night for each line (csm_portal/nightly/management/on_order.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Done:
    """A night with all that follows it: seconds on the clock and of Python's processor time, the process's peak memory in MB."""

    wall: float
    python: float
    peak_mb: float


@dataclass
class Warm:
    """The bench's end."""

    orders: IO[str]
    answers: IO[str]

    def night(self, day: date) -> Done:
        """Have the night of the day built, or built again. Raises RuntimeError with the job's error."""
        self.orders.write(f"{day}\n")
        self.orders.flush()
        answer = self.answers.readline()
        told: dict[str, Any] = json.loads(answer) if answer else {"error": "the worker's process ended"}
        if "error" in told:
            raise RuntimeError(told["error"])
        return Done(told["wall"], told["python"], told["peak_mb"])


@contextmanager
def worker(url: str, today: date) -> Iterator[Warm]:
    """A process that serves a book until the block ends; `today`: the portal's day in it."""
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "csm_portal.settings", "PORTAL_AS_OF": str(today)}
    command = [sys.executable, "-m", "csm_portal.nightly.management.on_order"]
    where = Path(settings.BASE_DIR)
    with subprocess.Popen(command, env=environment, cwd=where, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin and process.stdout:
            # When they are closed its input ends, and with that its work.
            yield Warm(process.stdin, process.stdout)
