"""Events: the long files, in chunks of their own transaction, each with what it makes stale."""

from __future__ import annotations

from accounts.dirty import mark_event_rows, mark_spans
from accounts.loading.job import TYPED, Job, rows, run, value

# What makes two events of one id the same: all that was said but the time it became known. A bare date counts as written, so that
# a change of the account's zone does not turn a reload into a conflict.
DIGEST = (
    "md5(concat_ws(E'\\x1f', account_id, coalesce(seat_external_id, ''), action, product,"
    " CASE WHEN length(\"t:occurred_at\") <= 10 THEN \"t:occurred_at\" ELSE occurred_at::text END,"
    " trim_scale(quantity), coalesce(trim_scale(value)::text, ''), coalesce(properties::text, '')))::uuid"
)
ADDED = "load_added"


def ensure_months() -> None:
    """Partitions for the chunk's days, before the transaction that fills them."""
    for (month,) in rows(f"SELECT DISTINCT date_trunc('month', day)::date FROM {TYPED} WHERE problem IS NULL ORDER BY 1"):
        run(f"SELECT ensure_month('event', '{month}')")


def apply(job: Job) -> None:
    """Write the events of the typed table; a message id that is known stays as it was."""
    good = value(f"SELECT count(*) FROM {TYPED} WHERE problem IS NULL")
    ensure_actions()
    ensure_seats(job)
    source = job.setting.source_id
    run(f"DROP TABLE IF EXISTS {ADDED}")
    run(f"CREATE TEMP TABLE {ADDED} (account_id bigint, seat_id bigint, day date, events bigint)")
    run(
        f'WITH first AS MATERIALIZED (SELECT DISTINCT ON (message_id COLLATE "C") * FROM {TYPED} WHERE problem IS NULL ORDER BY message_id COLLATE "C", n),'
        f" keys AS (INSERT INTO event_key (source_id, message_id, digest) SELECT {source}, message_id, digest FROM first"
        " ON CONFLICT DO NOTHING RETURNING message_id),"
        " added AS (INSERT INTO event (source_id, message_id, account_id, seat_id, action_id, product, occurred_at, recorded_at, day, quantity, value, properties, loaded_by_id)"
        f" SELECT {source}, f.message_id, f.account_id, s.id, c.id, f.product, f.occurred_at, f.recorded_at, f.day, f.quantity, f.value, f.properties, {job.run_id}"
        " FROM keys JOIN first f USING (message_id) JOIN accounts_action c ON c.name = f.action"
        " LEFT JOIN accounts_seat s ON s.account_id = f.account_id AND s.external_id = f.seat_external_id RETURNING account_id, seat_id, day)"
        f" INSERT INTO {ADDED} SELECT account_id, seat_id, day, count(*) FROM added GROUP BY 1, 2, 3"
    )
    created = value(f"SELECT coalesce(sum(events), 0)::bigint FROM {ADDED}")
    conflicts = 0
    if created < good:
        conflicts = run(
            f"UPDATE {TYPED} t SET problem = 'conflicting_duplicate:message_id' FROM event_key k"
            f" WHERE k.source_id = {source} AND k.message_id = t.message_id AND t.problem IS NULL AND k.digest <> t.digest"
        )
    job.report.created += created
    job.report.unchanged += good - created - conflicts
    if created:
        mark_event_rows(f"SELECT account_id, day FROM {ADDED}")
        move_first_days()


def ensure_actions() -> None:
    """Ids for the actions that the chunk names."""
    run(
        f"INSERT INTO accounts_action (name) SELECT DISTINCT action FROM {TYPED} t WHERE problem IS NULL"
        " AND NOT EXISTS (SELECT FROM accounts_action a WHERE a.name = t.action) ORDER BY 1 ON CONFLICT DO NOTHING"
    )


def ensure_seats(job: Job) -> None:
    """Seats that only events or counts name: people, known since the row that names them first; noted in the report."""
    made = run(
        "INSERT INTO accounts_seat (account_id, external_id, email, name, persona, kind, is_executive, recorded_at, loaded_by_id)"
        f" SELECT account_id, seat_external_id, '', '', '', 'human', false, min(recorded_at), {job.run_id} FROM {TYPED} t"
        " WHERE problem IS NULL AND seat_external_id IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM accounts_seat s WHERE s.account_id = t.account_id AND s.external_id = t.seat_external_id)"
        " GROUP BY 1, 2 ORDER BY 1, 2 ON CONFLICT DO NOTHING"
    )
    if made:
        job.report.codes["seat_created"] = job.report.codes.get("seat_created", 0) + made


def move_first_days() -> None:
    """A seat's first day moves back to its earliest row; a seat without `activated_on` counts from there."""
    run("DROP TABLE IF EXISTS load_first_day")
    run(
        "CREATE TEMP TABLE load_first_day AS SELECT s.id, s.account_id, s.activated_on, s.first_event_on AS old, f.day FROM accounts_seat s"
        f" JOIN (SELECT seat_id, min(day) AS day FROM {ADDED} WHERE seat_id IS NOT NULL GROUP BY 1) f ON f.seat_id = s.id"
        " WHERE s.first_event_on IS NULL OR s.first_event_on > f.day"
    )
    mark_spans("SELECT account_id, day AS first_on, old - 1 AS last_on FROM load_first_day WHERE activated_on IS NULL")
    run("UPDATE accounts_seat s SET first_event_on = f.day FROM load_first_day f WHERE f.id = s.id")
    run("DROP TABLE load_first_day")


