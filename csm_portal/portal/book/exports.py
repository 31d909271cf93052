"""Files of what the book shows: the same columns, order and filters, all pages."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from django.db.models import QuerySet
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from csm_portal.portal.book.columns import Column, Written, computed
from csm_portal.portal.book.rows import reason_of
from health.types import Level

CHUNK = 2000
# A text that starts with one of these is a formula to some spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
Cell = str | int | float | Decimal | date | bool | None


def written(columns: Sequence[Column]) -> list[Written]:
    """Columns of the file, each once: the account's id leads, then what the columns shown stand for."""
    return list({one.path: one for column in columns for one in column.written}.values())


def lines(states: QuerySet[Any], columns: Sequence[Column]) -> Iterator[list[Cell]]:
    """The values of each account, read in chunks: unknown is None, a share stays a share, a day a day."""
    paths = [one.path for one in written(columns)]
    reads = [READ.get(path, _plain) for path in paths]
    rows = states.annotate(**computed(paths)).values_list(*paths)
    for row in rows.iterator(chunk_size=CHUNK):
        yield [read(value) for read, value in zip(reads, row, strict=True)]


def csv_lines(states: QuerySet[Any], columns: Sequence[Column]) -> Iterator[str]:
    """A CSV in UTF-8, with the mark by which Excel knows it; ISO days, plain numbers."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield "\ufeff" + str(writer.writerow([guarded(str(one.label)) for one in written(columns)]))
    block = []
    for line in lines(states, columns):
        block.append(str(writer.writerow([_csv_cell(value) for value in line])))
        if len(block) == CHUNK:
            yield "".join(block)
            block = []
    yield "".join(block)


def xlsx_file(states: QuerySet[Any], columns: Sequence[Column], title: str) -> IO[bytes]:
    """A workbook with one sheet, written row by row into a temporary file that is gone when it is closed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(ILLEGAL_CHARACTERS_RE.sub("", title)[:31])
    sheet.freeze_panes = "C2"
    heads = written(columns)
    for place, one in enumerate(heads, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = max(11, min(34, len(str(one.label)) + 2))
    head = []
    for one in heads:
        cell = WriteOnlyCell(sheet, value=str(one.label))
        cell.font = Font(bold=True)
        head.append(cell)
    sheet.append(head)
    for line in lines(states, columns):
        sheet.append([guarded(ILLEGAL_CHARACTERS_RE.sub("", value)) if isinstance(value, str) else value for value in line])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    book.save(file)
    file.seek(0)
    return file


def guarded(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would run as a formula."""
    return "'" + text if text.startswith(FORMULA) else text


def _csv_cell(value: Cell) -> str | int | float | Decimal:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return guarded(value.replace("\x00", ""))
    return value.isoformat() if isinstance(value, date) else value


def _plain(value: Any) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, Decimal):
        return _short(value)
    return value if value is None or isinstance(value, (str, int, float, date)) else json.dumps(value, ensure_ascii=False, default=str)


def _short(value: Decimal) -> Decimal:
    """Without trailing zeros, and never as 1E+3."""
    short = value.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _two(value: Any) -> Cell:
    return None if value is None else _short(Decimal(value).quantize(Decimal("0.01")))


def _reason(value: Mapping[str, Any] | None) -> Cell:
    return reason_of(value) if value else ""


READ: Mapping[str, Callable[[Any], Cell]] = {
    "level": lambda value: Level(value).word,
    "top_reason": _reason,
    "account__tags": lambda tags: ", ".join(tags or ()),
    "star_pct": _two,
}


class _Echo:
    """A file for `csv.writer` that hands the line back."""

    def write(self, line: str) -> str:
        return line
