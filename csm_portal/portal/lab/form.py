"""What a form of a section is made of: inputs under names, in blocks; and what was typed into them, exactly as it was typed."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.http import QueryDict

Kind = Literal["text", "number", "list", "area", "select", "check"]
MAX_ROWS = 200
WHOLE = re.compile(r"[+-]?\d{1,18}")


@dataclass
class Input:
    """One input. `path` is the key of the definition that it sets, by which a problem finds it; `unit` stands after it."""

    name: str
    label: str
    value: str = ""
    kind: Kind = "text"
    path: str = ""
    hint: str = ""
    unit: str = ""
    choices: Sequence[tuple[str, str]] = ()
    problem: str = ""
    placeholder: str = ""
    wide: bool = False

    @property
    def on(self) -> bool:
        """Whether a box is ticked."""
        return self.value == "1"


@dataclass
class Row:
    """One thing of a list: its inputs, shown as a card with a heading. `gone` is the name of the box that takes it out."""

    title: str
    inputs: list[Input]
    gone: str = ""
    is_gone: bool = False
    groups: list[tuple[str, list[Input]]] = field(default_factory=list)


@dataclass
class Block:
    """A part of a form: inputs in a grid, or rows of a list with a button for one more (`add`). `shape` names its template."""

    key: str
    title: str
    hint: str = ""
    inputs: list[Input] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    add: str = ""
    shape: str = "grid"
    extra: dict[str, Any] = field(default_factory=dict)


class Typed:
    """What stands in the inputs, by name: of a body that is shown, or as it was posted."""

    def __init__(self, values: Mapping[str, str] | QueryDict) -> None:
        self._values = {name: str(values[name]) for name in values}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, name: str, default: str = "") -> str:
        """The text of an input, without surrounding space."""
        return self._values.get(name, default).strip()

    def raw(self, name: str) -> str:
        """The text as typed."""
        return self._values.get(name, "")

    def put(self, name: str, value: str) -> None:
        """Write into an input."""
        self._values[name] = value

    def rows(self, prefix: str) -> int:
        """How many rows a list has."""
        count = self.get(f"{prefix}-rows")
        return min(int(count), MAX_ROWS) if count.isascii() and count.isdigit() else 0

    def add_row(self, prefix: str) -> None:
        """One more blank row at the end."""
        self.put(f"{prefix}-rows", str(min(self.rows(prefix) + 1, MAX_ROWS)))

    def is_gone(self, prefix: str, place: int) -> bool:
        """Whether the row is ticked to be taken out."""
        return self.get(f"{prefix}-{place}-gone") == "1"


def listed(values: Iterable[Any]) -> str:
    """Names in one line, those that hold a comma or a quote in quotes."""
    return ", ".join(f'"{text.replace(chr(34), chr(34) * 2)}"' if re.search(r'[,"]|^\s|\s$', text) else text for text in map(str, values))


def names_in(text: str) -> list[str]:
    """Names of one line or several, as `listed` writes them."""
    try:
        found = [name.strip() for line in csv.reader(text.splitlines(), skipinitialspace=True) for name in line]
    except csv.Error:
        return [text]
    return [name for name in found if name]


def whole(text: str) -> int | str:
    """A whole number; the text itself where it is none, which the check then refuses with what would be right."""
    return int(text) if WHOLE.fullmatch(text) else text


def number(text: str) -> str:
    """A number as typed; a comma may stand for the point."""
    return text.replace(",", ".")


def shown(value: Any) -> str:
    """A value of a body as an input shows it."""
    return "" if value is None else str(value)


def settled(block: Block, problems: Mapping[str, str]) -> None:
    """Put every problem beside the input that it is about."""
    for one in [*block.inputs, *(part for row in block.rows for part in [*row.inputs, *(x for _t, group in row.groups for x in group)])]:
        if one.path:
            one.problem = problems.get(one.path, "")
