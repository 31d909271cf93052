"""A run whose processes die comes to its end: what they left is done by others, the test they died in is a failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.spread import BY_LANGUAGE, BY_TEST, ByFile

CONFTEST = "from tests.spread import scheduler as pytest_xdist_make_scheduler"
FILES = {
    "test_a.py": "import os\ndef test_first(): pass\ndef test_dies(): os.kill(os.getpid(), 9)\ndef test_last(): pass",
    "test_b.py": "def test_one(): pass\ndef test_two(): pass",
    "test_c.py": "def test_one(): pass\ndef test_two(): pass",
}


def summary(folder: Path, files: dict[str, str], processes: int) -> str:
    """Last line of a run of the files, each in one piece."""
    for name, text in {"conftest.py": CONFTEST, "pytest.ini": "[pytest]", **files}.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
    plain = [f"-pno:{name}" for name in ("django", "schemathesis", "anyio", "hypothesispytest", "cacheprovider")]
    arguments = ["-q", *plain, "-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder", "."]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(settings.BASE_DIR), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.stdout.splitlines()[-1].partition(" in ")[0]


@pytest.mark.wide
@pytest.mark.processes
@pytest.mark.parametrize("processes", [1, 2])
def test_what_a_process_leaves_when_it_dies_is_done_by_others(tmp_path: Path, processes: int) -> None:
    assert summary(tmp_path, FILES, processes) == "1 failed, 6 passed"


@pytest.mark.wide
@pytest.mark.processes
def test_a_test_that_may_be_repeated_is_tried_again_after_its_process_died(tmp_path: Path) -> None:
    once = "import os, pathlib, pytest\n@pytest.mark.flaky(reruns=2)\ndef test_dies_once():\n    seen = pathlib.Path('seen')\n"
    once += "    if not seen.exists():\n        seen.touch()\n        os.kill(os.getpid(), 9)\ndef test_last(): pass"
    assert summary(tmp_path, {**FILES, "test_a.py": once}, 2) == "6 passed, 1 rerun"


def test_files_stay_in_one_piece_but_for_those_whose_tests_are_long() -> None:
    by_file = object.__new__(ByFile)
    assert by_file._split_scope("tests/a/test_b.py::test_c[d::e]") == "tests/a/test_b.py"
    assert [by_file._split_scope(f"{file}::test_c") for file in BY_TEST] == [f"{file}::test_c" for file in BY_TEST]
    for file in BY_LANGUAGE:
        assert len({by_file._split_scope(f"{file}::test_page[today-{language}]") for language in ("en", "zh-hans")}) == 2
    assert all((Path(settings.BASE_DIR) / file).is_file() for file in (*BY_TEST, *BY_LANGUAGE))
