"""The rollup, defined once: events and daily counts -> seat_day -> the counts of an account-day.

An Ibis expression over the tables below; `manage.py`-free, it needs Ibis, which only development installs. The SQL that runs is
generated from it per engine and committed beside it (`python -m health.rollup.expression` writes it); a test fails when they differ.
Weights, exclusions and days to redo are joined tables, so the SQL never changes with a definition.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
from ibis import _

ENGINES = ("postgres", "duckdb")
FOLDER = Path(__file__).parent / "sql"
# A zero that keeps its type in SQL: only branches of exactly equal types are read in parallel by PostgreSQL.
NOTHING = ibis.null("int64").fill_null(ibis.literal(0))
QUANTITY, MONEY, SUM = "decimal(18, 6)", "decimal(18, 4)", "decimal(24, 6)"

# The span's events and daily counts: views that the runner puts over the engine's own storage.
rollup_event = ibis.table(
    {"account_id": "int64", "day": "date", "seat_id": "int64", "action_id": "int64", "quantity": QUANTITY, "value": MONEY},
    name="rollup_event",
)
rollup_usage = ibis.table(
    {"account_id": "int64", "day": "date", "seat_id": "int64", "action_id": "int64", "quantity": QUANTITY, "distinct_seats": "int32"},
    name="rollup_usage",
)
# (account, day) pairs to redo, with the account they count for and the rules of that day; one row per pair.
rollup_dirty = ibis.table(
    {"account_id": "int64", "day": "date", "payer_id": "int64", "ruleset": "int32", "exclusion": "int32", "version": "int32"},
    name="rollup_dirty",
)
# What an action weighs under a rule set; an action without row weighs nothing and proves a login. `measure` says what of it the north
# star adds up: 0 nothing, 1 its count, 2 its quantity, 3 its value.
rollup_rule = ibis.table(
    {
        "ruleset": "int32",
        "action_id": "int64",
        "weight": QUANTITY,
        "min_quantity": QUANTITY,
        "passive": "boolean",
        "scenarios": "int64",
        "measure": "int32",
    },
    name="rollup_rule",
)
# Bots and seats left out, per set of exclusions.
rollup_excluded = ibis.table({"exclusion": "int32", "seat_id": "int64"}, name="rollup_excluded")

# Second step: the seat days of the span, the seats with the days on which they are counted, the account-days to grade.
counts_seat_day = ibis.table(
    {
        "account_id": "int64",
        "day": "date",
        "seat_id": "int64",
        "events": "int32",
        "key_actions": SUM,
        "logged_in": "boolean",
        "distinct_seats": "int32",
        "north_star": SUM,
    },
    name="counts_seat_day",
)
counts_seat = ibis.table({"seat_id": "int64", "first": "date", "after": "date"}, name="counts_seat")
counts_base = ibis.table({"account_id": "int64", "day": "date", "every_seat": "boolean"}, name="counts_base")


def seat_day() -> Any:
    """One row per (payer, day, seat); seat 0 is what named no seat.

    An event under a condition weighs once when it qualifies, whatever its quantity; a daily count cannot qualify and weighs nothing.
    A daily count of 0 is no activity. Distinct seats of different stores are different people, so their largest counts add up.
    """
    events = _placed(rollup_event).mutate(single=ibis.literal(True), distinct_seats=ibis.null("int32"), row_count=ibis.literal(1))
    used = rollup_usage.filter(rollup_usage.quantity > 0)
    usage = _placed(used.mutate(value=ibis.null(MONEY))).mutate(
        single=ibis.literal(False), distinct_seats=ibis.null("int32"), row_count=ibis.literal(1)
    )
    # Weighed before they are put together: what is sorted for the groups is narrow then.
    weighed = ibis.union(_weighed(events), _weighed(usage), _weighed(_largest_counts(used)), distinct=False)
    # The filters leave no state behind where there is nothing to add up, as in most groups: a quarter of the time.
    return weighed.group_by("account_id", "day", "seat_id", "version").aggregate(
        events=_.row_count.sum().cast("int32"),
        key_actions=_.weighed.sum().fill_null(0).cast(SUM),
        logged_in=_.login.any(),
        distinct_seats=_.distinct_seats.sum(where=_.distinct_seats.notnull()).cast("int32"),
        scenarios=_.scenarios.bit_or().fill_null(0),
        north_star=_.north_star.sum(where=_.north_star.notnull()).fill_null(0).cast(SUM),
    )


def _weighed(rows: Any) -> Any:
    """What each row counts for under the rules of its day."""
    joined = rows.left_join(rollup_rule, ["ruleset", "action_id"])
    plain = _.min_quantity.isnull()
    qualified = plain | (_.single & (_.quantity >= _.min_quantity))
    return joined.select(
        account_id=_.payer_id,
        day=_.day,
        seat_id=_.seat_id,
        version=_.version,
        row_count=_.row_count,
        weighed=qualified.ifelse(_.weight * plain.ifelse(_.quantity, 1), 0),
        login=~_.passive.fill_null(False) & (_.row_count > 0),
        distinct_seats=_.distinct_seats,
        scenarios=qualified.ifelse(_.scenarios, 0),
        north_star=_.measure.cases((1, _.single.ifelse(ibis.literal(1).cast(QUANTITY), _.quantity)), (2, _.quantity), (3, _.value)),
    )


def _placed(table: Any) -> Any:
    """Rows of pairs to redo, with their rules, less those of excluded seats."""
    rows = table.inner_join(rollup_dirty, ["account_id", "day"]).anti_join(rollup_excluded, ["exclusion", "seat_id"])
    return rows.select(
        payer_id=_.payer_id,
        day=_.day,
        seat_id=_.seat_id.fill_null(0),
        ruleset=_.ruleset,
        version=_.version,
        action_id=_.action_id,
        quantity=_.quantity,
        value=_.value,
    )


def _largest_counts(used: Any) -> Any:
    """Per account and day the largest count of distinct seats that a daily count other than a passive one reports; weighs nothing."""
    told = used.filter(_.distinct_seats.notnull()).inner_join(rollup_dirty, ["account_id", "day"])
    told = told.left_join(rollup_rule, ["ruleset", "action_id"]).filter(~_.passive.fill_null(False))
    largest = told.group_by("payer_id", "account_id", "day", "ruleset", "version").aggregate(largest=_.distinct_seats.max())
    return largest.select(
        payer_id=_.payer_id,
        day=_.day,
        seat_id=NOTHING,
        ruleset=_.ruleset,
        version=_.version,
        action_id=NOTHING,
        quantity=ibis.literal(0).cast(QUANTITY),
        value=ibis.null(MONEY),
        single=ibis.literal(False),
        distinct_seats=_.largest,
        row_count=ibis.literal(0),
    )


def account_counts() -> Any:
    """One row per account-day to grade that has seat days: sums, and distinct counted seats that logged in or did a key action."""
    rows, seat, base = counts_seat_day, counts_seat, counts_base
    joined = rows.inner_join(base, [rows.account_id == base.account_id, rows.day == base.day])
    joined = joined.left_join(seat, [rows.seat_id == seat.seat_id, seat.first <= rows.day, seat.after > rows.day])
    counted = (rows.seat_id != 0) & (base.every_seat | seat.seat_id.notnull())
    marked = joined.select(
        account_id=rows.account_id,
        day=rows.day,
        events=rows.events,
        key_actions=rows.key_actions,
        north_star=rows.north_star,
        distinct_seats=rows.distinct_seats,
        named=rows.seat_id != 0,
        login=(counted & rows.logged_in).ifelse(1, 0),
        key=(counted & (rows.key_actions > 0)).ifelse(1, 0),
    )
    return marked.group_by("account_id", "day").aggregate(
        events=_.events.sum().cast("int32"),
        key_actions=_.key_actions.sum().cast(SUM),
        north_star=_.north_star.sum().cast(SUM),
        active_seats=ibis.greatest(_.login.sum(), _.distinct_seats.sum().fill_null(0)).cast("int32"),
        key_seats=_.key.sum().cast("int32"),
        names_a_seat=(_.named | _.distinct_seats.notnull()).any(),
    )


STEPS: dict[str, Callable[[], Any]] = {"seat_day": seat_day, "account_counts": account_counts}


def sql(step: str, engine: str) -> str:
    """The step's SELECT for an engine, as it is committed."""
    text = ibis.to_sql(STEPS[step](), dialect=engine, pretty=True)
    return f"-- Generated by health/rollup/expression.py; do not edit.\n{text}\n"


def path_of(step: str, engine: str) -> Path:
    """Where the step's SQL is committed."""
    return FOLDER / f"{step}.{engine}.sql"


if __name__ == "__main__":
    for step in STEPS:
        for engine in ENGINES:
            path_of(step, engine).write_text(sql(step, engine), encoding="utf-8")
