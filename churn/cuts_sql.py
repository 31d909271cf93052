"""The group an account stands in on a day, and the filters of every figure of this room, as pieces of SQL.

A statement that uses them names its account row `a` (accounts_account) and gives the day as an expression. Owner, team and plan are
those of the day (for a period: of its end); what has no history (industry, region, size, tier, stage) is today's.
An account that has left keeps the plan of its last term.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.cuts import ALL
from health.value.scenarios import IN_GROUP

# Cuts of attrition besides those of every figure: what the terms switch on, and who mostly works with it.
MORE_CUTS = ("feature", "persona")
# A filter value for accounts without owner or team.
NOBODY = "-"
COLUMNS = {"tier": "a.tier", "industry": "a.industry", "region": "a.region", "size": "a.size", "stage": "a.lifecycle_stage"}
# Accounts whose owners have never been noted stand with today's. One look at their few rows: this runs per account and period.
OWNER = """
LEFT JOIN LATERAL (
    SELECT CASE WHEN count(*) = 0 THEN a.owner_id
        ELSE max(w.user_id) FILTER (WHERE w.starts_on <= {day} AND (w.ends_on IS NULL OR w.ends_on > {day})) END AS id
    FROM accounts_ownership w WHERE w.account_id = a.id AND w.role = 'owner'
) AS owned ON true
LEFT JOIN accounts_user owner ON owner.id = owned.id"""
TEAM = "\nLEFT JOIN accounts_team team ON team.id = coalesce(owner.team_id, CASE WHEN owner.id IS NULL THEN a.team_id END)"
PLAN = """
LEFT JOIN LATERAL (
    SELECT c.plan FROM accounts_contract c
    WHERE c.account_id = a.id AND c.starts_on <= {day} AND c.mrr > 0
    ORDER BY c.ends_on IS NULL OR c.ends_on > {day} DESC,
             CASE WHEN c.ends_on <= {day} THEN c.ends_on END DESC, c.mrr DESC, c.starts_on DESC, c.id DESC
    LIMIT 1
) AS planned ON true"""
# Scenarios that are expected of the account in the month of the day, or in the last published one before it.
EXPECTED = f"""
    SELECT x.scenario FROM health_scenarioperiod x
    WHERE x.account_id = a.id AND x.grain = 'month' AND {IN_GROUP} AND (x.run_id, x.starts_on) = (
        SELECT s.run_id, s.starts_on FROM health_publishedslice s
        WHERE s.grain = 'month' AND s.starts_on <= {{day}} ORDER BY s.starts_on DESC LIMIT 1)"""  # noqa: S608 - only constants enter

# What the terms that run that day switch on; of an account that has left, the terms that ended last. An account stands in each.
FEATURES = """
    SELECT DISTINCT f.name FROM accounts_contract c CROSS JOIN LATERAL unnest(c.features) AS f (name)
    WHERE c.account_id = a.id AND c.starts_on <= {day} AND c.mrr > 0
        AND coalesce(c.ends_on, 'infinity'::date) >= least({day} + 1, (
            SELECT max(coalesce(l.ends_on, 'infinity'::date)) FROM accounts_contract l
            WHERE l.account_id = a.id AND l.starts_on <= {day} AND l.mrr > 0))"""
# The most frequent persona of the people's seats opened by that day; of equals the first by name.
PERSONA = """
LEFT JOIN LATERAL (
    SELECT mode() WITHIN GROUP (ORDER BY s.persona) AS name FROM accounts_seat s
    WHERE s.account_id = a.id AND s.kind = 'human' AND s.persona <> '' AND coalesce(s.activated_on, s.first_event_on) <= {day}
) AS mainly ON true"""


@dataclass(frozen=True, slots=True)
class Cut:
    """Joins, the group's expression (null: without value), the condition of the filters, and their parameters.

    `by_product` and `products` concern contracts, not accounts: the statement splits and narrows its terms by them.
    """

    joins: str
    group: str
    where: str
    params: Mapping[str, Any] = field(default_factory=dict)
    by_product: bool = False
    products: tuple[str, ...] = ()


def cut(by: str, filters: Mapping[str, Sequence[str]], *, day: str) -> Cut:
    """The pieces for one `by` (a name of `accounts.cuts.BY` or MORE_CUTS) and filters by the same names; `day` is an SQL expression.

    For `product` the group is left to the statement (`by_product`): an account with several products stands in each.
    """
    asked = {name: list(values) for name, values in filters.items() if values}
    needed = {by, *asked}
    joins = ""
    if needed & {"csm", "team"}:
        joins += OWNER.format(day=day)
    if "team" in needed:
        joins += TEAM
    if "plan" in needed:
        joins += PLAN.format(day=day)
    if by == "scenario":
        joins += f"\nJOIN LATERAL ({EXPECTED.format(day=day)}) AS expected ON true"
    if by == "feature":
        joins += f"\nLEFT JOIN LATERAL ({FEATURES.format(day=day)}) AS switched ON true"
    if "persona" in needed:
        joins += PERSONA.format(day=day)
    params: dict[str, Any] = {}
    conditions = [_condition(name, values, params, day) for name, values in asked.items() if name != "product"]
    return Cut(joins, _group(by), " AND ".join(conditions) or "true", params, by == "product", tuple(asked.get("product", ())))


def _group(by: str) -> str:
    groups = {
        ALL: "'all'",
        "csm": "owner.email",
        "team": "rtrim(team.path, '/')",
        "plan": "coalesce(nullif(planned.plan, ''), nullif(a.plan, ''))",
        "scenario": "expected.scenario",
        "product": "NULL::text",
        "feature": "switched.name",
        "persona": "mainly.name",
    }
    return groups[by] if by in groups else f"nullif({COLUMNS[by]}, '')"


def _condition(name: str, values: list[str], params: dict[str, Any], day: str) -> str:
    key = f"filter_{name}"
    params[key] = values
    if name == "csm":
        params[key] = [value.lower() for value in values]
        return _or_nobody(f"lower(owner.email) = ANY (%({key})s::text[])", "owner.id", values)
    if name == "team":
        # A team brings the teams below it.
        params[key] = [value.rstrip("/") + "/" for value in values if value != NOBODY]
        return _or_nobody(f"team.path ^@ ANY (%({key})s::text[])", "team.id", values)
    if name == "plan":
        return f"{_group('plan')} = ANY (%({key})s::text[])"
    if name == "scenario":
        return f"EXISTS ({EXPECTED.format(day=day)} AND x.scenario = ANY (%({key})s::text[]))"
    if name == "feature":
        return f"EXISTS ({FEATURES.format(day=day)} AND f.name = ANY (%({key})s::text[]))"
    if name == "persona":
        return f"mainly.name = ANY (%({key})s::text[])"
    return f"{COLUMNS[name]} = ANY (%({key})s::text[])"


def _or_nobody(condition: str, column: str, values: list[str]) -> str:
    return f"({condition} OR {column} IS NULL)" if NOBODY in values else condition
