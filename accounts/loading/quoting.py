"""SQL text from values and names: the load composes its statements from checked parts."""

from __future__ import annotations

from collections.abc import Iterable


def literal(value: str) -> str:
    """A text literal; standard_conforming_strings is on, so only the quote needs doubling."""
    return "'" + value.replace("'", "''").replace("\0", "") + "'"


def name(value: str) -> str:
    """A quoted identifier."""
    return '"' + value.replace('"', '""') + '"'


def names(values: Iterable[str], prefix: str = "") -> str:
    """Quoted identifiers with commas between."""
    return ", ".join(prefix + name(value) for value in values)


def array(values: Iterable[str]) -> str:
    """A text[] literal."""
    return "ARRAY[" + ", ".join(literal(value) for value in values) + "]::text[]"
