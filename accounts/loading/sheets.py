# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Workbooks and Parquet files as the same blocks of text rows that a CSV gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from accounts.loading.formats import Block, Refused, Table, check_header, open_csv
from accounts.loading.workbooks import bounded, look_over

ROWS_PER_BLOCK = 5_000
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet", ".xlsx")


def open_table(path: Path) -> Table:
    """The file as records, by the end of its name. Raises Refused."""
    name = path.name.lower()
    if name.endswith(".xlsx"):
        return _open_workbook(path)
    if name.endswith(".parquet"):
        return _open_parquet(path)
    return open_csv(path)


def stem(name: str) -> str:
    """File name without its type: the target it feeds when no mapping says otherwise."""
    lower = name.lower()
    return next((lower.removesuffix(suffix) for suffix in sorted(SUFFIXES, key=len, reverse=True) if lower.endswith(suffix)), "")


def _open_workbook(path: Path) -> Table:
    import openpyxl

    try:
        look_over(path)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
    except Refused:
        raise
    except Exception as error:
        raise Refused("unreadable", f"this is no workbook that can be read ({error}); right would be .xlsx as Excel saves it") from error
    notes = [f"sheets left out: {', '.join(other.title for other in book.worksheets[1:])}"] if len(book.worksheets) > 1 else []
    rows = bounded(sheet.iter_rows(values_only=True))
    names = [_cell(value).strip() for value in next(rows, ())]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise Refused("empty_file", "the first sheet is empty; right would be a row of column names, then the rows")
    return Table(check_header(names), _packed(rows, len(names)), ",", notes)


def _open_parquet(path: Path) -> Table:
    import duckdb

    connection = duckdb.connect(config={"memory_limit": "128MB", "threads": "1"})
    connection.execute("SET TimeZone = 'UTC'")
    try:
        columns = [row[0] for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()]
        picked = ", ".join(f'CAST("{name.replace(chr(34), chr(34) * 2)}" AS VARCHAR)' for name in columns)
        cursor = connection.execute(f"SELECT {picked} FROM read_parquet(?)", [str(path)])
    except duckdb.Error as error:
        said = str(error).partition("\n")[0].replace(str(path), path.name)
        raise Refused("unreadable", f"this is no Parquet file that can be read ({said}); right would be .parquet, whole") from error

    def rows() -> Iterator[tuple[Any, ...]]:
        while batch := cursor.fetchmany(ROWS_PER_BLOCK):
            yield from batch

    return Table(check_header(columns), _packed(rows(), len(columns)), ",", [])


def _packed(rows: Iterator[tuple[Any, ...]], width: int) -> Iterator[Block]:
    """Blocks of text rows; row 1 is the header's, empty rows are none."""
    record, line = 1, 1
    block = Block(record, line + 1, 0, rows=[], padded=True)
    for row in rows:
        line += 1
        cells = [_cell(value) for value in row]
        if not any(cells):
            continue
        cells = (cells + [""] * width)[: max(width, len("".join(cells[width:])) and len(cells))]
        _put(block, cells, record, line, width)
        record += 1
        if record - block.first_record >= ROWS_PER_BLOCK:
            block.count = record - block.first_record
            yield block
            block = Block(record, line + 1, 0, rows=[], padded=True)
    block.count = record - block.first_record
    yield block


def _put(block: Block, cells: list[str], record: int, line: int, width: int) -> None:
    from accounts.loading.formats import Fault

    text = ",".join(cells)
    if "\0" in text:
        block.faults.append(Fault(record, line, "nul_byte", text.replace("\0", "\N{SYMBOL FOR NULL}")[:2_000]))
    elif len(cells) > width:
        block.faults.append(Fault(record, line, "too_many_columns", text[:2_000]))
    elif block.rows is not None:
        block.rows.append(cells)
        block.lines.append(line)
        block.records.append(record)


def _cell(value: Any) -> str:
    """Text of a cell as a CSV would hold it: dates in ISO form, whole floats without point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() and value.tzinfo is None else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
