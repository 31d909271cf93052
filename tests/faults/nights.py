"""Nights done to a book, and how two books are compared afterwards."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date

import psycopg

from tests.faults import canonical
from tests.faults.hands import Ended, Hands, Killer
from tests.faults.night_book import Book, day_of
from tests.faults.supervisor import Supervisor

CALM, HARMED = "calm", "portal"
# What follows from a published night.
FORESEEN = ("churn_actionitem", "churn_dropalarm", "churn_likelihood", "churn_rulematch", "churn_systemnotice", "health_levelchange")

# Accounts by themselves that did something: no store counts for them, and they count for none.
_ALONE = """
SELECT a.external_id FROM accounts_account a
WHERE a.counts_for_id IS NULL AND NOT EXISTS (SELECT FROM accounts_account s WHERE s.counts_for_id = a.id)
  AND EXISTS (SELECT FROM event e WHERE e.account_id = a.id AND e.seat_id IS NOT NULL)
ORDER BY 1
"""
# A late event of the account's last person, and what a request leaves as its mark; and a contract that somebody corrects.
_TOUCH = (
    """
    INSERT INTO event (source_id, message_id, account_id, seat_id, action_id, occurred_at, recorded_at, day, quantity)
    SELECT e.source_id, %(name)s, e.account_id, e.seat_id, e.action_id, %(day)s::date + time '12:00', now(), %(day)s, 3
    FROM event e JOIN accounts_account a ON a.id = e.account_id
    WHERE a.external_id = %(account)s AND e.seat_id IS NOT NULL ORDER BY e.day DESC, e.message_id LIMIT 1
    """,
    """
    INSERT INTO accounts_dirtyday (account_id, day, events, claimed_by, marked_at)
    SELECT id, %(day)s, true, NULL::bigint, now() FROM accounts_account WHERE external_id = %(account)s
    ON CONFLICT (account_id, day) DO UPDATE SET claimed_by = NULL, events = true
    """,
    """
    UPDATE accounts_contract SET mrr = mrr + 1
    WHERE account_id = (SELECT id FROM accounts_account WHERE external_id = %(account)s)
    """,
)


def load_late(hands: Hands, book: Book, night: int, database: str) -> Ended:
    """What comes before a night."""
    folder = str(book.late_of(night))
    return hands.do("load", database, folder=folder, on=day_of(night).isoformat(), rejects=f"{folder}-rejects")


def build(hands: Hands, night: int, database: str, kill: Killer | None = None) -> Ended:
    """One night with all that follows from it."""
    return hands.do("night", database, as_of=day_of(night).isoformat(), kill=kill)


def at_random(rng: random.Random, lines: int) -> Killer:
    """Kill at one of so many points, or up to a twentieth of a second after it."""
    point, pause = rng.randrange(lines - 1), rng.random() / 20
    return at(point, pause)


def at(point: int, pause: float) -> Killer:
    """Kill so long after a line; after 0 lines: since the beginning."""
    return lambda said: pause if len(said) == point else None


def on_line(words: str, number: int) -> Killer:
    """Kill at once when a line with these words is said for that time."""
    return lambda said: 0.0 if said and words in said[-1] and sum(words in line for line in said) == number else None


def differing(portal: Supervisor, tables: Sequence[str], one: str = CALM, other: str = HARMED) -> dict[str, list[str]]:
    """By table the rows that one database has (`-`) and the other has not (`+` the other way); tables that agree are left out."""
    with session(portal, one) as left, session(portal, other) as right:
        ours, theirs = canonical.digests(left, tables), canonical.digests(right, tables)
        return {
            table: _unlike(set(canonical.lines(left, table)), set(canonical.lines(right, table)))
            for table in tables
            if ours[table] != theirs[table]
        }


def _unlike(left: set[str], right: set[str]) -> list[str]:
    return [*(f"- {line}" for line in sorted(left - right)), *(f"+ {line}" for line in sorted(right - left))]


def count(found: dict[str, list[str]]) -> int:
    """Of differing rows in all tables."""
    return sum(map(len, found.values()))


def session(portal: Supervisor, database: str) -> psycopg.Connection[tuple[object, ...]]:
    """A session in one of the databases."""
    return psycopg.connect(portal.database_url, dbname=database, autocommit=True)


def copy_database(portal: Supervisor, name: str, source: str = HARMED) -> None:
    """A database like another; nobody may use that one meanwhile."""
    portal.query(f"CREATE DATABASE {name} TEMPLATE {source}")


def until_done(hands: Hands, night: int, kills: int, killer: Callable[[], Killer]) -> int:
    """Begin a night again each time it is killed, then let it end; returns how often it was killed."""
    killed = 0
    for _ in range(kills):
        if not build(hands, night, HARMED, killer()).killed:
            return killed
        killed += 1
    build(hands, night, HARMED)
    return killed


def alone(portal: Supervisor) -> list[str]:
    """Names of the accounts that a night may be about without any other."""
    with session(portal, CALM) as found:
        return [str(name) for (name,) in found.execute(_ALONE).fetchall()]


def touch(portal: Supervisor, database: str, account: str, day: date, name: str) -> None:
    """Change something about one account: an event of the day comes late, and its contract is corrected."""
    with session(portal, database) as changing:
        for statement in _TOUCH:
            changing.execute(statement.encode(), {"account": account, "day": day, "name": name})


def about(portal: Supervisor, database: str = CALM) -> int | None:
    """How many accounts the last published run was about; None: all."""
    with session(portal, database) as found:
        row = found.execute(
            "SELECT jsonb_array_length(nullif(basis -> 'about', 'null')) FROM health_run ORDER BY id DESC LIMIT 1"
        ).fetchone()
    return None if row is None or row[0] is None else int(str(row[0]))
