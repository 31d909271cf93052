"""The whole portal on one machine, from one command: servers, sample book, worker, beat and web, until it is told to stop."""

import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from csm_portal.embedded import child, session, watch
from csm_portal.embedded.ports import answers, reserve_port
from csm_portal.embedded.postgres import tail

ROOT = Path(__file__).resolve().parents[2]
FIRST_PORT = 8000
ADMIN = {"email": "admin@example.com", "role": "admin"}
WEB_SECONDS = 60.0
# A process may end by itself this often within these seconds before the whole portal gives up.
DEATHS_BORNE, DEATHS_WITHIN = 5, 600.0
# How often the worker is asked after; a new one gets as long as it takes to be called deaf.
LISTEN_SECONDS = 30.0


@dataclass(frozen=True)
class Options:
    """What the command line asks for. `accounts` None: the sample's own default."""

    port: int = FIRST_PORT
    fresh: bool = False
    empty: bool = False
    accounts: int | None = None


class Stopped(Exception):
    """A part of the portal ended by itself; the text says which and why."""


def run(options: Options) -> int:
    """Serve until Ctrl-C or SIGTERM. Exit code 0 after those, 1 when something failed."""
    home = session.home_folder()
    try:
        with ExitStack() as stack:
            port, remark = reserve_port(options.port)
            stack.enter_context(port)
            if remark:
                say(remark)
            address = f"http://localhost:{port.getsockname()[1]}/"
            say("Starting PostgreSQL and Valkey ...")
            servers = stack.enter_context(session.hold(home, "demo", fresh=options.fresh))
            Portal(home, servers, options, port, address).serve()
    except session.HomeTaken as taken:
        say(f"The portal in {home} is in use by {taken}. Stop it first, or set PORTAL_HOME to another folder.")
        return 1
    except Stopped as reason:
        say(str(reason))
        return 1
    except KeyboardInterrupt:
        pass
    say("Stopped.")
    return 0


