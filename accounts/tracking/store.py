"""Calls into the database: what is new, a repeat or a conflict, in one transaction that is committed before it is answered.

An event whose account and seat are known becomes an `Event` at once. All else waits: events in `PendingEvent`, what was said about
accounts and people as their latest traits, which `accounts.tracking.attach` turns into rows like those of a file. So the request does
the same few statements whatever comes, in one order of locks, and the order in which things arrive decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction

from accounts import dirty
from accounts.tracking.calls import ALIAS, GROUP, TRACK, Call
from accounts.tracking.traits import traits_of
from accounts.types import Waiting

_KEYS = """
INSERT INTO event_key (source_id, message_id, digest)
SELECT %(source)s, message_id, digest FROM unnest(%(ids)s::text[], %(digests)s::bigint[]) AS s (message_id, digest)
ORDER BY message_id COLLATE "C"
ON CONFLICT DO NOTHING RETURNING message_id
"""
_STORED = "SELECT message_id, digest FROM event_key WHERE source_id = %(source)s AND message_id = ANY(%(ids)s)"
_ACTIONS = "INSERT INTO accounts_action (name) SELECT unnest(%s::text[]) ORDER BY 1 ON CONFLICT DO NOTHING"
# Where each event goes: the account it names, else the only one in which somebody has this id.
_PLACES = """
SELECT s.place, coalesce(a.id, o.account_id), (s.at AT TIME ZONE coalesce(nullif(z.timezone, ''), %(zone)s))::date, t.id,
       t.first_event_on, o.accounts
FROM unnest(%(places)s::integer[], %(accounts)s::text[], %(users)s::text[], %(at)s::timestamptz[]) AS s (place, account, person, at)
LEFT JOIN accounts_account a ON a.external_id = s.account AND s.account <> ''
LEFT JOIN LATERAL (
    SELECT min(n.account_id) AS account_id, count(*) AS accounts FROM accounts_seat n WHERE n.external_id = s.person
    HAVING count(*) = 1
) o ON s.account = '' AND s.person <> ''
LEFT JOIN accounts_account z ON z.id = coalesce(a.id, o.account_id)
LEFT JOIN accounts_seat t ON t.account_id = coalesce(a.id, o.account_id) AND t.external_id = s.person AND s.person <> ''
"""
_EVENTS = """
INSERT INTO event (
    source_id, message_id, account_id, seat_id, action_id, product, occurred_at, recorded_at, day, quantity, value, properties)
SELECT %(source)s, s.message_id, s.account_id, s.seat_id, c.id, s.product, s.at, %(now)s, s.day, s.quantity, s.value, s.properties::jsonb
FROM unnest(%(ids)s::text[], %(account_ids)s::bigint[], %(seat_ids)s::bigint[], %(actions)s::text[], %(products)s::text[],
            %(at)s::timestamptz[], %(days)s::date[], %(quantities)s::numeric[], %(values)s::numeric[], %(properties)s::text[])
    AS s (message_id, account_id, seat_id, action, product, at, day, quantity, value, properties)
JOIN accounts_action c ON c.name = s.action
ORDER BY s.account_id, s.day
"""
_TOUCHED = "SELECT account_id, day FROM unnest(%(account_ids)s::bigint[], %(days)s::date[]) AS s (account_id, day)"
_PENDING = """
INSERT INTO accounts_pendingevent (source_id, message_id, account_external_id, user_id, other_id, action, product, occurred_at,
                                   received_at, quantity, value, properties, reason)
SELECT %(source)s, s.message_id, s.account, s.person, s.other, s.action, s.product, s.at, %(now)s, s.quantity, s.value, s.properties::jsonb,
       s.reason
FROM unnest(%(ids)s::text[], %(accounts)s::text[], %(users)s::text[], %(others)s::text[], %(actions)s::text[], %(products)s::text[],
            %(at)s::timestamptz[], %(quantities)s::numeric[], %(values)s::numeric[], %(properties)s::text[], %(reasons)s::text[])
    AS s (message_id, account, person, other, action, product, at, quantity, value, properties, reason)
"""
# Later said wins, whatever came first; what says the same again only moves its time.
_TRAITS = """
INSERT INTO accounts_trackedtrait AS t (source_id, account_external_id, user_id, field, value, said_at, message_id, applied)
SELECT %(source)s, account, person, field, value, said_at, message_id, false
FROM unnest(%(accounts)s::text[], %(users)s::text[], %(fields)s::text[], %(values)s::text[], %(at)s::timestamptz[], %(ids)s::text[])
    AS s (account, person, field, value, said_at, message_id)
