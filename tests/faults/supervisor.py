"""A whole portal of one's own to do harm to: PostgreSQL, Valkey, web, worker and beat as children of the test, killed and frozen by name.

    with Supervisor(cluster) as portal:
        portal.start("postgres", "valkey", "web", "worker")
        portal.kill("postgres")     # SIGKILL to the server and all its sessions at once
        portal.start("postgres")
        portal.freeze("valkey")     # SIGSTOP: accepts, never answers
        portal.thaw("valkey")

Children on purpose: what is started by a starter that leaves (pg_ctl) stays a zombie after `kill -9`, and blocks its own restart. Only
processes started here are ever signalled. Everything lives in one folder under /tmp, removed at the end; sockets there, and for the web a
port that stays reserved while it is down, so that callers wait or are cut off instead of meeting a stranger.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import redis
from celery import Celery

from csm_portal.embedded import child, owner
from csm_portal.embedded.ports import answers
from csm_portal.embedded.postgres import Postgres, tail
from csm_portal.embedded.runfolder import RunFolder
from csm_portal.embedded.valkey import Valkey
from tests.faults import processes_of
from tests.faults.cluster import ROOT, clean_environment, copy

POSTGRES, VALKEY, WEB, WORKER, BEAT = "postgres", "valkey", "web", "worker", "beat"
# A busy machine may take this long for anything; nothing is ever waited for without a condition.
PATIENCE = 300.0
SABOTAGED = "tests.faults.sabotaged"


class Supervisor:
    """One portal. `cluster`: a folder of `cluster.template`. `sabotage`: names `module:function` that spoil the portal's own processes.

    `environment` goes to every process of the portal; its servers are not concerned.
    """

    def __init__(
        self, cluster: Path, *, sabotage: Sequence[str] = (), environment: Mapping[str, str] | None = None, concurrency: int = 2
    ) -> None:
        self.cluster, self.sabotage, self.concurrency = cluster, tuple(sabotage), concurrency
        self.more = dict(environment or {})
        self.user = owner.server_user(Path("/nonexistent"))
        self.run_folder = RunFolder(self.user)
        self.home = self.run_folder.path
        self.port = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.port.bind(("127.0.0.1", 0))
        self.port.set_inheritable(True)
        self.postgres = Postgres(self.home / "data", self.home, self.user, self.home / "postgres.log")
        self.valkey = Valkey(self.home, self.home / "valkey.log")
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.frozen: set[str] = set()
        # Everything started, for the end: a process whose restart failed half-way must go too.
        self.started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        copy(self.cluster, self.home / "data")
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None) -> None:
        for process in reversed(self.started):
            if process.poll() is None:
                members = processes_of.signal_tree(process.pid, signal.SIGKILL)
                process.wait()
                processes_of.wait_until_gone(members)
        self.port.close()
        self.run_folder.remove()

    # --- What it is reached by ---------------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """Where the web answers, without the last slash."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def web_port(self) -> int:
        return int(self.port.getsockname()[1])

    @property
    def database_url(self) -> str:
        return self.postgres.url

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection[tuple[Any, ...]]:
        """A session of the test's own."""
        return psycopg.connect(self.database_url, autocommit=autocommit)

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement, in a session of its own that is gone afterwards."""
        with self.connect() as session:
            cursor = session.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def broker(self) -> redis.Redis:
        """A client of the Valkey, with short patience."""
        return redis.Redis(unix_socket_path=str(self.valkey.socket), socket_timeout=10)

    def poke(self, task: str, *values: Any, queue: str = "interactive") -> None:
        """Send a wake-up as the portal does."""
        with Celery(broker=f"redis+socket://{self.valkey.socket}") as app:
            app.conf.broker_transport_options = {"global_keyprefix": "portal:", "visibility_timeout": 3600}
            app.send_task(task, values, queue=queue, ignore_result=True)

    def environment(self) -> dict[str, str]:
        """What every process of the portal gets."""
        return {
            **clean_environment(),
            "PORTAL_HOME": str(self.home),
            "PORTAL_URL": self.address,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.valkey.url,
            "WEB_CONCURRENCY": "2",
            "INTAKE_CALLS_PER_MINUTE": "100000000",
            "BEAT_SCHEDULE_FILE": str(self.home / "beat-schedule"),
            **self.more,
        }

    # --- Starting and harming ----------------------------------------------------------------------------------------------

    def start(self, *names: str) -> None:
        """Start and wait until each works: in the order given, servers first."""
        for name in names:
            assert name not in self.running or self.running[name].poll() is not None, f"{name} runs already"
            self.running[name] = self._starters()[name]()
            if self.running[name] not in self.started:
                self.started.append(self.running[name])
            self._wait_until_works(name)

    def kill(self, name: str) -> None:
        """`kill -9` of the process and all that came of it, in one instant as they see it."""
        process = self.running[name]
        members = processes_of.signal_tree(process.pid, signal.SIGKILL)
        process.wait()
        processes_of.wait_until_gone(members)
        self.frozen.discard(name)

    def freeze(self, name: str) -> None:
        """Hold it and all that came of it: it keeps its connections and answers nothing."""
        processes_of.signal_tree(self.running[name].pid, signal.SIGSTOP)
        self.frozen.add(name)

    def thaw(self, name: str) -> None:
        """Let a frozen one go on."""
        processes_of.signal_tree(self.running[name].pid, signal.SIGCONT)
        self.frozen.discard(name)

    def stop(self, name: str) -> None:
        """Ask it to end, as a service manager does."""
        self.thaw(name)
        polite = signal.SIGINT if name == POSTGRES else signal.SIGTERM
        child.stop(self.running[name], (polite, PATIENCE))

    def pid(self, name: str) -> int:
        """Process id of a running one."""
        return self.running[name].pid

    def is_alive(self, name: str) -> bool:
        """Whether it runs (or is frozen)."""
        return name in self.running and self.running[name].poll() is None

    def log(self, name: str) -> str:
        """All that it has written to its log."""
        path = self.home / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # --- Commands ----------------------------------------------------------------------------------------------------------

    def command(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """A management command to its end; fails the test when it fails."""
        done = subprocess.run(
            self._python("django", *arguments),
            env=self.environment(),
            cwd=ROOT,
            input=given,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 12,
            check=False,
        )
        assert done.returncode == 0, f"{arguments[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done

    def begin(self, *arguments: str, name: str = "command") -> subprocess.Popen[bytes]:
        """A management command as a child that may be killed by `kill(name)`; its output goes to the log of that name."""
        self.running[name] = self._start(name, self._python("django", *arguments))
        self.started.append(self.running[name])
        return self.running[name]

    # --- Inside ------------------------------------------------------------------------------------------------------------

    def _starters(self) -> Mapping[str, Callable[[], subprocess.Popen[bytes]]]:
        celery = ("celery", "-A", "csm_portal.celery")
        queues = ("--concurrency", str(self.concurrency), "-Q", "interactive,nightly,delivery")
        bind = f"fd://{self.port.fileno()}"
        return {
            POSTGRES: lambda: self._server(self.postgres),
            VALKEY: lambda: self._server(self.valkey),
            WEB: lambda: self._start(
                WEB, self._python("gunicorn", "-c", "python:csm_portal.gunicorn_conf", "--bind", bind, "csm_portal.wsgi")
            ),
            WORKER: lambda: self._start(WORKER, self._python(*celery, "worker", "--loglevel", "INFO", *queues)),
            BEAT: lambda: self._start(BEAT, self._python(*celery, "beat", "--loglevel", "INFO", "--pidfile", "")),
        }

    def _server(self, server: Postgres | Valkey) -> subprocess.Popen[bytes]:
        server.start()
        assert server.process is not None
        return server.process

    def _start(self, name: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self.home / f"{name}.log").open("ab") as log:
            return child.start(
                arguments,
                on_parent_death=signal.SIGKILL,
                env=self.environment(),
                log=log,
                cwd=ROOT,
                keep=(self.port.fileno(),) if name == WEB else (),
            )

    def _python(self, module: str, *arguments: str) -> list[str]:
        spoiled = [SABOTAGED, ",".join(self.sabotage)] if self.sabotage else []
        return [sys.executable, "-m", *spoiled, module, *arguments]

    def _wait_until_works(self, name: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._works(name):
            assert self.is_alive(name), f"{name} ended by itself:\n{tail(self.home / f'{name}.log', 40)}"
            assert time.monotonic() < deadline, f"{name} does not answer:\n{tail(self.home / f'{name}.log', 40)}"
            time.sleep(0.02)

    def _works(self, name: str) -> bool:
        if name == POSTGRES:
            try:
                with psycopg.connect(self.database_url, connect_timeout=10):
                    return True
            except psycopg.OperationalError:
                return False
        if name == WEB:
            return answers(f"{self.address}/healthz")
        if name == VALKEY:
            try:
                return bool(self.broker().ping())
            except redis.RedisError:
                return False
        if name == WORKER:
            return any(one["cmd"] == "brpop" for one in self.broker().client_list())
        return "beat: Starting..." in self.log(BEAT)
