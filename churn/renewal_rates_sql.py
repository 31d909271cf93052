"""The statements behind renewal rates and forecast accuracy: the dues that end in each period, by a cut of the period's close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings

from churn.cuts_sql import cut
from churn.spans import Span
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

# One row per due: its period, its group, and whether an amount of it cannot be told for want of a rate.
DUES = """
WITH book (id) AS MATERIALIZED ({book}
), asked AS MATERIALIZED (
    SELECT * FROM unnest(%(places)s::integer[], %(firsts)s::date[], %(afters)s::date[], %(closes)s::date[])
        AS u (place, first, after, close)
), due AS MATERIALIZED (
    SELECT p.place, {group} AS name, a.external_id, c.*,
           c.due_reporting IS NULL OR (c.state = 'renewed' AND c.renewed_reporting IS NULL) AS without_rate
    FROM asked p
    JOIN churn_renewalcase c ON c.ends_on >= p.first AND c.ends_on < p.after
    JOIN accounts_account a ON a.id = c.account_id {joins}
    WHERE c.account_id IN (SELECT id FROM book) AND {where}
)"""
RATES = """
SELECT d.place, d.name,
       count(*),
       count(*) FILTER (WHERE d.state = 'renewed'),
       count(*) FILTER (WHERE d.state = 'lost'),
       count(*) FILTER (WHERE d.state = 'open'),
       coalesce(sum(d.due_reporting) FILTER (WHERE d.state <> 'open' AND NOT d.without_rate), 0),
       coalesce(sum(d.renewed_reporting) FILTER (WHERE d.state = 'renewed' AND NOT d.without_rate), 0),
       coalesce(sum(least(d.renewed_reporting, d.due_reporting)) FILTER (WHERE d.state = 'renewed' AND NOT d.without_rate), 0),
       coalesce(sum(d.due_reporting) FILTER (WHERE d.state = 'open'), 0),
       count(*) FILTER (WHERE d.without_rate){ids}
FROM due d
GROUP BY d.place, d.name
ORDER BY d.place, d.name NULLS LAST
"""
IDS = ",\n       array_agg(d.external_id ORDER BY d.external_id) FILTER (WHERE {which})"
WHICH: Mapping[str, str] = {
    "renewed": "d.state = 'renewed'",
    "lost": "d.state = 'lost'",
    "open": "d.state = 'open'",
    "without_rate": "d.without_rate",
}
# The forecast as it stood at the close of the decision day (or of the day before the outcome, where that came first); where there was
# none yet, the first one after, as long as nothing was decided. Kept in the due's currency, told at the due's own rate.
ACCURACY = """
, picked AS (
    SELECT DISTINCT ON (d.id) d.id, f.category, f.probability, f.amount, f.expansion, days.entered_on > d.decision_on AS late
    FROM due d
    JOIN churn_forecast f ON f.account_id = d.account_id AND f.product = d.product AND f.ends_on = d.ends_on AND f.withdrawn_at IS NULL
    CROSS JOIN LATERAL (SELECT (f.entered_at AT TIME ZONE %(zone)s)::date AS entered_on) AS days
    WHERE d.state <> 'open' AND days.entered_on < coalesce(d.resolved_on, 'infinity'::date)
    ORDER BY d.id, days.entered_on > d.decision_on, CASE WHEN days.entered_on <= d.decision_on THEN f.entered_at END DESC, f.entered_at,
             f.id
), standing AS (
    SELECT d.name, d.state, d.without_rate, CASE WHEN d.state = 'renewed' THEN d.renewed_reporting ELSE 0 END AS actual,
           f.category, f.probability, f.late,
           f.amount * d.due_reporting / d.due_mrr AS amount, f.expansion * d.due_reporting / d.due_mrr AS expansion
    FROM due d
    LEFT JOIN picked f ON f.id = d.id
    WHERE d.state <> 'open'
)
SELECT t.name, {category} AS category,
       count(*),
       count(*) FILTER (WHERE t.category IS NOT NULL),
       count(*) FILTER (WHERE t.late),
       coalesce(sum(t.probability), 0),
       count(*) FILTER (WHERE t.category IS NOT NULL AND t.state = 'renewed'),
       coalesce(sum(round_half_even(t.amount, 2)) FILTER (WHERE t.category IS NOT NULL AND NOT t.without_rate), 0),
       coalesce(sum(round_half_even(t.amount + t.expansion, 2)) FILTER (WHERE t.category IS NOT NULL AND NOT t.without_rate), 0),
       coalesce(sum(round_half_even((t.amount + t.expansion) * t.probability, 2))
                FILTER (WHERE t.category IS NOT NULL AND NOT t.without_rate), 0),
       coalesce(sum(t.actual) FILTER (WHERE t.category IS NOT NULL AND NOT t.without_rate), 0),
       count(*) FILTER (WHERE t.category IS NOT NULL AND t.without_rate)
FROM standing t
GROUP BY GROUPING SETS ((t.name), (t.name, t.category))
ORDER BY t.name NULLS LAST, grouping(t.category) DESC, t.category
"""


def rates_statement(
    user: User, spans: Sequence[Span], by: str, filters: Mapping[str, Sequence[str]], *, detail: bool
) -> tuple[str, dict[str, Any]]:
    """SQL and parameters of one row per period (by its place in `spans`) and group that has a due."""
    head, params = _dues(user, spans, by, filters)
    ids = "".join(IDS.format(which=which) for which in WHICH.values()) if detail else ""
    return head + RATES.format(ids=ids), params


def accuracy_statement(user: User, span: Span, by: str, filters: Mapping[str, Sequence[str]]) -> tuple[str, dict[str, Any]]:
    """SQL and parameters of one row per group (`*` for its category) and one per group and category forecast."""
    head, params = _dues(user, [span], by, filters)
    category = "CASE WHEN grouping(t.category) = 1 THEN '*' ELSE t.category END"
    return head + ACCURACY.format(category=category), {**params, "zone": settings.TIME_ZONE}


def _dues(user: User, spans: Sequence[Span], by: str, filters: Mapping[str, Sequence[str]]) -> tuple[str, dict[str, Any]]:
    book, params = visible_book(user)
    # A due that is still to end has the people and plan of the last day that is known.
    parts = cut(by, filters, day="p.close")
    params |= {
        **parts.params,
        "places": list(range(len(spans))),
        "firsts": [span.first for span in spans],
        "afters": [span.after for span in spans],
        "closes": [span.close for span in spans],
    }
    where = parts.where
    if parts.products:
        where += " AND c.product = ANY (%(products)s::text[])"
        params["products"] = list(parts.products)
    group = "c.product" if parts.by_product else parts.group
    return DUES.format(book=book, joins=parts.joins, group=group, where=where), params
