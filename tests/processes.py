"""Starting the portal's programs as a person would, and seeing what is left of them."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """Hardly anything: what a cron job or a bare container gives, and a PORTAL_HOME."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "", "PORTAL_HOME": str(home), **more}


def manage(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the portal to its end."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=clean_environment(home, **more), capture_output=True, text=True, timeout=600, check=False)


def run_python(code: str, home: Path, *, user: int | None, interpreter: str, packages: str) -> subprocess.CompletedProcess[str]:
    """Run Python code to its end, as another user when one is given."""
    environment = clean_environment(home, PYTHONPATH=f"{ROOT}{os.pathsep}{packages}")
    groups = None if user is None else [user]
    return subprocess.run(
        [interpreter, "-c", code],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=300,
        user=user,
        group=user,
        extra_groups=groups,
        check=False,
    )


def _heed_ctrl_c() -> None:
    """A shell without job control starts its background jobs deaf to Ctrl-C, and what they start would inherit that."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def running(command: Sequence[str | Path], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process with its output readable line by line, killed at the end of the block if it still runs."""
    _heed_ctrl_c()
    with subprocess.Popen(
        command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def python(code: str, home: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    """Python code in a process of its own."""
    return running([sys.executable, "-c", code], {**clean_environment(home), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"})


def wait_for(condition: Callable[[], object], *, seconds: float = 120, what: str = "the condition") -> None:
    """Return once it holds; fail the test when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(0.1)


# What was read from a process after the line that was asked for, by pid.
_unread: dict[int, str] = {}


def read_until(process: subprocess.Popen[str], pattern: str, *, seconds: float = 300) -> str:
    """Output of the process up to the line that matches. Fails the test when it ends or stays silent before that."""
    assert process.stdout is not None
    seen, pending = "", _unread.pop(process.pid, "")
    deadline = time.monotonic() + seconds
    while True:
        while "\n" in pending:
            line, pending = pending.split("\n", 1)
            seen += line + "\n"
            if re.search(pattern, line):
                _unread[process.pid] = pending
                return seen
        left = deadline - time.monotonic()
        # Past the text layer, whose buffer `select` does not see.
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            raise AssertionError(f"{pattern!r} did not appear within {seconds} s in:\n{seen}{pending}")
        read = os.read(process.stdout.fileno(), 65536)
        if not read:
            raise AssertionError(f"the process ended before {pattern!r}:\n{seen}{pending}")
        pending += read.decode(errors="replace")


def processes_naming(text: str) -> list[str]:
    """Command lines of running processes, this one excepted, that hold the text or were given it as PORTAL_HOME."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            given = (folder / "environ").read_bytes().decode(errors="replace")
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if state != "Z" and (text in command or f"PORTAL_HOME={text}" in given):
            found.append(command)
    return found
