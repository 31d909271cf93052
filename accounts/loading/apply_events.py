# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Events: the long files, in chunks of their own transaction, each with what it makes stale.

Done first as if every message id were new, which is how a book is loaded; where one is not, the same again with care.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts.dirty import mark_event_rows, mark_spans
from accounts.loading.job import GOOD, TYPED, Job, rows, run, value

# What makes two events of one id the same: all that was said but the time it became known. A bare date counts as written, so that
# a change of the account's zone does not turn a reload into a conflict. What is absent or usual adds nothing.
DIGEST = (
    r"md5(concat_ws(E'\x1f', account_id, action, 's' || seat_external_id, 'p' || nullif(product, 'default'),"
    ' CASE WHEN octet_length("t:occurred_at") <= 10 THEN "t:occurred_at" ELSE occurred_at::text END,'
    " CASE WHEN quantity <> 1 THEN 'q' || trim_scale(quantity) END, 'v' || trim_scale(value), properties))::uuid"
)
RESOLVES = {
    "action_id": ("action", "accounts_action", "{alias}.name = {text}"),
    "seat_id": ("seat_external_id", "accounts_seat", "{alias}.account_id = a.id AND {alias}.external_id = {text}"),
}
ADDED = "load_added"
_COLUMNS = (
    "source_id, message_id, account_id, seat_id, action_id, product, occurred_at, recorded_at, day, quantity, value,"
    " properties, loaded_by_id"
)


def ensure_months() -> None:
    """Partitions for the chunk's days, before the transaction that fills them."""
    days = f"SELECT day FROM {TYPED} WHERE problem IS NULL GROUP BY 1"
    for (month,) in rows(f"SELECT DISTINCT date_trunc('month', day)::date FROM ({days}) d ORDER BY 1"):
        run(f"SELECT ensure_month('event', '{month}')")


def apply(job: Job) -> None:
    """Write the events of the typed table; a message id that is known stays as it was."""
    good = resolve_names(job)
    try:
        with transaction.atomic():
            _add_all(job)
        created, conflicts = good, 0
        mark_event_rows(f"SELECT account_id, day FROM {TYPED} WHERE {GOOD} GROUP BY 1, 2")
        move_first_days(f"SELECT seat_id, min(day) AS day FROM {TYPED} WHERE {GOOD} AND seat_id IS NOT NULL GROUP BY 1")
    except IntegrityError:
        created, conflicts = _add_new(job)
    job.report.created += created
    job.report.unchanged += good - created - conflicts


def _add_all(job: Job) -> None:
    """Every event as a new one; raises IntegrityError where a message id is known or stands twice.

    Keys in their order, as every writer does: no two of them wait for each other in a ring.
    """
    source = job.setting.source_id
    run(
        f"INSERT INTO event_key (source_id, message_id, digest) SELECT {source}, message_id, digest FROM {TYPED}"
        f' WHERE {GOOD} ORDER BY message_id COLLATE "C"'
    )
    run(f"INSERT INTO event ({_COLUMNS}) {_events(job)} FROM {TYPED} t WHERE {GOOD} ORDER BY t.account_id, t.day")


def _events(job: Job) -> str:
    return (
        f"SELECT {job.setting.source_id}, t.message_id, t.account_id, t.seat_id, t.action_id, t.product, t.occurred_at,"
        f" t.recorded_at, t.day,"
        f" t.quantity, t.value, t.properties, {job.run_id}"
    )


