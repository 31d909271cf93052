"""The one statement behind the headlines: months, the visible book, and one aggregate per kind of figure.

Rows are (kind, place, group, facts): place 0 is the month asked for, 1 the month before. Money travels as text inside the JSON, so it
never passes through a float.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from accounts.models import Account, Target
from churn.cuts_sql import OWNER, PLAN, TEAM
from health.books import visible_book
from health.rates_sql import DESK
from health.value.scenarios import DOES_IT, IN_GROUP

if TYPE_CHECKING:
    from accounts.models import User

NOBODY = "-"
PLANNED = "coalesce(nullif(planned.plan, ''), a.plan)"

# Cut -> expression over a period row `p`, and over an account `a` that has no period row in the month (owner and team as at its close).
CUTS: Mapping[str, tuple[str, str]] = {
    "csm": ("p.csm_id", "owned.id"),
    "team": ("p.team_id", "team.id"),
    "plan": ("p.plan", PLANNED),
    "tier": ("p.tier", "a.tier"),
    "industry": ("p.industry", "a.industry"),
    "region": ("p.region", "a.region"),
    "size": ("p.size", "a.size"),
    "stage": ("p.stage", "a.lifecycle_stage"),
}

# One row: the months as constants, so that each aggregate goes by its own index.
ASKED = """
WITH latest AS MATERIALIZED (
    SELECT max(as_of) AS as_of FROM health_run WHERE state = 'published'
), asked AS MATERIALIZED (
    SELECT as_of, this, (this - interval '1 month')::date AS before, (this + interval '1 month')::date AS after,
           coalesce((
               SELECT nullif(body ->> 'default_timezone', '') FROM accounts_calendardefinition ORDER BY version DESC LIMIT 1
           ), %(zone)s) AS zone
    FROM latest, LATERAL (SELECT coalesce(%(month)s::date, date_trunc('month', as_of)::date) AS this) AS month
)
"""
IN_BOOK = " AND {account} IN (SELECT id FROM book)"
BOOK = ", book (id) AS MATERIALIZED ({book})"
TARGETS = """, targets AS (
    SELECT DISTINCT user_id, team_id, metric, value FROM ({targets}) AS every WHERE every.month = (SELECT this FROM asked)
)
"""

META = """
SELECT 'meta', 0, NULL::text, jsonb_build_object(
    'month', this, 'as_of', as_of,
    'renewal_version', (SELECT max(version) FROM accounts_renewaldefinition d WHERE d.effective_from <= asked.as_of))
FROM asked
UNION ALL
SELECT 'target_csm', 0, u.email, jsonb_object_agg(t.metric, t.value::text)
FROM targets t JOIN accounts_user u ON u.id = t.user_id GROUP BY u.email
UNION ALL
SELECT 'target_team', 0, rtrim(g.path, '/'), jsonb_object_agg(t.metric, t.value::text) || jsonb_build_object('team_id', g.id)
FROM targets t JOIN accounts_team g ON g.id = t.team_id GROUP BY g.id

"""

ACTIVITY = """
UNION ALL
SELECT 'activity', (p.starts_on < (SELECT this FROM asked))::integer, {group}, jsonb_build_object(
    'paying', count(*) FILTER (WHERE p.paying),
    'active', count(*) FILTER (WHERE p.paying AND {active}),
    'unknown', count(*) FILTER (WHERE p.paying AND {active} IS NULL),
    'joined', count(*) FILTER (WHERE p.paying AND p.joined),
    'undecided', count(*) FILTER (WHERE p.paying AND p.provisional AND {active} IS NOT TRUE),
    'can_reach', count(*) FILTER (WHERE p.paying AND p.provisional AND {active} IS NOT TRUE AND {can_reach}),
    'provisional', bool_or(p.provisional),
    'version', max(p.version){ids})
FROM health_publishedslice s
JOIN health_accountperiod p ON p.run_id = s.run_id AND p.grain = s.grain AND p.starts_on = s.starts_on {joins}
WHERE s.grain = 'month' AND s.starts_on IN ((SELECT this FROM asked), (SELECT before FROM asked)) AND {where}
GROUP BY 2, 3
"""
ACTIVITY_IDS = """,
    'ids', jsonb_build_object(
        'active', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE p.paying AND {active}), '[]'),
        'not_active', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE p.paying AND NOT {active}), '[]'),
        'unknown', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE p.paying AND {active} IS NULL), '[]'))"""

RENEWALS = """
UNION ALL
SELECT 'renewals', (c.ends_on < (SELECT this FROM asked))::integer, {group}, jsonb_build_object(
    'due', count(*),
    'renewed', count(*) FILTER (WHERE c.state = 'renewed'),
    'lost', count(*) FILTER (WHERE c.state = 'lost'),
    'open', count(*) FILTER (WHERE c.state = 'open'),
    'priced', count(*) FILTER (WHERE c.state <> 'open' AND NOT without_rate),
    'without_rate', count(*) FILTER (WHERE without_rate),
    'due_amount', (sum(c.due_reporting) FILTER (WHERE c.state <> 'open' AND NOT without_rate))::text,
    'renewed_amount', (sum(c.renewed_reporting) FILTER (WHERE c.state = 'renewed' AND NOT without_rate))::text,
    'kept_amount', (sum(least(c.renewed_reporting, c.due_reporting)) FILTER (WHERE c.state = 'renewed' AND NOT without_rate))::text,
    'open_amount', (sum(c.due_reporting) FILTER (WHERE c.state = 'open'))::text{ids})
