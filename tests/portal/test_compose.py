"""The compose file, without a container engine: read as data, and each service's command run as a process on plain ports."""

import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from csm_portal.embedded import session
from tests.processes import ROOT, read_until, running

pytestmark = pytest.mark.processes


COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "beat", "migrate")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def servers() -> Iterator[session.Servers]:
    """PostgreSQL and Valkey on plain ports, as the compose services are."""
    kept = {name: os.environ.pop(name, None) for name in ("DATABASE_URL", "REDIS_URL")}
    with session.throw_away(ports=(free_port(), free_port())) as started:
        os.environ.update({name: value for name, value in kept.items() if value is not None})
        yield started


def environment(name: str, servers: session.Servers, folder: Path) -> dict[str, str]:
    """What compose would give the service, its hosts replaced by ours."""
    given = {key: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", str(value)) for key, value in SERVICES[name]["environment"].items()}
    given = {key: re.sub(r"\$\{(\w+):\?.*?\}", "from-dot-env", value) for key, value in given.items()}
    assert "@postgres:5432/portal" in given["DATABASE_URL"]
    assert given["REDIS_URL"] == "redis://valkey:6379/0"
    given |= {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url, "BEAT_SCHEDULE_FILE": str(folder / "beat")}
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return {"PATH": path, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PORTAL_HOME": str(folder / "home"), **given}


def command(name: str, port: int = 0) -> list[str]:
    """The service's command, on a free port of this machine."""
    return [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in SERVICES[name]["command"]]


@contextmanager
def service(name: str, servers: session.Servers, folder: Path, port: int = 0) -> Iterator[subprocess.Popen[str]]:
    """The service as a process, asked to end at the end of the block."""
    given = environment(name, servers, folder)
    program, *arguments = command(name, port)
    with running([Path(sys.executable).parent / program, *arguments], given) as process:
        yield process
        process.terminate()
        process.wait(120)


@pytest.fixture(scope="module")
def migrated(servers: session.Servers, tmp_path_factory: pytest.TempPathFactory) -> session.Servers:
    """The servers after the migrate service has done its work."""
    folder = tmp_path_factory.mktemp("migrate")
    with running([Path(sys.executable).parent / "python", *command("migrate")[1:]], environment("migrate", servers, folder)) as process:
        out, _ = process.communicate(timeout=6000)
        assert process.returncode == 0, out
        assert "Applying accounts.0001_initial... OK" in out
    return servers


def test_the_file_names_the_services_and_who_waits_for_whom() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "valkey"}
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert SERVICES[name]["restart"] == "unless-stopped"
    assert "migrate" not in SERVICES["migrate"]["depends_on"]
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["beat"]["deploy"] == {"replicas": 1}
    assert all("healthcheck" in SERVICES[name] for name in ("web", "worker", "postgres", "valkey"))


def test_no_secret_has_a_default_and_the_web_is_not_open_to_the_network() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert set(re.findall(r"\$\{(\w+):\?", text)) == {"SECRET_KEY", "POSTGRES_PASSWORD"}
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])


def test_the_image_installs_from_the_hash_lock_and_runs_as_a_plain_user() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert any("pip install --require-hashes -r /tmp/requirements.lock" in line for line in lines)
    last_user = [line for line in lines if line.startswith("USER ")][-1]
    assert last_user == "USER portal"
    assert lines.index(last_user) < lines.index(next(line for line in lines if line.startswith("CMD ")))


@pytest.mark.wide
def test_the_image_can_collect_the_static_files_under_hashed_names(tmp_path: Path) -> None:
    line = next(line for line in (ROOT / "Dockerfile").read_text().splitlines() if "collectstatic" in line)
    program = line.split("python ", 1)[1].split()
    settings = {"SECRET_KEY": "build", "COLLECT_STATIC": "true", "STATIC_ROOT": str(tmp_path / "static")}
    given = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "csm_portal.settings", **settings}
    subprocess.run([sys.executable, *program], env=given, cwd=ROOT, check=True, timeout=6000)
    assert (tmp_path / "static" / "staticfiles.json").exists()


@pytest.mark.wide
def test_migrating_twice_changes_nothing(migrated: session.Servers, tmp_path: Path) -> None:
    with running([Path(sys.executable).parent / "python", *command("migrate")[1:]], environment("migrate", migrated, tmp_path)) as process:
        assert "No migrations to apply" in process.communicate(timeout=600)[0]
        assert process.returncode == 0


@pytest.mark.wide
def test_the_web_answers_its_health_check(migrated: session.Servers, tmp_path: Path) -> None:
    port = free_port()
    with service("web", migrated, tmp_path, port) as process:
        read_until(process, "Booting worker")
        check = [part.replace(":8000/", f":{port}/") for part in SERVICES["web"]["healthcheck"]["test"][1:]]
        assert subprocess.run([sys.executable, *check[1:]], check=False).returncode == 0
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            assert answer.read() == b"database ok\nredis ok\n"


@pytest.mark.wide
def test_the_worker_answers_its_health_check_and_beat_wakes_it(migrated: session.Servers, tmp_path: Path) -> None:
    given = environment("worker", migrated, tmp_path)
    make_tick_due(given)
    with service("worker", migrated, tmp_path) as worker:
        read_until(worker, "ready")
        check = SERVICES["worker"]["healthcheck"]["test"][1].replace("$$", "$")
        subprocess.run(["sh", "-c", check], env={**given, "HOSTNAME": socket.gethostname()}, check=True, timeout=600)
        with service("beat", migrated, tmp_path) as beat:
            read_until(beat, "Sending due task tick")
            read_until(worker, r"tasks\.tick\[.*succeeded")


def make_tick_due(given: dict[str, str]) -> None:
    """Leave a schedule whose last tick was a while ago, so that the test need not wait for the minute."""
    code = (
        "import os\nfrom datetime import UTC, datetime, timedelta\nfrom celery.beat import PersistentScheduler\n"
        "from csm_portal.celery import app\n"
        "scheduler = PersistentScheduler(app, schedule_filename=os.environ['BEAT_SCHEDULE_FILE'])\n"
        "scheduler.schedule['tick'].last_run_at = datetime.now(UTC) - timedelta(minutes=5)\nscheduler.close()\n"
    )
    subprocess.run([sys.executable, "-c", code], env=given, cwd=ROOT, check=True, timeout=600)
