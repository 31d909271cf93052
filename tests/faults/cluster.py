"""A migrated, empty database as a folder to copy: made once per test run, so that each scenario gets servers of its own in a second."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from csm_portal.embedded import owner
from csm_portal.embedded.demo import migration_digest
from csm_portal.embedded.postgres import Postgres
from csm_portal.embedded.runfolder import RunFolder

ROOT = Path(__file__).resolve().parents[2]


def template(shared: Path) -> Path:
    """The folder of a stopped, migrated cluster, made by the first process of the test run that asks. `shared`: a folder of the run."""
    made = shared / f"faults-cluster-{migration_digest()[:16]}"
    with locked(shared / "faults-cluster.lock"):
        if not made.exists():
            fresh = made.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            _make(fresh)
            fresh.rename(made)
    return made


def copy(source: Path, target: Path) -> None:
    """Copy a cluster with its owner and modes, which PostgreSQL insists on."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True, timeout=300)


def _make(target: Path) -> None:
    user = owner.server_user(Path("/nonexistent"))
    run = RunFolder(user)
    # Nobody reads what a crash would leave of it, so it need not wait for the disk.
    server = Postgres(run.path / "data", run.path, user, run.path / "postgres.log", careless=True)
    try:
        server.start()
        server.wait_until_ready()
        environment = {**_CLEAN, "DATABASE_URL": server.url, "REDIS_URL": "redis://127.0.0.1:1/0", "PORTAL_HOME": str(run.path)}
        command = [sys.executable, "-m", "django", "migrate", "--skip-checks", "--verbosity", "0", "--no-input"]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        server.stop()
        copy(run.path / "data", target)
    finally:
        server.stop()
        run.remove()


_CLEAN = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "PYTHONPATH": str(ROOT),
    "DJANGO_SETTINGS_MODULE": "csm_portal.settings",
    "SECRET_KEY": "only for the fault suite, which nobody else can reach",
}


def clean_environment() -> dict[str, str]:
    """What every process of the suite gets, whatever the shell that started the tests has."""
    return dict(_CLEAN)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file lock for the block: processes of one test run make a thing once."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
