"""`manage.py` on a machine that has only Python: what it makes, what it says, and that a half-made environment is mended."""

import ast
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from tests.processes import ROOT, wait_for

pytestmark = pytest.mark.processes


MANAGE = ROOT / "manage.py"
BASE_PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
# Two small packages of the real lock stand for all of them: what is tried here is the making, not the downloads.
SMALL = ("sqlparse", "asgiref")


def locked(*names: str) -> str:
    """Entries of the real lock."""
    entries = re.findall(r"^(\S+?)==(?:.|\n)*?(?=^\S|\Z)", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
    assert set(names) <= set(entries)
    text = (ROOT / "requirements.lock").read_text()
    found = [re.search(rf"^{name}==(?:.|\n)*?(?=^\S|\Z)", text, flags=re.MULTILINE) for name in names]
    return "".join(match.group(0) for match in found if match)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A bare checkout in a folder with a space: `manage.py`, small locks, and a command that tells which Python runs it."""
    folder = tmp_path / "my portal"
    (folder / "csm_portal" / "embedded").mkdir(parents=True)
    shutil.copy(MANAGE, folder / "manage.py")
    (folder / "requirements.lock").write_text(locked(*SMALL))
    (folder / "requirements-dev.lock").write_text("")
    for package in ("csm_portal", "csm_portal/embedded"):
        (folder / package / "__init__.py").write_text("")
    (folder / "csm_portal" / "embedded" / "commands.py").write_text(
        textwrap.dedent("""
            import sys
            def run(arguments):
                import sqlparse
                print("ran", *arguments[1:], "in", sys.prefix)
                return 7
        """)
    )
    return folder


@pytest.fixture
def manage(checkout: Path) -> ModuleType:
    """The bootstrap of the bare checkout as a module."""
    spec = importlib.util.spec_from_file_location("bare_manage", checkout / "manage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def start(checkout: Path, path: str, *arguments: str, home: str = "") -> subprocess.Popen[str]:
    """`python3 manage.py ...` with an empty HOME and hardly any environment."""
    command = [str(BASE_PYTHON), str(checkout / "manage.py"), *arguments]
    environment = {"PATH": path, "HOME": home}
    return subprocess.Popen(command, env=environment, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(checkout: Path, path: str = "/usr/bin:/bin", *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command."""
    process = start(checkout, path, *(arguments or ("hello",)))
    out, err = process.communicate(timeout=600)
    return process.returncode, out, err


def program(folder: Path, name: str, script: str) -> str:
    """A folder for PATH that holds one small shell program."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return str(folder)


def test_the_bootstrap_is_readable_by_an_old_python() -> None:
    ast.parse(MANAGE.read_text(), feature_version=(3, 6))


def test_the_locks_hold_hashes_and_neither_addresses_nor_local_paths() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert not re.search(r"://|file:|--index-url|--find-links|^-e |^/|@ ", text, flags=re.MULTILINE)
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert all(re.match(r"[a-z0-9-]+(\[[a-z,-]+\])?==", line) and line.endswith("\\") for line in pins)


@pytest.mark.wide
def test_a_bare_checkout_makes_its_environment_once_and_again_when_the_lock_changes(checkout: Path) -> None:
    code, out, err = run(checkout)
    assert (code, out) == (7, f"ran hello in {checkout / '.venv'}\n")
    assert "Preparing the Python environment" in err
    code, out, err = run(checkout)
    assert (code, err) == (7, "")
    (checkout / "requirements.lock").write_text(locked(*SMALL, "rules"))
    code, out, err = run(checkout)
    assert code == 7
    assert "Environment ready" in err
    assert list((checkout / ".venv").glob("lib/*/site-packages/rules"))
    assert {path.name for path in checkout.iterdir() if path.name.startswith(".")} == {".venv", ".venv.lock"}


@pytest.mark.wide
def test_a_uv_that_fails_is_followed_by_pip(checkout: Path, tmp_path: Path) -> None:
    tools = program(tmp_path / "tools", "uv", "echo no index here >&2; exit 2")
    code, out, err = run(checkout, f"{tools}:/usr/bin:/bin")
    assert (code, out) == (7, f"ran hello in {checkout / '.venv'}\n")
    assert "uv could not install the packages; trying pip" in err


@pytest.mark.wide
def test_two_commands_at_once_make_one_environment(checkout: Path) -> None:
    both = [start(checkout, "/usr/bin:/bin", "hello") for _ in range(2)]
    answers = [process.communicate(timeout=600) for process in both]
    assert [process.returncode for process in both] == [7, 7]
    assert sum("Environment ready" in err for _, err in answers) == 1


@pytest.mark.wide
def test_an_environment_left_half_made_by_a_kill_is_made_anew(checkout: Path) -> None:
    process = start(checkout, "/usr/bin:/bin", "hello")
    wait_for((checkout / ".venv" / "bin").exists, what="the start of the environment")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert run(checkout)[0] == 7


@pytest.mark.wide
def test_a_wrong_hash_stops_with_pips_words(checkout: Path) -> None:
    lock = checkout / "requirements.lock"
    lock.write_text(re.sub(r"sha256:[0-9a-f]{4}", "sha256:0000", lock.read_text()))
    code, out, err = run(checkout)
    assert (code, out) == (1, "")
    assert "DO NOT MATCH" in err
    assert "could not be installed" in err


def test_no_new_python_is_one_line_that_says_what_is_needed(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(manage.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(manage, "usable", lambda _python: False)
    with pytest.raises(SystemExit):
        manage.find_python()
    assert re.fullmatch(r"The portal needs Python 3\.11 or newer; this is 3\.9, .*try again\.\n", capsys.readouterr().err)


def test_an_old_python_takes_the_newest_beside_it(manage: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("python3", "python3.11", "python3.13"):
        program(tmp_path / "tools", name, "exit 0")
    monkeypatch.setattr(manage.sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))
    assert manage.find_python() == str(tmp_path / "tools" / "python3.13")


def test_a_python_without_venv_is_one_line_with_the_package_to_install(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = f'if [ "$2" = venv ]; then mkdir -p "{checkout}/.venv/bin"; exit 1; fi; echo 3.12'
    python = program(tmp_path / "tools", "python3.12", broken)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SystemExit):
        manage.make_venv(f"{python}/python3.12")
    assert capsys.readouterr().err == ("This Python cannot make virtual environments. On Debian or Ubuntu: apt install python3.12-venv\n")
    assert not (checkout / ".venv").exists()


def test_an_environment_that_somebody_else_made_is_never_removed(manage: ModuleType, checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "precious").write_text("")
    with pytest.raises(SystemExit):
        manage.make_venv(str(BASE_PYTHON))
    assert (checkout / ".venv" / "precious").exists()


def test_a_checkout_that_cannot_be_written_is_one_line(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(manage, "VENV", "/proc/nowhere/.venv")
    with pytest.raises(SystemExit):
        manage.make_venv(str(BASE_PYTHON))
    assert "Use a checkout of your own" in capsys.readouterr().err


def test_an_empty_home_gets_a_folder_for_caches(manage: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    environment = manage.environment()
    assert Path(environment["HOME"]).is_absolute()
    assert "PYTHONPATH" not in environment


def test_installed_packages_need_no_environment(manage: ModuleType, monkeypatch: pytest.MonkeyPatch, checkout: Path) -> None:
    monkeypatch.setattr(manage.os, "execv", lambda *_: pytest.fail("started again"))
    manage.ensure_packages(dev=False)
    assert not (checkout / ".venv").exists()