ORDER BY account, person, field
ON CONFLICT (source_id, account_external_id, user_id, field) DO UPDATE
SET value = excluded.value, said_at = excluded.said_at, message_id = excluded.message_id,
    applied = t.applied AND t.value = excluded.value
WHERE (t.said_at, t.message_id) < (excluded.said_at, excluded.message_id)
"""
_LINKS = """
INSERT INTO accounts_trackedlink AS t (source_id, user_id, account_external_id, first_at, last_at)
SELECT %(source)s, person, account, min(at), max(at) FROM unnest(%(users)s::text[], %(accounts)s::text[], %(at)s::timestamptz[])
    AS s (person, account, at) GROUP BY person, account ORDER BY person, account
ON CONFLICT (source_id, user_id, account_external_id) DO UPDATE
SET first_at = least(t.first_at, excluded.first_at), last_at = greatest(t.last_at, excluded.last_at)
WHERE excluded.first_at < t.first_at OR excluded.last_at > t.last_at
"""
_ALIASES = """
INSERT INTO accounts_trackedalias AS t (source_id, other_id, user_id, said_at)
SELECT DISTINCT ON (other) %(source)s, other, person, at FROM unnest(%(others)s::text[], %(users)s::text[], %(at)s::timestamptz[])
    AS s (other, person, at) ORDER BY other, at DESC, person DESC
