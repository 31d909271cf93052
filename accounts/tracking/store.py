"""Calls into the database: what is new, a repeat or a conflict, in one transaction that is committed before it is answered.

An event whose account and seat are known becomes an `Event` at once. All else waits: events in `PendingEvent`, what was said about
accounts and people as their latest traits, which `accounts.tracking.attach` turns into rows like those of a file. So the request does
the same few statements whatever comes, in one order of locks, and the order in which things arrive decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import msgspec
from django.db import OperationalError, connection, transaction

from accounts.tracking.calls import TRACK, Call
from accounts.tracking.columns import column, usually
from accounts.tracking.quick import fetch
from accounts.tracking.said import store_said

_ACTIONS = "INSERT INTO accounts_action (name) SELECT unnest(%s::text[]) ORDER BY 1 ON CONFLICT DO NOTHING"
# The function is told in accounts/migrations/0011_intake_at_once.py.
_STORE = f"SELECT message_id, digest FROM intake_store({', '.join(['%s'] * 17)})"  # noqa: S608 - only constants enter
_JSON = msgspec.json.Encoder(decimal_format="number")
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

    `zone` is for accounts without one of their own where no calendar definition names one. Of two with one id in a batch the first counts.
    """
    single, repeats = _once(calls)
    events = [call for _place, call in single if call.kind == TRACK]
    said = [call for _place, call in single if call.kind != TRACK]
    _prepare(events)
    if not said:
        # One statement is a transaction.
        known = _known_of(source, events, said, zone, now)
    else:
        with transaction.atomic():
            known = _known_of(source, events, said, zone, now)
            store_said(source, [call for call in said if call.message_id not in known] if known else said)
    return _judged(single, repeats, known)


def _once(calls: Sequence[tuple[int, Call]]) -> tuple[Sequence[tuple[int, Call]], list[tuple[int, Call]]]:
    """The first call of each id, and the repeats inside the batch."""
    seen: set[str] = set()
    first: list[tuple[int, Call]] = []
    repeats: list[tuple[int, Call]] = []
    for place, call in calls:
        (repeats if call.message_id in seen else first).append((place, call))
        seen.add(call.message_id)
    return first, repeats


def _judged(single: Sequence[tuple[int, Call]], repeats: Sequence[tuple[int, Call]], known: Mapping[str, int]) -> Stored:
    """Each call held against what is stored under its id: by an earlier request (`known`), else the batch's first."""
    found = Stored(accepted=len(single) - len(known))
    again = [one for one in single if one[1].message_id in known] if known else []
    if again or repeats:
        stored = {call.message_id: call.digest for _place, call in single} | dict(known)
        for place, call in [*again, *repeats]:
            if stored[call.message_id] == call.digest:
                found.duplicate += 1
            else:
                found.conflicts.append(place)
    return found


def _prepare(events: Sequence[Call]) -> None:
    """Partitions and actions, before the transaction: making them in it would hold up every other request until it ends."""
    # The local day may be the one before or after, in another month.
    days = {day + timedelta(days=shift) for day in {call.at.date() for call in events} for shift in (-1, 1)}
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


def _known_of(source: int, events: Sequence[Call], said: Sequence[Call], zone: str, now: datetime) -> dict[str, int]:
    """Store the new ones of the events, and the ids of what else was said; those known before, with the digests of what is stored."""
    names = {name: place for place, name in enumerate(dict.fromkeys(call.action for call in events), 1)}
    values = [
        source, zone, now, column([call.message_id for call in said]), column([str(call.digest) for call in said]),
        column([call.message_id for call in events]), column([str(call.digest) for call in events]), list(names),
        column([str(names[call.action]) for call in events]), usually("", [call.account_id for call in events]),
        usually("", [call.user_id for call in events]), usually("", ["" if call.user_id else call.other_id for call in events]),
        usually("default", [call.product or "default" for call in events]), column([call.at.isoformat() for call in events]),
        usually("1", [str(call.quantity) for call in events]), usually("", [_amount(call) for call in events]),
        usually("", [_details(call) for call in events]),
    ]  # fmt: skip
    try:
        return dict(fetch(_STORE, values))
    except OperationalError:
        # This process may have taken an action for known that is not.
        forget_prepared()
        raise


def _amount(call: Call) -> str:
    return "" if call.value is None else str(call.value)


def _details(call: Call) -> str:
    return _JSON.encode(call.properties).decode() if call.properties else ""
