"""Each night: how likely every paying account renews, by the fit that counts on the day. A row where what one reads changes, else none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import isnan
from typing import Any

from django.db import connection, transaction

from churn.likelihood import shrunk
from churn.likelihood.fit import refresh
from churn.models import LikelihoodModel
from churn.types import Basis
from health.scope import EVERYBODY, Scope

Told = tuple[float | None, float | None, float | None, str]
NOT_TOLD: Told = (None, None, None, Basis.NONE)

# Paying accounts of a published day with the score and band of that day, and the facets asked for.
STANDING = """
SELECT d.account_id, h.score::float8, coalesce(h.band, 'unknown'), {facets}
FROM health_publishedslice s
JOIN health_accountday d ON d.day = s.starts_on AND d.run_id = s.run_id AND d.paying
LEFT JOIN health_publishedslice p ON p.grain = 'health' AND p.starts_on = s.starts_on
LEFT JOIN health_healthscore h ON h.account_id = d.account_id AND h.day = p.starts_on AND h.run_id = p.run_id
WHERE s.grain = 'day' AND s.starts_on = %(as_of)s /* among d.account_id */
ORDER BY d.account_id
"""
FACET = "(h.facets -> %({name})s ->> 'value')::float8"
# Who pays no more is told nothing from that day on. A row is written where a whole percent or the basis differs from the row before.
WRITE = """
WITH told AS (
    SELECT * FROM unnest(%(accounts)s::bigint[], %(values)s::float8[], %(lows)s::float8[], %(highs)s::float8[], %(bases)s::text[])
        AS t (account_id, value, low, high, basis)
    UNION ALL
    SELECT l.account_id, NULL, NULL, NULL, %(none)s FROM (SELECT DISTINCT account_id FROM churn_likelihood WHERE day < %(as_of)s
        /* among account_id */) l
    WHERE NOT l.account_id = ANY(%(accounts)s::bigint[])
)
INSERT INTO churn_likelihood (account_id, day, value, low, high, basis, model_id)
SELECT t.account_id, %(as_of)s, round(t.value::numeric, 6), round(t.low::numeric, 6), round(t.high::numeric, 6), t.basis, %(model)s
FROM told t
LEFT JOIN LATERAL (
    SELECT b.value, b.low, b.high, b.basis FROM churn_likelihood b
    WHERE b.account_id = t.account_id AND b.day < %(as_of)s ORDER BY b.day DESC LIMIT 1
) before ON true
WHERE CASE WHEN before.basis IS NULL THEN t.value IS NOT NULL ELSE
    (t.basis, round(t.value::numeric, 2), round(t.low::numeric, 2), round(t.high::numeric, 2))
    IS DISTINCT FROM (before.basis, round(before.value, 2), round(before.low, 2), round(before.high, 2)) END
"""


FORGET = "DELETE FROM churn_likelihood WHERE day = %(as_of)s /* among account_id */"


def tell(as_of: date, about: frozenset[int] | None = None) -> int:
    """Fit where it is due, and tell every account that pays on the day; rows written. Again: the same rows.

    `about`: accounts that changed since it was told as of this day, while nothing did that the fit is made of: only they are told anew.
    """
    kept = None if about is None else LikelihoodModel.objects.filter(as_of__lte=as_of).order_by("-as_of").first()
    scope = EVERYBODY if kept is None else Scope(among=about)
    model = refresh(as_of) if kept is None else kept
    accounts, standing = _standing(as_of, _facets(model), scope)
    if not accounts and scope.everybody:
        # The day was never built, or nobody pays: what was told before holds.
        return 0
    told = chances(model, standing)
    columns: dict[str, Any] = {name: [one[at] for one in told] for at, name in enumerate(("values", "lows", "highs", "bases"))}
    asked = {**columns, "accounts": accounts, "as_of": as_of, "model": model.pk, "none": Basis.NONE.value}
    with transaction.atomic(), connection.cursor() as cursor:
        # The day again, because it was built again: as if it had not been told.
        cursor.execute(scope.apply(FORGET), asked)
        cursor.execute(scope.apply(WRITE), asked)
        return int(cursor.rowcount)


Standing = tuple[float | None, str, Mapping[str, float | None]]


def chances(model: LikelihoodModel, standing: Sequence[Standing]) -> list[Told]:
    """What the fit tells of accounts with such (score, band, facets)."""
    if model.basis == Basis.LEARNED:
        return _by_fit(model, standing, Basis.LEARNED, model.body["learned"], [facets for _score, _band, facets in standing])
    if model.basis == Basis.SCORE:
        return _by_fit(model, standing, Basis.SCORE, model.body["score"], [{shrunk.SCORE: score} for score, _band, _facets in standing])
    if model.basis == Basis.BANDS:
        return [_by_band(model, band) for _score, band, _facets in standing]
    return [NOT_TOLD] * len(standing)


def _by_fit(
    model: LikelihoodModel, standing: Sequence[Standing], basis: Basis, body: Mapping[str, Any], rows: Sequence[shrunk.Row]
) -> list[Told]:
    found = shrunk.from_body(body).tell(rows)
    made = []
    for (score, _band, _facets), value, low, high in zip(
        standing, found.value.tolist(), found.low.tolist(), found.high.tolist(), strict=True
    ):
        # Without a score too little of the account is known to hold it beside others.
        made.append(_base(model) if score is None or isnan(value) else (value, low, high, basis.value))
    return made


def _by_band(model: LikelihoodModel, band: str) -> Told:
    found = model.body["bands"].get(band) if band != "unknown" else None
    return (found["rate"], found["low"], found["high"], Basis.BANDS.value) if found else _base(model)


def _base(model: LikelihoodModel) -> Told:
    base = model.body["base"]
    return (base["rate"], base["low"], base["high"], Basis.BASE.value)


def _facets(model: LikelihoodModel) -> tuple[str, ...]:
    return tuple(model.body["learned"]["facets"]) if model.basis == Basis.LEARNED else ()


def _standing(as_of: date, facets: Sequence[str], scope: Scope = EVERYBODY) -> tuple[list[int], list[Standing]]:
    columns = ", ".join(FACET.format(name=f"facet_{at}") for at in range(len(facets))) or "NULL"
    names = {f"facet_{at}": name for at, name in enumerate(facets)}
    with connection.cursor() as cursor:
        cursor.execute(scope.apply(STANDING.format(facets=columns)), {"as_of": as_of, **names})
        rows = cursor.fetchall()
    return [row[0] for row in rows], [(row[1], row[2], dict(zip(facets, row[3:], strict=False))) for row in rows]