class Portal:
    """One run of the demo inside its servers."""

    def __init__(self, home: Path, servers: session.Servers, options: Options, port: socket.socket, address: str) -> None:
        self.home, self.servers, self.options, self.port, self.address = home, servers, options, port, address
        self.sign_ins_file, self.sample_file = home / "sign-ins.json", home / "sample.json"
        self.recipes: dict[str, list[str]] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def serve(self) -> None:
        """Prepare, start, print, wait; end what was started, whatever happens."""
        try:
            self.migrate()
            self.prepare_book()
            sign_ins = self.prepare_sign_ins()
            self.start_processes()
            session.publish(self.home, replace(self.servers, address=self.address))
            say(banner(self.address, sign_ins, as_of=self.as_of(), home=self.home))
            self.wait()
        finally:
            # A second Ctrl-C must not cut the clean end short.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            say("Stopping ...")
            stop_all(list(self.running.values()))

    def migrate(self) -> None:
        """Bring the database up to the code; skipped, seconds of it, when nothing has changed since the last time."""
        wanted = migration_digest()
        known = read_json(self.home / "migrated.json")
        if known and (known["digest"], known["applied"]) == (wanted, self.count("django_migrations")):
            return
        say("Preparing the database ...")
        self.command("migrate", "--verbosity", "0", "--no-input")
        write_json(self.home / "migrated.json", {"digest": wanted, "applied": self.count("django_migrations")})

    def prepare_book(self) -> None:
        """Load the sample book the first time, through the commands everyone uses. Never into a portal that holds other data."""
        known = read_json(self.sample_file)
        if self.options.empty or known.get("state") == "loaded":
            wanted = self.options.accounts
            if known and wanted is not None and known.get("accounts") != wanted:
                say(f"The sample book here was made with another number of accounts; `--fresh --accounts {wanted}` makes a new one.")
            return
        if not known and self.count("accounts_account"):
            say("This portal holds data already: the sample book is left out. `--fresh` starts over with it.")
            return
        folder = self.home / "sample"
        write_json(self.sample_file, {"state": "loading", "accounts": self.options.accounts})
        say("Inventing a sample book ...")
        shutil.rmtree(folder, ignore_errors=True)
        size = [] if self.options.accounts is None else ["--accounts", str(self.options.accounts)]
        self.command("sample", str(folder), *size)
        about = read_json(folder / "about.json")
        # The portal's today is the day after the book's last, which is then the night that was built last.
        today = date.fromisoformat(about["to"]) + timedelta(days=1)
        as_of = self.home / "as-of"
        as_of.write_text(f"{today.isoformat()}\n")
        session.owned(as_of)
        say("Loading it ...")
        for definition in sorted(folder.glob("*.toml")):
            self.command("define", str(definition))
        self.command("load", str(folder), "--source", "sample", "--rejects", str(self.home / "rejects" / "sample"))
        say("Building its history ...")
        self.command("nightly", "--from", about["from"], "--to", about["to"])
        write_json(self.sample_file, {**about, "state": "loaded", "accounts": self.options.accounts})

    def prepare_sign_ins(self) -> list[dict[str, str]]:
        """A user of each role with a password of their own, made once and kept in PORTAL_HOME (readable by its owner only)."""
        known = json.loads(self.sign_ins_file.read_text()) if self.sign_ins_file.exists() else []
        if known:
            return list(known)
        wanted = read_json(self.sample_file).get("sign_ins") or [ADMIN]
        sign_ins = [{"email": one["email"], "role": one["role"], "password": secrets.token_urlsafe(9)} for one in wanted]
        say("Making sign-ins ...")
        for one in sign_ins:
            self.command("user", one["email"], "--role", one["role"], "--password-stdin", given=one["password"] + "\n", quiet=True)
        write_json(self.sign_ins_file, sign_ins, mode=0o600)
        return sign_ins

    def start_processes(self) -> None:
        """Start the web and wait until it answers, then worker and beat."""
        celery = ["-m", "celery", "-A", "csm_portal.celery"]
        self.port.set_inheritable(True)
        bind = f"fd://{self.port.fileno()}"
        self.recipes = {
            "worker": [*celery, "worker", "--loglevel", "WARNING", "--concurrency", "2", "-Q", "interactive,nightly,delivery"],
            "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile", "", "--schedule", str(self.home / "beat-schedule")],
            "web": ["-m", "gunicorn", "-c", "python:csm_portal.gunicorn_conf", "--bind", bind, "csm_portal.wsgi"],
        }
        self.start("web")
        deadline = time.monotonic() + WEB_SECONDS
        while not answers(self.address.replace("localhost", "127.0.0.1") + "healthz"):
            if self.running["web"].poll() is not None:
                raise Stopped(self.obituary("web"))
            if time.monotonic() > deadline:
                raise Stopped(f"The web server did not answer within {WEB_SECONDS:.0f} s. See {self.log('web')}.")
            time.sleep(0.1)
        self.start("worker")
        self.start("beat")

    def wait(self) -> None:
        """Sleep until a signal. What ends, and a worker that hears nothing, is started again, unless that happens again and again."""
        deaths: list[float] = []
        listen_at = time.monotonic() + watch.SILENT_SECONDS
        while True:
            time.sleep(0.5)
            if time.monotonic() > listen_at:
                deaf = watch.worker_is_deaf(self.environment()["DATABASE_URL"])
                listen_at = time.monotonic() + (watch.SILENT_SECONDS if deaf else LISTEN_SECONDS)
                if deaf:
                    say("The worker hears nothing and is ended.")
                    child.stop(self.running["worker"])
            if dead := session.dead_servers():
                raise Stopped(f"{dead[0]} ended by itself. See {self.home / 'logs'}.")
            for name, process in self.running.items():
                if process.poll() is None:
                    continue
                deaths = [*(at for at in deaths if at > time.monotonic() - DEATHS_WITHIN), time.monotonic()]
                if len(deaths) > DEATHS_BORNE:
                    raise Stopped(self.obituary(name))
                say(f"The {name} ended by itself and is started again; see {self.log(name)}.")
                self.start(name)

    def obituary(self, name: str) -> str:
        """What is known of a process that ended by itself."""
        return f"The {name} ended by itself. From {self.log(name)}:\n{tail(self.log(name))}"

    def command(self, *arguments: str, given: str = "", quiet: bool = False) -> None:
        """Run one management command to its end, its output to ours unless `quiet`. Raises `Stopped` when it fails."""
        process = subprocess.Popen(
            child.wrapped([sys.executable, ROOT / "manage.py", *arguments], on_parent_death=signal.SIGKILL),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL if quiet else None,
            env=self.environment(),
            start_new_session=True,
        )
        try:
            process.communicate(given.encode())
        finally:
            child.stop(process, (signal.SIGTERM, 5))
        if process.returncode != 0:
            raise Stopped(f"`{arguments[0]}` failed (exit code {process.returncode}); see above.")

    def start(self, name: str) -> None:
        """Start one of the long-running processes. The web gets the reserved port."""
        with self.log(name).open("ab") as log:
            self.running[name] = child.start(
                [sys.executable, *self.recipes[name]],
                on_parent_death=signal.SIGKILL,
                env=self.environment(),
                log=log,
                cwd=ROOT,
                keep=(self.port.fileno(),) if name == "web" else (),
            )

    def log(self, name: str) -> Path:
        return session.log_file(self.home, name)

    def environment(self) -> dict[str, str]:
        """What every command and process gets."""
        values = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "PORTAL_HOME": str(self.home),
            "PORTAL_URL": self.address.rstrip("/"),
            "DATABASE_URL": os.environ.get("DATABASE_URL") or self.servers.database_url,
            "REDIS_URL": os.environ.get("REDIS_URL") or self.servers.redis_url,
        }
        if as_of := self.as_of():
            values["PORTAL_AS_OF"] = as_of
        if (self.home / "as-of").exists():  # invented, as all of the sample book is, so that its payment reminders are whole
            values.setdefault("PAYMENT_LINK", "https://pay.example.com/{account}")
        return values

    def as_of(self) -> str:
        """The portal's today when it is not the clock's: as the environment says, else the day after the sample book's last."""
        path = self.home / "as-of"
        return os.environ.get("PORTAL_AS_OF", "") or (path.read_text().strip() if path.exists() else "")

    def count(self, table: str) -> int:
        """Rows of a table, 0 when it does not exist yet."""
        with psycopg.connect(self.environment()["DATABASE_URL"]) as connection:
            try:
                found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
            except psycopg.errors.UndefinedTable:
                return 0
        return int(found[0]) if found else 0


