"""The table of the fault suite: what counts, and what does not."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from tests.faults import conftest, run
from tests.faults.results import control, reported
from tests.faults.run import table, without_control


def seen(rows: int) -> None:
    assert rows == 0, "seen"


def test_a_check_is_a_row_with_its_controls_and_counts_only_with_one_that_turned_it_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "report"
    monkeypatch.setenv("FAULT_REPORT", str(report))
    with reported("10", "Later") as later:
        later.faults, later.lost = 1_000, 0
    with reported("2", "First") as first:
        first.note("one")
        first.note("two")
    with control("10", "spoiled"):
        seen(1)
    with pytest.raises(AssertionError, match="check 2 does not notice: unseen"), control("2", "unseen"):
        pass
    with pytest.raises(AssertionError, match="seen"), control("2", "red for another reason", because="deadlocks"):
        seen(1)
    with pytest.raises(ZeroDivisionError), control("2", "broken"):
        _ = 1 / 0
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    rows = table(lines)
    assert rows[2].startswith("| 2 | First | 0 | – | – | NOT RED: unseen; NOT RED: red for another reason | 0 | one; two |")
    assert rows[3].startswith("| 10 | Later | 1,000 | 0 | – | spoiled | 0 |")
    assert without_control(lines) == ["2"]


def test_a_check_that_fails_leaves_a_row_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULT_REPORT", str(tmp_path / "report"))
    with pytest.raises(AssertionError), reported("1", "Wrong"):
        seen(1)
    assert json.loads((tmp_path / "report").read_text())["said"].startswith("FAILED: seen")


def test_a_check_that_never_ends_fails_after_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "LIMIT", 0.05)
    step = conftest._limited()
    next(step)
    with pytest.raises(pytest.fail.Exception, match="not over"):
        time.sleep(600)
    step.close()


def test_a_run_that_never_ends_is_killed() -> None:
    assert run.run([sys.executable, "-c", "import time; time.sleep(600)"], {}, 0.5) == 1
