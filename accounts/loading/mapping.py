"""The mapping file: which columns of which file feed which target, and how their values are changed on the way.

Pure: text in, checked `Mapping` out; all faults are named at once. The language is that of docs/reference/mapping.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

DATE_ORDERS = ("ymd", "dmy", "mdy")
KEYS = {
    "into",
    "file",
    "date_order",
    "where",
    "columns",
    "constants",
    "values",
    "lookup",
    "distinct",
    "template",
    "scale",
    "plus_minutes",
    "row_number",
}


@dataclass(frozen=True)
class Lookup:
    """`take` of the row of `file` whose `key` equals this row's `source`."""

    source: str
    file: str
    key: str
    take: str

    @property
    def asked(self) -> tuple[str, str, str]:
        """What is looked up where: lookups that agree on it share one table."""
        return self.file, self.key, self.take


@dataclass(frozen=True)
class Minutes:
    """The instant in `source` plus the minutes in `column`."""

    source: str
    column: str


@dataclass(frozen=True)
class MappedTarget:
    """One `[[target]]`."""

    into: str
    file: str
    number: int
    date_order: str = ""
    where: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    lookups: dict[str, Lookup] = field(default_factory=dict)
    distinct: tuple[str, ...] = ()
    templates: dict[str, str] = field(default_factory=dict)
    scales: dict[str, Decimal] = field(default_factory=dict)
    minutes: dict[str, Minutes] = field(default_factory=dict)
    row_number: str = ""

    @property
    def provided(self) -> set[str]:
        """Columns of the target that this mapping fills."""
        filled = {*self.columns, *self.constants, *self.lookups, *self.templates, *self.minutes}
        return filled | ({self.row_number} if self.row_number else set())


@dataclass(frozen=True)
class Mapping:
    """A whole mapping file."""

    targets: tuple[MappedTarget, ...]
    text: str = ""

    @property
    def files(self) -> set[str]:
        """Files that are read through the mapping and so not by their name."""
        return {t.file for t in self.targets} | {lookup.file for t in self.targets for lookup in t.lookups.values()}


