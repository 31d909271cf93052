"""What happens in an account's units: outlets and departments, and the stores that count for it. A drill-down: units never renew."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import Account
from accounts.types import SeatKind
from health.definitions import ActivityRules
from health.levels import DayFacts, day_level, is_active_day
from health.types import Level
from health.versions import activity_versions

WINDOW_DAYS = 28
# Every seat on every published day of the account, with what it did; seat 0 stands for what named no seat. Per unit and day, and per unit.
SQL = """
WITH days AS (
    SELECT d.day, d.version, d.profile, d.paying
    FROM health_publishedslice p
    JOIN health_accountday d ON d.day = p.starts_on AND d.run_id = p.run_id
    WHERE p.grain = 'day' AND d.account_id = %(account)s AND p.starts_on BETWEEN %(first)s AND %(last)s
), rules AS (
    SELECT * FROM jsonb_to_recordset(%(rules)s::jsonb) AS r (version integer, profile smallint, personas text[], domains text[])
), seats AS (
    SELECT t.id, CASE WHEN a.id <> %(account)s THEN a.external_id END AS store_id, CASE WHEN a.id <> %(account)s THEN a.name END AS store,
           u.name AS unit, t.persona, lower(split_part(t.email, '@', 2)) AS domain,
           coalesce(t.activated_on, t.first_event_on) AS first, coalesce(t.deactivated_on, 'infinity'::date) AS after
    FROM accounts_seat t
    JOIN accounts_account a ON a.id = t.account_id
    LEFT JOIN accounts_unit u ON u.id = t.unit_id
    WHERE (a.id = %(account)s OR a.counts_for_id = %(account)s) AND t.kind <> %(bot)s
    UNION ALL
    SELECT 0, NULL, NULL, NULL, '', '', NULL, NULL
)
SELECT t.store_id, t.store, t.unit, d.day, d.version, d.profile, d.paying,
       count(*) FILTER (WHERE c.counted) AS seats,
       coalesce(sum(s.key_actions), 0) AS key_actions,
       count(DISTINCT s.seat_id) FILTER (WHERE c.counted AND s.logged_in) AS logged_in,
       count(DISTINCT s.seat_id) FILTER (WHERE c.counted AND s.key_actions > 0) AS key_seats,
       count(s.seat_id) FILTER (WHERE s.seat_id <> 0) AS named
FROM seats t
CROSS JOIN days d
JOIN rules r ON r.version = d.version AND r.profile = d.profile
CROSS JOIN LATERAL (
    SELECT coalesce(
        t.first <= d.day AND t.after > d.day AND t.persona <> ALL (r.personas) AND t.domain <> ALL (r.domains), false) AS counted
) c
LEFT JOIN seat_day s ON s.account_id = %(account)s AND s.day = d.day AND s.seat_id = t.id
GROUP BY GROUPING SETS ((t.store_id, t.store, t.unit, d.day, d.version, d.profile, d.paying), (t.store_id, t.store, t.unit))
ORDER BY t.store NULLS FIRST, t.store_id, t.unit NULLS LAST, d.day NULLS LAST
"""
LETTERS = {Level.ZERO: "Z", Level.LOW: "L", Level.MEDIUM: "M", Level.HIGH: "H", Level.UNKNOWN: "U"}


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit over the 28 days up to `as_of`, graded by the account's rules with the unit's own activated seats as the base n.

    `store` (id and name) is an account that counts for this one, `unit` an outlet or department in it; both None: seats without unit, and
    what named no seat. `level` and `seats` are of the as-of day; `strip` has a letter a day, the oldest first (U: unknown). `key_seats`
    and `logged_in` are distinct counted seats of the 28 days, `key_actions` the weighed sum. `version` is that of the as-of day, None
    where the account has no row on it.
    """

    store_id: str | None
    store: str | None
    unit: str | None
    seats: int
    level: Level
    active_days: int
    known_days: int
    key_actions: Decimal
    key_seats: int
    logged_in: int
    strip: str
    version: int | None
    as_of: date


def account_units(account: Account, as_of: date) -> list[UnitLine]:
    """The account's units, the account's own before those of its stores, seats without unit last; two queries.

    A unit without seat and without action is left out. Purchased seats name no unit, so the base is the activated ones whatever the
    definition's. A day without contract or without activated seat is unknown, as it is for the account.
    """
    rules = {(version.version, profile): one for version in activity_versions() for profile, one in enumerate(version.rules)}
    grouped: dict[tuple[str | None, str | None, str | None], list[Any]] = defaultdict(list)
    for row in _rows(account, as_of, rules):
        grouped[row[:3]].append(row[3:])
    lines = (_line(key, rows, rules, as_of) for key, rows in grouped.items())
    return [line for line in lines if line.unit is not None or line.store is not None or line.seats or line.known_days or line.key_actions]


Rules = dict[tuple[int, int], ActivityRules]


def _rows(account: Account, as_of: date, rules: Rules) -> list[Any]:
    told = [
        {"version": version, "profile": profile, "personas": one.excluded_personas, "domains": one.excluded_email_domains}
        for (version, profile), one in rules.items()
    ]
    first = as_of - timedelta(days=WINDOW_DAYS - 1)
    values: dict[str, Any] = {"account": account.pk, "first": first, "last": as_of, "rules": json.dumps(told), "bot": SeatKind.BOT}
    with connection.cursor() as cursor:
        cursor.execute(SQL, values)
        return list(cursor.fetchall())


def _line(key: tuple[str | None, str | None, str | None], rows: Sequence[Any], rules: Rules, as_of: date) -> UnitLine:
    *days, whole = rows
    levels: dict[date, Level] = {}
    active = 0
    for day, version, profile, paying, seats, key_actions, logged_in, _key_seats, named in days:
        facts = DayFacts(key_actions, seats, logged_in, names_a_seat=named > 0, paying=paying)
        levels[day] = day_level(facts, rules[version, profile]).level
        active += is_active_day(levels[day], rules[version, profile])
    latest = days[-1] if days and days[-1][0] == as_of else None
    window = [as_of - timedelta(days=back) for back in reversed(range(WINDOW_DAYS))]
    return UnitLine(
        store_id=key[0],
        store=key[1],
        unit=key[2],
        seats=latest[4] if latest else 0,
        level=levels.get(as_of, Level.UNKNOWN),
        active_days=active,
        known_days=sum(level is not Level.UNKNOWN for level in levels.values()),
        key_actions=whole[5],
        key_seats=whole[7],
        logged_in=whole[6],
        strip="".join(LETTERS[levels.get(day, Level.UNKNOWN)] for day in window),
        version=latest[1] if latest else None,
        as_of=as_of,
    )
