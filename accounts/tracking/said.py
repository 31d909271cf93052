"""What was said about accounts and people, kept as its latest: traits, where people belong, and names of the same person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.tracking.calls import ALIAS, GROUP, Call
from accounts.tracking.traits import THERE, traits_of

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
INSERT INTO accounts_trackedalias AS t (source_id, other_id, user_id, said_at, settled)
SELECT DISTINCT ON (other) %(source)s, other, person, at, false FROM unnest(%(others)s::text[], %(users)s::text[], %(at)s::timestamptz[])
    AS s (other, person, at) ORDER BY other, at DESC, person DESC
ON CONFLICT (source_id, other_id) DO UPDATE SET user_id = excluded.user_id, said_at = excluded.said_at, settled = false
WHERE (t.said_at, t.user_id) < (excluded.said_at, excluded.user_id)
"""


def store_said(source: int, calls: Sequence[Call]) -> None:
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
    if call.kind == GROUP and call.user_id:
        # Whoever is said to belong there has a seat there.
        yield call.account_id, call.user_id, THERE, "", call.at, call.message_id


def _latest(rows: Iterable[_Trait]) -> Iterable[_Trait]:
    """One row per trait: a statement may not touch a row twice."""
    kept: dict[tuple[str, str, str], _Trait] = {}
    for row in rows:
        key = row[:3]
        if key not in kept or kept[key][4:] < row[4:]:
            kept[key] = row
    return kept.values()
