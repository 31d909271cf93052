"""What every test shares."""

import gc
import os
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from tests import database, depth, spread, static_files
from tests.portal import shown_book

# What waits for a browser or for programs of its own depends on the machine's other work as nothing else does.
REPEATED = ("browser", "processes", "faults")

static_files.remember()

# A test that commits is cleaned by what is there to clean.
TransactionTestCase._fixture_teardown = lambda _self: database.clear()  # type: ignore[attr-defined]


def pytest_configure(config: pytest.Config) -> None:
    """Before any test is read: how many examples laws are tried on, and what is quick about people."""
    settings.load_profile("wide" if config.getoption("--wide") else "usual")
    # Nobody guesses the passwords of tests, and the portal's own hash takes a third of a second on purpose.
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_settings.CACHES["default"]["LOCATION"] = own_cache(django_settings.REDIS_URL, os.environ.get("PYTEST_XDIST_WORKER", ""))


def own_cache(url: str, worker: str) -> str:
    """The address of a cache that this process (`gw2`; empty: the only one) can clear without emptying the others'."""
    if not worker:
        return url
    place = 1 + int(worker.removeprefix("gw")) % 15
    return f"{url.partition('?')[0]}?db={place}" if url.startswith("unix:") else f"{url.rpartition('/')[0]}/{place}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> spread.ByFile | None:
    """By file, long files by test."""
    return spread.scheduler(config, log)


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: Python need not look through it again each time it searches for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose and order the run's tests. Those that wait are tried up to three times; the run's last line says how many had to be."""
    depth.choose(config, items)
    depth.order(items)
    for item in items:
        if any(item.get_closest_marker(name) for name in REPEATED):
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(autouse=True)
def _no_left_over_language() -> Iterator[None]:
    """A request leaves the language of its reader in force; the next test begins with the installation's."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_test_environment: None,
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Just before the test database is made: it is a copy of one that the run's first process migrates."""
    folder = tmp_path_factory.getbasetemp()
    with django_db_blocker.unblock():
        database.use_template(folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder)


@pytest.fixture(autouse=True)
def _no_run_of_an_earlier_test() -> None:
    shown_book.KNOWN.clear()


@pytest.fixture(autouse=True)
def _marks_of_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process asks once a minute which night and versions vouch for a day's figures (`help/marks.py`): not on every page that a test
    counts the queries of, and never what an earlier test made. The marks' own tests ask."""
    from csm_portal.portal.help import marks

    monkeypatch.setattr(marks, "KNOWN", {})
    monkeypatch.setattr(marks, "read_mark", lambda _day: marks.Mark(None, None))
