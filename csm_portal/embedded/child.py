"""Starts a program that ends when its parent ends, even by `kill -9`. Standard library only; also run as a script.

As a script: `python -I -S child.py PARENT_PID SIGNAL UID GID PROGRAM [ARGUMENT...]`. UID -1 keeps the user.
Linux kernels send the signal themselves. Elsewhere the script stays, watches its parent and passes the signal on.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
LINUX = os.uname().sysname == "Linux"


def die_with_parent(signal_number: int, parent_pid: int) -> None:
    """Ask the kernel to send this process `signal_number` when its parent dies. Does nothing where the kernel cannot."""
    if not LINUX:
        return
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent_pid:  # the parent died before the request stood
        os.kill(os.getpid(), signal.SIGKILL)


def start(
    arguments: Sequence[str | Path],
    *,
    on_parent_death: signal.Signals,
    user: tuple[int, int] | None = None,
    env: Mapping[str, str] | None = None,
    log: IO[bytes] | int = subprocess.DEVNULL,
    cwd: str | Path = "/",
    keep: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own (a terminal's Ctrl-C reaches only us), as `user` (uid, gid) when given.

    `keep`: file descriptors that the program inherits.
    """
    return subprocess.Popen(
        wrapped(arguments, on_parent_death=on_parent_death, user=user),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT if log is not subprocess.DEVNULL else subprocess.DEVNULL,
        env=dict(env) if env is not None else None,
        cwd=str(cwd),
        start_new_session=True,
        pass_fds=keep,
    )


def wrapped(arguments: Sequence[str | Path], *, on_parent_death: signal.Signals, user: tuple[int, int] | None = None) -> list[str]:
    """The command line that runs `arguments` so that they end with this process."""
    uid, gid = user or (-1, -1)
    wrapper = [sys.executable, "-I", "-S", str(Path(__file__).resolve())]
    return [*wrapper, str(os.getpid()), str(int(on_parent_death)), str(uid), str(gid), *map(str, arguments)]


def stop(process: subprocess.Popen[bytes], *signals: tuple[signal.Signals, float]) -> None:
    """Send the signals one after another, waiting the given seconds after each, then kill."""
    for number, seconds in signals:
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds)
            return
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    process.wait()


def _change_user(uid: int, gid: int) -> None:
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def _watch(program: list[str], parent_pid: int, signal_number: int) -> int:
    """Run the program and pass the signal on once the parent is gone. For systems without a parent-death signal."""
    process = subprocess.Popen(program)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda received, _frame: process.send_signal(received))
    told = False
    while process.poll() is None:
        if not told and os.getppid() != parent_pid:
            process.send_signal(signal_number)
            told = True
        time.sleep(0.3)
    return process.returncode


def main(arguments: list[str]) -> int:
    """Become the program, or watch over it; see the module's text."""
    parent_pid, signal_number, uid, gid = (int(value) for value in arguments[:4])
    program = arguments[4:]
    # First the user: the kernel forgets the signal when a process changes its user.
    _change_user(uid, gid)
    if LINUX:
        die_with_parent(signal_number, parent_pid)
        os.execv(program[0], program)
    return _watch(program, parent_pid, signal_number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
