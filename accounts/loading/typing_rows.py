# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Bound rows as a table of typed values, each with its problem (rejected), its flags, or neither."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.loading.binding import Bound
from accounts.loading.checks import dateless_time, fault_code, number, typed, zoneless
from accounts.loading.quoting import literal, name
from accounts.loading.registry import TEMPORAL, Column, Kind, Target

NUMERIC = {Kind.NUMBER, Kind.MONEY, Kind.WHOLE}


@dataclass(frozen=True)
class Setting:
    """What the statement needs to know of this load: `home_zone` and `currency` as values, `load_at` an ISO instant."""

    source_id: int
    home_zone: str
    currency: str
    load_at: str


def create_typed(bound: Bound, setting: Setting, more: str = "true", *, quick: bool = False, table: str = "load_typed") -> str:
    """SQL that makes the typed table: `n`, every column of the target, `problem`, `flags`, `repeat`, and three marks of assumption."""
    return f"CREATE TEMP TABLE {table} AS {_outer(bound, setting, more, quick)}"


def create_cells(bound: Bound, setting: Setting, more: str = "true") -> str:
    """SQL of `n` and `cells`: per row the text (`t:`) and the value (`v:`) of each column as one JSON object, for those who show them."""
    return f"SELECT l1.n, to_jsonb(l1) AS cells FROM ({_inner(bound, setting, more, False)}) l1"


def _outer(bound: Bound, setting: Setting, more: str, quick: bool) -> str:
    target = bound.target
    fields = ", ".join(name(field) for field in [*fields_of(target), *target.resolves, *target.beside])
    flags = _flags(bound)
    marks = _marks(bound)
    return (
        f"SELECT n, {fields}, {_problem(bound)} AS problem, {flags} AS flags, false AS repeat, {marks} FROM (SELECT *,"
        f" {_finals(bound)} FROM"
        f" (SELECT *, {_defaults(bound)} FROM ({_inner(bound, setting, more, quick)} OFFSET 0) l1) l2) l3"
    )


def fields_of(target: Target) -> list[str]:
    """Columns of the typed table that feed the target's table."""
    fields = list(dict.fromkeys([*(column.field for column in target.columns), *target.derived]))
    return fields if not target.has_record or "recorded_at" in fields else [*fields, "recorded_at"]


def _inner(bound: Bound, setting: Setting, more: str, quick: bool) -> str:
    """Texts, and the value of each present column as `v:<column>`."""
    joins: list[str] = []
    values: list[str] = []
    account = next((column for column in bound.target.columns if column.kind == Kind.ACCOUNT), None)
    zone, currency = literal(setting.home_zone), literal(setting.currency)
    if account is not None:
        joins.append(f"LEFT JOIN load_account a ON a.external_id = m.{name('t:' + account.name)}")
        zone, currency = f"coalesce(a.zone, {zone})", f"coalesce(a.currency, {currency})"
    for column in bound.target.columns:
        if column.name not in bound.texts:
            continue
        value, join = _value(column, bound, setting, zone, quick)
        values.append(f"{value} AS {name('v:' + column.name)}")
        joins += [join] if join else []
    for field, (column_name, table, condition) in bound.target.resolves.items():
        alias, text = name("i:" + field), f"m.{name('t:' + column_name)}"
        if column_name in bound.texts:
            joins.append(f"LEFT JOIN {table} {alias} ON {condition.format(alias=alias, text=text)}")
        values.append(f"{alias + '.id' if column_name in bound.texts else 'NULL::bigint'} AS {name(field)}")
    for field, (found, column_name, kind) in bound.target.beside.items():
        present = bound.target.resolves[found][0] in bound.texts
        values.append(f"{name('i:' + found) + '.' + column_name if present else 'NULL::' + kind} AS {name(field)}")
    return (
        f"SELECT m.*, {', '.join(values)}, {zone} AS zone, {currency} AS account_currency, {literal(setting.load_at)}::timestamptz"
        f" AS load_at"
        f" FROM ({bound.select(more)} OFFSET 0) m {' '.join(joins)}"
    )


def _value(column: Column, bound: Bound, setting: Setting, zone: str, quick: bool) -> tuple[str, str]:
    text, alias = f"m.{name('t:' + column.name)}", name("j:" + column.name)
    if column.kind == Kind.ACCOUNT:
        return "a.id", ""
    if column.kind == Kind.SEAT:
        return f"{alias}.id", f"LEFT JOIN accounts_seat {alias} ON {alias}.account_id = a.id AND {alias}.external_id = {text}"
    if column.kind == Kind.CONTACT:
        own = f"{alias}.source_id = {setting.source_id} AND {alias}.account_id = a.id"
        return f"{alias}.id", f"LEFT JOIN accounts_contact {alias} ON {own} AND {alias}.external_id = {text}"
    if column.kind == Kind.USER:
        return f"{alias}.id", f"LEFT JOIN accounts_user {alias} ON lower({alias}.email) = lower({text})"
    if column.kind == Kind.TEAM:
        return f"{alias}.id", f"LEFT JOIN accounts_team {alias} ON {alias}.path = {team_path(text)}"
    value = typed(column, text, shape=bound.shape, zone=zone, home_zone=literal(setting.home_zone), quick=quick)
    if column.name in bound.minutes:
        value = f"({value}) + ({number('m.' + name('m:' + column.name))}) * interval '1 minute'"
    return value, ""


