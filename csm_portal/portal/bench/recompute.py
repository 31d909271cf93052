"""A year of history recomputed for a changed definition, against one bare GROUP BY of the same rows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from django.db import connection, transaction

from csm_portal.lib.periods import days_in, periods_from
from csm_portal.portal.bench.scratch import scratch_database
from health.account_days import build_account_days
from health.definitions import ActivityRules
from health.lab.restating import Definitions, always, as_published, published_months, restate_months
from health.rollup.run import roll_up
from health.types import Level

ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "10000"))
SEATS, EVENTS_A_DAY = 3, 4
FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
RUN = 1

# A made-up year: an account has three seats, the first of which does most; three of six actions are key, one is rare.
BOOK = f"""
INSERT INTO accounts_account (external_id, name, recorded_at, industry, region, country, plan, tier, timezone, work_week, lifecycle_stage,
    fit, need, domain, currency, tags, next_step)
SELECT 'a' || i, 'a' || i, now(), '', '', '', '', CASE WHEN i % 4 = 0 THEN 'enterprise' ELSE '' END, '', '5', '', 'unknown', '', '', '',
       '{{{{}}}}', '' FROM generate_series(1, {{accounts}}) i;
INSERT INTO accounts_action (name) SELECT 'action' || i FROM generate_series(1, 6) i;
INSERT INTO accounts_source (name, key_prefix, key_sha256, created_at) VALUES ('bench', '', '', now());
INSERT INTO accounts_contract (account_id, source_id, external_id, recorded_at, starts_on, product, plan, features, seats, currency, mrr,
    auto_renew, notice_days)
SELECT a.id, (SELECT min(id) FROM accounts_source), 'c' || a.id, now(), '2024-12-01', 'default', '', '{{{{}}}}', {SEATS}, 'USD', 100,
    false, 0
FROM accounts_account a;
INSERT INTO accounts_seat (account_id, external_id, recorded_at, email, name, persona, kind, is_executive, activated_on)
SELECT a.id, 's' || i, now(), '', '', CASE WHEN i % 2 = 0 THEN 'basic' ELSE 'advanced' END, 'human', false, '2024-12-01'
FROM accounts_account a, generate_series(1, {SEATS}) i;
INSERT INTO health_activitydefinition (version, effective_from, body, digest, published_at)
VALUES (1, '2024-01-01', '{{{{"key_actions": {{{{"action1": "1", "action2": "2", "action3": "0.5"}}}}, "passive_actions": ["action5"]}}}}',
        'x', now());
