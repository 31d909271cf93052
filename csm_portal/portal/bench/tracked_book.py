"""What the bench of the intake sends: a book of accounts and seats as it stands after months, and batches of its events."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import connection

from accounts.keys import new_write_key

ACCOUNTS, SEATS = 200, 50
ACTIONS = ("Order Created", "Report Exported", "Approval Given", "Signed In", "Dashboard Viewed")
# Seats have acted before: their events need nothing but their place.
BOOK = f"""
INSERT INTO accounts_account (external_id, name, recorded_at, industry, region, country, plan, tier, timezone, work_week, lifecycle_stage,
    fit, need, domain, currency, tags, next_step)
SELECT 'acct-' || i, 'Account ' || i, now(), '', '', '', '', '', '', '5', 'live', 'unknown', '', '', '', '{{}}', ''
FROM generate_series(0, {ACCOUNTS - 1}) i;
INSERT INTO accounts_seat (account_id, external_id, recorded_at, email, name, persona, kind, is_executive, first_event_on)
SELECT a.id, 'user-' || a.id || '-' || s, now(), '', '', '', 'human', false, '2025-01-01'
FROM accounts_account a, generate_series(0, {SEATS - 1}) s;
ANALYZE accounts_account; ANALYZE accounts_seat
"""  # noqa: S608 - only constants enter


def make_book() -> str:
    """The accounts and their seats in the current database; returns the write key."""
    with connection.cursor() as cursor:
        cursor.execute(BOOK)
    made = new_write_key("bench")
    # A bench sends more than a product does.
    made.source.calls_per_minute = 1_000_000_000
    made.source.save(update_fields=["calls_per_minute"])
    return made.key


def batches(name: str, number: int, size: int, now: datetime) -> Iterator[bytes]:
    """Bodies as Segment's Python client makes them: calls of many accounts, each with an id of its own, of the hour before `now`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.external_id, s.external_id FROM accounts_seat s JOIN accounts_account a ON a.id = s.account_id ORDER BY s.id"
        )
        seats = cursor.fetchall()
    start = now.astimezone(UTC) - timedelta(hours=1)
    for batch in range(number):
        calls = [_call(message_id(name, batch * size + i), batch * size + i, seats, start) for i in range(size)]
        yield json.dumps({"batch": calls, "sentAt": now.isoformat()}).encode()


def message_id(name: str, place: int) -> str:
    """An id without order, as clients make them, and yet the same each time."""
    return str(UUID(bytes=hashlib.md5(f"{name} {place}".encode(), usedforsecurity=False).digest()))


def _call(message: str, place: int, seats: list[tuple[str, str]], start: datetime) -> dict[str, object]:
    # Coprime steps spread the calls without a random generator.
    account, user = seats[place * 7919 % len(seats)]
    return {
        "integrations": {},
        "anonymousId": None,
        "timestamp": (start + timedelta(milliseconds=place * 104_729 % 3_600_000)).isoformat(timespec="milliseconds"),
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}, "groupId": account},
        "type": "track",
        "userId": user,
        "event": ACTIONS[place * 31 % len(ACTIONS)],
        "properties": {"format": "csv", "rows": place % 500, "path": f"/reports/{place % 97}"},
        "messageId": message,
    }


def month_of(now: datetime) -> date:
    """The first day of the month that the batches lie in."""
    return now.date().replace(day=1)
