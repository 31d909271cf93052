"""One file on its way into one target, as the apply steps see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from accounts.loading.binding import Bound
from accounts.loading.report import FileReport
from accounts.loading.staging import Staged
from accounts.loading.typing_rows import Setting

TYPED = "load_typed"
GOOD = "problem IS NULL AND NOT repeat"


@dataclass
class Job:
    """`on` is the day of the load. Rows are in the temporary table TYPED; GOOD picks those to apply."""

    bound: Bound
    staged: Staged
    setting: Setting
    run_id: int
    file_id: int
    on: date
    report: FileReport
    done_through: int = 0
    marks: dict[str, int] = field(default_factory=dict)

    def add_marks(self, marks: dict[str, int]) -> None:
        """Count what was assumed for rows of one chunk."""
        for mark, count in marks.items():
            self.marks[mark] = self.marks.get(mark, 0) + count

    @property
    def present(self) -> set[str]:
        """Columns of the table that this file brings; the others keep what they hold."""
        target = self.bound.target
        fields = {column.field for column in target.columns if column.name in self.bound.texts}
        for group in target.together:
            if fields & set(group):
                fields |= set(group)
        return fields


def run(statement: str) -> int:
    """Execute and return the number of rows touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def rows(statement: str) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def value(statement: str) -> Any:
    """First column of the first row."""
    return rows(statement)[0][0]


def describe_typed() -> None:
    """Figures of the typed table for the planner, which else takes a condition on `problem` for a rare one and joins in loops."""
    run(f"ANALYZE {TYPED}")
