# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Daily counts: repeats inside a file add up, a reload replaces."""

from __future__ import annotations

from accounts.dirty import mark_event_rows
from accounts.loading.apply_events import ADDED, count_seats, move_first_days, resolve_names
from accounts.loading.job import TYPED, Job, run, value

SUMS = "load_sum"
KEY = "account_id, seat_id, day, action_id, product"


def apply(job: Job) -> None:
    """Write the counts of the typed table. Counts are of file rows: three rows that add up to one new count are three created."""
    good, seats = resolve_names(job)
    count_seats(job, seats)
    source = job.setting.source_id
    run(f"DROP TABLE IF EXISTS {SUMS}; DROP TABLE IF EXISTS {ADDED}; DROP TABLE IF EXISTS load_touched_usage")
    run(
        f"CREATE TEMP TABLE {SUMS} AS SELECT t.account_id, t.seat_id, t.day, t.action_id, t.product,"
        " sum(t.quantity) AS quantity, max(t.distinct_seats) AS distinct_seats, max(t.recorded_at) AS recorded_at, count(*) AS n_rows"
        f" FROM {TYPED} t WHERE t.problem IS NULL GROUP BY 1, 2, 3, 4, 5"
    )
    changing = ["quantity", *(field for field in ("distinct_seats", "recorded_at") if field in job.present)]
    sets = ", ".join(f"{field} = excluded.{field}" for field in changing)
    run(
        "CREATE TEMP TABLE load_touched_usage (account_id bigint, seat_id bigint, day date, action_id bigint, product text, created"
        " boolean)"
    )
    run(
        f"WITH up AS (INSERT INTO accounts_usagedaily AS b (source_id, {KEY}, quantity, distinct_seats, recorded_at, loaded_by_id)"
        f" SELECT {source}, {KEY}, quantity, distinct_seats, recorded_at, {job.run_id} FROM {SUMS} ORDER BY {KEY}"
        " ON CONFLICT (source_id, account_id, seat_id, day, action_id, product)"
        f" DO UPDATE SET {sets}, loaded_by_id = excluded.loaded_by_id"
        f" WHERE ROW({', '.join('b.' + field for field in changing)}) IS DISTINCT FROM"
        f" ROW({', '.join('excluded.' + field for field in changing)})"
        f" RETURNING {KEY}, (xmax = 0) AS created) INSERT INTO load_touched_usage SELECT * FROM up"
    )
    run(
        f"CREATE TEMP TABLE {ADDED} AS SELECT u.*, s.n_rows FROM load_touched_usage u JOIN {SUMS} s ON s.account_id = u.account_id"
        " AND s.day = u.day AND s.action_id = u.action_id AND s.product = u.product AND s.seat_id IS NOT DISTINCT FROM u.seat_id"
    )
    job.report.created = value(f"SELECT coalesce(sum(n_rows), 0)::bigint FROM {ADDED} WHERE created")
    job.report.updated = value(f"SELECT coalesce(sum(n_rows), 0)::bigint FROM {ADDED} WHERE NOT created")
    job.report.unchanged = good - job.report.created - job.report.updated
    if (counts := value(f"SELECT count(*) FROM {SUMS}")) < good:
        job.report.notes.append(f"{good} rows add up to {counts} daily counts")
    mark_event_rows(f"SELECT DISTINCT account_id, day FROM {ADDED}")
    move_first_days(f"SELECT seat_id, min(day) AS day FROM {ADDED} WHERE created AND seat_id IS NOT NULL GROUP BY 1")
    run(f"DROP TABLE {SUMS}; DROP TABLE {ADDED}; DROP TABLE load_touched_usage")
