"""A year of weekly cohorts over half a million seats against one bare GROUP BY over the same rows."""

from __future__ import annotations

import statistics
from datetime import date, timedelta

from django.db import connection

from accounts.models import User
from accounts.types import Role
from churn.cohorts import triangle
from csm_portal.portal.bench.scratch import scratch_database, seconds

ACCOUNTS, SEATS, WEEKS = 10_000, 500_000, 52
FIRST = date(2025, 1, 6)
AS_OF = FIRST + timedelta(days=7 * WEEKS - 1)
ROUNDS = 3

# A made-up year: seats are activated evenly over it; each comes back in a week with a chance of its own, which fades as it ages.
BOOK = """
INSERT INTO accounts_account (external_id, name, recorded_at, industry, region, country, plan, tier, timezone, work_week, lifecycle_stage,
    fit, need, domain, currency, tags, next_step)
SELECT 'a' || i, 'a' || i, now(), '', '', '', '', '', '', '5', '', 'unknown', '', '', '', '{{}}', '' FROM generate_series(1, {accounts}) i;
SELECT setseed(0.5);
INSERT INTO accounts_seat (account_id, external_id, recorded_at, email, name, persona, kind, is_executive, activated_on, first_event_on)
SELECT a.id, 's' || i, now(), '', '', '', 'human', false, day, day
FROM accounts_account a, generate_series(1, {seats} / {accounts}) i,
     LATERAL (SELECT date '{first}' + floor(random() * {weeks} * 7)::integer + 0 * (a.id + i)::integer AS day) began;
INSERT INTO health_activitydefinition (version, effective_from, body, digest, published_at)
VALUES (1, '{first}', '{{"key_actions": {{"action1": "1"}}, "excluded_personas": [], "excluded_email_domains": []}}', 'x', now());
INSERT INTO health_run (as_of, first_day, state, started_at, finished_at, counts, late_days, error)
VALUES ('{as_of}', '{first}', 'published', now(), now(), '{{}}', 0, '');
INSERT INTO health_publishedslice (grain, starts_on, run_id)
SELECT 'day', d::date, r.id FROM health_run r, generate_series(date '{first}', date '{as_of}', interval '1 day') d;
SELECT ensure_month('seat_day', m::date) FROM generate_series(date_trunc('month', date '{first}'), date '{as_of}', interval '1 month') m;
INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, scenarios, north_star, version)
SELECT s.account_id, d.day, s.id, 3, (random() * 4)::integer, true, 0, 0, 1
FROM accounts_seat s,
     LATERAL (SELECT s.activated_on + 7 * w + floor(random() * 7)::integer AS day
              FROM generate_series(0, {weeks}) w WHERE random() < 0.9 / (1 + w / 12.0 * (s.id % 4))) d
WHERE d.day <= '{as_of}'
ON CONFLICT DO NOTHING;
"""
BARE = """
SELECT count(*) FROM (
    SELECT seat_id, (day - date '{first}') / 7, count(*) FROM seat_day WHERE day >= '{first}' AND day <= '{as_of}' GROUP BY 1, 2) AS bare
"""


def bench_cohorts() -> list[tuple[str, str]]:
    """The weekly triangle of seats against the bare grouping, round by round."""
    with scratch_database("cohorts"):
        _execute(BOOK.format(accounts=ACCOUNTS, seats=SEATS, weeks=WEEKS, first=FIRST, as_of=AS_OF))
        _execute("VACUUM ANALYZE")
        admin = User.objects.create_user("admin@example.com", "secret", role=Role.ADMIN)
        rows = _count("SELECT count(*) FROM seat_day")
        bare, full = [], []
        for _ in range(ROUNDS):
            # One after the other, so that both meet the same machine.
            bare.append(seconds(lambda: _count(BARE.format(first=FIRST, as_of=AS_OF)), 1))
            full.append(seconds(lambda: triangle(admin, "seat", "week", FIRST), 1))
        cells = len(triangle(admin, "seat", "week", FIRST))
    ratios = [mine / floor for mine, floor in zip(full, bare, strict=True)]
    return [
        ("seats, seat days, cells", f"{SEATS:,}, {rows:,}, {cells:,}"),
        ("bare GROUP BY, s", f"{statistics.median(bare):.2f}"),
        ("52-week triangle of seats, s", f"{statistics.median(full):.2f}"),
        ("triangle / bare GROUP BY (goal: at most 2)", f"{statistics.median(ratios):.2f}"),
    ]


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _count(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])
