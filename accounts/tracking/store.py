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

from accounts import dirty
from accounts.loading.zones import HOME_ZONE
from accounts.tracking.calls import TRACK, Call
from accounts.tracking.columns import column, rows
from accounts.tracking.said import store_said
from accounts.types import Waiting

_KEY_COLUMNS = rows(message_id="text", digest="bigint")
_COLUMNS = rows(
    message_id="text", account="text", person="text", other="text", action="text", product="text",
    at="timestamptz", quantity="numeric", value="numeric", properties="jsonb",
)  # fmt: skip
_KEYS = f"""
WITH held AS MATERIALIZED ({dirty.MARKS_STAND})
INSERT INTO event_key (source_id, message_id, digest)
SELECT %(source)s, message_id, digest
FROM (SELECT {_KEY_COLUMNS}) s, held
ORDER BY message_id COLLATE "C"
ON CONFLICT DO NOTHING RETURNING message_id
"""  # noqa: S608 - only constants enter
_STORED = "SELECT message_id, digest FROM event_key WHERE source_id = %(source)s AND message_id = ANY(%(ids)s)"
_ACTIONS = "INSERT INTO accounts_action (name) SELECT unnest(%s::text[]) ORDER BY 1 ON CONFLICT DO NOTHING"
# Each event goes to the account it names, else to the only one in which somebody has this id; it waits where that is unknown, or where
# a seat is to be made or its first day to be moved, which `attach` does with care. Whether several accounts know a user, or none does,
# is told by `attach` too, which looks at names as well.
_EVENTS = f"""
WITH said AS MATERIALIZED (
    SELECT {_COLUMNS}
), placed AS MATERIALIZED (
    SELECT d.*, t.id AS seat_id, d.account_id IS NOT NULL AND (d.person = '' OR coalesce(t.first_event_on <= d.day, false)) AS ready
    FROM (
        SELECT s.message_id, coalesce(s.account, '') AS account, coalesce(s.person, '') AS person, coalesce(s.other, '') AS other, s.action,
               s.product, s.at, s.quantity, s.value, s.properties, a.id AS account_id, coalesce(a.counts_for_id, a.id) AS payer_id,
               (s.at AT TIME ZONE coalesce(nullif(a.timezone, ''), {HOME_ZONE}, %(zone)s))::date AS day
        FROM said s
        LEFT JOIN LATERAL (SELECT * FROM accounts_account WHERE external_id = {{home}} LIMIT 1) a ON true
        OFFSET 0
    ) d
    LEFT JOIN LATERAL (
        SELECT id, first_event_on FROM accounts_seat WHERE account_id = d.account_id AND external_id = nullif(d.person, '') LIMIT 1
    ) t ON true
), stored AS (
    INSERT INTO event (
        source_id, message_id, account_id, seat_id, action_id, product, occurred_at, recorded_at, day, quantity, value, properties)
    SELECT %(source)s, p.message_id, p.account_id, p.seat_id, c.id, p.product, p.at, %(now)s, p.day, p.quantity, p.value, p.properties
    FROM placed p JOIN accounts_action c ON c.name = p.action WHERE p.ready
    RETURNING 1
), waiting AS (
    INSERT INTO accounts_pendingevent (source_id, message_id, account_external_id, user_id, other_id, action, product, occurred_at,
                                       received_at, quantity, value, properties, reason)
    SELECT %(source)s, message_id, account, person, other, action, product, at, %(now)s, quantity, value, properties,
           CASE WHEN account_id IS NOT NULL THEN '{Waiting.ATTACHING}' WHEN account <> '' THEN '{Waiting.UNKNOWN_ACCOUNT}'
                ELSE '{Waiting.NO_ACCOUNT}' END
    FROM placed WHERE NOT ready
), marked AS (
    {dirty.marking_new("SELECT payer_id AS account_id, day FROM placed WHERE ready")}
)
SELECT (SELECT count(*) FROM stored) = (SELECT count(*) FROM placed WHERE ready)
"""  # noqa: S608 - only constants enter
_NAMED = "s.account"
_ONLY = """CASE WHEN s.account <> '' THEN s.account ELSE (
    SELECT min(h.external_id) FROM accounts_seat n JOIN accounts_account h ON h.id = n.account_id
    WHERE n.external_id = s.person AND s.person <> '' HAVING count(*) = 1
) END"""
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
    _prepare(single)
    with transaction.atomic():
        known = _known_keys(source, single)
        new = [one for one in single if one[1].message_id not in known] if known else single
        events = [call for _place, call in new if call.kind == TRACK]
        if events:
            _store_events(source, events, zone, now)
        said = [call for _place, call in new if call.kind != TRACK]
        if said:
            store_said(source, said)
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


def _known_keys(source: int, calls: Sequence[tuple[int, Call]]) -> dict[str, int]:
    """Take the ids that are new; the others, with the digests of what is stored under them."""
    if not calls:
        return {}
    ids = [call.message_id for _place, call in calls]
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, {"source": source, "message_id": column(ids), "digest": column([str(one.digest) for _place, one in calls])})
        if cursor.rowcount == len(ids):
            return {}
        new = {row[0] for row in cursor.fetchall()}
        cursor.execute(_STORED, {"source": source, "ids": [one for one in ids if one not in new]})
        return dict(cursor.fetchall())


def _store_events(source: int, calls: Sequence[Call], zone: str, now: datetime) -> None:
    """Events at their place, the others waiting."""
    columns = {
        "message_id": column([c.message_id for c in calls]),
        "account": column([c.account_id for c in calls]),
        "person": column([c.user_id for c in calls]),
        "other": column([c.other_id for c in calls]),
        "action": column([c.action for c in calls]),
        "product": column([c.product or "default" for c in calls]),
        "at": column([c.at.isoformat() for c in calls]),
        "quantity": column([str(c.quantity) for c in calls]),
        "value": column(["" if c.value is None else str(c.value) for c in calls]),
        "properties": column([_JSON.encode(c.properties).decode() if c.properties else "" for c in calls]),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _EVENTS.format(home=_NAMED if all(c.account_id for c in calls) else _ONLY),
            {**columns, "source": source, "zone": zone, "now": now},
        )
        if cursor.fetchone() != (True,):
            # This process took an action for known that is not: nothing of the request may be kept then.
            forget_prepared()
            raise OperationalError("An action of the batch is not there; send the same again.")
