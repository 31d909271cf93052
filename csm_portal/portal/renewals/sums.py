"""What the stages hold, what is expected of them, and what the timeline draws: one statement over the open dues."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from churn.cases import FORECAST_FROM, STAGES, USAGE_SHARED_FROM
from churn.types import Stage
from csm_portal.portal.renewals.dues import open_dues
from csm_portal.portal.renewals.policy import AHEAD_DAYS, BEHIND_DAYS, MOST_MARKS

if TYPE_CHECKING:
    from accounts.models import User
    from csm_portal.portal.renewals.asked import Asked

COLUMNS = {
    "id": "pk",
    "external_id": "account__external_id",
    "name": "account__name",
    "product": "product",
    "decision_on": "decision_on",
    "days": "days_left",
    "currency": "currency",
    "due": "due_mrr",
    "reporting": "due_reporting",
    "score": "account__state__score",
    "band": "account__state__band",
    "amount": "forecast_amount",
    "more": "forecast_expansion",
    "probability": "forecast_probability",
    "category": "forecast_category",
    "shared": "usage_shared_on",
}
# A forecast is exchanged as its due is. `place` 0 is overdue, then the stages in order.
QUERY = """
WITH due ({columns}) AS MATERIALIZED ({dues}), placed AS MATERIALIZED (
    SELECT *, width_bucket(days, %(bounds)s::integer[]) AS place, reporting / nullif(due, 0) AS rate FROM due
), stage_sum AS (
    SELECT place, count(*) AS n, sum(reporting) AS reporting, count(*) FILTER (WHERE reporting IS NULL) AS unpriced,
           count(*) FILTER (WHERE days < 0) AS outcome,
           count(*) FILTER (WHERE days BETWEEN 0 AND %(forecast_from)s AND category IS NULL) AS forecast,
           count(*) FILTER (WHERE days BETWEEN 0 AND %(usage_from)s AND shared IS NULL) AS usage,
           count(category) AS told, sum(reporting) FILTER (WHERE category IS NOT NULL) AS told_due,
           sum(amount * rate * probability) AS weighted, sum(more * rate * probability) AS weighted_more
    FROM placed GROUP BY place
), category_sum AS (
    SELECT coalesce(category, 'none') AS category, count(*) AS n, sum(reporting) AS reporting FROM placed WHERE {shown} GROUP BY 1
)
SELECT (SELECT jsonb_agg(to_jsonb(s)) FROM stage_sum s)::text, (SELECT jsonb_agg(to_jsonb(c)) FROM category_sum c)::text,
       (SELECT count(*) FROM placed WHERE {shown}), (
           SELECT jsonb_agg(jsonb_build_array(day, text) ORDER BY day) FROM (
               SELECT day, text FROM accounts_annotation WHERE day BETWEEN %(notes_from)s AND %(notes_to)s ORDER BY day LIMIT 20
           ) AS n
       )::text, m.*
FROM (SELECT true) AS one
LEFT JOIN (
    SELECT id, external_id, name, product, decision_on, days, currency, due, reporting, score, band, category, probability, place
    FROM placed WHERE {shown} ORDER BY reporting DESC NULLS LAST, id LIMIT %(marks)s
) AS m ON true
ORDER BY m.decision_on, m.id
"""


@dataclass(frozen=True, slots=True)
class Sum:
    """Dues of a stage or category. Amounts in the reporting currency; `unpriced` dues have no exchange rate and are in none.

    `outcome`, `forecast`, `usage` count what is missing. `told` have a forecast, `told_due` is what falls due of these;
    `weighted` = sum of probability x amount, `weighted_more` the same of the expansion.
    """

    n: int = 0
    reporting: Decimal = Decimal(0)
    unpriced: int = 0
    outcome: int = 0
    forecast: int = 0
    usage: int = 0
    told: int = 0
    told_due: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    weighted_more: Decimal = Decimal(0)

    def __add__(self, other: Sum) -> Sum:
        return Sum(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


@dataclass(frozen=True, slots=True)
class Mark:
    """One due as the timeline draws it."""

    id: int
    external_id: str
    name: str
    product: str
    decision_on: date
    days: int
    currency: str
    due: Decimal
    reporting: Decimal | None
    score: Decimal | None
    band: str | None
    category: str | None
    probability: Decimal | None
    place: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Per stage, whatever stage is asked for; per category and the marks, of the stage asked for. `notes`: dated remarks of every chart."""

    stages: dict[Stage, Sum]
    categories: dict[str, Sum]
    shown: int
    marks: list[Mark] = field(default_factory=list)
    notes: list[tuple[date, str]] = field(default_factory=list)

    def of(self, stage: Stage | None) -> Sum:
        """Of one stage, or of all."""
        if stage is not None:
            return self.stages.get(stage, Sum())
        return sum(self.stages.values(), Sum())


def sums(user: User, asked: Asked, day: date) -> Sums:
    """Sums and marks of the open dues under the filters, in one query."""
    rows = open_dues(user, asked, day).order_by().values_list(*COLUMNS.values())
    try:
        inner, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return Sums({}, {}, 0)
    order = [Stage.OVERDUE, *STAGES]
    shown = "true" if asked.stage is None else f"place = {order.index(asked.stage)}"
    outer = QUERY.replace("{columns}", ", ".join(COLUMNS)).replace("{shown}", shown)
    numbers: dict[str, Any] = {
        "bounds": list(STAGES.values()),
        "forecast_from": FORECAST_FROM,
        "usage_from": USAGE_SHARED_FROM,
        "marks": MOST_MARKS,
        "notes_from": day - timedelta(days=BEHIND_DAYS),
        "notes_to": day + timedelta(days=2 * AHEAD_DAYS),
    }
    named, params = _named(inner, values)
    with connection.cursor() as cursor:
        cursor.execute(outer.replace("{dues}", named), {**params, **numbers})
        found = cursor.fetchall()
    stages, categories, n_shown, notes = found[0][:4]
    return Sums(
        stages={order[one.pop("place")]: _sum(one) for one in _read(stages)},
        categories={one.pop("category"): _sum(one) for one in _read(categories)},
        shown=n_shown,
        marks=[Mark(*row[4:]) for row in found if row[4] is not None],
        notes=[(date.fromisoformat(on), text) for on, text in _read(notes)],
    )


def _named(query: str, values: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """A query of Django's with its parameters by name, so that it can stand inside a statement that has its own."""
    first, *pieces = query.split("%s")
    names = [f"due_{place}" for place in range(len(pieces))]
    params = dict(zip(names, values, strict=True))
    return first + "".join(f"%({name})s{piece}" for name, piece in zip(names, pieces, strict=True)), params


def _read(text: str | None) -> list[Any]:
    return json.loads(text, parse_float=Decimal) if text else []


def _sum(values: dict[str, Any]) -> Sum:
    """A sum of nothing priced is 0; what is left out is counted in `unpriced`."""
    known: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    for name in ("reporting", "told_due", "weighted", "weighted_more"):
        if name in known:
            known[name] = Decimal(known[name])
    return Sum(**known)
