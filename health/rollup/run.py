"""Runs the rollup's first step in PostgreSQL: the seat days of a month's dirty days, replaced whole."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from accounts.models import Action
from csm_portal.lib.periods import days_in
from health.rulesets import PROFILE_OF_DAY, Ruleset, stage_rulesets

COLUMNS = "account_id, day, seat_id, version, events, key_actions, logged_in, distinct_seats, scenarios, north_star"

STAGE = f"""
DROP TABLE IF EXISTS pg_temp.rollup_dirty, pg_temp.rollup_rule CASCADE;
CREATE TEMP TABLE rollup_dirty ON COMMIT DROP AS
SELECT s.id AS account_id, d.day, d.payer_id, r.id AS ruleset, r.exclusion, d.version
FROM (
    SELECT a.id AS payer_id, b.day, b.version, b.north_star, {PROFILE_OF_DAY} AS profile
    FROM accounts_dirtyday dirty
    JOIN built_day b ON b.day = dirty.day
    JOIN accounts_account a ON a.id = dirty.account_id
    WHERE dirty.claimed_by = %(run_id)s AND dirty.events
) d
JOIN ruleset r ON r.version = d.version AND r.profile = d.profile AND r.north_star = d.north_star
JOIN accounts_account s ON coalesce(s.counts_for_id, s.id) = d.payer_id;
CREATE TEMP TABLE rollup_rule (
    ruleset integer NOT NULL, action_id bigint NOT NULL, weight numeric NOT NULL, min_quantity numeric, passive boolean NOT NULL,
    scenarios bigint NOT NULL, per_count integer NOT NULL, per_quantity integer NOT NULL, per_value integer NOT NULL
) ON COMMIT DROP;
"""
# The engine's own storage as the expression names it; literal bounds, so that only the month's partition is read.
VIEWS = """
CREATE OR REPLACE TEMP VIEW rollup_event AS
    SELECT account_id, day, seat_id, action_id, quantity, value FROM event WHERE day BETWEEN '{first}' AND '{last}';
CREATE OR REPLACE TEMP VIEW rollup_usage AS
    SELECT account_id, day, seat_id, action_id, quantity, distinct_seats FROM accounts_usagedaily WHERE day BETWEEN '{first}' AND '{last}';
"""
FORGET = """
DELETE FROM seat_day s USING accounts_dirtyday d
WHERE d.claimed_by = %(run_id)s AND d.events AND d.day BETWEEN %(first)s AND %(last)s
  AND s.account_id = d.account_id AND s.day = d.day AND s.day BETWEEN %(first)s AND %(last)s
"""


@transaction.atomic
def roll_up(run_id: int, first: date, last: date) -> int:
    """Redo the seat days of the dirty days with new events that the run has claimed in `[first, last]`, both included, one month at most.

    Returns rows written. Each (account, day) is replaced whole, so repeating it changes nothing; days before the first activity
    definition have no rows.
    """
    if (first.year, first.month) != (last.year, last.month) or first > last:
        raise ValueError(f"{first} to {last} does not lie inside one month")
    span = {"run_id": run_id, "first": first, "last": last}
    rulesets = stage_rulesets(list(days_in(first, last + timedelta(days=1))))
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_month('seat_day', %s)", [first])
        cursor.execute(STAGE, span)
        _stage_rules(cursor, rulesets)
        cursor.execute(VIEWS.format(first=first.isoformat(), last=last.isoformat()))
        cursor.execute("ANALYZE rollup_dirty; ANALYZE rollup_rule")
        cursor.execute(FORGET, span)
        cursor.execute(f"INSERT INTO seat_day ({COLUMNS}) {statement('seat_day')}")  # noqa: S608 - generated and committed SQL
        written = cursor.rowcount
        cursor.execute("DROP VIEW rollup_event, rollup_usage")
    return int(written)


@cache
def statement(step: str, engine: str = "postgres") -> str:
    """The committed SELECT of a step (health/rollup/expression.py generates it)."""
    return (Path(__file__).parent / "sql" / f"{step}.{engine}.sql").read_text(encoding="utf-8")


def _stage_rules(cursor: Any, rulesets: tuple[Ruleset, ...]) -> None:
    """One row per rule set and action that some definition names."""
    rows = [row for one in rulesets for row in action_rules(one, dict(Action.objects.values_list("name", "id")))]
    cursor.executemany("INSERT INTO rollup_rule VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)", rows)


def action_rules(one: Ruleset, ids: dict[str, int]) -> list[tuple[Any, ...]]:
    """Rows of `rollup_rule` for a rule set: weight, condition, passive, scenario bits and the north star's multipliers per action."""
    rules, star = one.rules, one.north_star.rules if one.north_star else None
    named = {*rules.key_actions, *rules.passive_actions, *(action for scenario in rules.scenarios for action in scenario.actions)}
    if star:
        named.add(star.action)
    rows = []
    for action in sorted(named & ids.keys()):
        bits = sum(1 << place for place, scenario in enumerate(rules.scenarios) if action in scenario.actions)
        measured = [int(star is not None and star.action == action and star.measure == measure) for measure in ("count", "quantity", "value")]
        weight = rules.key_actions.get(action, 0)
        rows.append((one.id, ids[action], weight, rules.conditions.get(action), action in rules.passive_actions, bits, *measured))
    return rows