def team_path(text: str) -> str:
    """SQL: `EMEA / DACH` as `EMEA/DACH/`."""
    return f"regexp_replace(btrim({text}, ' /'), '\\s*/+\\s*', '/', 'g') || '/'"


def _defaults(bound: Bound) -> str:
    """Each column's value, or its default where there is none."""
    parts = []
    for column in bound.target.columns:
        if column.name == "recorded_at" and bound.target.has_record:
            continue
        given = name("v:" + column.name) if column.name in bound.texts else ""
        derived = column.field in bound.target.derived
        alias = name("d:" + column.field if derived else column.field)
        if column.default == "NULL":
            parts.append(f"{given or 'NULL::' + _type(column)} AS {alias}")
        else:
            parts.append(f"{f'coalesce({given}, {column.default})' if given else column.default} AS {alias}")
    return ", ".join(parts)


def _type(column: Column) -> str:
    types = {
        Kind.DATE: "date", Kind.MONTH: "date", Kind.INSTANT: "timestamptz", Kind.NUMBER: "numeric", Kind.MONEY: "numeric",
        Kind.WHOLE: "integer", Kind.BOOL: "boolean", Kind.JSON: "jsonb", Kind.TAGS: "text[]",
    }  # fmt: skip
    references = {Kind.ACCOUNT, Kind.SEAT, Kind.CONTACT, Kind.USER, Kind.TEAM}
    return "bigint" if column.kind in references else types.get(column.kind, "text")


def _finals(bound: Bound) -> str:
    """What is computed from several columns, and when the row became known."""
    parts = [f"{sql} AS {name(field)}" for field, sql in bound.target.derived.items()]
    if bound.target.has_record:
        occurred = bound.target.occurred or "load_at"
        given = name("v:recorded_at") if "recorded_at" in bound.texts else "NULL::timestamptz"
        parts.append(f"coalesce({given}, {occurred}, load_at) AS recorded_at")
    return ", ".join(parts) or "true AS whole"


def _problem(bound: Bound) -> str:
    """The first thing wrong with the row as `code:column`, or NULL."""
    whens: list[str] = []
    present = [column for column in bound.target.columns if column.name in bound.texts]
    for looked_up in bound.lookups:
        status = name("l:" + looked_up)
        whens.append(f"WHEN {status} IS NOT NULL THEN {status} || {literal(':' + looked_up)}")
    whens += [
        f"WHEN {name('t:' + column.name)} IS NULL THEN {literal('missing_value:' + column.name)}" for column in present if column.required
    ]
    for column in present:
        text, value = name("t:" + column.name), name("v:" + column.name)
        if not column.flag and column.kind != Kind.TAGS:
            whens.append(f"WHEN {value} IS NULL AND {text} IS NOT NULL THEN {literal(fault_code(column) + ':' + column.name)}")
        whens += _limits(column, value)
    whens += [f"WHEN {rule.broken} THEN {literal(rule.code + ':' + rule.column)}" for rule in bound.target.rules if not rule.flag]
    return f"CASE {' '.join(whens)} END" if whens else "NULL::text"


def _limits(column: Column, value: str) -> list[str]:
    whens: list[str] = []
    if column.kind in TEMPORAL:
        whens.append(f"WHEN {value} < '1900-01-01' OR {value} >= '2201-01-01' THEN {literal('year_out_of_range:' + column.name)}")
    if column.kind in NUMERIC:
        if column.minimum is not None:
            whens.append(f"WHEN {value} < {column.minimum} THEN {literal(column.below_minimum + ':' + column.name)}")
        if column.maximum is not None:
            whens.append(f"WHEN {value} > {column.maximum} THEN {literal('out_of_range:' + column.name)}")
        if column.kind != Kind.WHOLE:
            whens.append(f"WHEN abs({value}) >= 1e{column.digits - column.places} THEN {literal('number_too_big:' + column.name)}")
    return whens


def _flags(bound: Bound) -> str:
    """What is wrong but does not keep the row out, as text[]."""
    cases = [
        f"CASE WHEN {name('v:' + column.name)} IS NULL AND {name('t:' + column.name)} IS NOT NULL THEN"
        f" {literal(fault_code(column) + ':' + column.name)} END"
        for column in bound.target.columns
        if column.flag and column.name in bound.texts
    ]
    cases += [f"CASE WHEN {rule.broken} THEN {literal(rule.code + ':' + rule.column)} END" for rule in bound.target.rules if rule.flag]
    return f"array_remove(ARRAY[{', '.join(cases)}]::text[], NULL)" if cases else "'{}'::text[]"


def _marks(bound: Bound) -> str:
    """Assumptions made for the row: an instant without offset, a date alone in an instant column, a time in a date column."""
    present = [column for column in bound.target.columns if column.name in bound.texts]
    instants = [name("t:" + column.name) for column in present if column.kind == Kind.INSTANT]
    dates = [name("t:" + column.name) for column in present if column.kind == Kind.DATE]
    marks = {
        "zoneless": [zoneless(text) for text in instants],
        "dateless": [dateless_time(text) for text in instants],
        "timed": [f"(octet_length({text}) > 10)" for text in dates],
    }
    return ", ".join(f"{'coalesce(' + ' OR '.join(tests) + ', false)' if tests else 'false'} AS {mark}" for mark, tests in marks.items())
