"""What trackers said becomes rows: accounts and people through the load of files, then the events that waited for them.

Done by a job that a request wakes, each minute, and before each night; done again it changes nothing. What is still unknown stays.
"""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from accounts.dirty import marking
from accounts.loading.apply_events import move_first_days
from accounts.loading.load import load_folder
from accounts.loading.zones import home_zone
from accounts.models import ImportRun, PendingEvent, TrackedAlias, TrackedTrait
from accounts.tracking.again import LOCK, take_back
from accounts.tracking.traits import THERE
from accounts.types import Waiting

# Events taken up in one transaction.
CHUNK = 20_000
# All that was ever said of accounts and people of whom something new was: the later counts, whichever source said it.
_SUBJECTS = """
WITH fresh AS MATERIALIZED (SELECT DISTINCT account_external_id, user_id FROM accounts_trackedtrait WHERE NOT applied)
SELECT t.id, t.account_external_id, t.user_id, t.field, t.value, t.said_at, t.message_id, t.source_id
FROM accounts_trackedtrait t JOIN (SELECT DISTINCT user_id FROM fresh WHERE user_id <> '') f USING (user_id)
UNION ALL
SELECT t.id, t.account_external_id, '', t.field, t.value, t.said_at, t.message_id, t.source_id
FROM accounts_trackedtrait t JOIN (SELECT DISTINCT account_external_id FROM fresh WHERE user_id = '') f USING (account_external_id)
WHERE t.user_id = ''
ORDER BY 6, 7, 8
"""
# The accounts of people who were named without one: those in which they have a seat, and those they were said to belong to.
_HOMES = """
SELECT p.person, h.account FROM unnest(%s::text[]) AS p (person), LATERAL (
    SELECT a.external_id FROM accounts_seat s JOIN accounts_account a ON a.id = s.account_id WHERE s.external_id = p.person
    UNION
    SELECT k.account_external_id FROM accounts_source c JOIN accounts_trackedlink k ON k.source_id = c.id AND k.user_id = p.person
) h (account)
"""
# What was said again while it was applied is still to do.
_APPLIED = """
UPDATE accounts_trackedtrait t SET applied = true FROM unnest(%(ids)s::bigint[], %(messages)s::text[]) AS r (id, message_id)
WHERE t.id = r.id AND t.message_id = r.message_id AND NOT t.applied
"""
_NAMES = "SELECT external_id, name FROM accounts_account WHERE external_id = ANY(%s)"
_READY = """
DROP TABLE IF EXISTS intake_ready;
CREATE TEMP TABLE intake_ready ON COMMIT DROP AS
WITH named AS MATERIALIZED (
    SELECT p.source_id, p.message_id, p.account_external_id, p.occurred_at, p.user_id, coalesce(nullif(p.user_id, ''), l.user_id, '') AS who
    FROM accounts_pendingevent p
    LEFT JOIN accounts_trackedalias l ON l.source_id = p.source_id AND l.other_id = p.other_id AND p.user_id = ''
), homes AS MATERIALIZED (
    SELECT n.who, min(s.account_id) AS account_id, count(*) AS accounts
    FROM (SELECT DISTINCT who FROM named WHERE account_external_id = '' AND who <> '') n JOIN accounts_seat s ON s.external_id = n.who
    GROUP BY n.who
)
SELECT n.source_id, n.message_id, z.id AS account_id,
       -- An earlier id counts for its person where that has a seat; it makes none.
       CASE WHEN n.user_id <> '' OR t.id IS NOT NULL THEN n.who ELSE '' END AS person,
       (n.occurred_at AT TIME ZONE coalesce(nullif(z.timezone, ''), %(zone)s))::date AS day,
       CASE WHEN n.account_external_id <> '' THEN %(unknown)s WHEN h.accounts > 1 THEN %(ambiguous)s ELSE %(none)s END AS reason
FROM named n
LEFT JOIN accounts_account a ON a.external_id = n.account_external_id AND n.account_external_id <> ''
LEFT JOIN homes h ON h.who = n.who AND n.account_external_id = ''
LEFT JOIN accounts_account z ON z.id = coalesce(a.id, CASE WHEN h.accounts = 1 THEN h.account_id END)
LEFT JOIN accounts_seat t ON t.account_id = z.id AND t.external_id = nullif(n.who, '')
"""
_WHY = """
UPDATE accounts_pendingevent p SET reason = r.reason FROM intake_ready r
WHERE r.account_id IS NULL AND p.source_id = r.source_id AND p.message_id = r.message_id AND p.reason <> r.reason
"""
_SEATS = """
INSERT INTO accounts_seat (account_id, external_id, email, name, persona, kind, is_executive, recorded_at)
SELECT r.account_id, r.person, '', '', '', 'human', false, min(p.received_at) FROM intake_ready r
JOIN accounts_pendingevent p ON p.source_id = r.source_id AND p.message_id = r.message_id
WHERE r.account_id IS NOT NULL AND r.person <> '' GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT DO NOTHING RETURNING external_id
"""
# What was said of people without an account holds for their new seats too. In the order in which requests write.
_HOLDS_THERE_TOO = """
UPDATE accounts_trackedtrait t SET applied = false FROM (
    SELECT id FROM accounts_trackedtrait WHERE account_external_id = '' AND user_id = ANY(%s) AND applied
    ORDER BY source_id, account_external_id, user_id, field FOR UPDATE
) r WHERE t.id = r.id
"""
_FIRST = """SELECT s.id AS seat_id, min(r.day) AS day FROM intake_ready r
JOIN accounts_seat s ON s.account_id = r.account_id AND s.external_id = r.person WHERE r.person <> '' GROUP BY 1"""
_TAKE = """
DROP TABLE IF EXISTS intake_taken;
CREATE TEMP TABLE intake_taken ON COMMIT DROP AS
WITH taken AS (
    DELETE FROM accounts_pendingevent p USING (
        SELECT * FROM unnest(%(sources)s::bigint[], %(ids)s::text[], %(accounts)s::bigint[], %(people)s::text[], %(days)s::date[])
            AS r (source_id, message_id, account_id, person, day)
    ) r WHERE p.source_id = r.source_id AND p.message_id = r.message_id
    RETURNING p.*, r.account_id, r.person, r.day
)
SELECT t.*, s.id AS seat_id FROM taken t
LEFT JOIN accounts_seat s ON s.account_id = t.account_id AND s.external_id = t.person AND t.person <> ''
"""
# Those that stand where they do by what is known of their person.
_INFERRED = """
INSERT INTO accounts_inferredevent (source_id, message_id, account_id, occurred_at, account_external_id, person, other_id)
SELECT source_id, message_id, account_id, occurred_at, account_external_id, person, CASE WHEN user_id = '' THEN other_id ELSE '' END
FROM intake_taken WHERE account_external_id = '' OR (user_id = '' AND other_id <> '')
"""
_SEATLESS = """
UPDATE accounts_trackedalias l SET settled = false FROM (
    SELECT k.id FROM accounts_trackedalias k
    WHERE k.settled AND (k.source_id, k.other_id) IN (SELECT source_id, other_id FROM intake_taken WHERE user_id = '' AND person = '')
    ORDER BY k.source_id, k.other_id FOR UPDATE
) r WHERE l.id = r.id
"""
_EVENTS = """
INSERT INTO event (
    source_id, message_id, account_id, seat_id, action_id, product, occurred_at, recorded_at, day, quantity, value, properties)
SELECT t.source_id, t.message_id, t.account_id, t.seat_id, c.id, t.product, t.occurred_at, t.received_at, t.day, t.quantity, t.value,
       t.properties
FROM intake_taken t JOIN accounts_action c ON c.name = t.action ORDER BY t.account_id, t.day
"""