FROM churn_renewalcase c
CROSS JOIN LATERAL (
    SELECT c.due_reporting IS NULL OR (c.state = 'renewed' AND c.renewed_reporting IS NULL) AS without_rate) AS known {joins}
WHERE c.ends_on >= (SELECT before FROM asked) AND c.ends_on < (SELECT after FROM asked) AND {where}
GROUP BY 2, 3
"""
RENEWAL_IDS = """,
    'ids', jsonb_build_object(
        'renewed', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE c.state = 'renewed'), '[]'),
        'lost', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE c.state = 'lost'), '[]'),
        'open', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE c.state = 'open'), '[]'))"""

# An answer counts for who pays: of a chain's store for its brand. A day more on both sides, so that the instants can be cut before the
# zone of who answered decides.
NPS = """
UNION ALL
SELECT 'nps', (local.day < asked.this)::integer, {group}, jsonb_build_object(
    'n', count(*),
    'promoters', count(*) FILTER (WHERE said.points >= 9),
    'passives', count(*) FILTER (WHERE said.points > 6 AND said.points < 9),
    'detractors', count(*) FILTER (WHERE said.points <= 6),
    'accounts', count(DISTINCT a.id) FILTER (WHERE p.paying){ids})
FROM asked
JOIN accounts_surveyresponse c ON c.kind = 'nps'
    AND c.responded_at >= (SELECT before - 1 FROM asked) AND c.responded_at < (SELECT least(after, as_of + 1) + 1 FROM asked)
