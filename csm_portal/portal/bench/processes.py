"""Processor time and memory of other processes, from /proc; None where the machine does not show them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from django.db import connection

_BACKENDS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND (pid <> pg_backend_pid()) = %s
"""
_TICK = 1 / os.sysconf("SC_CLK_TCK")


def cpu_of(pids: Iterable[int]) -> float | None:
    """Seconds of processor time that these processes have taken; one that has ended counts nothing."""
    found = [spent for pid in pids if (spent := _cpu(pid)) is not None]
    return sum(found) if found else None


def memory_of(pids: Iterable[int]) -> float | None:
    """Resident memory of these processes that no file backs, in MB: what they hold for themselves or share since their fork."""
    found = [kilobytes for pid in pids if (kilobytes := _anonymous_kb(pid)) is not None]
    return sum(found) / 1024 if found else None


def children() -> list[int]:
    """Every process below this one."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        fields = _fields(entry)
        if fields:
            parents.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found: list[int] = []
    next_ones = [os.getpid()]
    while next_ones:
        next_ones = [child for pid in next_ones for child in parents.get(pid, [])]
        found += next_ones
    return found


def parent_of(pid: int) -> int | None:
    """The process that started this one."""
    fields = _fields(Path(f"/proc/{pid}/stat"))
    return int(fields[1]) if fields else None


def ended_children_of(pid: int | None) -> float | None:
    """Seconds of processor time of all children of a process that have ended: of a database server, of connections that were closed."""
    fields = _fields(Path(f"/proc/{pid}/stat"))
    return (int(fields[13]) + int(fields[14])) * _TICK if fields else None


def backends(*, other: bool) -> list[int]:
    """The server's processes for this database: those of other connections, or that of this one."""
    with connection.cursor() as cursor:
        cursor.execute(_BACKENDS, [other])
        return [row[0] for row in cursor.fetchall()]


def _cpu(pid: int) -> float | None:
    fields = _fields(Path(f"/proc/{pid}/stat"))
    return (int(fields[11]) + int(fields[12])) * _TICK if fields else None


def _fields(path: Path) -> list[str]:
    """What stands behind the name of the program, which may hold spaces."""
    try:
        return path.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _anonymous_kb(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), None)
