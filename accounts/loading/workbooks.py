"""What is looked at before a workbook is read, and while: one may be made to fill the memory of whoever opens it.

openpyxl holds in memory at once all that is no sheet (the texts of cells above all), and of a sheet what stands between two ends of rows.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from accounts.loading.formats import LARGEST_RATIO, MOST_COLUMNS, Refused

LARGEST_WORKBOOK = 2 << 30
LARGEST_PART, MOST_TAGS = 64 << 20, 2 << 20
LARGEST_ROW, MOST_TAGS_OF_ROW = 16 << 20, 1 << 17
# As many as a sheet can have: one that speaks of row 1,000,000,000 has that many empty ones before it.
MOST_ROWS = 1 << 20
SHEETS = "xl/worksheets/"
ROW_END = b"row>"
PIECE = 1 << 18


def look_over(path: Path) -> None:
    """Whether the workbook can be read in little memory: found out in a piece of it at a time. Raises Refused, or what zipfile raises."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        inflated = sum(part.file_size for part in parts)
        if inflated > LARGEST_WORKBOOK or inflated > LARGEST_RATIO * max(path.stat().st_size, 1 << 20):
            raise Refused("too_large", f"the workbook inflates to {inflated >> 20} MB; right would be CSV or Parquet")
        for part in parts:
            if not part.filename.startswith(SHEETS) and part.file_size > LARGEST_PART:
                raise Refused("too_large", f"the workbook's texts take {part.file_size >> 20} MB; right would be CSV or Parquet")
            with archive.open(part) as stream:
                pieces = _without_types(iter(partial(stream.read, PIECE), b""))
                (_look_over_sheet if part.filename.startswith(SHEETS) else _look_over_part)(pieces)


def bounded(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The rows of a sheet, as far as they can be read. Raises Refused."""
    number = 0
    while True:
        try:
            row = next(rows, None)
        except Exception as error:
            reason = f"the workbook cannot be read beyond row {number} ({error}); right would be a whole file"
            raise Refused("unreadable", reason) from error
        if row is None:
            return
        number += 1
        if number > MOST_ROWS:
            raise Refused("too_many_rows", f"the sheet speaks of rows beyond {MOST_ROWS}; right would be CSV or Parquet")
        yield row


def _look_over_sheet(pieces: Iterator[bytes]) -> None:
    size = tags = 0
    for piece in pieces:
        first, last = piece.find(ROW_END), piece.rfind(ROW_END)
        held = piece if first < 0 else piece[:first]
        size, tags = size + len(held), tags + _tags(held)
        if size > LARGEST_ROW or tags > MOST_TAGS_OF_ROW:
            found = f"a row of the workbook has more than {MOST_TAGS_OF_ROW // 2} cells or {LARGEST_ROW >> 20} MB"
            raise Refused("too_many_columns", f"{found}; right would be at most {MOST_COLUMNS} columns")
        if last >= 0:
            size, tags = len(piece) - last, _tags(piece[last:])


def _look_over_part(pieces: Iterator[bytes]) -> None:
    if sum(map(_tags, pieces)) > MOST_TAGS:
        raise Refused("too_large", f"the workbook holds more than {MOST_TAGS // 2} different texts; right would be CSV or Parquet")


def _tags(text: bytes) -> int:
    """Elements that begin in a piece of XML: each is an object in memory."""
    return text.count(b"<") - text.count(b"</")


def _without_types(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, if the first has no document type: only those can name entities, which may unfold without end. Raises Refused."""
    for number, piece in enumerate(pieces):
        if number == 0 and b"<!DOCTYPE" in piece:
            reason = "the workbook declares a document type, as no program for spreadsheets does; right would be .xlsx as Excel saves it"
            raise Refused("unreadable", reason)
        yield piece