JOIN accounts_account home ON home.id = c.account_id
JOIN accounts_account a ON a.id = coalesce(home.counts_for_id, home.id)
CROSS JOIN LATERAL (SELECT (c.responded_at AT TIME ZONE coalesce(nullif(home.timezone, ''), asked.zone))::date AS day OFFSET 0) AS local
CROSS JOIN LATERAL (SELECT c.score * 10 / c.scale AS points) AS said {joins}
WHERE local.day >= asked.before AND local.day < asked.after AND local.day <= asked.as_of AND {where}
GROUP BY 2, 3
"""
NPS_IDS = """,
    'ids', jsonb_build_object(
        'promoters', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE said.points >= 9), '[]'),
        'passives', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE said.points > 6 AND said.points < 9), '[]'),
        'detractors', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE said.points <= 6), '[]'))"""

# The month's row of the account that a case or an answer belongs to; none where nothing ran or happened in that month.
PERIOD_OF = """
LEFT JOIN health_publishedslice s ON s.grain = 'month' AND s.starts_on = date_trunc('month', {day})::date
LEFT JOIN health_accountperiod p
    ON p.run_id = s.run_id AND p.grain = s.grain AND p.starts_on = s.starts_on AND p.account_id = {account}"""
ACCOUNT_OF_CASE = "JOIN accounts_account a ON a.id = c.account_id"
ACCOUNT_OF_PERIOD = "JOIN accounts_account a ON a.id = p.account_id"
NO_TARGET = "SELECT NULL::bigint AS user_id, NULL::bigint AS team_id, '' AS metric, 0 AS value, NULL::date AS month WHERE false"
# The close of the month of a day. Owner, team and plan are as at it, the last ones of who has left: as in every renewal rate.
CLOSING = """
CROSS JOIN LATERAL (
    SELECT least((date_trunc('month', {day}) + interval '1 month - 1 day')::date, (SELECT as_of FROM asked)) AS day) AS closing"""
OWNED = OWNER.format(day="closing.day") + TEAM
PLANNED_THEN = PLAN.format(day="closing.day")
# The scenarios that are expected of the account in that month, and whether it does each.
SCENARIOS = (
    f"SELECT x.scenario, {DOES_IT} AS active, x.can_reach FROM health_scenarioperiod x WHERE x.run_id = p.run_id AND x.grain = p.grain"  # noqa: S608  # names of ours
    f" AND x.starts_on = p.starts_on AND x.account_id = p.account_id AND {IN_GROUP}"
)


def statement(user: User, month: date | None, by: str, filters: Mapping[str, Sequence[str]], *, detail: bool) -> tuple[str, dict[str, Any]]:
    """SQL and parameters. What the user may see enters as the compiled `visible_to` of accounts and of targets, nowhere else."""
    params: dict[str, Any] = {"month": month, "zone": settings.TIME_ZONE}
    parts = [ASKED]
    everything = not Account.objects.visible_to(user).query.where

    if not everything:
        book, book_params = visible_book(user)
        params |= book_params
        parts.append(BOOK.format(book=book))
    targets = _embedded(Target.objects.visible_to(user).order_by().values("user_id", "team_id", "metric", "value", "month"), params)
    parts += [TARGETS.format(targets=targets), META]
    plain = by == "all" and not any(filters.values()) and not detail
    needed = {by, *(name for name, values in filters.items() if values)}
    then = (OWNED if needed & {"csm", "team", DESK} else "") + (PLANNED_THEN if "plan" in needed else "")
    for template, ids, book_of, joins in (
        (ACTIVITY, ACTIVITY_IDS, "p.account_id", ACCOUNT_OF_PERIOD if detail else ""),
        (RENEWALS, RENEWAL_IDS, "c.account_id", "" if plain else ACCOUNT_OF_CASE + _as_at("c.ends_on", "c.account_id", then)),
        (NPS, NPS_IDS, "a.id", _as_at("local.day", "a.id", "" if plain else then)),
    ):
        group, cut, where = _cut(by, filters, params, of_period=template is ACTIVITY, by_product_column=template is RENEWALS)
        if not everything:
            where += IN_BOOK.format(account=book_of)
        # Cut by scenario, the active rate is the scenario's own.
        told = {name: f"cut.{name}" if by == "scenario" else f"p.{name}" for name in ("active", "can_reach")}
        shown = ids.format(**told) if detail else ""
        parts.append(template.format(group=group, joins=f"{joins} {cut}", where=where, ids=shown, **told))
    return "".join(parts), params


def _as_at(day: str, account: str, then: str) -> str:
    """Joins to what the account was in the month of a day."""
    return PERIOD_OF.format(day=day, account=account) + (CLOSING.format(day=day) + then if then else "")


def _embedded(rows: QuerySet[Any, Any], params: dict[str, Any]) -> str:
    """The queryset of targets as SQL, its parameters renamed so that it can stand inside a statement with named ones."""
    try:
        sql, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return NO_TARGET
    names = [f"target_{place}" for place in range(len(values))]
    params.update(zip(names, values, strict=True))
    pieces = sql.split("%s")
    return pieces[0] + "".join(f"%({each})s{piece}" for each, piece in zip(names, pieces[1:], strict=True))


def _cut(
    by: str, filters: Mapping[str, Sequence[str]], params: dict[str, Any], *, of_period: bool, by_product_column: bool
) -> tuple[str, str, str]:
    """Group expression, the joins it needs and the condition of the filters, for one of the aggregates."""
    joins, group = "", "'all'"
    if by in CUTS:
        group = _column(by, of_period=of_period)
        if by == "csm":
            joins, group = f"LEFT JOIN accounts_user cut ON cut.id = {group}", "cut.email"
        elif by == "team":
            joins, group = f"LEFT JOIN accounts_team cut ON cut.id = {group}", "rtrim(cut.path, '/')"
        else:
            group = f"nullif({group}, '')"
    elif by == "product":
        group = "c.product"
        if not by_product_column:
            joins, group = "LEFT JOIN LATERAL unnest(p.products) AS cut (name) ON true", "cut.name"
    elif by == DESK:
        group = f"concat({_column('csm', of_period=of_period)}, ':', {_column('team', of_period=of_period)})"
    elif by == "scenario":
        joins, group = f"JOIN LATERAL ({SCENARIOS}) AS cut ON true", "cut.scenario"
    conditions = [_condition(name, values, params, of_period, by_product_column) for name, values in filters.items() if values]
    return group, joins, " AND ".join(conditions) or "true"


def _column(name: str, *, of_period: bool) -> str:
    period, account = CUTS[name]
    if of_period:
        return period
    return account if name == "plan" else f"CASE WHEN p.account_id IS NULL THEN {account} ELSE {period} END"


def _condition(name: str, values: Sequence[str], params: dict[str, Any], of_period: bool, by_product_column: bool) -> str:
    key = f"filter_{name}"
    params[key] = list(values)
    if name == "product":
        return f"c.product = ANY(%({key})s::text[])" if by_product_column else f"p.products && %({key})s::text[]"
    if name == "scenario":
        return f"EXISTS ({SCENARIOS} AND x.scenario = ANY(%({key})s::text[]))"
    column = _column(name, of_period=of_period)
    nobody = f" OR {column} IS NULL" if NOBODY in values and name in ("csm", "team") else ""
    if name == "csm":
        params[key] = [value.lower() for value in values]
        return f"({column} IN (SELECT id FROM accounts_user WHERE email = ANY(%({key})s::text[])){nobody})"  # noqa: S608  # names of ours
    if name == "team":
        params[key] = [value.rstrip("/") + "/" for value in values]
        return f"({column} IN (SELECT id FROM accounts_team WHERE path ^@ ANY(%({key})s::text[])){nobody})"  # noqa: S608  # names of ours
    return f"{column} = ANY(%({key})s::text[])"
