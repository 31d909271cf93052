# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""How the first rows of a file would be read into a target: by the statements of the load itself, in a transaction that is taken back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from accounts.loading.binding import Binder, Bound, Lookups, bind_by_name, cell_text
from accounts.loading.checks import FUNCTIONS, fault_code
from accounts.loading.dates import settle_order
from accounts.loading.formats import Refused
from accounts.loading.job import rows, run
from accounts.loading.mapping import Lookup, MappedTarget
from accounts.loading.peek import Head, peek
from accounts.loading.quoting import array, name, names
from accounts.loading.reasons import reason, refine
from accounts.loading.registry import REFERENCES, Column, Kind, Target, conditioned_actions
from accounts.loading.typing_rows import Setting, create_cells, create_typed
from accounts.loading.zones import home_zone

# The order of dates is settled by more rows than are shown; what a lookup finds is looked for in as many.
READ, LOOKED_UP = 1_000, 20_000
SHOWN = 20
TABLE = "preview_raw"
NOT_YET = -1
# What the same upload, or the rest of a file that was not read, may bring.
LATER = {"unknown_account", "unknown_seat", "unknown_contact", "unknown_user", "unknown_parent", "lookup_failed"}


@dataclass(frozen=True)
class Cell:
    """One value as it would be loaded, and as it stands in the file where that differs; `fault`: what is wrong with it."""

    value: str
    text: str = ""
    fault: str = ""
    flagged: bool = False


@dataclass(frozen=True)
class PreviewRow:
    """One row; `fault` of the whole row is the first that keeps it out."""

    line: int
    cells: list[Cell]
    fault: str = ""


@dataclass(frozen=True)
class Preview:
    """The first rows of a file in a target, or why there are none. `order`: what was found out about the order of dates."""

    target: str
    columns: list[str] = field(default_factory=list)
    rows: list[PreviewRow] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    order: str = ""
    refused: str = ""
    left_out: int = 0

    @property
    def faulty(self) -> int:
        """Rows that would be rejected."""
        return sum(bool(row.fault) for row in self.rows)


def preview(folder: Path, file: str, target: Target, mapped: MappedTarget | None) -> Preview:
    """Read the first rows of `file`. References to what another file of the upload may bring are not called faults."""
    head = peek(folder / file, READ)
    if head.refused:
        return Preview(target.name, refused=head.refused)
    try:
        with transaction.atomic():
            found = _read(folder, head, target, mapped)
            transaction.set_rollback(True)
    except Refused as refusal:
        return Preview(target.name, refused=f"{refusal.code}: {refusal.reason}")
    except DatabaseError as error:
        return Preview(target.name, refused=f"database: {str(error).strip().splitlines()[0]}")
    return found


def _read(folder: Path, head: Head, target: Target, mapped: MappedTarget | None) -> Preview:
    _prepare()
    _stage(TABLE, head)
    bound = _bind(folder, head, target, mapped)
    order = ""
    try:
        order = settle_order([bound])
    except Refused as refusal:
        order = refusal.reason
    _stage_accounts(bound)
    setting = Setting(0, home_zone(), settings.REPORTING_CURRENCY, "2000-01-01T00:00:00+00:00")
    shown = f"r.n <= {SHOWN}"
    run("DROP TABLE IF EXISTS load_typed")
    run(create_typed(bound, setting, shown))
    found = rows(
        f"SELECT t.n, t.problem, t.flags, c.cells FROM load_typed t JOIN ({create_cells(bound, setting, shown)}) c ON c.n = t.n ORDER BY 1"
    )
    columns = [column for column in target.columns if column.name in bound.texts]
    made = [_row(bound, columns, head, one) for one in found]
    left_out = min(SHOWN, len(head.rows)) - len(made)
    return Preview(target.name, [column.name for column in columns], made, bound.ignored, order, left_out=left_out)


def _prepare() -> None:
    """What the statements of the load expect of a session; all of it goes with the transaction."""
    run("SET LOCAL jit = off")
    run("SET LOCAL statement_timeout = '10s'")
    run(FUNCTIONS)
    run("DROP TABLE IF EXISTS load_zone, load_conditioned, load_account")
    run("CREATE TEMP TABLE load_zone ON COMMIT DROP AS SELECT name FROM pg_timezone_names")
    run(f"CREATE TEMP TABLE load_conditioned ON COMMIT DROP AS SELECT unnest({array(sorted(conditioned_actions()))}) AS name")


