# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Marks (account, local day)s whose figures no longer stand. The account marked is the one that counts: the payer of its ancestors.

`events=True`: events or daily counts of the day changed. `events=False`: only what surrounds them did (seats, terms, calendar,
attributes), and only days up to the last published one can be stale. Every function is one statement in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time

from django.db import connection

from accounts.models import JobRun
from accounts.types import JobState

PUBLISHED_JOB = "published_through"
_KEEP = (
    " ON CONFLICT (account_id, day) DO UPDATE SET claimed_by = NULL, marked_at = excluded.marked_at, events ="
    " accounts_dirtyday.events OR excluded.events"
)

# Held, to the end of its transaction, by who leaves marks alone that stand already, since the one who claims marks waits for it.
_MARKERS = "hashtext('csm_portal markers')"
MARKS_STAND = f"SELECT pg_advisory_xact_lock_shared({_MARKERS})"
_CLAIMED = f"SELECT pg_advisory_xact_lock({_MARKERS})"
_NEW = """
INSERT INTO accounts_dirtyday (account_id, day, events, claimed_by, marked_at)
SELECT DISTINCT q.account_id, q.day, true, NULL::bigint, now() FROM ({rows}) q
WHERE NOT EXISTS (
    SELECT FROM accounts_dirtyday d WHERE d.account_id = q.account_id AND d.day = q.day AND d.events AND d.claimed_by IS NULL
)
ORDER BY 1, 2
"""


def built_through() -> date | None:
    """Last day whose figures have been published; None while nothing has."""
    row = JobRun.objects.filter(job=PUBLISHED_JOB).values_list("message", flat=True).first()
    return date.fromisoformat(row) if row else None


def set_built_through(day: date) -> None:
    """Write down, in the transaction that publishes it, the last day whose figures readers see."""
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    JobRun.objects.update_or_create(
        job=PUBLISHED_JOB, key="", period="", defaults={"message": day.isoformat(), "state": JobState.SUCCEEDED, "due_at": midnight}
    )


def mark_event_rows(select: str) -> int:
    """Mark with `events=True` what `select` yields: SQL of rows (account_id, day), the account being that of the event."""
    return _run(marking(select))


def marking(select: str) -> str:
    """The statement of `mark_event_rows`, for callers with parameters of their own."""
    return (
        "INSERT INTO accounts_dirtyday (account_id, day, events, claimed_by, marked_at)"
        " SELECT DISTINCT coalesce(a.counts_for_id, a.id), q.day, true, NULL::bigint, now()"
        f" FROM ({select}) q JOIN accounts_account a ON a.id = q.account_id ORDER BY 1, 2" + _KEEP
    )


def marking_new(select: str) -> str:
    """A statement that marks rows (account_id, day), the account being the one that counts, and touches no mark that stands.

    For many small writers at once: a mark written again and again would make each of them wait for the other. Run `MARKS_STAND` before it
    in the same transaction, or a mark it relies on may be claimed by a night that does not see what the transaction wrote.
    """
    return _NEW.format(rows=select) + _KEEP


def wait_for_markers() -> None:
    """After marks were claimed: return once every transaction is over that may have relied on one of them."""
    _run(_CLAIMED)


def mark_rows_for(select: str) -> int:
    """Mark with `events=True` rows (account_id, day) whose account is already the one that counts."""
    return _run(
        "INSERT INTO accounts_dirtyday (account_id, day, events, claimed_by, marked_at)"
        f" SELECT DISTINCT q.account_id, q.day, true, NULL::bigint, now() FROM ({select}) q ORDER BY 1, 2" + _KEEP
    )


def mark_spans(select: str) -> int:
    """Mark with `events=False` the built days in what `select` yields.

    `select` is SQL of rows (account_id, first_on, last_on), both days inclusive, NULL for open.

    Days before the payer's first term, event or count have no figures and are left out.
    """
    built = built_through()
    if built is None:
        return 0
    floor = (
        "SELECT least((SELECT min(starts_on) FROM accounts_contract WHERE account_id = p.id),"
        " (SELECT day FROM event WHERE account_id = p.id ORDER BY day LIMIT 1),"
        " (SELECT min(day) FROM accounts_usagedaily WHERE account_id = p.id)) AS first_on"
    )
    return _run(
        "INSERT INTO accounts_dirtyday (account_id, day, events, claimed_by, marked_at)"
        " SELECT DISTINCT p.id, d::date, false, NULL::bigint, now()"
        f" FROM ({select}) q JOIN accounts_account a ON a.id = q.account_id JOIN accounts_account p ON p.id ="
        f" coalesce(a.counts_for_id, a.id)"
        f" CROSS JOIN LATERAL ({floor}) f"
        f" CROSS JOIN LATERAL generate_series(greatest(q.first_on, f.first_on)::timestamp, least(q.last_on,"
        f" '{built.isoformat()}'::date)::timestamp, '1 day') d"
        " WHERE f.first_on IS NOT NULL ORDER BY 1, 2" + _KEEP
    )


def mark_days(account_ids: Collection[int] | None, first: date | None, last: date | None) -> int:
    """Mark with `events=False` the built days from `first` to `last` (inclusive; None: open) of these accounts (None: all)."""
    return mark_spans(
        f"SELECT id AS account_id, {_day(first)} AS first_on, {_day(last)} AS last_on FROM accounts_account WHERE"
        f" {_within(account_ids, 'id')}"
    )


def mark_event_days(account_ids: Collection[int] | None, first: date | None = None) -> int:
    """Mark with `events=True` every day from `first` on (None: ever) that has events or counts, of these accounts (None: all)."""
    since = f" AND day >= {_day(first)}" if first else ""
    own = _within(account_ids, "account_id")
    return mark_event_rows(
        f"SELECT account_id, day FROM event WHERE {own}{since} GROUP BY 1, 2 UNION SELECT account_id, day FROM accounts_usagedaily"
        f" WHERE {own}{since}"
    )


def _day(day: date | None) -> str:
    return f"'{day.isoformat()}'::date" if day else "NULL::date"


def _within(account_ids: Collection[int] | None, column: str) -> str:
    if account_ids is None:
        return "true"
    return f"{column} = ANY('{{{','.join(str(int(i)) for i in sorted(account_ids))}}}'::bigint[])"


def _run(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)
