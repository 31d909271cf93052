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

from accounts.models import Target
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

NOBODY = "-"

# Cut -> expression over a period row `p`, and over an account `a` (with its owner `o`) that has no period row in the month.
CUTS: Mapping[str, tuple[str, str]] = {
    "csm": ("p.csm_id", "a.owner_id"),
    "team": ("p.team_id", "coalesce(o.team_id, a.team_id)"),
    "plan": ("p.plan", "a.plan"),
    "tier": ("p.tier", "a.tier"),
    "industry": ("p.industry", "a.industry"),
    "region": ("p.region", "a.region"),
    "size": ("p.size", "a.size"),
    "stage": ("p.stage", "a.lifecycle_stage"),
}

SOURCES = """
WITH latest AS MATERIALIZED (
    SELECT max(as_of) AS as_of FROM health_run WHERE state = 'published'
), months AS MATERIALIZED (
    SELECT place, first::date AS starts_on, (first + interval '1 month')::date AS ends_on
    FROM (SELECT coalesce(%(month)s::date, date_trunc('month', (SELECT as_of FROM latest))::date) AS this) AS asked,
         LATERAL (VALUES (0, this::timestamp), (1, this - interval '1 month')) AS two (place, first)
    WHERE this IS NOT NULL
), book (id) AS MATERIALIZED ({book}
), targets AS (
    SELECT DISTINCT user_id, team_id, metric, value FROM ({targets}) AS every
    WHERE every.month = (SELECT starts_on FROM months WHERE place = 0)
), period AS MATERIALIZED (
    SELECT months.place, p.*
    FROM months
    JOIN health_publishedslice s ON s.grain = 'month' AND s.starts_on = months.starts_on
    JOIN health_accountperiod p ON p.run_id = s.run_id AND p.grain = 'month' AND p.starts_on = months.starts_on
    WHERE p.account_id IN (SELECT id FROM book)
), renewal AS (
    SELECT months.place, c.account_id, c.product, c.state, c.due_reporting, coalesce(c.renewed_reporting, 0) AS renewed_reporting,
           c.due_reporting IS NULL OR (c.state = 'renewed' AND c.renewed_reporting IS NULL) AS without_rate
    FROM months
    JOIN churn_renewalcase c ON c.ends_on >= months.starts_on AND c.ends_on < months.ends_on
    WHERE c.account_id IN (SELECT id FROM book)
), answer AS (
    SELECT months.place, r.account_id, r.score * 10 / r.scale AS points
    FROM months
    -- A day more on both sides, so that the instants can be cut by the index before the account's zone decides.
    JOIN accounts_surveyresponse r ON r.kind = 'nps' AND r.responded_at >= months.starts_on - 1 AND r.responded_at < months.ends_on + 1
    JOIN accounts_account a ON a.id = r.account_id
    CROSS JOIN LATERAL (SELECT (r.responded_at AT TIME ZONE coalesce(
        nullif(a.timezone, ''),
        (SELECT nullif(body ->> 'default_timezone', '') FROM accounts_calendardefinition ORDER BY version DESC LIMIT 1),
        %(zone)s))::date AS day) AS local
    WHERE local.day >= months.starts_on AND local.day < months.ends_on AND local.day <= (SELECT as_of FROM latest)
      AND r.account_id IN (SELECT id FROM book)
)
"""

META = """
SELECT 'meta', 0, NULL::text, jsonb_build_object(
    'month', (SELECT starts_on FROM months WHERE place = 0),
    'as_of', (SELECT as_of FROM latest),
    'renewal_version', (SELECT max(version) FROM accounts_renewaldefinition WHERE effective_from <= (SELECT as_of FROM latest)))
UNION ALL
SELECT 'target_csm', 0, u.email, jsonb_object_agg(t.metric, t.value::text)
FROM targets t JOIN accounts_user u ON u.id = t.user_id GROUP BY u.email
UNION ALL
SELECT 'target_team', 0, rtrim(g.path, '/'), jsonb_object_agg(t.metric, t.value::text) || jsonb_build_object('team_id', g.id)
FROM targets t JOIN accounts_team g ON g.id = t.team_id GROUP BY g.id

"""

