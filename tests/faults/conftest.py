"""Servers to do harm to. Every test here is marked `faults`; they start processes, so only Linux runs them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults import cluster as clusters
from tests.faults.night_book import Book, shared_book
from tests.faults.processes_of import LINUX

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them all, and leave them out where there is no /proc to find processes by."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("faults")
            if not LINUX:
                item.add_marker(pytest.mark.skip(reason="the fault suite finds processes in /proc"))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database as a folder, for `Supervisor`: made once, whatever the number of test processes.

    `FAULT_CLUSTER` names a folder that keeps it for the next run too, while one writes a check.
    """
    return clusters.template(_shared(tmp_path_factory))


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A book with some history built, to spoil nights on; made once like `cluster`."""
    return shared_book(_shared(tmp_path_factory))


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if kept := os.environ.get("FAULT_CLUSTER"):
        return Path(kept)
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder
