"""What the tables say of the portal's own health: signs of life, work that waits or failed, what came in.

One statement without a clock of its own: ages are computed from stored instants and the `now` that is passed in; what was never seen is
None, not zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from accounts.policy import OUTBOX_ATTEMPTS
from csm_portal.portal.ops.said import MARKERS

# A failed job that somebody gave up has an end; one that still waits for a decision has none.
_VITALS = """
WITH job AS (
    SELECT count(*) FILTER (WHERE state = 'due' AND due_at <= %(now)s) AS due,
           min(due_at) FILTER (WHERE state = 'due' AND due_at <= %(now)s) AS oldest,
           count(*) FILTER (WHERE state = 'running' AND lease_until >= %(now)s) AS running,
           count(*) FILTER (WHERE state = 'running' AND lease_until < %(now)s) AS orphaned,
           count(*) FILTER (WHERE state = 'failed' AND finished_at IS NULL) AS failed
    FROM accounts_jobrun WHERE state IN ('due', 'running', 'failed') AND job <> ALL (%(marks)s)
), letter AS (
    SELECT count(*) FILTER (WHERE attempts < %(most)s) AS open, min(created_at) FILTER (WHERE attempts < %(most)s) AS oldest,
           count(*) FILTER (WHERE attempts >= %(most)s AND (lease_until IS NULL OR lease_until < %(now)s)) AS dead
    FROM accounts_outbox WHERE done_at IS NULL
), refused AS (
    SELECT count(*) FILTER (WHERE NOT flagged) AS refused, count(*) FILTER (WHERE flagged) AS flagged
    FROM accounts_refusedcall WHERE settled_at IS NULL
), waiting AS (
    SELECT count(*) AS events, min(received_at) AS oldest FROM accounts_pendingevent
), came AS (
    -- Source by source, so that the key finds the last hour among years of minutes.
    SELECT coalesce(sum(lately.five), 0)::bigint AS five, coalesce(sum(lately.hour), 0)::bigint AS hour
    FROM accounts_source s CROSS JOIN LATERAL (
        SELECT sum(m.calls) FILTER (WHERE m.minute >= %(five)s) AS five, sum(m.calls) AS hour
        FROM accounts_intakeminute m WHERE m.source_id = s.id AND m.minute >= %(hour)s
    ) lately
), night AS (
    SELECT as_of, finished_at FROM health_run WHERE state = 'published' ORDER BY as_of DESC, id DESC LIMIT 1
)
SELECT beat.seen_at, worker.seen_at, worker.seen_at - worker.sent_at, night.as_of, night.finished_at,
       job.due, job.oldest, job.running, job.orphaned, job.failed, letter.open, letter.oldest, letter.dead,
       refused.refused, refused.flagged, waiting.events, waiting.oldest, came.five, came.hour,
       (SELECT count(*) FROM health_accountfault WHERE resolved_at IS NULL),
       (SELECT max(started_at) FROM accounts_importrun WHERE NOT dry_run)
FROM job, letter, refused, waiting, came
LEFT JOIN night ON true
LEFT JOIN accounts_heartbeat beat ON beat.name = 'beat'
LEFT JOIN accounts_heartbeat worker ON worker.name = 'worker'
"""


@dataclass(frozen=True, slots=True)
class Vitals:
    """The portal's state at one instant. Counts are rows; instants are None where there was never any."""

    beat_at: datetime | None
    worker_at: datetime | None
    round_trip: timedelta | None
    as_of: date | None
    night_finished_at: datetime | None
    jobs_due: int
    job_oldest: datetime | None
    jobs_running: int
    jobs_orphaned: int
    jobs_failed: int
    letters_open: int
    letter_oldest: datetime | None
    letters_dead: int
    refused: int
    flagged: int
    pending: int
    pending_oldest: datetime | None
    calls_5_minutes: int
    calls_hour: int
    faults: int
    imported_at: datetime | None


def read_vitals(now: datetime) -> Vitals:
    """Everything in one statement."""
    since = {"five": now - timedelta(minutes=5), "hour": now - timedelta(hours=1)}
    values: dict[str, datetime | int | list[str]] = {"now": now, "most": OUTBOX_ATTEMPTS, "marks": list(MARKERS), **since}
    with connection.cursor() as cursor:
        cursor.execute(_VITALS, values)
        return Vitals(*cursor.fetchone())


def broker_answers() -> bool:
    """Whether Redis answers right now. Nothing is lost while it does not; jobs wait for the minute after its return."""
    try:
        cache.get("alive")
    except (RedisError, OSError):
        return False
    return True