ACTIVITY = """
UNION ALL
SELECT 'activity', p.place, {group}, jsonb_build_object(
    'paying', count(*) FILTER (WHERE p.paying),
    'active', count(*) FILTER (WHERE p.paying AND p.active),
    'unknown', count(*) FILTER (WHERE p.paying AND p.active IS NULL),
    'joined', count(*) FILTER (WHERE p.paying AND p.joined),
    'undecided', count(*) FILTER (WHERE p.paying AND p.provisional AND p.active IS NOT TRUE),
    'can_reach', count(*) FILTER (WHERE p.paying AND p.provisional AND p.active IS NOT TRUE AND p.can_reach),
    'provisional', bool_or(p.provisional),
    'version', max(p.version){ids})
FROM period p {joins}
WHERE {where}
GROUP BY 2, 3
"""
ACTIVITY_IDS = """,
    'ids', jsonb_build_object(
        'active', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE p.paying AND p.active), '[]'),
        'not_active', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE p.paying AND NOT p.active), '[]'),
        'unknown', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE p.paying AND p.active IS NULL), '[]'))"""

RENEWALS = """
UNION ALL
SELECT 'renewals', c.place, {group}, jsonb_build_object(
    'due', count(*),
    'renewed', count(*) FILTER (WHERE c.state = 'renewed'),
    'lost', count(*) FILTER (WHERE c.state = 'lost'),
    'open', count(*) FILTER (WHERE c.state = 'open'),
    'priced', count(*) FILTER (WHERE c.state <> 'open' AND NOT c.without_rate),
    'without_rate', count(*) FILTER (WHERE c.without_rate),
    'due_amount', (sum(c.due_reporting) FILTER (WHERE c.state <> 'open' AND NOT c.without_rate))::text,
    'renewed_amount', (sum(c.renewed_reporting) FILTER (WHERE c.state = 'renewed' AND NOT c.without_rate))::text,
    'kept_amount', (sum(least(c.renewed_reporting, c.due_reporting)) FILTER (WHERE c.state = 'renewed' AND NOT c.without_rate))::text,
    'open_amount', (sum(c.due_reporting) FILTER (WHERE c.state = 'open'))::text{ids})
FROM renewal c {joins}
WHERE {where}
GROUP BY 2, 3
"""
RENEWAL_IDS = """,
    'ids', jsonb_build_object(
        'renewed', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE c.state = 'renewed'), '[]'),
        'lost', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE c.state = 'lost'), '[]'),
        'open', coalesce(jsonb_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE c.state = 'open'), '[]'))"""

NPS = """
UNION ALL
SELECT 'nps', c.place, {group}, jsonb_build_object(
    'n', count(*),
    'promoters', count(*) FILTER (WHERE c.points >= 9),
    'passives', count(*) FILTER (WHERE c.points > 6 AND c.points < 9),
    'detractors', count(*) FILTER (WHERE c.points <= 6),
    'accounts', count(DISTINCT c.account_id) FILTER (WHERE p.paying){ids})
FROM answer c {joins}
WHERE {where}
GROUP BY 2, 3
"""
NPS_IDS = """,
    'ids', jsonb_build_object(
        'promoters', coalesce(jsonb_agg(DISTINCT a.external_id) FILTER (WHERE c.points >= 9), '[]'),
        'passives', coalesce(jsonb_agg(DISTINCT a.external_id) FILTER (WHERE c.points > 6 AND c.points < 9), '[]'),
        'detractors', coalesce(jsonb_agg(DISTINCT a.external_id) FILTER (WHERE c.points <= 6), '[]'))"""

