"""Rows as a file that a spreadsheet opens: CSV by lines, XLSX by rows, with nothing in it that would be run."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import IO

Cell = str | int | float | Decimal | date | bool | None
# A text that starts with one of these is a formula to some spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_LENGTH = 32_000
TITLE_LENGTH = 31
NARROW, WIDE = 11, 34
# Lines that go out together.
BLOCK = 2_000


class Echo:
    """A file for `csv.writer` that gives the line back."""

    def write(self, line: str) -> str:
        return line


def guarded(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would run as a formula."""
    return "'" + text if text.startswith(FORMULA) else text


def csv_blocks(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """CSV in UTF-8 with the mark by which Excel knows it, some thousand lines at a time; ISO days, plain numbers, unknown empty."""
    writer = csv.writer(Echo(), lineterminator="\r\n")
    block = ["\ufeff"]
    for row in rows:
        block.append(str(writer.writerow([_csv_cell(value) for value in row])))
        if len(block) >= BLOCK:
            yield "".join(block)
            block = []
    yield "".join(block)


def xlsx_file(rows: Iterable[Sequence[Cell]], title: str, freeze: str) -> IO[bytes]:
    """A workbook with one sheet, written row by row into a temporary file that is gone when it is closed. The first row is the head."""
    from openpyxl import Workbook  # brings numpy along, which the web starts without
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    def safe_text(value: str) -> str:
        return guarded(ILLEGAL_CHARACTERS_RE.sub("", value))[:CELL_LENGTH]

    book = Workbook(write_only=True)
    sheet = book.create_sheet(ILLEGAL_CHARACTERS_RE.sub("", title)[:TITLE_LENGTH])
    sheet.freeze_panes = freeze
    lines = iter(rows)
    head = [WriteOnlyCell(sheet, value=safe_text(str(value))) for value in next(lines, [])]
    for place, cell in enumerate(head, start=1):
        cell.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = max(NARROW, min(WIDE, len(str(cell.value)) + 2))
    sheet.append(head)
    for row in lines:
        sheet.append([safe_text(value) if isinstance(value, str) else value for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    book.save(file)
    file.seek(0)
    return file


def _csv_cell(value: Cell) -> str | int | float | Decimal:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return guarded(value.replace("\x00", ""))
    return value.isoformat() if isinstance(value, date) else value
