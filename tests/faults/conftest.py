"""Servers to do harm to. Every test here is marked `faults`; they start processes, so only Linux runs them."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import NoReturn

import pytest

from tests.faults import cluster as clusters
from tests.faults.night_book import Book, shared_book
from tests.faults.processes_of import LINUX
from tests.faults.results import note_failure, sized

HERE = Path(__file__).parent


# Quick and without a wait, so in every run of the tests. The others stop and freeze servers, and need the machine to themselves.
EVERY_RUN = ("test_24_access.py", "test_results.py")
# Seconds for making ready, doing and cleaning up one check, each; then it fails, and what it started is ended. Several times what a busy
# machine takes. Again after `ONCE_MORE` seconds where the cleaning up hangs too.
LIMIT, ONCE_MORE = sized(900.0, 7200.0), 120.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them all; skip most unless FAULT_SCALE asks for a size, and all where there is no /proc to find processes by."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("faults")
            if not LINUX:
                item.add_marker(pytest.mark.skip(reason="the fault suite finds processes in /proc"))
            elif "FAULT_SCALE" not in os.environ and item.path.name not in EVERY_RUN:
                item.add_marker(pytest.mark.skip(reason="`manage.py test --faults` runs it; with FAULT_SCALE=small, at a small size"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Why a check failed goes into the report, whether it is tried again or not: what fails once in a while is to be seen."""
    report = yield
    if report.failed and item.path.is_relative_to(HERE):
        note_failure(item.nodeid, report.longreprtext)
    return report


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


def _too_long(_number: int, _frame: FrameType | None) -> NoReturn:
    # No AssertionError: a control takes that for red.
    pytest.fail(f"not over after {LIMIT:.0f} s")


def _limited() -> Generator[None]:
    """A step of a check that never ends is ended: whatever it waits for, the signal comes between."""
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, LIMIT, ONCE_MORE)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None]:
    return (yield from _limited())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    return (yield from _limited())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None]:
    return (yield from _limited())
