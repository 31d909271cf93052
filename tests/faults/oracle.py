"""The independent counter: what a database has to hold after a load, from the events alone; nothing of the portal is imported here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.faults.book import zone_of
from tests.faults.supervisor import Supervisor

_EVENTS = "SELECT a.external_id, e.day::text, count(*) FROM event e JOIN accounts_account a ON a.id = e.account_id GROUP BY 1, 2"
# What waits has no day yet: placed by the same rule as an event, from its account's zone.
_PENDING = """
SELECT p.account_external_id, (p.occurred_at AT TIME ZONE coalesce(nullif(a.timezone, ''), 'UTC'))::date::text, count(*)
FROM accounts_pendingevent p LEFT JOIN accounts_account a ON a.external_id = p.account_external_id GROUP BY 1, 2
"""


def expected(events: Iterable[Any]) -> Counter[tuple[str, str]]:
    """Events by (account, local day of the account), each message id once."""
    days: dict[str, tuple[str, str]] = {}
    for one in events:
        account = one["context"]["groupId"]
        zone = ZoneInfo(zone_of(account)) if account.startswith("acct-") else ZoneInfo("UTC")
        day = datetime.fromisoformat(one["timestamp"]).astimezone(zone).date().isoformat()
        days.setdefault(one["messageId"], (account, day))
    return Counter(days.values())


def stored(portal: Supervisor) -> Counter[tuple[str, str]]:
    """The same of what the database holds: events, and those that wait for their account or seat."""
    found: Counter[tuple[str, str]] = Counter()
    for statement in (_EVENTS, _PENDING):
        for account, day, count in portal.query(statement):
            found[account, day] += count
    return found


def differing(one: Counter[tuple[str, str]], other: Counter[tuple[str, str]]) -> int:
    """Events that one side has and the other has not."""
    return sum(abs(one[key] - other[key]) for key in {*one, *other})


def ids_stored(portal: Supervisor) -> set[str]:
    """Message ids of the events that the database holds, counted or waiting."""
    return {row[0] for row in portal.query("SELECT message_id FROM event UNION SELECT message_id FROM accounts_pendingevent")}