def _add_new(job: Job) -> tuple[int, int]:
    """Only the events whose message id is new. Events added, and ids that came again with another body."""
    source = job.setting.source_id
    run(
        f"UPDATE {TYPED} t SET repeat = true FROM (SELECT message_id, min(n) AS n FROM {TYPED} WHERE problem IS NULL"
        " GROUP BY 1 HAVING count(*) > 1) f WHERE f.message_id = t.message_id AND t.n > f.n"
    )
    run(f"DROP TABLE IF EXISTS {ADDED}")
    run(f"CREATE TEMP TABLE {ADDED} (account_id bigint, seat_id bigint, day date, events bigint)")
    run(
        f"WITH keys AS (INSERT INTO event_key (source_id, message_id, digest) SELECT {source}, message_id, digest FROM {TYPED}"
        f' WHERE {GOOD} ORDER BY message_id COLLATE "C" ON CONFLICT DO NOTHING RETURNING message_id),'
        f" added AS (INSERT INTO event ({_COLUMNS}) {_events(job)} FROM keys JOIN {TYPED} t USING (message_id)"
        f" WHERE {GOOD} ORDER BY t.account_id, t.day RETURNING account_id, seat_id, day)"
        f" INSERT INTO {ADDED} SELECT account_id, seat_id, day, count(*) FROM added GROUP BY 1, 2, 3"
    )
    # A look-up per row: what the planner knows of a source that is new would make it read the keys for each event.
    conflicts = run(
        f"UPDATE {TYPED} t SET problem = 'conflicting_duplicate:message_id' WHERE t.problem IS NULL"
        f" AND t.digest <> (SELECT k.digest FROM event_key k WHERE k.source_id = {source} AND k.message_id = t.message_id)"
    )
    mark_event_rows(f"SELECT account_id, day FROM {ADDED} GROUP BY 1, 2")
    move_first_days(f"SELECT seat_id, min(day) AS day FROM {ADDED} WHERE seat_id IS NOT NULL GROUP BY 1")
    return int(value(f"SELECT coalesce(sum(events), 0)::bigint FROM {ADDED}")), conflicts


def resolve_names(job: Job) -> int:
    """Make the actions and seats that the rows name and that are not there, and give their ids. Number of good rows.

    Seats that only events or counts name are people, known since the row that names them first; the report says how many.
    """
    unknown_seat = "seat_id IS NULL AND seat_external_id IS NOT NULL"
    good, actions, seats = rows(
        f"SELECT count(*), count(*) FILTER (WHERE action_id IS NULL), count(*) FILTER (WHERE {unknown_seat}) FROM {TYPED} WHERE"
        f" problem IS NULL"
    )[0]
    if actions:
        run(
            f"INSERT INTO accounts_action (name) SELECT action FROM {TYPED} WHERE problem IS NULL AND action_id IS NULL"
            " GROUP BY 1 ORDER BY 1 ON CONFLICT DO NOTHING"
        )
        run(f"UPDATE {TYPED} t SET action_id = a.id FROM accounts_action a WHERE a.name = t.action AND t.action_id IS NULL")
    if seats:
        made = run(
            "INSERT INTO accounts_seat (account_id, external_id, email, name, persona, kind, is_executive, recorded_at, loaded_by_id)"
            f" SELECT account_id, seat_external_id, '', '', '', 'human', false, min(recorded_at), {job.run_id} FROM {TYPED}"
            f" WHERE problem IS NULL AND {unknown_seat} GROUP BY 1, 2 ORDER BY 1, 2 ON CONFLICT DO NOTHING"
        )
        run(
            f"UPDATE {TYPED} t SET seat_id = s.id FROM accounts_seat s"
            f" WHERE s.account_id = t.account_id AND s.external_id = t.seat_external_id AND t.{unknown_seat.replace('AND ', 'AND t.')}"
        )
        job.report.codes["seat_created"] = job.report.codes.get("seat_created", 0) + made
    return int(good)


def move_first_days(select: str) -> None:
    """A seat's first day moves back to its earliest row; a seat without `activated_on` counts from there. `select`: (seat_id, day)."""
    run("DROP TABLE IF EXISTS load_first_day")
    run(
        "CREATE TEMP TABLE load_first_day AS SELECT s.id, s.account_id, s.activated_on, s.first_event_on AS old, f.day FROM accounts_seat s"
        f" JOIN ({select}) f ON f.seat_id = s.id WHERE s.first_event_on IS NULL OR s.first_event_on > f.day"
    )
    mark_spans("SELECT account_id, day AS first_on, old - 1 AS last_on FROM load_first_day WHERE activated_on IS NULL")
    run("UPDATE accounts_seat s SET first_event_on = f.day FROM load_first_day f WHERE f.id = s.id")
    run("DROP TABLE load_first_day")
