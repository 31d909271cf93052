"""Events that wait for their account, as people deal with them: in groups, kept as a file, discarded and brought back.

An event that is discarded is kept whole among the settled refused calls, so that it can come back; its id stays taken meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Max, Min, Q

from accounts.edits import UNDO_FOR
from accounts.models import PendingEvent, RefusedCall, User
from accounts.tracking.refused import DISCARDED, WAITED

MOST_GROUPS: Final = 100
GROUPED = ("source_id", "reason", "account_external_id", "user_id")
COLUMNS = (
    "source__name", "reason", "account_external_id", "user_id", "other_id", "action", "product", "occurred_at", "received_at", "quantity",
    "value", "message_id",
)  # fmt: skip
_DISCARD = """
WITH gone AS (
    DELETE FROM accounts_pendingevent p
    USING unnest(%(sources)s::bigint[], %(reasons)s::text[], %(accounts)s::text[], %(people)s::text[])
        AS g (source, reason, account, person)
    WHERE p.source_id = g.source AND p.reason = g.reason AND p.account_external_id = g.account AND p.user_id = g.person
    RETURNING p.*
)
INSERT INTO accounts_refusedcall (
    source_id, received_at, tracker, implied, code, field, message, name, body, flagged, settled_at, settled_as)
SELECT source_id, received_at, '', '', %(code)s, '', reason, left(action, 200), to_jsonb(gone)::text, false, %(now)s, %(how)s FROM gone
"""
_BRING_BACK = """
WITH back AS (
    DELETE FROM accounts_refusedcall WHERE settled_at = %(step)s AND settled_as = %(how)s AND code = %(code)s RETURNING body
)
INSERT INTO accounts_pendingevent SELECT p.* FROM back, jsonb_populate_record(NULL::accounts_pendingevent, back.body::jsonb) p
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Waiters:
    """Events of one source that wait for the same thing: an account by its id, or that of a person."""

    source_id: int
    source: str
    reason: str
    account: str
    person: str
    count: int
    oldest_at: datetime
    newest_at: datetime

    @property
    def key(self) -> Key:
        """What names the group."""
        return Key(self.source_id, self.reason, self.account, self.person)


@dataclass(frozen=True, slots=True)
class Key:
    """Source, reason, and the names that the events gave."""

    source_id: int
    reason: str
    account: str
    person: str


def waiting_groups(user: User) -> list[Waiters]:
    """The largest groups of waiting events; one statement."""
    rows = (
        PendingEvent.objects.visible_to(user)
        .values(*GROUPED, "source__name")
        .annotate(n=Count("message_id"), oldest=Min("received_at"), newest=Max("received_at"))
        .order_by("-n", "oldest", "account_external_id", "user_id")[:MOST_GROUPS]
    )
    return [
        Waiters(
            row["source_id"], row["source__name"], row["reason"], row["account_external_id"], row["user_id"], row["n"], row["oldest"],
            row["newest"],
        )
        for row in rows
    ]  # fmt: skip


def discard(user: User, keys: Sequence[Key], now: datetime) -> int:
    """Take groups of waiting events away; `now` names the step for its undo. How many events. Nothing where the user is no admin."""
    if not keys or not _may(user):
        return 0
    columns: dict[str, Any] = {
        "sources": [key.source_id for key in keys],
        "reasons": [key.reason for key in keys],
        "accounts": [key.account for key in keys],
        "people": [key.person for key in keys],
    }
    with connection.cursor() as cursor:
        cursor.execute(_DISCARD, {**columns, "code": WAITED, "how": DISCARDED, "now": now})
        return int(cursor.rowcount)


def bring_back(user: User, step: datetime, now: datetime) -> int:
    """Undo of a discard, for a day: the events wait again. How many."""
    if step <= now - UNDO_FOR or not _may(user):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_BRING_BACK, {"step": step, "how": DISCARDED, "code": WAITED})
        return int(cursor.rowcount)


def as_rows(user: User, keys: Sequence[Key]) -> Iterator[tuple[Any, ...]]:
    """The events of these groups (all where none is named), oldest first, read as they are sent."""
    found = PendingEvent.objects.visible_to(user)
    if keys:
        asked = Q()
        for key in keys:
            asked |= Q(source=key.source_id, reason=key.reason, account_external_id=key.account, user_id=key.person)
        found = found.filter(asked)
    return found.order_by("received_at", "message_id").values_list(*COLUMNS).iterator(chunk_size=2_000)


def _may(user: User) -> bool:
    """Whether the settled calls, where discarded events are kept, are the user's to see."""
    return not RefusedCall.objects.visible_to(user).query.is_empty()
