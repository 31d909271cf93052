"""`manage.py demo` as a person uses it: one command, a page, and nothing left when it ends."""

import contextlib
import http.cookiejar
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.processes import ROOT, clean_environment, manage, processes_naming, read_until, running, wait_for

pytestmark = pytest.mark.processes
READY = r"Ctrl-C stops everything"


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One home for the module: the first start of an empty portal is tried once, later ones are quick."""
    folder = Path(tempfile.mkdtemp(prefix="csm demo "))
    folder.chmod(0o755)
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


def demo(home: Path, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
    """The running demo, on a port of the tests' own range."""
    return running([sys.executable, ROOT / "manage.py", "demo", "--port", "18600", *arguments], clean_environment(home))


def address_in(text: str) -> str:
    """The address that the demo printed."""
    found = re.search(r"The portal is at (http://localhost:\d+/)", text)
    assert found, text
    return found.group(1)


def browser() -> urllib.request.OpenerDirector:
    """Keeps cookies and asks past any proxy."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))


def sign_in(address: str, email: str, password: str) -> tuple[str, str]:
    """Sign in as a person does; the final address and page."""
    opener = browser()
    page = opener.open(f"{address}auth/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = urllib.parse.urlencode({"login": email, "password": password, "csrfmiddlewaretoken": token.group(1)}).encode()
    with opener.open(urllib.request.Request(f"{address}auth/login/", form, {"Referer": f"{address}auth/login/"})) as answer:
        return answer.url, answer.read().decode()


@pytest.mark.wide
def test_an_empty_portal_serves_tells_the_second_and_leaves_nothing(home: Path) -> None:
    with demo(home, "--empty") as first:
        told = read_until(first, READY)
        address = address_in(told)
        email, password = re.findall(r"admin\s+(\S+)\s+password (\S+)", told)[0]
        assert email == "admin@example.com"
        assert sign_in(address, email, password)[0] == address
        second = manage(home, "demo")
        assert second.returncode == 1
        assert f"`demo` (process {first.pid})" in second.stdout
        assert address in second.stdout
        # Another command uses the same servers.
        assert "[X] 0001_initial" in manage(home, "showmigrations", "accounts").stdout
        first.send_signal(signal.SIGINT)
        assert first.wait(120) == 0
    assert processes_naming(str(home)) == []


@pytest.mark.wide
def test_a_second_start_is_quick_keeps_the_sign_ins_and_takes_the_next_port(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 18600)), demo(home, "--empty") as process:
        told = read_until(process, READY)
        assert "Port 18600 is taken; using 18601." in told
        assert address_in(told) == "http://localhost:18601/"
        assert "Making sign-ins" not in told
        process.send_signal(signal.SIGTERM)
        process.wait(120)
    assert processes_naming(str(home)) == []


@pytest.mark.wide
def test_kill_leaves_no_process_and_the_next_start_recovers(home: Path) -> None:
    with demo(home, "--empty") as process:
        read_until(process, READY)
        wait_for(lambda: sum("celery" in line for line in processes_naming(str(home))) >= 4, what="a worker with its pool, and beat")
        process.kill()
        process.wait()
        wait_for(lambda: not processes_naming(str(home)), what="the end of every process")
    with demo(home, "--empty") as process:
        read_until(process, READY)
        process.send_signal(signal.SIGINT)
        process.wait(120)
    assert processes_naming(str(home)) == []


@pytest.mark.wide
def test_a_worker_that_dies_is_started_again(home: Path) -> None:
    with demo(home, "--empty") as process:
        read_until(process, READY)
        wait_for(lambda: pids_running(home, " worker --loglevel"), what="a worker")
        os.kill(pids_running(home, " worker --loglevel")[0], signal.SIGKILL)
        assert "worker ended by itself and is started again" in read_until(process, "started again")
        process.send_signal(signal.SIGINT)
        process.wait(120)


def pids_running(home: Path, text: str) -> list[int]:
    """Processes of this home whose command line has the text, once the wrapper has become them, oldest first."""
    found = []
    for folder in Path("/proc").iterdir():
        command = command_of(int(folder.name)) if folder.name.isdigit() else ""
        with contextlib.suppress(OSError):
            if text in command and "child.py" not in command and f"PORTAL_HOME={home}" in (folder / "environ").read_text(errors="replace"):
                found.append(int(folder.name))
    return sorted(found)


def command_of(pid: int) -> str:
    """Command line of a process, empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def test_a_port_that_is_none_is_bad_use(home: Path) -> None:
    answer = manage(home, "demo", "--port", "99999")
    assert answer.returncode == 2
    assert "give a number from 1 to 65535" in answer.stderr


@pytest.mark.wide
def test_the_sample_book_is_built_once_and_its_people_see_it(home: Path) -> None:
    with demo(home, "--fresh", "--accounts", "20") as process:
        told = read_until(process, READY, seconds=1200)
        address = address_in(told)
        sign_ins = re.findall(r"(csm|manager|admin)\s+(\S+@\S+)\s+password (\S+)", told)
        assert [role for role, _, _ in sign_ins] == ["csm", "manager", "admin"]
        for _role, email, password in sign_ins:
            where, page = sign_in(address, email, password)
            assert where == address
            assert "/accounts/" in page
        process.send_signal(signal.SIGINT)
        process.wait(120)
    with demo(home) as process:
        told = read_until(process, READY)
        assert "sample book" not in told
        assert re.findall(r"(csm|manager|admin)\s+(\S+@\S+)\s+password (\S+)", told) == sign_ins
        process.send_signal(signal.SIGINT)
        process.wait(120)
    assert processes_naming(str(home)) == []