def migration_digest() -> str:
    """Changes when a migration of ours or a package with its own does."""
    content = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        content.update(path.name.encode() + path.read_bytes())
    return content.hexdigest()


def stop_all(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask all to finish, then insist: a worker gets ten seconds for its task, which is redelivered if it does not finish."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        child.stop(process, (signal.SIGTERM, 10), (signal.SIGQUIT, 3))


def banner(address: str, sign_ins: list[dict[str, str]], *, as_of: str, home: Path) -> str:
    """What a person needs to know once everything runs."""
    wide = max(len(one["email"]) for one in sign_ins)
    lines = ["", f"The portal is at {address}", ""]
    lines += [f"  {one['role']:<8} {one['email']:<{wide}}   password {one['password']}" for one in sign_ins]
    if as_of:
        lines += ["", f"Its today is {as_of} (PORTAL_AS_OF)."]
    return "\n".join([*lines, f"Data, logs and keys are in {home}. Ctrl-C stops everything.", ""])


def read_json(path: Path) -> dict[str, Any]:
    """What the file holds, nothing when there is none."""
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return {}


def write_json(path: Path, value: object, mode: int = 0o644) -> None:
    """Replace the file whole."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        json.dump(value, file, indent=1)
    session.owned(fresh).replace(path)


def say(text: str) -> None:
    print(text, flush=True)
