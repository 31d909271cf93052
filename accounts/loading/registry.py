"""What a file of interfaces section 2 may hold: its columns, their types, the rules of a row, and the table it feeds.

Each room registers its own targets when Django starts (`AppConfig.ready`), so that `load` needs to know none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How the text of a cell is read."""

    TEXT = "text"
    KEY = "key"
    DATE = "date"
    INSTANT = "instant"
    MONTH = "month"
    NUMBER = "number"
    WHOLE = "whole"
    MONEY = "money"
    BOOL = "bool"
    WORD = "word"
    JSON = "json"
    TAGS = "tags"
    EMAIL = "email"
    CURRENCY = "currency"
    COUNTRY = "country"
    ZONE = "zone"
    ACCOUNT = "account"
    SEAT = "seat"
    CONTACT = "contact"
    USER = "user"
    TEAM = "team"


REFERENCES = {Kind.ACCOUNT, Kind.SEAT, Kind.CONTACT, Kind.USER, Kind.TEAM}
TEMPORAL = {Kind.DATE, Kind.INSTANT}


@dataclass(frozen=True)
class Column:
    """One column of a file. `to` is the column of the table, `default` the SQL of an absent value."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    to: str = ""
    default: str = "NULL"
    choices: tuple[str, ...] = ()
    digits: int = 18
    places: int = 2
    minimum: int | None = None
    below_minimum: str = "out_of_range"
    maximum: int | None = None
    flag: bool = False

    @property
    def field(self) -> str:
        """Column of the table that takes the value."""
        return self.to or self.name


@dataclass(frozen=True)
class RowRule:
    """A rule over the whole row: `broken` is SQL over the table's column names, true where the row breaks it."""

    code: str
    column: str
    broken: str
    reason: str
    flag: bool = False


@dataclass(frozen=True)
class Target:
    """One kind of file. `key` identifies a row among the loaded; `occurred` is the SQL of when the thing happened,
    `resolves` finds the id for a name that may be new (field: column, table, condition), `beside` reads what else the row found
    there holds (field: field of `resolves`, column, type), `starts_with` is what a new row holds in columns that no file brings.
    """

    name: str
    table: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rank: int
    rules: tuple[RowRule, ...] = ()
    derived: dict[str, str] = field(default_factory=dict)
    together: tuple[tuple[str, ...], ...] = ()
    has_source: bool = False
    has_record: bool = True
    occurred: str = ""
    conflict: str = ""
    resolves: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    beside: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    starts_with: dict[str, str] = field(default_factory=dict)
    apply: Callable[[Any], Any] | None = None

    def column(self, name: str) -> Column | None:
        """The column of that name in the file, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns without which the file is refused."""
        return tuple(column.name for column in self.columns if column.required)


_targets: dict[str, Target] = {}
_usage_guards: list[Callable[[], set[str]]] = []


def register(*targets: Target) -> None:
    """Make targets known to `load`; the same name again replaces (Django may start twice in one process)."""
    for target in targets:
        _targets[target.name] = target


def targets() -> dict[str, Target]:
    """All registered targets by name, in the order in which they are loaded."""
    return dict(sorted(_targets.items(), key=lambda item: (item[1].rank, item[0])))


def register_usage_guard(guard: Callable[[], set[str]]) -> None:
    """`guard` answers the actions that carry a condition: a daily count of them says nothing and is rejected."""
    if guard not in _usage_guards:
        _usage_guards.append(guard)


def conditioned_actions() -> set[str]:
    """Actions that no daily count may feed (domain section 1)."""
    return set().union(*(guard() for guard in _usage_guards))
