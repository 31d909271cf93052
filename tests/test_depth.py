"""Which tests a run leaves to `--wide`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests import depth


class Item:
    """What `choose` asks of a test."""

    def __init__(self, name: str, *, sweep: bool = False, law: bool = False) -> None:
        self.name, self.sweep = name, sweep
        most = depth.EXAMPLES["wide"] if law else 10
        self.obj = SimpleNamespace(_hypothesis_internal_use_settings=SimpleNamespace(max_examples=most))

    def get_closest_marker(self, name: str) -> str | None:
        return name if self.sweep and name == "wide" else None


class Config:
    """A run, what it was asked for, and what it left out."""

    def __init__(self, asked: list[str], *, wide: bool = False) -> None:
        self.option, self.wide = SimpleNamespace(file_or_dir=asked), wide
        self.left_out: list[str] = []
        self.hook = SimpleNamespace(pytest_deselected=lambda items: self.left_out.extend(item.name for item in items))

    def getoption(self, _name: str) -> bool:
        return self.wide


@pytest.mark.parametrize(
    ("asked", "wide", "kept"),
    [
        ([], False, ["rule", "law"]),
        (["tests/health"], False, ["rule", "law"]),
        (["tests/e2e/test_lab.py"], False, ["rule", "law", "sweep"]),
        (["tests/e2e/test_lab.py::test_one", "tests/test_depth.py"], False, ["rule", "law", "sweep"]),
        (["tests/e2e/test_lab.py", "tests/health"], False, ["rule", "law"]),
        ([], True, ["law", "sweep"]),
        (["tests/e2e/test_lab.py"], True, ["law", "sweep"]),
    ],
)
def test_sweeps_are_left_to_the_wide_run_unless_their_files_are_named(asked: list[str], wide: bool, kept: list[str]) -> None:
    items: list[Any] = [Item("rule"), Item("law", law=True), Item("sweep", sweep=True)]
    config: Any = Config(asked, wide=wide)
    depth.choose(config, items)
    assert [item.name for item in items] == kept
    assert sorted(config.left_out) == sorted({"rule", "law", "sweep"} - set(kept))
