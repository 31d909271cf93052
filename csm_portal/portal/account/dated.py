"""Dated facts from many tables as rows of one shape, so that one statement sorts and pages them all.

Django takes longer to write such a statement than PostgreSQL to answer it, so each is written once per process, with markers where
the account, its time zone and the days go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import BigIntegerField, DateField, DateTimeField, F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, JSONObject, NullIf, TruncDate

from csm_portal.web import zone

if TYPE_CHECKING:
    from accounts.models import Account

COLUMNS = ("row_kind", "row_on", "row_key", "row_facts")
# Markers, to be exchanged for the real values of each call. No row and no definition can hold them.
ACCOUNT, ZONE, FIRST, LAST = -7_219_045_113, ZoneInfo("Antarctica/Troll"), date(1, 1, 3), date(1, 1, 4)


@dataclass(frozen=True)
class Source:
    """One kind of dated fact: its table, the column that dates it, what else is told of it, and which rows count."""

    kind: str
    model: Any
    column: str
    facts: Mapping[str, Any] = default(default_factory=dict)
    where: Q = default(default_factory=Q)


@dataclass(frozen=True, slots=True)
class Dated:
    """One row: its kind, its day on the account's calendar (None: undated), its facts as JSON has them."""

    kind: str
    on: date | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its parameters, markers among them."""

    sql: str
    values: tuple[Any, ...]


def person(path: str) -> Any:
    """Name of a user as an expression; the e-mail where no name is known."""
    return Coalesce(NullIf(f"{path}__name", Value("")), F(f"{path}__email"))


def branch(source: Source) -> QuerySet[Any]:
    """The source's rows of the account."""
    return shaped(source.model.objects.filter(source.where, account=ACCOUNT), source)


def shaped(rows: QuerySet[Any], source: Source) -> QuerySet[Any]:
    """Rows as (kind, day, key, facts); instants fall on the account's local day. Rows without a plain key all have key 0."""
    keyed = isinstance(rows.model._meta.pk, BigIntegerField)
    local = TruncDate(source.column, tzinfo=ZONE) if _is_instant(rows.model, source.column) else Cast(F(source.column), DateField())
    told: QuerySet[Any] = (
        rows.order_by()
        .annotate(
            row_kind=Value(source.kind, TextField()),
            row_on=local,
            row_key=Cast(F("pk") if keyed else Value(0), BigIntegerField()),
            row_facts=JSONObject(**source.facts),
        )
        .values_list(*COLUMNS)
    )
    return told


def statement(branches: Sequence[QuerySet[Any]]) -> Statement:
    """All rows of the branches in one statement, without an order."""
    first, *others = branches
    sql, values = (first.union(*others, all=True) if others else first).query.sql_with_params()
    return Statement(sql, tuple(values))


def read(
    prepared: Statement, account: Account, *, first: date = date.min, last: date = date.max, start: int = 0, n: int | None = None
) -> list[Dated]:
    """Rows `start … start + n` of the account, the latest first.

    The account has to come from `visible_to`: whoever may see it may see every row that hangs on it, so no rule is asked again here.
    """
    real: dict[Any, Any] = {ACCOUNT: account.pk, ZONE.key: zone(account.timezone).key, FIRST: first, LAST: last}
    values: list[Any] = [real.get(value, value) if isinstance(value, int | str | date) else value for value in prepared.values]
    sql = f"SELECT * FROM ({prepared.sql}) AS told ORDER BY 2 DESC NULLS LAST, 1, 3 DESC LIMIT %s OFFSET %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, n, start])
        return [Dated(kind, on, json.loads(facts) if isinstance(facts, str) else facts) for kind, on, _key, facts in cursor.fetchall()]


def _is_instant(model: Any, column: str) -> bool:
    for part in column.split("__"):
        found = model._meta.get_field(part)
        model = found.related_model
    return isinstance(found, DateTimeField)


def within(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Only rows of `[first, last]`, both included."""
    return rows.filter(row_on__gte=FIRST, row_on__lte=LAST)
