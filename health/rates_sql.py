"""The statements behind the activity rates: published rows of a grain, the visible book, one aggregate per period and group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from health.books import visible_book
from health.types import Grain, Level
from health.value.scenarios import DOES_IT, IN_GROUP

if TYPE_CHECKING:
    from accounts.models import User

# A filter value for accounts without owner or team.
NOBODY = "-"
# Owner and team together, as `csm id:team id`: a table of people sums these, so accounts without owner stay with their team.
DESK = "desk"
TEXT_CUTS = ("plan", "tier", "industry", "region", "size", "stage")

# Days take their cuts from the terms and the owner of the day itself; columns not asked for cost nothing.
DAY_ROWS = f"""
SELECT d.day AS starts_on, d.day + 1 AS ends_on, d.account_id, CASE WHEN d.level <> {Level.UNKNOWN} THEN d.active END AS active, d.paying,
       false AS provisional, false AS can_reach, d.version, s.run_id,
       d.day = (SELECT min(c.starts_on) FROM accounts_contract c WHERE c.account_id = d.account_id AND c.mrr > 0) AS joined,
       ARRAY[(d.level = {Level.ZERO})::integer, (d.level = {Level.LOW})::integer, (d.level = {Level.MEDIUM})::integer,
             (d.level = {Level.HIGH})::integer, (d.level = {Level.UNKNOWN})::integer] AS levels,
       owned.csm_id, coalesce((SELECT u.team_id FROM accounts_user u WHERE u.id = owned.csm_id), a.team_id) AS team_id,
       coalesce(nullif((
           SELECT c.plan FROM accounts_contract c
           WHERE c.account_id = a.id AND c.starts_on <= d.day AND (c.ends_on IS NULL OR c.ends_on > d.day)
           ORDER BY c.mrr DESC, c.starts_on DESC, c.id DESC LIMIT 1), ''), a.plan) AS plan,
       ARRAY(SELECT DISTINCT c.product FROM accounts_contract c
             WHERE c.account_id = a.id AND c.starts_on <= d.day AND (c.ends_on IS NULL OR c.ends_on > d.day)) AS products,
       a.tier, a.industry, a.region, a.size, a.lifecycle_stage AS stage
FROM health_publishedslice s
JOIN health_accountday d ON d.day = s.starts_on AND d.run_id = s.run_id
JOIN accounts_account a ON a.id = d.account_id
CROSS JOIN LATERAL (SELECT CASE
    WHEN EXISTS (SELECT FROM accounts_ownership w WHERE w.account_id = a.id AND w.role = 'owner')
    THEN (SELECT w.user_id FROM accounts_ownership w
          WHERE w.account_id = a.id AND w.role = 'owner' AND w.starts_on <= d.day AND (w.ends_on IS NULL OR w.ends_on > d.day) LIMIT 1)
    ELSE a.owner_id END AS csm_id) owned
WHERE s.grain = 'day' AND s.starts_on >= %(first)s AND s.starts_on < %(after)s
"""  # noqa: S608 - only constants enter
PERIOD_ROWS = """
SELECT p.*
FROM health_publishedslice s
JOIN health_accountperiod p ON p.run_id = s.run_id AND p.grain = s.grain AND p.starts_on = s.starts_on
WHERE s.grain = %(grain)s AND s.starts_on >= %(first)s AND s.starts_on < %(after)s
"""
# A scenario's own rate: of those it is expected of, who does it.
SCENARIO_ROWS = f"""
SELECT p.run_id, p.starts_on, p.ends_on, p.account_id, p.paying, p.joined, p.provisional, x.can_reach, p.levels, p.products, p.csm_id,
       p.team_id, p.plan, p.tier, p.industry, p.region, p.size, p.stage, x.version, x.scenario, {DOES_IT} AS active
FROM health_publishedslice s
JOIN health_accountperiod p ON p.run_id = s.run_id AND p.grain = s.grain AND p.starts_on = s.starts_on
JOIN health_scenarioperiod x ON x.run_id = p.run_id AND x.grain = p.grain AND x.starts_on = p.starts_on AND x.account_id = p.account_id
WHERE s.grain = %(grain)s AND s.starts_on >= %(first)s AND s.starts_on < %(after)s AND {IN_GROUP}
"""  # noqa: S608 - only constants enter
# Every published period has a row, also one without accounts; counts are of paying accounts alone.
RATES = """
WITH book (id) AS MATERIALIZED ({book}
), rows AS (
    SELECT p.starts_on, p.active, p.paying, p.joined, p.provisional, p.can_reach, p.levels, p.version, {ids} AS external_id, {group} AS name
    FROM ({rows}) p {joins}
    WHERE p.account_id IN (SELECT id FROM book) AND {where}
)
SELECT s.starts_on, r.name, run.as_of,
       count(r.*) AS rows,
       count(*) FILTER (WHERE r.paying) AS paying,
       count(*) FILTER (WHERE r.paying AND r.active) AS active,
       count(*) FILTER (WHERE r.paying AND r.active IS NULL) AS unknown,
       count(*) FILTER (WHERE r.paying AND r.joined) AS joined,
       count(*) FILTER (WHERE r.paying AND r.provisional AND r.active IS NOT TRUE) AS undecided,
       count(*) FILTER (WHERE r.paying AND r.provisional AND r.active IS NOT TRUE AND r.can_reach) AS can_reach,
       coalesce(bool_or(r.provisional), false) AS provisional,
       coalesce(sum(r.levels[1]) FILTER (WHERE r.paying), 0), coalesce(sum(r.levels[2]) FILTER (WHERE r.paying), 0),
       coalesce(sum(r.levels[3]) FILTER (WHERE r.paying), 0), coalesce(sum(r.levels[4]) FILTER (WHERE r.paying), 0),
       coalesce(sum(r.levels[5]) FILTER (WHERE r.paying), 0),
       max(r.version) AS version{detail}
