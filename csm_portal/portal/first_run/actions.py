"""What customers did lately, action by action, and which of it looks like value: what the key actions are chosen from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper

from csm_portal.web import remembered
from health.definitions.activity import LOGIN_WORDS

WINDOW_DAYS = 28
# Longer than this and only the last day is counted, which the page says.
PATIENCE_MS = 8_000
MOST_ACTIONS = 300
_WORD = r"(^|[^a-z])(%s)([^a-z]|$)"
LOGIN = re.compile(_WORD % r"log[ _-]?(in|on|out|off)s?|logged[ _-]?(in|out)|sign[ _-]?(in|out)|session|heartbeat|ping", re.IGNORECASE)
VIEW = re.compile(
    _WORD % r"view(ed|s)?|open(ed|s)?|visit(ed|s)?|page|screen|click(ed|s)?|scroll|impression|hover|seen|read|load(ed)?", re.IGNORECASE
)
# Comes to people without their doing: no login either.
SENT = re.compile(
    _WORD % r"e?-?mail|newsletter|notification|push|digest|report[ _-]?(opened|received|viewed)|delivered|received", re.IGNORECASE
)
SEEN = """
SELECT a.id, a.name, sum(w.n)::bigint, count(DISTINCT w.account_id), count(DISTINCT w.seat_id), max(w.last)
FROM (
    SELECT action_id, account_id, seat_id, count(*) AS n, max(day) AS last FROM event
    WHERE day > %(until)s::date - %(days)s AND day <= %(until)s GROUP BY action_id, account_id, seat_id
    UNION ALL
    SELECT action_id, account_id, seat_id, sum(quantity), max(day) FROM accounts_usagedaily
    WHERE day > %(until)s::date - %(days)s AND day <= %(until)s GROUP BY action_id, account_id, seat_id
) AS w JOIN accounts_action a ON a.id = w.action_id
GROUP BY a.id, a.name ORDER BY 3 DESC, a.name LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class SeenAction:
    """One action of the last weeks: how often, by how many accounts and named seats. `guess` is `key`, `login`, `passive` or `other`."""

    pk: int
    name: str
    times: int
    accounts: int
    seats: int
    last_on: date
    guess: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The actions of `[first, until]`; `shortened`: so much came in that only the last day was counted."""

    first: date
    until: date
    actions: list[SeenAction]
    shortened: bool = False


def guess(name: str) -> str:
    """What an action probably is. Looking and logging in show presence, not value; so they are no key action unless somebody says so."""
    if name.lower() in LOGIN_WORDS or LOGIN.search(name):
        return "login"
    if SENT.search(name):
        return "passive"
    return "other" if VIEW.search(name) else "key"


def seen_actions(until: date) -> Seen:
    """What was done in the 28 days to the last day of the data; remembered for a minute, so that a fresh load shows."""
    return remembered(f"actions-seen:{until}", lambda: _seen(until))


def _seen(until: date) -> Seen:
    for days in (WINDOW_DAYS, 1):
        try:
            with within_patience() as cursor:
                cursor.execute(SEEN, {"until": until, "days": days, "most": MOST_ACTIONS})
                rows = cursor.fetchall()
        except DatabaseError:
            continue
        found = [SeenAction(pk, name, times, accounts, seats, last, guess(name)) for pk, name, times, accounts, seats, last in rows]
        return Seen(until - timedelta(days=days - 1), until, found, shortened=days == 1)
    return Seen(until, until, [], shortened=True)


@contextmanager
def within_patience() -> Iterator[CursorWrapper]:
    """A cursor whose statements are given up after some seconds (DatabaseError): a page must not wait for a year of events."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
        yield cursor


def data_days(today: date) -> tuple[date | None, date | None]:
    """First and last day before today with an event or a daily count; None where there is none.

    Months are looked into one after the other until one has such an event, so a long history costs no more than a short one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'event'::regclass ORDER BY 1")
        months = [name for (name,) in cursor.fetchall()]
        edges = f"least({_edge('min', months)}), greatest({_edge('max', months[::-1])})"
        cursor.execute(f"SELECT {edges}", {"before": today})
        first, last = cursor.fetchone()
    return first, last


def _edge(which: str, months: list[str]) -> str:
    """Events' edge and daily counts' edge, as two arguments of SQL. `coalesce` stops at the first month that has one."""
    looks = [f"(SELECT {which}(day) FROM {name} WHERE day < %(before)s)" for name in months]  # noqa: S608 - names quoted by the catalog
    counted = f"(SELECT {which}(day) FROM accounts_usagedaily WHERE day < %(before)s)"  # noqa: S608 - a function of ours
    return f"coalesce({', '.join([*looks, 'NULL::date'])}), {counted}"
