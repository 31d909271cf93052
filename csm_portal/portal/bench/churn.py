"""A year's movements, attrition and renewal rates over 10,000 accounts and 50,000 contracts."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Source, User
from accounts.types import Role
from churn.attrition import side_by_side
from churn.renewal_rates import rates
from churn.renewals import merge_cases, stage_cases
from csm_portal.portal.bench.scratch import scratch_database
from health.models import Run
from health.states import stage_states
from health.types import RunState

ACCOUNTS, TERMS, SEATS = 10_000, 5, 2
AS_OF = date(2026, 6, 30)
FIRST, AFTER = date(2025, 7, 1), date(2026, 7, 1)
ROUNDS = 5

# A made-up book: each account has a chain of five terms of 3 to 24 months, some with gaps, growth and loss, in three currencies; forty
# owners, one hand-over each; one account in five has an add-on. Two seats each, active on some days of the last thirteen months.
BOOK = f"""
SELECT setseed(0.5);
INSERT INTO accounts_exchangerate (currency, day, rate)
SELECT c, m::date, 0.5 + random() FROM unnest(ARRAY['EUR', 'CNY']) c, generate_series('2015-01-01'::date, '{AS_OF}', '1 month') m;
INSERT INTO accounts_user (email, name, role, password, language, timezone, is_active, is_staff, is_superuser, joined_at)
SELECT 'csm' || i || '@example.com', 'csm' || i, 'csm', '', '', '', true, false, false, now() FROM generate_series(1, 40) i;
INSERT INTO accounts_account (external_id, name, recorded_at, industry, region, country, plan, tier, timezone, work_week, lifecycle_stage,
    fit, need, domain, currency, tags, next_step, owner_id)
SELECT 'a' || i, 'a' || i, now(), 'industry ' || i %% 12, 'region ' || i %% 5, '', '', 'tier ' || i %% 3, '', '5', 'live', 'unknown', '',
       '', '', '{{}}', '', (SELECT id FROM accounts_user WHERE email = 'csm' || (i %% 40 + 1) || '@example.com')
FROM generate_series(1, {ACCOUNTS}) i;
INSERT INTO accounts_ownership (account_id, user_id, role, starts_on, ends_on)
SELECT a.id, a.owner_id, 'owner', '2026-02-15'::date, NULL::date FROM accounts_account a
UNION ALL
SELECT a.id, (SELECT id FROM accounts_user WHERE email = 'csm1@example.com'), 'owner', '0001-01-01', '2026-02-15' FROM accounts_account a;
INSERT INTO accounts_contract (source_id, account_id, external_id, product, plan, features, seats, starts_on, ends_on, currency, mrr,
    auto_renew, notice_days, recorded_at)
SELECT s.id, t.account_id, t.account_id || '-' || t.place, CASE WHEN t.place = 5 AND t.account_id %% 5 = 0 THEN 'addon' ELSE 'default' END,
       (ARRAY['basic', 'pro', 'scale'])[1 + t.account_id %% 3], '{{}}', 5 + t.account_id %% 50,
       t.first + t.place * t.days, t.first + (t.place + 1) * t.days - CASE WHEN random() < 0.1 THEN 40 ELSE 0 END,
       (ARRAY['USD', 'EUR', 'CNY'])[1 + t.account_id %% 3], round((20 + random() * 2000)::numeric, 2), false, 30, '2015-01-01'
FROM (SELECT %(source)s::bigint AS id) s, (
    SELECT a.id AS account_id, place, 90 * (1 + a.id %% 8)::integer AS days, '2022-01-01'::date + (a.id %% 1500)::integer AS first
    FROM accounts_account a, generate_series(1, {TERMS}) place
) t;
INSERT INTO accounts_seat (account_id, external_id, recorded_at, email, name, persona, kind, is_executive, activated_on)
SELECT a.id, 's' || i, now(), '', '', '', 'human', false, '2022-01-01' FROM accounts_account a, generate_series(1, {SEATS}) i;
SELECT ensure_month('seat_day', m::date) FROM generate_series('{FIRST}'::date - 31, '{AS_OF}', '1 month') m;
INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, version)
SELECT s.account_id, d::date, s.id, 1, 1, true, 1
FROM accounts_seat s, generate_series('{FIRST}'::date - 30, '{AS_OF}', '1 day') d
WHERE random() < 0.05 AND (s.id %% 400 > d::date - '{FIRST}'::date OR s.id %% 3 > 0);
"""  # noqa: S608 - only constants enter


def bench_churn() -> list[tuple[str, str]]:
    """Processor time and queries of the three figures of a year, by month, of the whole and by owner."""
    with scratch_database("churn"):
        with connection.cursor() as cursor:
            cursor.execute(BOOK, {"source": Source.objects.create(name="bench").pk})
        admin = User.objects.create_user("bench@example.com", "bench", role=Role.ADMIN)
        _publish()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            # One process, whose time the system tells.
            cursor.execute("SET max_parallel_workers_per_gather = 0")
            cursor.execute("SELECT (SELECT count(*) FROM accounts_contract), (SELECT count(*) FROM seat_day)")
            contracts, seat_days = cursor.fetchone()
        queries, seconds = _measure(lambda: _year(admin, "all"))
        grouped, grouped_seconds = _measure(lambda: _year(admin, "csm"))
    return [
        ("accounts, contracts, days of seats", f"{ACCOUNTS:,}, {contracts:,}, {seat_days:,}"),
        ("a year's movements, attrition and renewal rates, queries (goal: at most 10)", str(queries)),
        ("a year's movements, attrition and renewal rates, CPU s (goal: at most 2)", f"{seconds:.2f}"),
        ("the same by owner, queries", str(grouped)),
        ("the same by owner, CPU s", f"{grouped_seconds:.2f}"),
    ]


def _publish() -> None:
    """A published day, with the renewal cases that its night derives from the contracts."""
    now = datetime.now(UTC)
    run = Run.objects.create(as_of=AS_OF, first_day=AS_OF, state=RunState.PUBLISHED, started_at=now, finished_at=now)
    with transaction.atomic():
        stage_states(run.pk, AS_OF)
        stage_cases(AS_OF)
        merge_cases()


def _year(user: User, by: str) -> None:
    """Movements with the attrition of logos, revenue and seats, and renewal rates: each by month."""
    side_by_side(user, "month", FIRST, AFTER, by)
    rates(user, "month", FIRST, AFTER, by)


def _measure(work: Callable[[], None]) -> tuple[int, float]:
    """Queries, and the median of the processor time of this process and of the server's that serves it."""
    with CaptureQueriesContext(connection) as queries:
        work()
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time() + _server_seconds()
        work()
        taken.append(time.process_time() + _server_seconds() - began)
    return len(queries), statistics.median(taken)


def _server_seconds() -> float:
    """Processor time so far of the server's process behind the connection; the clock where the system does not tell."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return time.monotonic()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
