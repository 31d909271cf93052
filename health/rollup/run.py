"""Runs the rollup's first step in PostgreSQL: the seat days of a month's dirty days, replaced whole.

The tables the SQL joins are unlogged, not temporary: PostgreSQL reads temporary ones in one process only. They live and die in the
transaction; only one run is built at a time.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from accounts.models import Action
from csm_portal.lib.periods import days_in, period_of
from health.rollup.month import insert_rows, replace_month
from health.rulesets import PROFILE_OF_DAY, Ruleset, stage_rulesets
from health.scope import EVERYBODY, Scope

# Place + 1 is the code of what the north star adds up.
MEASURES = ("count", "quantity", "value")

# Pairs to redo: (payer_id, day, ruleset, exclusion, version).
CLAIMED = f"""
SELECT d.payer_id, d.day, r.id AS ruleset, r.exclusion, d.version
FROM (
    SELECT a.id AS payer_id, b.day, b.version, b.north_star, {PROFILE_OF_DAY} AS profile
    FROM accounts_dirtyday dirty
    JOIN built_day b ON b.day = dirty.day
    JOIN accounts_account a ON a.id = dirty.account_id
    WHERE dirty.claimed_by = %(run_id)s AND dirty.events /* only dirty.account_id */
) d
JOIN ruleset r ON r.version = d.version AND r.profile = d.profile AND r.north_star = d.north_star
"""  # noqa: S608 - only constants enter
STAGE = """
CREATE UNLOGGED TABLE rollup_dirty AS
SELECT s.id AS account_id, d.day, d.payer_id, d.ruleset, d.exclusion, d.version
FROM ({pairs}) d JOIN accounts_account s ON coalesce(s.counts_for_id, s.id) = d.payer_id;
CREATE UNLOGGED TABLE rollup_excluded AS SELECT exclusion, seat_id FROM excluded_seat;
CREATE UNLOGGED TABLE rollup_rule (
    ruleset integer NOT NULL, action_id bigint NOT NULL, weight numeric NOT NULL, min_quantity numeric, passive boolean NOT NULL,
    scenarios bigint NOT NULL, measure integer NOT NULL
);
"""
# The engine's own storage as the expression names it; literal bounds, so that only the month's partition is read.
VIEWS = """
CREATE VIEW rollup_event AS
    SELECT account_id, day, seat_id, action_id, quantity, value FROM event WHERE day BETWEEN '{first}' AND '{last}';
CREATE VIEW rollup_usage AS
    SELECT account_id, day, seat_id, action_id, quantity, distinct_seats FROM accounts_usagedaily WHERE day BETWEEN '{first}' AND '{last}';
ANALYZE rollup_dirty;
ANALYZE rollup_excluded;
ANALYZE rollup_rule;
"""
CLEAN = "DROP VIEW rollup_event, rollup_usage; DROP TABLE rollup_dirty, rollup_excluded, rollup_rule"


@transaction.atomic
def roll_up(run_id: int, first: date, last: date, scope: Scope = EVERYBODY) -> int:
    """Redo the seat days of the dirty days with new events that the run has claimed in `[first, last]`, both included, one month at most.

    Only those of the accounts in scope; returns rows written. Each (account, day) is replaced whole, so repeating it changes nothing;
    days before the first activity definition have no rows.
    """
    if first > last or last not in period_of("month", first):
        raise ValueError(f"{first} to {last} does not lie inside one month")
    span: dict[str, Any] = {"run_id": run_id, "first": first, "last": last}
    rulesets = stage_rulesets(list(days_in(first, last + timedelta(days=1))), scope=scope)
    with connection.cursor() as cursor:
        cursor.execute(STAGE.format(pairs=scope.apply(CLAIMED)), span)
        _stage_rules(cursor, rulesets)
        cursor.execute(VIEWS.format(first=first.isoformat(), last=last.isoformat()))
        written = replace_month(cursor, statement("seat_day"), span) if scope.everybody else None
        if written is None:
            written = insert_rows(cursor, statement("seat_day"), span, scope)
        cursor.execute(CLEAN)
    return written


@cache
def statement(step: str, engine: str = "postgres") -> str:
    """The committed SELECT of a step (health/rollup/expression.py generates it)."""
    return (Path(__file__).parent / "sql" / f"{step}.{engine}.sql").read_text(encoding="utf-8")


def _stage_rules(cursor: Any, rulesets: tuple[Ruleset, ...]) -> None:
    """One row per rule set and action that some definition names."""
    ids = dict(Action.objects.values_list("name", "id"))
    rows = [row for one in rulesets for row in action_rules(one, ids)]
    cursor.executemany("INSERT INTO rollup_rule VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)


def action_rules(one: Ruleset, ids: dict[str, int]) -> list[tuple[Any, ...]]:
    """Rows of `rollup_rule` for a rule set: weight, condition, passive, scenario bits and the north star's measure per action."""
    rules, star = one.rules, one.north_star.rules if one.north_star else None
    named = {*rules.key_actions, *rules.passive_actions, *(action for scenario in rules.scenarios for action in scenario.actions)}
    if star:
        named.add(star.action)
    rows = []
    for action in sorted(named & ids.keys()):
        bits = sum(1 << place for place, scenario in enumerate(rules.scenarios) if action in scenario.actions)
        measure = MEASURES.index(star.measure) + 1 if star is not None and star.action == action else 0
        weight = rules.key_actions.get(action, 0)
        rows.append((one.id, ids[action], weight, rules.conditions.get(action), action in rules.passive_actions, bits, measure))
    return rows