@dataclass
class Attached:
    """Accounts and people written or changed, what the load could not take of them, and events that became countable."""

    rows: int = 0
    refused: int = 0
    events: int = 0


def waits() -> bool:
    """Whether anything is there that `attach` could take up: asked each minute."""
    if PendingEvent.objects.exists() or TrackedTrait.objects.filter(applied=False).exists():
        return True
    return TrackedAlias.objects.filter(settled=False).exists()


def attach(today: date) -> Attached:
    """Take up all that can be; `today` is the portal's day, from which a new owner counts. Nothing where another process is at it."""
    found = Attached()
    _apply_traits(today, found)
    while (made := _attach_events()) + (back := take_back()):
        found.events += made - back
        # An event may have been the first to tell where a person sits.
        _apply_traits(today, found)
    found.events = max(0, found.events)
    return found


def _apply_traits(today: date, found: Attached) -> None:
    subjects, read = _read_subjects()
    if not subjects:
        return
    with tempfile.TemporaryDirectory(prefix="intake-") as name:
        folder = Path(name)
        mapping = _write_files(folder, subjects)
        report = load_folder(folder, mapping=mapping, rejects=folder / "rejects", source="intake", on=today)
    for file in report.files:
        found.rows += file.created + file.updated
        found.refused += file.rejected
    with connection.cursor() as cursor:
        cursor.execute(_APPLIED, {"ids": list(read), "messages": list(read.values())})
    if report.run_id is not None and not any(file.rejected or file.flagged or file.refused for file in report.files):
        # A run a minute would bury those that people made; one that has something to say stays.
        ImportRun.objects.filter(pk=report.run_id).delete()