INSERT INTO health_run (id, as_of, first_day, state, started_at, counts, late_days, error)
VALUES ({RUN}, '{LAST}', '{FIRST}', 'published', now(), '{{{{}}}}', 0, '');
"""  # noqa: S608 - only constants enter
EVENTS = f"""
INSERT INTO event (source_id, message_id, account_id, seat_id, action_id, occurred_at, recorded_at, day)
SELECT 1, '{{day}}-' || g.i, s.account_id, s.id, a.id, date '{{day}}', date '{{day}}', date '{{day}}'
FROM (
    SELECT i, (i % {{accounts}}) * {SEATS} + floor(random() * random() * {SEATS})::integer AS seat,
           CASE WHEN random() < 0.02 THEN 5 ELSE floor(random() * 5)::integer END AS action
    FROM generate_series(0, {{accounts}} * {EVENTS_A_DAY} - 1) i
) g
JOIN bench_seat s ON s.place = g.seat
JOIN bench_action a ON a.place = g.action
"""  # noqa: S608 - only constants enter
PLACES = """
CREATE TEMP TABLE bench_seat AS SELECT id, account_id, row_number() OVER (ORDER BY account_id, id) - 1 AS place FROM accounts_seat;
CREATE TEMP TABLE bench_action AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM accounts_action;
ANALYZE bench_seat; ANALYZE bench_action
"""
MARK = """
INSERT INTO accounts_dirtyday (account_id, day, events, claimed_by, marked_at)
SELECT a.id, d::date, true, {run}, now() FROM accounts_account a, generate_series(date '{first}', date '{last}', interval '1 day') d
"""
SHOW = "INSERT INTO health_publishedslice (grain, starts_on, run_id) SELECT 'day', d::date, {run} FROM generate_series(date '{first}', date '{last}', interval '1 day') d"  # noqa: E501
BARE_DAYS = "CREATE TEMP TABLE bare_days AS SELECT account_id, day, count(*), sum(key_actions) FROM seat_day GROUP BY account_id, day"
BARE_EVENTS = """
CREATE TEMP TABLE bare_events AS
SELECT account_id, seat_id, day, action_id, count(*), sum(quantity) FROM event GROUP BY account_id, seat_id, day, action_id
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds on the clock, and of processor time of this process and its database session; cpu None where it is not told."""

    wall: float
    cpu: float | None


def bench_recompute(accounts: int = ACCOUNTS) -> Iterator[tuple[str, str]]:
    """Figures of the recomputation: other thresholds with a profile of its own, another seat base, other weights, others left out.

    Everything runs in one process of the server, so that processor time can be told; both sides alike.
    """
    with scratch_database("recompute"):
        began = time.monotonic()
        rows = _make(accounts)
        yield "accounts, days, events, seat days", f"{accounts:,}, {(LAST - FIRST).days + 1}, {rows['event']:,}, {rows['seat_day']:,}"
        yield "making them, s", f"{time.monotonic() - began:.0f}"
        _execute("SET max_parallel_workers_per_gather = 0")
        days = spent(lambda: _execute("DROP TABLE IF EXISTS bare_days", BARE_DAYS))
        yield "bare GROUP BY account and day of the seat days, s wall / cpu", _seconds(days)
        events = spent(lambda: _execute("DROP TABLE IF EXISTS bare_events", BARE_EVENTS))
        yield "bare GROUP BY of the events, s wall / cpu", _seconds(events)
        published = as_published()
        rules = published.activity[0].rules[0]
        wide = replace(rules, low_multiple=Fraction(3), high_multiple=Fraction(5), active_from=Level.MEDIUM)
        yield from _case("other thresholds and a profile", _changed(published, wide, replace(wide, month_days=8)), days)
        yield from _case("another seat base", _changed(published, replace(rules, seat_base="purchased")), days)
        rare = {**rules.key_actions, "action6": Decimal(3)}
        yield from _case("the weight of an action of 2% of the events", _changed(published, replace(rules, key_actions=rare)), events)
        most = {**rules.key_actions, "action1": Decimal(3)}
        yield from _case(
            "the weight of an action of a fifth, done on most days", _changed(published, replace(rules, key_actions=most)), events
        )
        heavy = {name: weight * 20 for name, weight in rules.key_actions.items()}
        yield from _case(
            "weights that bring nearly every day above the high bar", _changed(published, replace(rules, key_actions=heavy)), events
        )
        yield from _case("a third of the seats left out", _changed(published, replace(rules, excluded_personas=("basic",))), events)
        both = replace(rules, excluded_personas=("basic",), key_actions=heavy, passive_actions=("action4",), seat_base="purchased")
        yield from _case("seats, weights, passive actions and seat base at once", _changed(published, both), events)
        yield from _case("other passive actions, two in five", _changed(published, replace(rules, passive_actions=("action4",))), events)


def _case(name: str, definitions: Definitions, bare: Spent) -> Iterator[tuple[str, str]]:
    mine = spent(lambda: _recompute(definitions))
    yield f"{name}: levels and months of the year, s wall / cpu", _seconds(mine)
    cpu = f" / {mine.cpu / bare.cpu:.2f}" if mine.cpu is not None and bare.cpu else ""
    yield f"{name}: of the bare GROUP BY, wall / cpu (goal: at most 3)", f"{mine.wall / bare.wall:.2f}{cpu}"


def _changed(published: Definitions, rules: ActivityRules, *profiles: ActivityRules) -> Definitions:
    one = published.activity[0]
    when = tuple({"tier": ("enterprise",)} for _ in profiles)
    return replace(published, activity=always(replace(one, version=2, rules=(rules, *profiles), when=when)))


@transaction.atomic
def _recompute(definitions: Definitions) -> None:
    for _month in restate_months(definitions, published_months(LAST), LAST, lambda _line: None):
        pass


def _make(accounts: int) -> dict[str, int]:
    _execute(BOOK.format(accounts=accounts), PLACES, "SELECT setseed(0.5)")
    for month in periods_from("month", FIRST, LAST):
        _execute(f"SELECT ensure_month('event', '{month.first}')")
        for day in month.days():
            _execute(EVENTS.format(day=day, accounts=accounts))
    _execute(MARK.format(run=RUN, first=FIRST, last=LAST), SHOW.format(run=RUN, first=FIRST, last=LAST), "VACUUM ANALYZE")
    for month in periods_from("month", FIRST, LAST):
        roll_up(RUN, month.first, month.last)
        _execute("ANALYZE seat_day")
        build_account_days(RUN, list(days_in(month.first, month.after)))
    _execute("VACUUM ANALYZE")
    return {table: _count(table) for table in ("event", "seat_day")}


def spent(work: Callable[[], object]) -> Spent:
    """What some work takes, in this process and in its database session."""
    session, own, began = _session_cpu(), time.process_time(), time.perf_counter()
    work()
    wall, used, after = time.perf_counter() - began, time.process_time() - own, _session_cpu()
    return Spent(wall, None if session is None or after is None else after - session + used)


def _session_cpu() -> float | None:
    """Seconds of processor time of the server's process for this connection; None where /proc does not show it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _seconds(one: Spent) -> str:
    return f"{one.wall:.1f} / {'not told here' if one.cpu is None else f'{one.cpu:.1f}'}"


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - names of this module
        return int(cursor.fetchone()[0])