PERIOD_OF_CASE = "LEFT JOIN period p ON p.place = c.place AND p.account_id = c.account_id"
ACCOUNT_OF_CASE = "JOIN accounts_account a ON a.id = c.account_id LEFT JOIN accounts_user o ON o.id = a.owner_id"
ACCOUNT_OF_PERIOD = "JOIN accounts_account a ON a.id = p.account_id"
SCENARIOS = (
    "SELECT sp.scenario FROM health_scenarioperiod sp WHERE sp.run_id = p.run_id AND sp.grain = p.grain AND sp.starts_on = p.starts_on"
    " AND sp.account_id = p.account_id AND sp.days > 0"
)


def statement(user: User, month: date | None, by: str, filters: Mapping[str, Sequence[str]], *, detail: bool) -> tuple[str, dict[str, Any]]:
    """SQL and parameters. What the user may see enters as the compiled `visible_to` of accounts and of targets, nowhere else."""
    params: dict[str, Any] = {"month": month, "zone": settings.TIME_ZONE}
    book, book_params = visible_book(user)
    params |= book_params

    targets = _embedded(
        Target.objects.visible_to(user).order_by().values("user_id", "team_id", "metric", "value", "month"),
        "target",
        params,
        "SELECT NULL::bigint AS user_id, NULL::bigint AS team_id, ''::text AS metric, 0::numeric AS value, NULL::date AS month WHERE false",
    )

    parts = [SOURCES.format(book=book, targets=targets), META]
    for template, ids, of_period in ((ACTIVITY, ACTIVITY_IDS, True), (RENEWALS, RENEWAL_IDS, False), (NPS, NPS_IDS, False)):
        group, joins, where = _cut(by, filters, params, of_period=of_period, by_product_column=template is RENEWALS)
        first = (ACCOUNT_OF_PERIOD if detail else "") if of_period else f"{PERIOD_OF_CASE} {ACCOUNT_OF_CASE}"
        joins = f"{first} {joins}"

        parts.append(template.format(group=group, joins=joins, where=where, ids=ids if detail else ""))
    return "".join(parts), params


def _embedded(rows: QuerySet[Any, Any], name: str, params: dict[str, Any], nothing: str) -> str:
    """The queryset's SQL with its parameters renamed, so that it can stand inside a statement with named ones."""
    try:
        sql, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return nothing
    names = [f"{name}_{place}" for place in range(len(values))]
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
    elif by == "scenario":
        joins, group = f"JOIN LATERAL ({SCENARIOS}) AS cut ON true", "cut.scenario"
    conditions = [_condition(name, values, params, of_period, by_product_column) for name, values in filters.items() if values]
    return group, joins, " AND ".join(conditions) or "true"


def _column(name: str, *, of_period: bool) -> str:
    period, account = CUTS[name]
    return period if of_period else f"CASE WHEN p.account_id IS NULL THEN {account} ELSE {period} END"


def _condition(name: str, values: Sequence[str], params: dict[str, Any], of_period: bool, by_product_column: bool) -> str:
    key = f"filter_{name}"
    params[key] = list(values)
    if name == "product":
        return f"c.product = ANY(%({key})s::text[])" if by_product_column else f"p.products && %({key})s::text[]"
    if name == "scenario":
        return f"EXISTS ({SCENARIOS} AND sp.scenario = ANY(%({key})s::text[]))"
    column = _column(name, of_period=of_period)
    nobody = f" OR {column} IS NULL" if NOBODY in values and name in ("csm", "team") else ""
    if name == "csm":
        params[key] = [value.lower() for value in values]
        return f"({column} IN (SELECT id FROM accounts_user WHERE email = ANY(%({key})s::text[])){nobody})"  # noqa: S608  # names of ours
    if name == "team":
        params[key] = [value.rstrip("/") + "/" for value in values]
        return f"({column} IN (SELECT id FROM accounts_team WHERE path ^@ ANY(%({key})s::text[])){nobody})"  # noqa: S608  # names of ours
    return f"{column} = ANY(%({key})s::text[])"
