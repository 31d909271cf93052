"""What every test shares."""

import os
from collections.abc import Iterator

import pytest
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from tests import database, static_files

# Two workers on a small machine: no deadline, and the same examples on every run, so that a failure is a change of ours.
settings.register_profile("portal", deadline=None, derandomize=True, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("portal")

# What waits for a browser or for programs of its own depends on the machine's other work as nothing else does.
REPEATED = ("browser", "processes", "faults")

static_files.remember()

# A test that commits is cleaned by what is there to clean.
TransactionTestCase._fixture_teardown = lambda _self: database.empty()  # type: ignore[attr-defined]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of these kinds are tried up to three times; the run's last line says how many had to be."""
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
def _marks_of_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process asks once a minute which night and versions vouch for a day's figures (`help/marks.py`): not on every page that a test
    counts the queries of, and never what an earlier test made. The marks' own tests ask."""
    from csm_portal.portal.help import marks

    monkeypatch.setattr(marks, "KNOWN", {})
    monkeypatch.setattr(marks, "read_mark", lambda _day: marks.Mark(None, None))