class MappingError(Exception):
    """The mapping cannot be used; `problems` name the place, the fault and what would be right."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def parse_mapping(text: str, known: dict[str, set[str]]) -> Mapping:
    """The mapping in `text`; `known` names the columns of each target. Raises MappingError with every problem."""
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError([f"not valid TOML: {error}"]) from error
    problems = [f"unknown key {key!r}: only [[target]] tables are known" for key in body if key != "target"]
    tables = body.get("target", [])
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise MappingError([*problems, "no [[target]]: a mapping holds at least one"])
    parsed = [_Reader(table, number, known, problems).read() for number, table in enumerate(tables, 1)]
    if problems:
        raise MappingError(problems)
    return Mapping(targets=tuple(target for target in parsed if target is not None), text=text)


class _Reader:
    """Reads one table and collects its problems."""

    def __init__(self, table: dict[str, Any], number: int, known: dict[str, set[str]], problems: list[str]) -> None:
        self.table, self.number, self.known, self.problems = table, number, known, problems

    def say(self, path: str, fault: str) -> None:
        self.problems.append(f"target {self.number}, {path}: {fault}")

    def read(self) -> MappedTarget | None:
        for key in self.table.keys() - KEYS:
            self.say(key, f"unknown; known are {', '.join(sorted(KEYS))}")
        into, file = self.text("into"), self.text("file")
        if into not in self.known:
            self.say("into", f"{into!r} is no target; known are {', '.join(sorted(self.known))}")
            return None
        if not file or "/" in file or "\\" in file or file in {".", ".."}:
            self.say("file", f"{file!r} is not the name of a file in the loaded folder")
        order = self.text("date_order")
        if order and order not in DATE_ORDERS:
            self.say("date_order", f"{order!r}; right would be one of {', '.join(DATE_ORDERS)}")
        values, switched = self.values()
        target = MappedTarget(
            into=into,
            file=file,
            number=self.number,
            date_order=order,
            where={key: tuple(value) if isinstance(value, list) else (value,) for key, value in self.mapping("where").items()},
            columns={**{key: self.as_text(f"columns.{key}", value) for key, value in self.mapping("columns").items()}, **switched},
            constants={key: self.as_text(f"constants.{key}", value) for key, value in self.mapping("constants").items()},
            values=values,
            lookups=self.each("lookup", self.lookup),
            distinct=self.texts("distinct"),
            templates={key: self.as_text(f"template.{key}", value) for key, value in self.mapping("template").items()},
            scales=self.each("scale", self.scale),
            minutes=self.each("plus_minutes", self.plus),
            row_number=self.text("row_number"),
        )
        self.check(target)
        return target

    def check(self, target: MappedTarget) -> None:
        """Columns exist in the target, and each is filled once."""
        known = self.known[target.into]
        for part in (target.columns, target.constants, target.values, target.lookups, target.templates, target.scales, target.minutes):
            for column in part:
                if column not in known:
                    self.say(target.into, f"has no column {column!r}; known are {', '.join(sorted(known))}")
        if target.row_number and target.row_number not in known:
            self.say("row_number", f"{target.into} has no column {target.row_number!r}")
        fills = [*target.columns, *target.constants, *target.lookups, *target.templates, *target.minutes]
        for column in sorted({column for column in fills if fills.count(column) > 1}):
            self.say(column, "is filled twice; name it in one of columns, constants, lookup, template, plus_minutes")
        for column in [*target.values, *target.scales]:
            if column not in target.provided:
                self.say(column, "has values or a scale but nothing fills it; name it in columns or give values a `column`")

    def text(self, key: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            self.say(key, f"{value!r} is not a text")
            return ""
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key, [])
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.say(key, "is not a list of column names")
            return ()
        return tuple(value)

    def mapping(self, key: str) -> dict[str, Any]:
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            self.say(key, 'is not a table like { a = "b" }')
            return {}
        return value

    def as_text(self, path: str, value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (list, dict)):
            self.say(path, f"{value!r} is not a single value")
            return ""
        return str(value)

    def each(self, key: str, read: Callable[[str, Any], Any]) -> dict[str, Any]:
        found = {column: read(f"{key}.{column}", value) for column, value in self.mapping(key).items()}
        return {column: value for column, value in found.items() if value is not None}

    def fields(self, path: str, value: Any, wanted: tuple[str, ...]) -> list[str] | None:
        if not isinstance(value, dict) or set(value) != set(wanted) or not all(isinstance(item, str) for item in value.values()):
            self.say(path, f"right would be {{ {', '.join(f'{key} = …' for key in wanted)} }}")
            return None
        return [value[key] for key in wanted]

    def lookup(self, path: str, value: Any) -> Lookup | None:
        fields = self.fields(path, value, ("from", "file", "key", "take"))
        return Lookup(*fields) if fields else None

    def plus(self, path: str, value: Any) -> Minutes | None:
        fields = self.fields(path, value, ("from", "column"))
        return Minutes(*fields) if fields else None

    def scale(self, path: str, value: Any) -> Decimal | None:
        try:
            factor = Decimal(str(value))
        except InvalidOperation:
            factor = Decimal("nan")
        if isinstance(value, bool) or not factor.is_finite():
            self.say(path, f"{value!r} is not a number")
            return None
        return factor

    def values(self) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
        """Value maps per column, and the source columns that a map names itself by its key `column`."""
        maps: dict[str, dict[str, str]] = {}
        switched: dict[str, str] = {}
        for column, table in self.mapping("values").items():
            if not isinstance(table, dict):
                self.say(f"values.{column}", "is not a table of old = new")
                continue
            pairs = {key: self.as_text(f"values.{column}.{key}", value) for key, value in table.items()}
            if "column" in pairs:
                switched[column] = pairs.pop("column")
            maps[column] = pairs
        return maps, switched
