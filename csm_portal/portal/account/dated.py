"""Dated facts from many tables as rows of one shape, so that one statement sorts, filters and pages them all.

Django takes longer to write such a statement than PostgreSQL to answer it, so each table's part is written once per process, with
markers where the account, its time zone and the days go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.models import BigIntegerField, DateField, DateTimeField, F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, JSONObject, NullIf, TruncDate

from csm_portal.web import zone

if TYPE_CHECKING:
    from accounts.models import Account

COLUMNS = ("row_kind", "row_on", "row_key", "row_facts", "row_by", "row_ref")
# Markers, to be exchanged for the real values of each call. No row and no definition can hold them.
ACCOUNT, ZONE, FIRST, LAST = -7_219_045_113, ZoneInfo("Antarctica/Troll"), date(1, 1, 3), date(1, 1, 4)
# Words are looked for in words: a number or a yes is none.
HOLDS = """EXISTS (
    SELECT FROM jsonb_each(row_facts) AS said (name, value)
    WHERE jsonb_typeof(said.value) IN ('string', 'array', 'object') AND said.value #>> '{}' ILIKE %s
)"""
ORDERS = {False: "row_on DESC NULLS LAST, row_kind, row_key DESC, row_ref", True: "row_on, row_kind, row_key, row_ref"}


@dataclass(frozen=True)
class Source:
    """One kind of dated fact: its table, the column that dates it, what else is told of it, and which rows count.

    `author` is the path to the user who did it, `account` the path to the account.
    """

    kind: str
    model: Any
    column: str
    facts: Mapping[str, Any] = default(default_factory=dict)
    where: Q = default(default_factory=Q)
    author: str = ""
    account: str = "account"


@dataclass(frozen=True, slots=True)
class Dated:
    """One row: its kind, its day on the account's calendar, its facts as JSON has them, who did it (e-mail), the id it was loaded with."""

    kind: str
    on: date | None
    facts: Mapping[str, Any]
    by: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """SQL that yields rows of COLUMNS for some kinds, with its parameters, markers among them."""

    kinds: frozenset[str]
    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Wanted:
    """Which rows: kinds (empty: all), `[first, last]`, whose (an e-mail; empty: anybody's), and a text that one of the facts holds.

    `ahead` turns the order round: the nearest day first.
    """

    kinds: frozenset[str] = frozenset()
    first: date = date.min
    last: date = date.max
    author: str = ""
    text: str = ""
    ahead: bool = False


@dataclass(frozen=True)
class Found:
    """One page of rows, how many there are in all, and who did any of the kinds and days asked for (e-mail: name)."""

    rows: list[Dated]
    total: int
    people: Mapping[str, str]


def person(path: str) -> Any:
    """Name of a user as an expression; the e-mail where no name is known."""
    return Coalesce(NullIf(f"{path}__name", Value("")), F(f"{path}__email"), output_field=TextField())


def branch(source: Source) -> Branch:
    """The source's rows of the account, within the days asked for."""
    return _branch(source, _shaped(_of_account(source), source).filter(row_on__gte=FIRST, row_on__lte=LAST))


def firsts(source: Source, order: Sequence[str], most: int) -> Branch:
    """The first `most` rows of the account in that order, undated ones too."""
    return _branch(source, _shaped(_of_account(source), source).order_by(*order)[:most])


def _of_account(source: Source) -> QuerySet[Any]:
    rows: QuerySet[Any] = source.model.objects.filter(source.where, **{source.account: ACCOUNT})
    return rows


def _branch(source: Source, rows: QuerySet[Any]) -> Branch:
    sql, values = rows.query.sql_with_params()
    return Branch(frozenset({source.kind}), sql, tuple(values))


