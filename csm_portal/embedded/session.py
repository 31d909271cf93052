"""Gives a command its PostgreSQL and Valkey: those of a running command, or its own for as long as it runs.

`PORTAL_HOME` holds the data and two locks. `holder.lock` belongs to the command that runs the servers, which writes their addresses to
`servers.json`. `guests.lock` is shared by the commands that use them, so that a holder that ends first waits for its guests.
Locks end with their process, however it ends; a file without its lock is stale.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from csm_portal.embedded import owner
from csm_portal.embedded.postgres import Postgres
from csm_portal.embedded.runfolder import RunFolder
from csm_portal.embedded.valkey import Valkey

ATTACH_SECONDS = 180.0
# What this process has started and not stopped.
_own_servers: list[Postgres | Valkey] = []


@dataclass(frozen=True)
class Servers:
    """What a holder tells other commands. `address` is where it serves the portal, if it does."""

    pid: int
    command: str
    since: str
    database_url: str
    redis_url: str
    address: str = ""


class HomeTaken(Exception):
    """Another command holds the servers of this home."""

    def __init__(self, holder: Servers | None) -> None:
        super().__init__(describe(holder))


def describe(holder: Servers | None) -> str:
    """Who holds the servers, for people."""
    if holder is None:
        return "another command that is starting"
    where = f" and serves {holder.address}" if holder.address else ""
    return f"`{holder.command}` (process {holder.pid}), which runs since {holder.since}{where}"


def home_folder() -> Path:
    """`PORTAL_HOME`, made when absent. A line for people when it cannot be written."""
    home = Path(os.environ.get("PORTAL_HOME") or Path(__file__).resolve().parents[2] / ".portal").resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / "logs").mkdir(exist_ok=True)
        owned(home / "logs")
    except OSError as error:
        raise SystemExit(f"Cannot write to {home} ({error.strerror}). Set PORTAL_HOME to a folder of your own.") from error
    if not os.access(home, os.W_OK):
        raise SystemExit(f"Cannot write to {home}: it belongs to another user. Set PORTAL_HOME to a folder of your own.")
    return home


def owned(path: Path) -> Path:
    """What root writes into another user's home stays that user's."""
    if os.getuid() == 0:
        found = path.parent.stat()
        os.chown(path, found.st_uid, found.st_gid)
    return path


def secret_key(home: Path) -> str:
    """The home's own SECRET_KEY, made once."""
    path = home / "secret-key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if value := path.read_text().strip():
            return value
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
    value = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w") as file:
        file.write(value + "\n")
    owned(path)
    return value


