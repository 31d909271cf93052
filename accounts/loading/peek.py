"""The first records of a file, without loading it: for a page that shows what is in it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from accounts.loading.formats import Block, Refused
from accounts.loading.sheets import open_table


@dataclass(frozen=True)
class Head:
    """Column names and the first records with their physical lines; `refused` says why the file cannot be read at all."""

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: str = ""
    whole: bool = True

    def samples(self, place: int, most: int = 3) -> list[str]:
        """The first values of a column that differ and are not empty."""
        found = dict.fromkeys(row[place].strip() for row in self.rows if row[place].strip())
        return list(found)[:most]


def peek(path: Path, most: int) -> Head:
    """Up to `most` records of the file; broken lines are left out. `whole`: there are no more."""
    try:
        table = open_table(path)
        head = Head(table.header, notes=list(table.notes))
        for block in table.blocks:
            _take(head, block, table.separator, most)
            if len(head.rows) >= most:
                return Head(head.header, head.rows[:most], head.lines[:most], head.notes, whole=False)
        return head
    except Refused as refusal:
        return Head([], refused=f"{refusal.code}: {refusal.reason}")


def _take(head: Head, block: Block, separator: str, most: int) -> None:
    if block.rows is not None:
        head.rows.extend(block.rows)
        head.lines.extend(block.lines)
        return
    # A raw block has a line per record and no quotes.
    text = "\n".join(part.decode() for part in block.raw.split(b"\n", most + 1)[: most + 1])
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    rows = [row for row in rows if len(row) == len(head.header)]
    head.rows.extend(rows)
    head.lines.extend(range(block.first_line, block.first_line + len(rows)))
