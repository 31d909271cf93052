"""What every test shares."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import translation
from hypothesis import HealthCheck, settings

# Two workers on a small machine: no deadline, and the same examples on every run, so that a failure is a change of ours.
settings.register_profile("portal", deadline=None, derandomize=True, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("portal")

# What waits for a browser or for programs of its own depends on the machine's other work as nothing else does.
REPEATED = ("browser", "processes", "faults")


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


@pytest.fixture(autouse=True)
def _no_left_over_partitions(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that commits is cleaned by Django's flush, which leaves out the partitioned tables: Django does not manage them."""
    marker = request.node.get_closest_marker("django_db")
    committed = (marker is not None and marker.kwargs.get("transaction")) or "transactional_db" in request.fixturenames
    if not committed:
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE event, event_key, seat_day")


@pytest.fixture(autouse=True)
def _marks_of_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process asks once a minute which night and versions vouch for a day's figures (`help/marks.py`): not on every page that a test
    counts the queries of, and never what an earlier test made. The marks' own tests ask."""
    from csm_portal.portal.help import marks

    monkeypatch.setattr(marks, "KNOWN", {})
    monkeypatch.setattr(marks, "read_mark", lambda _day: marks.Mark(None, None))
