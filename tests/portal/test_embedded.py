"""The embedded servers: who starts them, who shares them, and that nothing is left."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from csm_portal.embedded import owner, runfolder, session
from csm_portal.embedded.ports import reserve_port
from csm_portal.embedded.postgres import running_server
from tests.depth import sweep
from tests.processes import NOBODY, processes_naming, python, read_until, run_python, wait_for

pytestmark = pytest.mark.processes

as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root")
HOLD = """
import sys, time
from csm_portal.embedded import commands, session
commands.end_on_signals()
with session.hold(session.home_folder(), "holder") as servers:
    print("ready", servers.database_url, flush=True)
    time.sleep(120)
"""


ONCE = """
import psycopg
from csm_portal.embedded import session

with session.hold(session.home_folder(), "once") as servers, psycopg.connect(servers.database_url) as connection:
    print(connection.info.server_version // 10000)
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that every user may enter (pytest's own is closed), with a space in its path. No server is named."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    made = Path(tempfile.mkdtemp(prefix="csm test "))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A PORTAL_HOME whose server, should a test leave one, ends with the test."""
    monkeypatch.setenv("PORTAL_HOME", str(folder / "home"))
    yield session.home_folder()
    pid = running_server(folder / "home" / "postgres")
    if pid is not None:
        os.kill(pid, signal.SIGQUIT)


def run_folder(home: Path) -> str:
    """Folder of the running servers' sockets."""
    return str(json.loads((home / "servers.json").read_text())["redis_url"]).removeprefix("unix://").rsplit("/", 1)[0]


def test_servers_start_answer_and_are_gone_afterwards(home: Path) -> None:
    with session.hold(home, "load") as servers:
        with psycopg.connect(servers.database_url) as connection:
            assert connection.info.server_version // 10000 == 18
            assert connection.execute("SELECT upper('é')").fetchone() == ("É",)
        assert redis.Redis.from_url(servers.redis_url).ping()
        folder = run_folder(home)
        assert processes_naming(folder)
    assert processes_naming(folder) == []
    assert not Path(folder).exists()
    assert not (home / "servers.json").exists()


@pytest.mark.wide
def test_data_survives_from_one_command_to_the_next(home: Path) -> None:
    with session.hold(home, "load") as servers, psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    with session.hold(home, "nightly") as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


@pytest.mark.wide
def test_a_killed_holder_leaves_no_process_and_the_next_start_recovers(home: Path) -> None:
    with python(HOLD, home) as holder:
        url = read_until(holder, "^ready").split()[1]
        folder = run_folder(home)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        holder.kill()
    wait_for(lambda: not processes_naming(folder), what="the end of all servers")
    with session.hold(home, "load") as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


@pytest.mark.parametrize("number", sweep((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), {signal.SIGTERM}))
def test_a_signal_ends_holder_and_servers(home: Path, number: signal.Signals) -> None:
    with python(HOLD, home) as holder:
        read_until(holder, "^ready")
        folder = run_folder(home)
        holder.send_signal(number)
        holder.wait(120)
    assert processes_naming(folder) == []
    assert not Path(folder).exists()


def test_a_second_command_uses_the_servers_of_the_first(home: Path) -> None:
    code = """
from csm_portal.embedded import session
with session.attach_or_hold(session.home_folder(), "load") as servers:
    print(servers.command, servers.database_url)
"""
    with session.hold(home, "demo") as first:
        with python(code, home) as guest:
            assert read_until(guest, "postgresql").split() == ["demo", first.database_url]
            assert guest.wait(20) == 0
        with psycopg.connect(first.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.wide
def test_a_second_holder_is_told_who_the_first_is(home: Path) -> None:
    with (
        session.hold(home, "demo"),
        pytest.raises(session.HomeTaken, match=rf"`demo` \(process {os.getpid()}\)"),
        session.hold(home, "demo"),
    ):
        pass


@pytest.mark.wide
def test_a_holder_that_is_done_first_waits_for_its_guests(home: Path) -> None:
    with python(HOLD, home) as holder:
        read_until(holder, "^ready")
        with session.attach_or_hold(home, "nightly") as servers:
            assert servers.command == "holder"
            holder.send_signal(signal.SIGTERM)
            assert "waiting for the commands" in read_until(holder, "^Done")
            with psycopg.connect(servers.database_url) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        holder.wait(120)
    assert processes_naming(str(home)) == []


def test_a_server_that_the_environment_names_is_not_started(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/portal")
    with session.hold(home, "load") as servers:
        assert servers.database_url == "postgresql://elsewhere/portal"
        assert not (home / "postgres").exists()
        assert redis.Redis.from_url(servers.redis_url).ping()


@pytest.mark.wide
def test_a_home_with_a_very_long_path_works(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_HOME", str(folder / ("long" * 40)))
    with session.hold(session.home_folder(), "load") as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_folder_of_a_dead_command_is_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runfolder, "NEW_SECONDS", 0)
    code = (
        "import os, signal\nfrom csm_portal.embedded.runfolder import RunFolder\n"
        "print('folder', RunFolder(None).path, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    with python(code, Path("/nonexistent")) as maker:
        dead = Path(read_until(maker, "^folder").split()[1])
    wait_for(lambda: not processes_naming(str(dead)), what="the end of its maker")
    assert dead.exists()
    fresh = runfolder.RunFolder(None)
    other = runfolder.RunFolder(None)
    assert not dead.exists()
    assert fresh.path.exists()
    fresh.remove()
    other.remove()


@pytest.mark.wide
def test_starting_over_removes_all_but_key_and_locks(home: Path) -> None:
    key = session.secret_key(home)
    with session.hold(home, "load") as servers, psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE kept ()")
    (home / "as-of").write_text("2020-01-01")
    with session.hold(home, "demo", fresh=True) as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    assert not (home / "as-of").exists()
    assert session.secret_key(home) == key


def test_the_key_is_long_private_and_stays(home: Path) -> None:
    key = session.secret_key(home)
    assert len(key) >= 50
    assert session.secret_key(home) == key
    assert stat.S_IMODE((home / "secret-key").stat().st_mode) == 0o600


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PORTAL_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(SystemExit, match="Set PORTAL_HOME to a folder of your own"):
        session.home_folder()


def test_a_taken_port_gives_the_next_and_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        reserved, remark = reserve_port(number)
        with reserved:
            assert reserved.getsockname()[1] > number
            assert remark == f"Port {number} is taken; using {reserved.getsockname()[1]}."


@pytest.mark.wide
@as_root
def test_root_runs_postgresql_as_another_user_in_a_folder_only_that_user_enters(home: Path) -> None:
    with session.hold(home, "load"):
        pid = running_server(home / "postgres")
        assert pid is not None
        assert Path(f"/proc/{pid}").stat().st_uid != 0
        found = (home / "postgres").stat()
        assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o700, Path(f"/proc/{pid}").stat().st_uid)


@pytest.mark.wide
@as_root
def test_a_checkout_that_only_root_enters_keeps_its_modes_and_works(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("PORTAL_HOME", str(closed / "home"))
    before = {path: path.stat().st_mode for path in (closed, *closed.parents)}
    home = session.home_folder()
    for _ in range(2):
        with session.hold(home, "load") as servers, psycopg.connect(servers.database_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept ()")
            assert connection.execute("SELECT to_regclass('kept')::text").fetchone() == ("kept",)
    assert {path: path.stat().st_mode for path in before} == before
    data = Path((home / "postgres-folder").read_text())
    assert data.is_relative_to(owner.open_base())
    session.empty(home)
    assert not data.exists()


@as_root
def test_programs_in_a_closed_folder_are_copied_where_they_can_run(tmp_path: Path) -> None:
    package = tmp_path / "closed" / "package"
    (package / "bin").mkdir(parents=True)
    (package / "bin" / "tool").write_text("#!/bin/sh\necho fine\n")
    (package / "bin" / "tool").chmod(0o700)
    (tmp_path / "closed").chmod(0o700)
    copy = owner.reachable_copy(package, ("bin",), (NOBODY, NOBODY))
    try:
        assert copy != package
        answer = subprocess.run([copy / "bin" / "tool"], user=NOBODY, group=NOBODY, capture_output=True, text=True, check=True)
        assert answer.stdout == "fine\n"
        assert owner.reachable_copy(package, ("bin",), (NOBODY, NOBODY)) == copy
    finally:
        subprocess.run(["rm", "-rf", copy], check=True)


def open_python() -> str | None:
    """A Python of this version that any user may run, when the checkout and its packages are open to any user too."""
    wanted = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    places = [sys.executable, f"/usr/local/bin/{wanted}", f"/usr/bin/{wanted}"]
    if not all(owner.can_enter(Path(place), (NOBODY, NOBODY)) for place in (Path(__file__).parent, Path(pytest.__file__).parent)):
        return None
    return next((place for place in places if owner.can_enter(Path(place), (NOBODY, NOBODY))), None)


@pytest.mark.wide
@as_root
def test_a_plain_user_runs_commands_too(folder: Path) -> None:
    python = open_python()
    if python is None:
        pytest.skip("the checkout, or every Python of this version, is closed to other users")
    home = folder / "plain user"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    for user in (NOBODY, None):  # root, coming second, leaves the data in the hands of the user who made them
        packages = str(Path(pytest.__file__).parents[1])
        answer = run_python(ONCE, home, user=user, interpreter=python, packages=packages)
        assert (answer.returncode, answer.stdout, answer.stderr) == (0, "18\n", "")
        assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY}