_Subject = tuple[str, str]


def _read_subjects() -> tuple[dict[_Subject, dict[str, str]], dict[int, str]]:
    """Columns by (account, person), the later said winning over all sources; and the traits that these are, with their messages."""
    with connection.cursor() as cursor:
        cursor.execute(_SUBJECTS)
        rows = cursor.fetchall()
        cursor.execute(_HOMES, [sorted({row[2] for row in rows if row[2] and not row[1]})])
        homes: dict[str, list[str]] = defaultdict(list)
        for person, account in cursor.fetchall():
            homes[person].append(account)
        columns: dict[_Subject, dict[str, str]] = defaultdict(dict)
        keys: dict[int, tuple[list[_Subject], str]] = {}
        for pk, account, person, field, value, _said_at, message, _source in rows:
            subjects = [(home, person) for home in ([account] if account else homes[person])]
            keys[pk] = subjects, message
            for subject in subjects:
                columns[subject][field] = value
        # People of an account that nobody has told of yet wait for it.
        accounts = {account for account, person in columns if not person}
        cursor.execute(_NAMES, [sorted({account for account, _person in columns})])
        names = dict(cursor.fetchall())
    waiting = {key for key in columns if key[1] and key[0] not in accounts and key[0] not in names}
    kept = {key: one for key, one in columns.items() if key not in waiting}
    for (account, person), one in kept.items():
        if not person:
            one.setdefault("name", names.get(account, account))
    return kept, {pk: message for pk, (subjects, message) in keys.items() if any(one in kept for one in subjects)}


def _write_files(folder: Path, subjects: Mapping[_Subject, Mapping[str, str]]) -> Path:
    """A file for each set of columns, since an empty cell would empty the column; and the mapping that names them."""
    shapes: dict[tuple[str, tuple[str, ...]], list[Sequence[str]]] = defaultdict(list)
    for (account, person), columns in sorted(subjects.items()):
        fields = tuple(sorted(field for field in columns if field != THERE))
        own = [person, account] if person else [account]
        shapes["seats" if person else "accounts", fields].append([*own, *(columns[field] for field in fields)])
    parts = []
    for number, ((target, fields), rows) in enumerate(sorted(shapes.items())):
        keys = ["external_id", "account_external_id"] if target == "seats" else ["external_id"]
        file = f"{target}_{number}.csv"
        with (folder / file).open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([[*keys, *fields], *rows])
        named = ", ".join(f'{column} = "{column}"' for column in [*keys, *fields])
        parts.append(f'[[target]]\ninto = "{target}"\nfile = "{file}"\ncolumns = {{ {named} }}\n')
    path = folder / "mapping.toml"
    path.write_text("".join(parts), encoding="utf-8")
    return path


def _attach_events() -> int:
    """Seats first, in a transaction of their own: no statement then waits for a lock that a request holds, and the other way round."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        if cursor.fetchone() != (True,):
            return 0
        words = {"unknown": Waiting.UNKNOWN_ACCOUNT, "ambiguous": Waiting.AMBIGUOUS_ACCOUNT, "none": Waiting.NO_ACCOUNT}
        cursor.execute(_READY, {"zone": home_zone(), **{name: word.value for name, word in words.items()}})
        cursor.execute(_WHY)
        cursor.execute(_SEATS)
        cursor.execute(_HOLDS_THERE_TOO, [[row[0] for row in cursor.fetchall()]])
        move_first_days(_FIRST)
        cursor.execute(
            "SELECT source_id, message_id, account_id, person, day FROM intake_ready WHERE account_id IS NOT NULL"
            " ORDER BY account_id, day, source_id, message_id"
        )
        ready = cursor.fetchall()
    return sum(_take(ready[start : start + CHUNK]) for start in range(0, len(ready), CHUNK))


def _take(rows: Sequence[tuple[Any, ...]]) -> int:
    """A chunk of waiting events becomes events; what another process took meanwhile is left alone."""
    names = ("sources", "ids", "accounts", "people", "days")
    columns: dict[str, Any] = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    with transaction.atomic(), connection.cursor() as cursor:
        for month in sorted({day.replace(day=1) for day in columns["days"]}):
            cursor.execute("SELECT ensure_month('event', %s)", [month])
        cursor.execute(_TAKE, columns)
        cursor.execute(_INFERRED)
        cursor.execute(_SEATLESS)
        cursor.execute(_EVENTS)
        made = int(cursor.rowcount)
        cursor.execute("SELECT count(*) FROM intake_taken")
        if cursor.fetchone() != (made,):
            raise RuntimeError("An action of a waiting event is not there.")
        cursor.execute(marking("SELECT account_id, day FROM intake_taken"))
        return made
