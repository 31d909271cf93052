"""The sample book, small, loaded and built: with a second health model half way, caps, thin coverage and a band set by hand."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from accounts.loading.load import load_folder
from accounts.models import Account, User
from accounts.types import Role
from csm_portal.nightly.build import build
from csm_portal.portal.sample.book import Wish, write_book
from csm_portal.portal.sample.definition import DEFINITION
from health.lab.publish_definitions import publish_draft, read_draft
from health.models import Override

WISH = Wish(accounts=30, months=6)
AS_OF = WISH.as_of
FIRST = AS_OF - timedelta(days=45)
SINCE = FIRST - timedelta(days=30)  # before it there is neither definition nor event: months less to load and to build
NEW_MODEL = AS_OF - timedelta(days=20)
AT = datetime(2026, 11, 1, 6, tzinfo=UTC)
SECOND = f"""
[health]
effective_from = {NEW_MODEL}
min_coverage = "0.62"
weights = {{ activity = 30, ratings = 30, surveys = 15, adoption = 10, self_sufficiency = 5, renewal_history = 10 }}
bands = {{ amber = 45, green = 70 }}
caps = [{{ when = "open_tickets >= 1", band = "amber" }}, {{ when = "activity < 40 and activation_rate < 0.9", band = "red" }}]
"""


def explained_book(folder: Path) -> User:
    """Load, define and build it; returns an admin, who sees all of it."""
    write_book(folder, WISH)
    _keep_events_since(folder / "events.csv.gz", SINCE)
    load_folder(folder, mapping=None, rejects=folder / "rejects", dry_run=False, source="sample", on=AS_OF + timedelta(days=1), say=_silent)
    publish_draft(read_draft(DEFINITION.replace("2018-01-01", SINCE.isoformat())), at=AT)
    publish_draft(read_draft(SECOND), at=AT)
    admin: User = User.objects.filter(role=Role.ADMIN).first() or User.objects.create(email="boss@example.com", role=Role.ADMIN)
    for account in Account.objects.order_by("pk")[:6]:
        span = {"starts_on": AS_OF - timedelta(days=10), "ends_on": date(2026, 12, 1)}
        Override.objects.create(account=account, band="red", reason="they told us", author=admin, recorded_at=AT, **span)
    build(AS_OF, first=FIRST, say=_silent)
    return admin


def _keep_events_since(path: Path, day: date) -> None:
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        names, rows = list(reader.fieldnames or ()), [row for row in reader if row["occurred_at"][:10] >= day.isoformat()]
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def _silent(_line: str) -> None:
    """Nobody reads the progress of a test."""
