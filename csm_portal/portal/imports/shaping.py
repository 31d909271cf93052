"""What an admin chose for the files of an upload, as form fields and as the mapping that `load --map` takes."""

from __future__ import annotations

import json
from collections.abc import Mapping as Fields
from collections.abc import Sequence
from dataclasses import dataclass, field

from accounts.loading.mapping import DATE_ORDERS, MappedTarget, Mapping
from accounts.loading.peek import Head
from accounts.loading.registry import Target
from accounts.loading.sheets import stem
from csm_portal.portal.imports.guessing import guess_columns, guess_target

# Left out of the load altogether.
NOTHING = "-"


@dataclass(frozen=True)
class Choice:
    """One file: the table it goes into (empty: none), which of its columns feeds which field, fixed values, the order of dates."""

    file: str
    into: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    date_order: str = ""

    def lacking(self, target: Target) -> list[str]:
        """Required fields that nothing fills."""
        filled = {*self.columns.values(), *(name for name, value in self.constants.items() if value)}
        return [name for name in target.required if name not in filled]

    def by_name(self, header: Sequence[str], target: Target) -> bool:
        """Whether the file would be read like this without a mapping."""
        own = {title: title for title in header if target.column(title)}
        return self.into == stem(self.file) and self.columns == own and not self.constants and not self.date_order


def guessed(file: str, head: Head, targets: Fields[str, Target], into: str = "") -> Choice:
    """A first choice for a file, into the named table or the one it seems to be for."""
    into = into or guess_target(file, head, targets)
    return Choice(file, into, guess_columns(head, targets[into]) if into in targets else {})


def posted(file: str, number: int, head: Head, targets: Fields[str, Target], data: Fields[str, str]) -> Choice:
    """The choice of a form. Another table than the form was made for: guessed anew."""
    into = data.get(f"into-{number}", "")
    if into not in targets:
        return Choice(file)
    if into != data.get(f"was-{number}", ""):
        return guessed(file, head, targets, into)
    target = targets[into]
    columns: dict[str, str] = {}
    for place, title in enumerate(head.header):
        wanted = data.get(f"column-{number}-{place}", "")
        if target.column(wanted) and wanted not in columns.values():
            columns[title] = wanted
    constants = {
        column.name: value
        for column in target.columns
        if (value := data.get(f"fixed-{number}-{column.name}", "").strip()) and column.name not in columns.values()
    }
    order = data.get(f"order-{number}", "")
    return Choice(file, into, columns, constants, order if order in DATE_ORDERS else "")


def told_in(mapping: Mapping, file: str) -> Choice | None:
    """The choice that a mapping makes for a file, if it says no more than a form can; None where it says more."""
    own = [one for one in mapping.targets if one.file == file]
    if len(own) > 1 or any(_says_more(one) for one in own):
        return None
    if not own:
        return Choice(file)
    one = own[0]
    return Choice(file, one.into, {title: name for name, title in one.columns.items()}, dict(one.constants), one.date_order)


def _says_more(one: MappedTarget) -> bool:
    twice = len(set(one.columns.values())) < len(one.columns)
    more = (one.where, one.values, one.lookups, one.distinct, one.templates, one.scales, one.minutes, one.row_number)
    return twice or any(bool(part) for part in more)


def as_toml(choices: Sequence[Choice]) -> str:
    """The mapping in words of docs/reference/mapping.md; files without a table are not in it."""
    parts = []
    for choice in choices:
        if not choice.into:
            continue
        lines = ["[[target]]", f"into = {_text(choice.into)}", f"file = {_text(choice.file)}"]
        if choice.date_order:
            lines.append(f"date_order = {_text(choice.date_order)}")
        if choice.columns:
            lines.append(f"columns = {{ {', '.join(f'{_key(name)} = {_text(title)}' for title, name in choice.columns.items())} }}")
        if choice.constants:
            lines.append(f"constants = {{ {', '.join(f'{_key(name)} = {_text(value)}' for name, value in choice.constants.items())} }}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() and name.isascii() else _text(name)


def _text(value: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for the one character that JSON leaves as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def for_files(text: str, old: Sequence[str], new: Sequence[str]) -> str:
    """A mapping of files of one name for files of another: in the order of both lists, where they are as many."""
    for before, after in zip(old, new, strict=False):
        text = text.replace(f"file = {_text(before)}", f"file = {_text(after)}")
    return text