def holder_of(home: Path) -> Servers | None:
    """What the running holder wrote, or None. Only meaningful while its lock is held."""
    try:
        return Servers(**json.loads((home / "servers.json").read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def hold(home: Path, command: str, *, fresh: bool = False) -> Iterator[Servers]:
    """Run the servers of this home until the block ends. Raises `HomeTaken` when another command does.

    `fresh` first removes all that the home holds, its key and its locks excepted.
    """
    with contextlib.ExitStack() as stack:
        if stack.enter_context(_lock(home / "holder.lock", fcntl.LOCK_EX)) is None:
            raise HomeTaken(holder_of(home))
        (home / "servers.json").unlink(missing_ok=True)
        if fresh:
            empty(home)
        with _running(home) as (database_url, redis_url):
            since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
            servers = Servers(os.getpid(), command, since, database_url, redis_url)
            publish(home, servers)
            try:
                yield servers
            finally:
                if command != "demo":  # a portal that is told to stop stops; others let their guests finish
                    _close_to_guests(home, stack)
                (home / "servers.json").unlink(missing_ok=True)


def empty(home: Path) -> None:
    """Remove the cluster and what else a portal has written into its home."""
    note = home / "postgres-folder"
    if note.exists():
        shutil.rmtree(Path(note.read_text().strip()).parent, ignore_errors=True)
    for name in ("postgres", "postgres.new", "sample", "rejects"):
        shutil.rmtree(home / name, ignore_errors=True)
    for name in ("postgres-folder", "as-of", "sample.json", "sign-ins.json", "migrated.json"):
        (home / name).unlink(missing_ok=True)
    for path in home.glob("beat-schedule*"):
        path.unlink()


def dead_servers() -> list[str]:
    """Names of the servers of this process that ended by themselves."""
    return [type(server).__name__ for server in _own_servers if server.process is not None and server.process.poll() is not None]


def publish(home: Path, servers: Servers) -> None:
    """Write the addresses where other commands find them."""
    fresh = home / "servers.json.new"
    fresh.write_text(json.dumps(asdict(servers)))
    owned(fresh).replace(home / "servers.json")


@contextlib.contextmanager
def attach_or_hold(home: Path, command: str) -> Iterator[Servers]:
    """The servers of the command that runs them, else our own until the block ends."""
    deadline = time.monotonic() + ATTACH_SECONDS
    told = False
    while True:
        with contextlib.ExitStack() as stack:
            try:
                servers = stack.enter_context(hold(home, command))
            except HomeTaken:
                guest = stack.enter_context(_lock(home / "guests.lock", fcntl.LOCK_SH))
                servers_or_none = holder_of(home) if guest is not None else None
                if servers_or_none is None or not _alive(servers_or_none.pid):
                    if time.monotonic() > deadline:
                        raise SystemExit(f"The servers in {home} are held by {describe(holder_of(home))}, and do not answer.") from None
                    if not told:
                        print("Waiting for the command that starts the servers ...", file=sys.stderr, flush=True)
                        told = True
                    stack.close()
                    time.sleep(0.2)
                    continue
                servers = servers_or_none
            yield servers
            return


@contextlib.contextmanager
def throw_away(*, ports: tuple[int, int] = (0, 0)) -> Iterator[Servers]:
    """Servers without a home: for tests. Fast and careless, gone afterwards. `ports`: local ports for PostgreSQL and Valkey."""
    user = owner.server_user(Path("/nonexistent"))
    run = RunFolder(user)
    logs = run.path
    database = Postgres(run.path / "data", run.path, user, logs / "postgres.log", port=ports[0], careless=True)
    broker = Valkey(run.path, logs / "valkey.log", port=ports[1])
    with _started(database, broker, run):
        yield Servers(os.getpid(), "test", "", database.url, broker.url)


@contextlib.contextmanager
def _running(home: Path) -> Iterator[tuple[str, str]]:
    """Start what the environment does not name a server for."""
    database_url, redis_url = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    user = owner.server_user(home / "postgres")
    database = broker = None
    if database_url:
        run = RunFolder(None)
    else:
        data = owner.data_folder(home, user)
        user = owner.server_user(data)
        run = RunFolder(user)
        database = Postgres(data, run.path, user, log_file(home, "postgres"))
    if not redis_url:
        broker = Valkey(run.path, log_file(home, "valkey"))
    with _started(database, broker, run):
        yield (database.url if database else database_url), (broker.url if broker else redis_url)


@contextlib.contextmanager
def _started(database: Postgres | None, broker: Valkey | None, run: RunFolder) -> Iterator[None]:
    servers: list[Postgres | Valkey] = [server for server in (broker, database) if server is not None]
    try:
        for server in servers:
            server.start()
            _own_servers.append(server)
        for server in servers:
            server.wait_until_ready()
        yield
    finally:
        for server in reversed(servers):
            server.stop()
            if server in _own_servers:
                _own_servers.remove(server)
        run.remove()


def _close_to_guests(home: Path, stack: contextlib.ExitStack) -> None:
    """Wait until nobody uses the servers, and keep newcomers out until `stack` closes."""
    lock = stack.enter_context(_lock(home / "guests.lock", fcntl.LOCK_EX))
    if lock is None:
        print("Done; waiting for the commands that use the same servers ...", file=sys.stderr, flush=True)
        stack.enter_context(_lock(home / "guests.lock", fcntl.LOCK_EX, wait=True))


@contextlib.contextmanager
def _lock(path: Path, kind: int, *, wait: bool = False) -> Iterator[int | None]:
    """Hold a file lock for the block; None when another process has it."""
    existed = path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    if not existed:
        owned(path)
    try:
        fcntl.flock(descriptor, kind | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def log_file(home: Path, name: str) -> Path:
    """A server's log, started anew when it has grown past 10 MB."""
    path = home / "logs" / f"{name}.log"
    if path.exists() and path.stat().st_size > 10_000_000:
        path.unlink()
    path.touch()
    return owned(path)
