"""Servers to do harm to. Every test here is marked `faults`; they start processes, so only Linux runs them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults import cluster as clusters
from tests.faults.night_book import Book, shared_book
from tests.faults.processes_of import LINUX

HERE = Path(__file__).parent


# Quick and without a wait, so in every run of the tests. The others stop and freeze servers, and need the machine to themselves.
EVERY_RUN = ("test_24_access.py", "test_results.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them all; skip most unless FAULT_SCALE asks for a size, and all where there is no /proc to find processes by."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("faults")
            if not LINUX:
                item.add_marker(pytest.mark.skip(reason="the fault suite finds processes in /proc"))
            elif "FAULT_SCALE" not in os.environ and item.path.name not in EVERY_RUN:
                item.add_marker(pytest.mark.skip(reason="`manage.py test --faults` runs it; with FAULT_SCALE=small, at a small size"))


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
