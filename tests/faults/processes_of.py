"""Looking at and signalling a process with all that came of it, by process id alone. Linux: reads /proc."""

from __future__ import annotations

import os
import signal
import time
from collections import defaultdict
from pathlib import Path

LINUX = Path("/proc/self/stat").exists()


def descendants(root: int) -> list[int]:
    """Ids of the processes that came of `root`, itself not among them; those that are only waiting to be reaped left out."""
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (found := state_and_parent(int(folder.name))) is not None and found[0] != "Z":
            children[found[1]].append(int(folder.name))
    known, todo = [], list(children[root])
    while todo:
        one = todo.pop()
        known.append(one)
        todo += children[one]
    return known


def state_and_parent(pid: int) -> tuple[str, int] | None:
    """A process's state letter and its parent; None where there is none of that id."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return words[0], int(words[1])


def is_gone(pid: int) -> bool:
    """Whether the process has ended, reaped or not."""
    found = state_and_parent(pid)
    return found is None or found[0] in "ZX"


def signal_tree(root: int, number: signal.Signals) -> list[int]:
    """Send the signal to `root` and all that came of it; returns their ids.

    They are held first, the parents before the children, so that none can make another meanwhile.
    """
    members = [root]
    send(root, signal.SIGSTOP)
    while new := [pid for pid in descendants(root) if pid not in members]:
        for pid in new:
            send(pid, signal.SIGSTOP)
        members += new
    # The children first: a parent that sees a child die before its own end may act on it.
    for pid in reversed(members):
        send(pid, number)
    return members


def send(pid: int, number: signal.Signals) -> None:
    """Signal one process; nothing where it has ended by itself."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def wait_until_gone(pids: list[int], seconds: float = 120) -> None:
    """Return once all have ended."""
    deadline = time.monotonic() + seconds
    while not all(is_gone(pid) for pid in pids):
        assert time.monotonic() < deadline, f"processes {[pid for pid in pids if not is_gone(pid)]} do not end"
        time.sleep(0.01)


def memory_kb(root: int, field: str = "VmRSS") -> dict[int, int]:
    """Memory of `root` and each process that came of it, in KiB: in use now, or with `VmHWM` the most since `forget_peaks`."""
    found = {}
    for pid in [root, *descendants(root)]:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        for line in status.splitlines():
            if line.startswith(f"{field}:"):
                found[pid] = int(line.split()[1])
    return found


def forget_peaks(root: int) -> None:
    """Let the most memory of each process be what it uses now."""
    for pid in [root, *descendants(root)]:
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def resident_kb(root: int) -> dict[int, int]:
    """Memory in use now, in KiB, of `root` and each process that came of it."""
    return memory_kb(root)