FROM health_publishedslice s
JOIN health_run run ON run.id = s.run_id
LEFT JOIN rows r ON r.starts_on = s.starts_on
WHERE s.grain = %(grain)s AND s.starts_on >= %(first)s AND s.starts_on < %(after)s
GROUP BY s.starts_on, r.name, run.as_of
ORDER BY s.starts_on, r.name NULLS LAST
"""
DETAIL = """,
       array_agg(r.external_id ORDER BY r.external_id) FILTER (WHERE r.paying AND r.active),
       array_agg(r.external_id ORDER BY r.external_id) FILTER (WHERE r.paying AND NOT r.active),
       array_agg(r.external_id ORDER BY r.external_id) FILTER (WHERE r.paying AND r.active IS NULL),
       array_agg(r.external_id ORDER BY r.external_id) FILTER (WHERE r.paying AND r.joined)"""
# Scenarios are counted by month: a day or week takes those of the month it begins in.
EXPECTED_SCENARIOS = f"""
    SELECT x.scenario FROM health_publishedslice m
    JOIN health_scenarioperiod x ON x.run_id = m.run_id AND x.grain = m.grain AND x.starts_on = m.starts_on
    WHERE m.grain = 'month' AND m.starts_on = date_trunc('month', p.starts_on)::date AND x.account_id = p.account_id AND {IN_GROUP}"""  # noqa: S608 - only constants enter


def statement(user: User, grain: str, by: str, filters: Mapping[str, Sequence[str]], *, detail: bool) -> tuple[str, dict[str, Any]]:
    """SQL of the rates of a grain and cut, with its parameters except the span."""
    book, params = visible_book(user)
    params["grain"] = str(grain)
    own_rate = by == "scenario" and grain == Grain.MONTH
    rows = SCENARIO_ROWS if own_rate else DAY_ROWS if grain == Grain.DAY else PERIOD_ROWS
    joins, group = ("", "p.scenario") if own_rate else group_sql(by)
    conditions = [condition_sql(name, values, params) for name, values in filters.items() if values]
    if detail:
        joins += " JOIN accounts_account named ON named.id = p.account_id"
    sql = RATES.format(
        book=book,
        rows=rows,
        joins=joins,
        group=group,
        where=" AND ".join(conditions) or "true",
        ids="named.external_id" if detail else "NULL::text",
        detail=DETAIL if detail else "",
    )
    return sql, params


def group_sql(by: str) -> tuple[str, str]:
    """Joins and expression of a group's name; null where the account has none."""
    if by == "csm":
        return "LEFT JOIN accounts_user cut ON cut.id = p.csm_id", "cut.email"
    if by == "team":
        return "LEFT JOIN accounts_team cut ON cut.id = p.team_id", "rtrim(cut.path, '/')"
    if by == "product":
        return "LEFT JOIN LATERAL unnest(p.products) AS cut (name) ON true", "cut.name"
    if by == "scenario":
        return f"JOIN LATERAL ({EXPECTED_SCENARIOS}) AS cut ON true", "cut.scenario"
    if by == DESK:
        return "", "concat(p.csm_id, ':', p.team_id)"
    return "", f"nullif(p.{by}, '')" if by in TEXT_CUTS else "'all'"


def condition_sql(name: str, values: Sequence[str], params: dict[str, Any]) -> str:
    """Condition on rows `p` of one filter; its values go into `params`."""
    key = f"filter_{name}"
    params[key] = list(values)
    if name == "product":
        return f"p.products && %({key})s::text[]"
    if name == "scenario":
        return f"EXISTS ({EXPECTED_SCENARIOS} AND x.scenario = ANY (%({key})s::text[]))"
    if name in TEXT_CUTS:
        return f"p.{name} = ANY (%({key})s::text[])"
    column = {"csm": "p.csm_id", "team": "p.team_id"}[name]
    nobody = f" OR {column} IS NULL" if NOBODY in values else ""
    if name == "csm":
        params[key] = [value.lower() for value in values]
        return f"({column} IN (SELECT id FROM accounts_user WHERE lower(email) = ANY (%({key})s::text[])){nobody})"  # noqa: S608 - only constants enter
    # A team brings the teams below it.
    params[key] = [value.rstrip("/") + "/" for value in values]
    return f"({column} IN (SELECT id FROM accounts_team WHERE path ^@ ANY (%({key})s::text[])){nobody})"  # noqa: S608 - only constants enter
