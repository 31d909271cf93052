"""An import is taken back after nights have computed what it brought."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.loading.load import load_folder
from accounts.loading.undo import undo_import
from accounts.models import Account, DirtyDay
from csm_portal.nightly.build import build
from health.models import AccountDay, AccountState, Run
from tests.accounts.loading.folders import write
from tests.factories import define_activity

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 5, 3, tzinfo=UTC)
SHOWN = (
    """SELECT account_id, day, level, flags, key_actions, active_seats, seats, paying, active, working FROM health_accountday d
       JOIN health_publishedslice s ON s.grain = 'day' AND s.starts_on = d.day AND s.run_id = d.run_id ORDER BY 1, 2""",
    "SELECT account_id, as_of, level, strip, score, band, month_days, mrr, renewal_on FROM health_accountstate ORDER BY 1",
)
FIRST = {
    "accounts": "external_id,name\nold,Old",
    "contracts": "external_id,account_external_id,starts_on,mrr\nc1,old,2026-03-01,10",
    "events": "message_id,account_external_id,action,occurred_at,seat_external_id\nm1,old,create_order,2026-03-03T09:00:00Z,s1",
}
SECOND = {
    "accounts": FIRST["accounts"] + "\nnew,New",
    "contracts": FIRST["contracts"] + "\nc2,new,2026-03-01,10",
    "events": FIRST["events"] + "\nm2,new,create_order,2026-03-03T09:00:00Z,s1\nm3,old,create_order,2026-03-02T09:00:00Z,s1",
}


@pytest.fixture(autouse=True)
def _pinned(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 3, 5)


def take(folder: Path, *, recorded: bool, **files: str) -> int:
    """Load the files; the number of the import."""
    report = load_folder(write(folder, **files), rejects=folder / "rejects", source="files", on=date(2026, 3, 5), recorded=recorded)
    assert (report.total("rejected"), report.run_id is not None) == (0, True)
    return report.run_id or 0


def night() -> None:
    """Build the night of DAY, again where it was built before."""
    build(DAY, first=None if Run.objects.exists() else date(2026, 3, 1), say=lambda _line: None, clock=lambda: NOW)


def shown() -> list[list[tuple[object, ...]]]:
    """What readers see of days and accounts."""
    with connection.cursor() as cursor:
        found = []
        for query in SHOWN:
            cursor.execute(query)
            found.append(cursor.fetchall())
    return found


def test_what_nights_computed_goes_too_and_the_next_one_is_as_if_the_import_had_never_been(tmp_path: Path) -> None:
    define_activity(date(2026, 1, 1))
    take(tmp_path / "first", recorded=False, **FIRST)
    night()
    before = shown()
    second = take(tmp_path / "second", recorded=True, **SECOND)
    night()
    assert shown() != before
    assert AccountState.objects.filter(account__external_id="new").exists()
    told = undo_import(second, by=None)
    assert not any(table["left"] for table in told["tables"])
    assert list(Account.objects.values_list("external_id", flat=True)) == ["old"]
    assert not AccountDay.objects.exclude(account__external_id="old").exists()
    assert DirtyDay.objects.filter(account__external_id="old", day=date(2026, 3, 2), events=True).exists()
    night()
    assert shown() == before
