"""Every table that a night reads is watched, marked, compared as a whole, of what is yet to become events, or the night's own."""

from __future__ import annotations

from django.apps import apps
from django.db import connection

from csm_portal.nightly import foreseeing
from csm_portal.nightly.basis import GLOBAL_TABLES
from csm_portal.nightly.touched import MARKED, WATCHED
from tests.nightly import touched_book as small

# What the night and what follows it write, and read again; jobs; and users, of whom it compares what it reads.
OWN = {
    *("health_accountday", "health_accountfault", "health_accountperiod", "health_accountstate", "health_healthscore"),
    *("health_outcomeproof", "health_publishedslice", "health_run", "health_runstep", "health_scenarioperiod", "health_touchedaccount"),
    *("churn_dropalarm", "churn_likelihood", "churn_mondayreport", "churn_rulematch"),
    *("accounts_dirtyday", "accounts_jobrun", "accounts_user"),
    "churn_play",
    "churn_renewalpack",  # of which it reads those that it froze itself
}
ROOMS = ("accounts_", "health_", "churn_", "event", "seat_day")
_READ = "SELECT relname, coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_xact_user_tables"


def scans() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        return dict(cursor.fetchall())


def test_every_table_that_a_night_reads_is_one_whose_changes_it_knows(db: None) -> None:
    small.book()
    before = scans()
    small.night(full=True)
    read = {name for name, times in scans().items() if times > before.get(name, 0)}
    intake = {model._meta.db_table for model in apps.get_models() if model.__module__ == "accounts.models.intake"}
    known = intake | WATCHED | MARKED | set(GLOBAL_TABLES) | foreseeing.COMPARED | OWN
    assert len(read & WATCHED) > 15
    partitions = ("event_", "seat_day_")
    assert sorted(name for name in read - known if name.startswith(ROOMS) and not name.startswith(partitions)) == []
