"""Stages, for the set-based steps of the night, which rules hold for which account on which day.

Temporary tables of the session, dropped at the end of the transaction: `built_day` (version of each day), `ruleset` (one row of exact
parameters per version, profile and north star), `profile_rule` (conditions of the profiles), `scenario` (what is expected of each),
`excluded_seat` (bots and left-out seats).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from accounts.types import SeatKind
from csm_portal.lib.versions import version_on
from health.definitions import ActivityRules, ActivityVersion, NorthStarVersion
from health.definitions.activity import WHEN_KEYS
from health.scope import EVERYBODY, Scope
from health.versions import activity_versions, north_star_versions

NO_NORTH_STAR = 0

# Compiling a plan (jit) costs half a second a statement and never pays here.
DDL = """
SET LOCAL jit = off;
DROP TABLE IF EXISTS pg_temp.built_day, pg_temp.ruleset, pg_temp.profile_rule, pg_temp.scenario, pg_temp.excluded_seat;
CREATE TEMP TABLE built_day (day date PRIMARY KEY, version integer NOT NULL, north_star integer NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE ruleset (
    id integer PRIMARY KEY, version integer NOT NULL, profile smallint NOT NULL, north_star integer NOT NULL, exclusion integer NOT NULL,
    purchased_base boolean NOT NULL, active_from smallint NOT NULL, low_num numeric NOT NULL, low_den numeric NOT NULL,
    high_num numeric NOT NULL, high_den numeric NOT NULL, login_num numeric NOT NULL, login_den numeric NOT NULL,
    rate_num numeric NOT NULL, rate_den numeric NOT NULL, week_days integer NOT NULL, month_days integer,
    share_num numeric, share_den numeric, UNIQUE (version, profile, north_star)
) ON COMMIT DROP;
CREATE TEMP TABLE profile_rule (
    version integer NOT NULL, profile smallint NOT NULL, stage text[], tier text[], plan text[], product text[], industry text[],
    region text[], size text[]
) ON COMMIT DROP;
CREATE TEMP TABLE scenario (
    ruleset integer NOT NULL, place integer NOT NULL, name text NOT NULL, personas text[] NOT NULL, expected_days integer,
    share_num numeric, share_den numeric
) ON COMMIT DROP;
CREATE TEMP TABLE excluded_seat (exclusion integer NOT NULL, seat_id bigint NOT NULL) ON COMMIT DROP;
"""

# The plan of account `a` on day `b.day`: of its largest running contract, else its own.
PLAN_OF_DAY = """coalesce(nullif((
    SELECT c.plan FROM accounts_contract c
    WHERE c.account_id = a.id AND c.starts_on <= b.day AND (c.ends_on IS NULL OR c.ends_on > b.day)
    ORDER BY c.mrr DESC, c.starts_on DESC, c.id DESC LIMIT 1), ''), a.plan)"""
# The first profile that fits account `a` on `built_day b`; 0 for the definition itself.
PROFILE_OF_DAY = f"""coalesce((
    SELECT min(f.profile) FROM profile_rule f
    WHERE f.version = b.version
      AND (f.stage IS NULL OR a.lifecycle_stage = ANY (f.stage)) AND (f.tier IS NULL OR a.tier = ANY (f.tier))
      AND (f.industry IS NULL OR a.industry = ANY (f.industry)) AND (f.region IS NULL OR a.region = ANY (f.region))
      AND (f.size IS NULL OR a.size = ANY (f.size)) AND (f.plan IS NULL OR {PLAN_OF_DAY} = ANY (f.plan))
      AND (f.product IS NULL OR EXISTS (
          SELECT FROM accounts_contract c
          WHERE c.account_id = a.id AND c.product = ANY (f.product)
            AND c.starts_on <= b.day AND (c.ends_on IS NULL OR c.ends_on > b.day)))), 0)"""  # noqa: S608 - only constants enter

EXCLUDE = """
INSERT INTO excluded_seat (exclusion, seat_id)
SELECT %s, s.id FROM accounts_seat s
WHERE (s.kind = %s OR s.persona = ANY (%s) OR lower(split_part(s.email, '@', 2)) = ANY (%s)) /* among s.account_id */
"""


@dataclass(frozen=True, slots=True)
class Ruleset:
    """One parameter set of one version under one north star; `exclusion` numbers the distinct sets of left-out seats."""

    id: int
    version: int
    profile: int
    rules: ActivityRules
    north_star: NorthStarVersion | None
    exclusion: int


def stage_rulesets(
    days: Sequence[date],
    versions: Sequence[ActivityVersion] | None = None,
    stars: Sequence[NorthStarVersion] | None = None,
    scope: Scope = EVERYBODY,
) -> tuple[Ruleset, ...]:
    """Make the temporary tables for these days; days before the first version are left out. Returns the rule sets staged.

    By default the published versions hold, each on its days; given ones take their place, as for a draft. Left-out seats are those of whom
    the run is about: a seat never leaves its account.
    """
    versions = activity_versions() if versions is None else versions
    stars = north_star_versions() if stars is None else stars
    placed = [(day, version, version_on(stars, day)) for day in sorted(set(days)) if (version := version_on(versions, day))]
    rulesets = _rulesets(placed)
    with connection.cursor() as cursor:
        cursor.execute(DDL)
        _insert(cursor, "built_day", [(day, v.version, star.version if star else NO_NORTH_STAR) for day, v, star in placed])
        _insert(cursor, "ruleset", [_row(one) for one in rulesets])
        _insert(cursor, "profile_rule", [row for v in {v.version: v for _, v, _ in placed}.values() for row in _conditions(v)])
        _insert(cursor, "scenario", [row for one in rulesets for row in _scenarios(one)])
        for exclusion, (personas, domains) in enumerate(_exclusions(placed)):
            cursor.execute(scope.apply(EXCLUDE), [exclusion, SeatKind.BOT, list(personas), list(domains)])
        cursor.execute("ANALYZE built_day; ANALYZE ruleset; ANALYZE profile_rule; ANALYZE scenario; ANALYZE excluded_seat")
    return rulesets


Placed = list[tuple[date, ActivityVersion, NorthStarVersion | None]]


def _exclusions(placed: Placed) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return list(dict.fromkeys(_exclusion(rules) for _, version, _ in placed for rules in version.rules))


def _exclusion(rules: ActivityRules) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(sorted(rules.excluded_personas)), tuple(sorted(rules.excluded_email_domains))


def _rulesets(placed: Placed) -> tuple[Ruleset, ...]:
    exclusions = _exclusions(placed)
    pairs = {(v.version, star.version if star else NO_NORTH_STAR): (v, star) for _, v, star in placed}
    found = [(version, profile, rules, star) for version, star in pairs.values() for profile, rules in enumerate(version.rules)]
    return tuple(
        Ruleset(place, version.version, profile, rules, star, exclusions.index(_exclusion(rules)))
        for place, (version, profile, rules, star) in enumerate(found)
    )


def _row(one: Ruleset) -> tuple[Any, ...]:
    rules, bars = one.rules, (one.rules.low_bar, one.rules.high_bar, one.rules.login_share, one.rules.min_activation_rate)
    share = rules.month_workday_share
    return (
        one.id,
        one.version,
        one.profile,
        one.north_star.version if one.north_star else NO_NORTH_STAR,
        one.exclusion,
        rules.seat_base == "purchased",
        int(rules.active_from),
        *(part for bar in bars for part in (bar.numerator, bar.denominator)),
        rules.week_days,
        rules.month_days,
        share.numerator if share is not None else None,
        share.denominator if share is not None else None,
    )


def _conditions(version: ActivityVersion) -> list[tuple[Any, ...]]:
    return [
        (version.version, place, *(list(when[key]) if key in when else None for key in WHEN_KEYS))
        for place, when in enumerate(version.when, start=1)
    ]


def _scenarios(one: Ruleset) -> list[tuple[Any, ...]]:
    rows = []
    for place, scenario in enumerate(one.rules.scenarios):
        share = scenario.expected_seat_share
        parts = (share.numerator, share.denominator) if share is not None else (None, None)
        rows.append((one.id, place, scenario.name, list(scenario.personas), scenario.expected_days_per_month, *parts))
    return rows


def _insert(cursor: Any, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows into a small temporary table, columns in their order."""
    if rows:
        marks = ", ".join(["%s"] * len(rows[0]))
        cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - names are constants of this module