def _stage_accounts(bound: Bound) -> None:
    """The accounts that the first rows name; those nobody knows yet have no id of their own, for another file may bring them."""
    column = next((column for column in bound.target.columns if column.kind == Kind.ACCOUNT and column.name in bound.texts), None)
    own = f"SELECT {name('t:' + column.name)} AS external_id FROM ({bound.select(f'r.n <= {SHOWN}')}) m" if column else "SELECT NULL::text"
    run(
        f"CREATE TEMP TABLE load_account ON COMMIT DROP AS SELECT DISTINCT o.external_id, coalesce(a.id, {NOT_YET}) AS id,"
        " nullif(a.timezone, '') AS zone, nullif(a.currency, '') AS currency"
        f" FROM ({own}) o (external_id) LEFT JOIN accounts_account a ON a.external_id = o.external_id WHERE o.external_id IS NOT NULL"
    )


def _stage(table: str, head: Head) -> None:
    columns = [f"c{place}" for place in range(1, len(head.header) + 1)]
    run(f"DROP TABLE IF EXISTS {table}")
    run(f"CREATE TEMP TABLE {table} (n bigint, {', '.join(column + ' text' for column in columns)}) ON COMMIT DROP")
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} (n, {names(columns)}) FROM STDIN (FORMAT text, NULL '')") as copy:
        for number, row in enumerate(head.rows, 1):
            copy.write_row((number, *(cell.replace("\0", "") for cell in row)))


def _bind(folder: Path, head: Head, target: Target, mapped: MappedTarget | None) -> Bound:
    if mapped is None:
        return bind_by_name(target, TABLE, head.header)
    tables = {
        lookup.asked: _stage_lookup(folder, lookup, f"preview_lookup_{place}") for place, lookup in enumerate(mapped.lookups.values())
    }
    return Binder(target, mapped, TABLE, head.header, Lookups(tables)).bind()


def _stage_lookup(folder: Path, lookup: Lookup, table: str) -> str:
    if not (folder / lookup.file).is_file():
        raise Refused("missing_file", f"the mapping names {lookup.file}; the folder has no such file")
    head = peek(folder / lookup.file, LOOKED_UP)
    missing = [column for column in (lookup.key, lookup.take) if column not in head.header]
    if missing:
        raise Refused("missing_column", f"the mapping looks up {', '.join(missing)} in {lookup.file}, which has {', '.join(head.header)}")
    _stage(f"{table}_raw", head)
    asked, answer = (cell_text(head.header.index(column) + 1, padded=True) for column in (lookup.key, lookup.take))
    run(
        f"CREATE TEMP TABLE {table} ON COMMIT DROP AS SELECT {asked} AS key, min({answer}) AS take, count(DISTINCT {answer}) > 1 AS many"
        f" FROM {table}_raw r WHERE {asked} IS NOT NULL GROUP BY 1"
    )
    return table


def _row(bound: Bound, columns: list[Column], head: Head, found: tuple[Any, ...]) -> PreviewRow:
    number, problem, flags, told = found
    texts: dict[str, Any] = json.loads(told, parse_float=str) if isinstance(told, str) else told
    faults = {}
    for one, flagged in [*((flag, True) for flag in flags), *([(problem, False)] if problem else [])]:
        code, _, column = one.partition(":")
        shown = texts.get("a:" + column) if code.startswith("lookup_") else texts.get("t:" + column)
        text = str(shown if shown is not None else "")
        code = refine(code, text)
        if code not in LATER:
            faults[column] = (reason(bound.target, column, code, text, bound.shape), flagged)
    cells = [_cell(bound, column, texts, faults.get(column.name)) for column in columns]
    kept_out = next((said for said, flagged in faults.values() if not flagged), "")
    return PreviewRow(head.lines[number - 1], cells, kept_out)


def _cell(bound: Bound, column: Column, texts: dict[str, Any], fault: tuple[str, bool] | None) -> Cell:
    text, typed = texts.get("t:" + column.name), texts.get("v:" + column.name)
    text = "" if text is None else str(text)
    value = text if column.kind in REFERENCES or typed is None else _shown(column, typed)
    if fault is None and text and typed is None and column.kind not in REFERENCES:
        # The row has another fault that is told first.
        code = refine(fault_code(column), text)
        fault = (reason(bound.target, column.name, code, text, bound.shape), column.flag)
    if fault is None and column.kind == Kind.ACCOUNT and typed == NOT_YET:
        fault = (f"no account has external_id {text!r} yet; right would be one of the accounts file or of an earlier load", True)
    said, flagged = fault or ("", False)
    return Cell(value, text if text != value else "", said, flagged)


def _shown(column: Column, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if column.kind == Kind.INSTANT:
        return str(value).replace("T", " ").replace("+00:00", " UTC")
    return str(value)
