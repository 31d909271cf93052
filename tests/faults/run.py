"""`manage.py test --faults [--small] [PYTEST ARGUMENT…]`: every check of the fault suite, one after another, and its table.

At full size, or with `--small` at the size at which every change is tried: the same faults on a few accounts, and nothing is timed. In a
process of its own either way, without a browser beside it. The table is Markdown, for docs/reliability.md. The exit code is pytest's, or 1
where a check has no control that turned it red.
"""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults import processes_of

HERE = Path(__file__).parent
SMALL = "--small"
# They work with leases of three seconds and limits of four for an account, which a machine that is busy for others lets run out.
TIMED = ("test_12_one_run.py", "test_15_poison.py")
# A run that takes longer hangs, and is killed with all that came of it. A check has a limit of its own, far below (conftest.py).
SMALL_SECONDS, FULL_SECONDS = 3_600.0, 6 * 3_600.0
HEAD = ("check", "what", "faults injected", "acknowledged lost", "rows differing", "controls, all red", "seconds", "measured")


def main(arguments: list[str]) -> int:
    """Run pytest to its end, then print what the checks have reported."""
    with tempfile.TemporaryDirectory(prefix="csm-portal-faults-") as folder:
        report = Path(folder) / "report.jsonl"
        size = {"FAULT_SCALE": "small"} if SMALL in arguments else {}
        environment = {"FAULT_SCALE": "full", **os.environ, **size, "FAULT_REPORT": str(report)}
        chosen = [one for one in arguments if not one.startswith("-")]
        everything = not chosen
        options = [one for one in arguments if one.startswith("-") and one != SMALL]
        if not chosen:
            chosen = [str(HERE), *(f"--ignore={HERE / name}" for name in TIMED if SMALL in arguments)]
        # Each check has servers of its own, and most of the time waits for them; what is timed needs the machine to itself.
        at_once = ["-n2", "--dist=load"] if SMALL in arguments else ["-n0"]
        command = [sys.executable, "-m", "pytest", *at_once, "--durations=0", "--durations-min=600", "-v", *options, *chosen]
        code = run(command, environment, SMALL_SECONDS if SMALL in arguments else FULL_SECONDS)
        lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    failures = [one for one in lines if "failed" in one]
    for one in failures:
        print(f"\nFailed, and tried again up to twice: {one['failed']}\n" + "\n".join(f"    {line}" for line in one["why"]))
    lines = [one for one in lines if "failed" not in one]
    if not lines:
        return code
    print("\n" + "\n".join(table(lines)))
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[2]:.0f}"
    print(f"\n{machine}, {datetime.now(UTC):%Y-%m-%d}, size {environment['FAULT_SCALE']}.")
    blind = without_control(lines)
    if blind:
        print(f"No control turned these red, so they do not count: {', '.join(blind)}.")
    # Of chosen files the control may stand in another.
    return code or int(bool(blind) and everything)


def run(command: list[str], environment: Mapping[str, str], seconds: float) -> int:
    """The command's exit code; 1 where it had to be killed."""
    with subprocess.Popen(command, env=environment) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            print(f"\nNot over after {seconds:.0f} s: killed.")
            processes_of.signal_tree(process.pid, signal.SIGKILL)
            return 1


def table(lines: Iterable[dict[str, Any]]) -> list[str]:
    """A row for each check that ran, in the order of the goals, with what its controls spoiled."""
    known = list(lines)
    results = sorted((one for one in known if "red" not in one), key=lambda one: (first_number(one["number"]), one["name"]))
    rows = [HEAD, tuple("---" for _ in HEAD)]
    for one in results:
        controls = [other["control"] if other["red"] else f"NOT RED: {other['control']}" for other in known if _controls(other, one)]
        figures = ["–" if one[name] is None else f"{one[name]:,}" for name in ("lost", "differing")]
        seen = "; ".join(controls) or "NONE"
        rows.append((one["number"], one["name"], f"{one['faults']:,}", *figures, seen, f"{one['seconds']:,.0f}", one["said"]))
    return ["| " + " | ".join(row) + " |" for row in rows]


def without_control(lines: Iterable[dict[str, Any]]) -> list[str]:
    """Numbers of the checks that ran and of which no control turned red."""
    known = list(lines)
    red = {one["number"] for one in known if one.get("red")}
    return sorted({one["number"] for one in known if "red" not in one} - red, key=first_number)


def first_number(text: str) -> int:
    """Of a check that tries several goals at once, the first."""
    found = re.search(r"\d+", text)
    return int(found.group()) if found else 0


def _controls(line: dict[str, Any], result: dict[str, Any]) -> bool:
    return "red" in line and line["number"] == result["number"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
