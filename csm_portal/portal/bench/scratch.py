"""A database of its own for a benchmark, dropped afterwards."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql


@contextmanager
def scratch_database(name: str) -> Iterator[str]:
    """Point Django's connection at a new, migrated database; yields its URL. The portal's own data are not touched."""
    before = connection.settings_dict["NAME"]
    scratch = f"bench_{name}"
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(scratch)))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(scratch)))
        connection.close()
        connection.settings_dict["NAME"] = scratch
        try:
            call_command("migrate", verbosity=0)
            yield _url(scratch)
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(scratch)))


def _url(name: str) -> str:
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{name}"))


@dataclass(frozen=True)
class Cost:
    """What one child process took: seconds on the clock and of processor time, peak memory in MB."""

    wall: float
    cpu: float
    peak_mb: float


def run_command(arguments: Sequence[str], database_url: str) -> Cost:
    """Run `manage.py ARGUMENTS` as a process of its own against the database. Raises `RuntimeError` with its last lines on failure."""
    environment = {**os.environ, "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "csm_portal.settings"}
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "django", *arguments],
        env=environment,
        cwd=Path(settings.BASE_DIR),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        output = child.stdout.read() if child.stdout else ""
        _pid, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} ended with {child.returncode}: {output[-600:]}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Cost(time.monotonic() - began, usage.ru_utime + usage.ru_stime, kilobytes / 1024)


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """Median wall time of some runs."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
