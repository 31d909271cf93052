"""The rollup of a million events against one bare GROUP BY over the same table, and one changed day against the month."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import psycopg
from django.db import connection

from csm_portal.portal.bench.scratch import scratch_database, seconds
from health.rollup.run import roll_up

EVENTS, ACCOUNTS, SEATS = 1_000_000, 200, 50
FIRST, LAST = date(2025, 6, 1), date(2025, 6, 30)
ROUNDS = 3
RUN = 1

# A made-up month: seats differ in how much they do, one in fifty is a bot, five actions of which three are key and one is passive.
BOOK = """
INSERT INTO accounts_account (external_id, name, recorded_at, industry, region, country, plan, tier, timezone, work_week, lifecycle_stage,
    fit, need, domain, currency, tags, next_step)
SELECT 'a' || i, 'a' || i, now(), '', '', '', '', '', '', '5', '', 'unknown', '', '', '', '{{}}', '' FROM generate_series(1, {accounts}) i;
INSERT INTO accounts_action (name) SELECT 'action' || i FROM generate_series(1, 5) i;
INSERT INTO accounts_seat (account_id, external_id, recorded_at, email, name, persona, kind, is_executive, activated_on)
SELECT a.id, 's' || i, now(), '', '', '', CASE WHEN i % 50 = 0 THEN 'bot' ELSE 'human' END, false, '2025-01-01'
FROM accounts_account a, generate_series(1, {seats}) i;
INSERT INTO health_activitydefinition (version, effective_from, body, digest, published_at)
VALUES (1, '2025-01-01', '{{"key_actions": {{"action1": "1", "action2": "2", "action3": "0.5"}}, "passive_actions": ["action5"]}}',
        'x', now());
INSERT INTO health_northstardefinition (version, effective_from, body, digest, published_at)
VALUES (1, '2025-01-01', '{{"action": "action1", "measure": "count", "threshold": "100"}}', 'x', now());
SELECT ensure_month('event', '{first}');
SELECT setseed(0.5);
INSERT INTO event (source_id, message_id, account_id, seat_id, action_id, occurred_at, recorded_at, day)
SELECT 1, g.i::text, s.account_id, s.id, a.id, date '{first}' + g.day, date '{first}' + g.day, date '{first}' + g.day
FROM (
    SELECT i, (random() * random() * ({seats} * {accounts} - 1))::integer AS seat, floor(random() * 5)::integer AS action,
           (i::bigint * {days} / {events})::integer AS day
    FROM generate_series(0, {events} - 1) i
) g
JOIN (SELECT id, account_id, row_number() OVER (ORDER BY id) - 1 AS place FROM accounts_seat) s ON s.place = g.seat
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM accounts_action) a ON a.place = g.action
ORDER BY g.i;
"""
MARK = """
INSERT INTO accounts_dirtyday (account_id, day, events, claimed_by, marked_at)
SELECT a.id, d::date, true, {run}, now()
FROM accounts_account a, generate_series(date '{first}', date '{last}', interval '1 day') d
"""
BARE = """
CREATE TABLE bare_rollup AS
SELECT account_id, seat_id, day, action_id, count(*), sum(quantity) FROM event GROUP BY account_id, seat_id, day, action_id
"""


def bench_rollup() -> list[tuple[str, str]]:
    """Figures of the rollup: its time against the bare grouping, peak memory of the server's processes, one changed day of the month."""
    with scratch_database("rollup"):
        days = (LAST - FIRST).days + 1
        _execute(BOOK.format(accounts=ACCOUNTS, seats=SEATS, first=FIRST, days=days, events=EVENTS))
        _execute(MARK.format(run=RUN, first=FIRST, last=LAST))
        _execute("VACUUM ANALYZE")
        bare, full = [], []
        with _peak_memory() as peaks:
            for _ in range(ROUNDS):
                # One after the other, so that both meet the same machine.
                _execute("DROP TABLE IF EXISTS bare_rollup; TRUNCATE seat_day")
                bare.append(seconds(lambda: _execute(BARE), 1))
                peaks.clear()
                full.append(seconds(_whole, 1))
        rows = _count("SELECT count(*) FROM seat_day")
        changed = FIRST + timedelta(days=days // 2)
        _execute("DELETE FROM accounts_dirtyday")
        _execute(MARK.format(run=RUN, first=changed, last=changed))
        newest = _count("SELECT txid_current() % (2::bigint ^ 32)::bigint")
        one_day = seconds(_whole, 1)
        touched = _count(f"SELECT count(DISTINCT day) FROM seat_day WHERE xmin::text::bigint > {newest}")  # noqa: S608 - only constants enter
    ratios = [mine / floor for mine, floor in zip(full, bare, strict=True)]
    return [
        ("events, seat days", f"{EVENTS:,}, {rows:,}"),
        ("bare GROUP BY, s", f"{statistics.median(bare):.2f}"),
        ("rollup, s", f"{statistics.median(full):.2f}"),
        ("rollup / bare GROUP BY (goal: at most 1.3)", f"{statistics.median(ratios):.2f}"),
        ("peak memory of the server's processes, MB (goal: at most 512)", f"{max(peaks):.0f}" if peaks else "not measured here"),
        ("one changed day of 30, s", f"{one_day:.2f}"),
        ("days whose rows it touched (goal: 1)", str(touched)),
    ]


def _whole() -> int:
    return roll_up(RUN, FIRST, LAST)


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _count(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


@contextmanager
def _peak_memory() -> Iterator[list[float]]:
    """Sums of the private memory of this database's server processes, in MB, taken every 50 ms; none where /proc does not show them."""
    sums: list[float] = []
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(connection.get_connection_params(), sums, done), daemon=True)
    watcher.start()
    try:
        yield sums
    finally:
        done.set()
        watcher.join()


def _watch(params: dict[str, object], sums: list[float], done: threading.Event) -> None:
    with psycopg.connect(**params, autocommit=True) as watch:  # type: ignore[arg-type]
        while not done.wait(0.05):
            pids = [row[0] for row in watch.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")]
            total = sum(_private_kb(pid) for pid in pids if pid != watch.info.backend_pid)
            if total:
                sums.append(total / 1024)


def _private_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)