def _shaped(rows: QuerySet[Any], source: Source) -> QuerySet[Any]:
    """Rows as COLUMNS; instants fall on the account's local day. Rows without a plain key all have key 0."""
    model = rows.model
    keyed = isinstance(model._meta.pk, BigIntegerField)
    local = TruncDate(source.column, tzinfo=ZONE) if _is_instant(model, source.column) else Cast(F(source.column), DateField())
    facts = {**source.facts, "by": person(source.author)} if source.author else source.facts
    told: QuerySet[Any] = (
        rows.order_by()
        .annotate(
            row_kind=Value(source.kind, TextField()),
            row_on=local,
            row_key=Cast(F("pk") if keyed else Value(0), BigIntegerField()),
            row_facts=JSONObject(**facts),
            row_by=Coalesce(F(f"{source.author}__email"), Value(""), output_field=TextField()) if source.author else Value("", TextField()),
            row_ref=Cast(F("external_id"), TextField()) if _has(model, "external_id") else Value("", TextField()),
        )
        .values_list(*COLUMNS)
    )
    return told


def read(branches: Sequence[Branch], account: Account, wanted: Wanted, *, start: int = 0, n: int | None = None) -> Found:
    """Rows `start … start + n` of the account, the latest first. One statement.

    The account has to come from `visible_to`: whoever may see it may see every row that hangs on it, so no rule is asked again here.
    """
    told, values = _told(branches, account, wanted)
    kept, filters = _kept(wanted)
    sql = f"""
WITH told AS MATERIALIZED ({told}), kept AS (SELECT * FROM told WHERE {kept})
SELECT row_kind, row_on, row_facts, row_by, row_ref, (SELECT count(*) FROM kept),
       (SELECT jsonb_object_agg(row_by, row_facts ->> 'by') FROM told WHERE row_by <> '')
FROM kept ORDER BY {ORDERS[wanted.ahead]} LIMIT %s OFFSET %s
"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *filters, n, start])
        found = cursor.fetchall()
    rows = [Dated(kind, on, _json(facts), by, ref) for kind, on, facts, by, ref, _total, _people in found]
    return Found(rows, found[0][5] if found else 0, _json(found[0][6]) or {} if found else {})


def count(branches: Sequence[Branch], account: Account, wanted: Wanted) -> int:
    """How many rows there are, in one statement."""
    told, values = _told(branches, account, wanted)
    kept, filters = _kept(wanted)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH told AS ({told}) SELECT count(*) FROM told WHERE {kept}", [*values, *filters])  # noqa: S608
        return int(cursor.fetchone()[0])


def _told(branches: Sequence[Branch], account: Account, wanted: Wanted) -> tuple[str, list[Any]]:
    needed = [one for one in branches if not wanted.kinds or one.kinds & wanted.kinds]
    real: dict[Any, Any] = {ACCOUNT: account.pk, ZONE.key: zone(account.timezone).key, FIRST: wanted.first, LAST: wanted.last}
    values = [real.get(value, value) if isinstance(value, int | str | date) else value for one in needed for value in one.values]
    return " UNION ALL ".join(f"({one.sql})" for one in needed), values


def _kept(wanted: Wanted) -> tuple[str, list[Any]]:
    """Condition on the rows of all branches: one branch may yield several kinds, and persons and texts stand in the facts."""
    parts: list[tuple[str, Any]] = []
    if wanted.kinds:
        parts.append(("row_kind = ANY(%s)", sorted(wanted.kinds)))
    if wanted.author:
        parts.append(("row_by = %s", wanted.author))
    if wanted.text:
        like = "%" + wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        parts.append((HOLDS, like))
    return " AND ".join(sql for sql, _value in parts) or "true", [value for _sql, value in parts]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _is_instant(model: Any, column: str) -> bool:
    for part in column.split("__"):
        found = model._meta.get_field(part)
        model = found.related_model
    return isinstance(found, DateTimeField)


def _has(model: Any, column: str) -> bool:
    try:
        model._meta.get_field(column)
    except FieldDoesNotExist:
        return False
    return True