ON CONFLICT (source_id, other_id) DO UPDATE SET user_id = excluded.user_id, said_at = excluded.said_at
WHERE (t.said_at, t.user_id) < (excluded.said_at, excluded.user_id)
"""
_known_actions: set[str] = set()
_known_months: set[date] = set()


@dataclass
class Stored:
    """What became of the calls of a request. Places are those of the batch; `conflicts`: stored before with another body."""

    accepted: int = 0
    duplicate: int = 0
    conflicts: list[int] = field(default_factory=list)


def store(source: int, calls: Sequence[tuple[int, Call]], zone: str, now: datetime) -> Stored:
    """Keep what is new of the calls, given with their places in the batch. Committed when it returns; the same again changes nothing.

    `zone` is the installation's, for accounts without one of their own. Of two with one id in a batch the first counts.
    """
    found = Stored()
    single = _once(calls, found)
    _prepare(single)
    with transaction.atomic():
        new = _new_keys(source, single, found)
        found.accepted = len(new)
        events = [call for _place, call in new if call.kind == TRACK]
        if events:
            _store_events(source, events, zone, now)
        said = [call for _place, call in new if call.kind != TRACK]
        if said:
            _store_said(source, said)
    return found


def _once(calls: Sequence[tuple[int, Call]], found: Stored) -> list[tuple[int, Call]]:
    """The calls without repeats inside the batch, which are counted."""
    first: dict[str, Call] = {}
    single = []
    for place, call in calls:
        before = first.setdefault(call.message_id, call)
        if before is call:
            single.append((place, call))
        elif before.digest == call.digest:
            found.duplicate += 1
        else:
            found.conflicts.append(place)
    return single


def _prepare(calls: Sequence[tuple[int, Call]]) -> None:
    """Partitions and actions, before the transaction: making them in it would hold up every other request until it ends."""
    events = [call for _place, call in calls if call.kind == TRACK]
    # The local day may be the one before or after, in another month.
    days = {call.at.date() + timedelta(days=shift) for call in events for shift in (-1, 1)}
    months = {day.replace(day=1) for day in days} - _known_months
    actions = {call.action for call in events} - _known_actions
    if not months and not actions:
        return
    with connection.cursor() as cursor:
        for month in sorted(months):
            cursor.execute("SELECT ensure_month('event', %s)", [month])
        if actions:
            cursor.execute(_ACTIONS, [sorted(actions)])
    _known_months.update(months)
    _known_actions.update(actions)


def forget_prepared() -> None:
    """Drop what this process believes to be there: for tests, whose databases come and go."""
    _known_actions.clear()
    _known_months.clear()


def _new_keys(source: int, calls: Sequence[tuple[int, Call]], found: Stored) -> list[tuple[int, Call]]:
    ids = [call.message_id for _place, call in calls]
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, {"source": source, "ids": ids, "digests": [call.digest for _place, call in calls]})
        new = {row[0] for row in cursor.fetchall()}
        if len(new) < len(ids):
            cursor.execute(_STORED, {"source": source, "ids": [one for one in ids if one not in new]})
            digests = dict(cursor.fetchall())
            for place, call in calls:
                if call.message_id in new:
                    continue
                if digests[call.message_id] == call.digest:
                    found.duplicate += 1
                else:
                    found.conflicts.append(place)
    return [(place, call) for place, call in calls if call.message_id in new]


def _store_events(source: int, calls: Sequence[Call], zone: str, now: datetime) -> None:
    """Events at their place, the others waiting."""
    ready: list[tuple[Call, int, int | None, date]] = []
    waiting: list[tuple[Call, Waiting]] = []
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {
            "places": list(range(len(calls))),
            "accounts": [c.account_id for c in calls],
            "users": [c.user_id for c in calls],
        }
        cursor.execute(_PLACES, {**asked, "at": [c.at for c in calls], "zone": zone})
        for place, account, day, seat, first_on, _accounts in cursor.fetchall():
            call = calls[place]
            if account is None:
                waiting.append((call, _why(call)))
            elif call.user_id and (seat is None or first_on is None or first_on > day):
                # A seat to be made or its first day to be moved: done with care by `attach`.
                waiting.append((call, Waiting.ATTACHING))
            else:
                ready.append((call, account, seat, day))
        if ready:
            values: dict[str, Any] = {"account_ids": [one[1] for one in ready], "days": [one[3] for one in ready]}
            shared = _columns([one[0] for one in ready])
            cursor.execute(_EVENTS, {**shared, **values, "seat_ids": [one[2] for one in ready], "source": source, "now": now})
            if cursor.rowcount != len(ready):
                # This process took an action for known that is not: nothing of the request may be kept then.
                forget_prepared()
                raise OperationalError("An action of the batch is not there; send the same again.")
            cursor.execute(dirty.marking(_TOUCHED), values)
        if waiting:
            shared = _columns([call for call, _why in waiting])
            cursor.execute(_PENDING, {**shared, "reasons": [reason.value for _call, reason in waiting], "source": source, "now": now})


def _why(call: Call) -> Waiting:
    if call.account_id:
        return Waiting.UNKNOWN_ACCOUNT
    # Whether several accounts know the user, or none does, is told by `attach`, which looks at names too.
    return Waiting.NO_ACCOUNT


def _columns(calls: Sequence[Call]) -> dict[str, Any]:
    return {
        "ids": [c.message_id for c in calls],
        "accounts": [c.account_id for c in calls],
        "users": [c.user_id for c in calls],
        "others": [c.other_id for c in calls],
        "actions": [c.action for c in calls],
        "products": [c.product or "default" for c in calls],
        "at": [c.at for c in calls],
        "quantities": [c.quantity for c in calls],
        "values": [c.value for c in calls],
        "properties": [json.dumps(c.properties, ensure_ascii=False) if c.properties else None for c in calls],
    }


def _store_said(source: int, calls: Sequence[Call]) -> None:
    """Names first, then traits; each table in the order of its key."""
    aliases = [c for c in calls if c.other_id and c.user_id and c.other_id != c.user_id]
    links = [c for c in calls if c.kind != ALIAS and c.user_id and c.account_id]
    traits = list(_latest(row for c in calls if c.kind != ALIAS for row in _trait_rows(c)))
    with connection.cursor() as cursor:
        if aliases:
            values: dict[str, Any] = {
                "others": [c.other_id for c in aliases],
                "users": [c.user_id for c in aliases],
                "at": [c.at for c in aliases],
            }
            cursor.execute(_ALIASES, {"source": source, **values})
        if links:
            named: dict[str, Any] = {
                "users": [c.user_id for c in links],
                "accounts": [c.account_id for c in links],
                "at": [c.at for c in links],
            }
            cursor.execute(_LINKS, {"source": source, **named})
        if traits:
            names = ("accounts", "users", "fields", "values", "at", "ids")
            columns: dict[str, Any] = dict(zip(names, map(list, zip(*traits, strict=True)), strict=True))
            cursor.execute(_TRAITS, {"source": source, **columns})


_Trait = tuple[str, str, str, str, datetime, str]


def _trait_rows(call: Call) -> Iterable[_Trait]:
    person = "" if call.kind == GROUP else call.user_id
    if call.kind == GROUP or person:
        for name, value in traits_of(call.kind, call.traits or {}).items():
            yield call.account_id, person, name, value, call.at, call.message_id


def _latest(rows: Iterable[_Trait]) -> Iterable[_Trait]:
    """One row per trait: a statement may not touch a row twice."""
    kept: dict[tuple[str, str, str], _Trait] = {}
    for row in rows:
        key = row[:3]
        if key not in kept or kept[key][4:] < row[4:]:
            kept[key] = row
    return kept.values()
