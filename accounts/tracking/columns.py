"""Columns of a batch as texts, which the database cuts again: a list of a hundred values costs neither side more than one. Pure.

The sign between the values is a control character: ids hold none (`saying.text_id`), JSON writes it as an escape.
"""

from __future__ import annotations

from collections.abc import Sequence

CUT = "\x1f"
# The same in SQL.
CUT_SQL = "E'\\x1f'"


def column(values: Sequence[str]) -> str:
    """The values in one text. Raises ValueError where one holds the sign between them, which would move all behind it."""
    found = CUT.join(values)
    if found.count(CUT) != len(values) - 1:
        raise ValueError("A value holds the sign that parts values.")
    return found


def rows(**types: str) -> str:
    """SQL of the rows whose columns are parameters of these names, of these types. An empty value is NULL, but for texts."""
    cuts = ((name, kind, "" if kind == "text" else ", ''") for name, kind in types.items())
    return ", ".join(f"unnest(string_to_array(%({name})s, {CUT_SQL}{empty}))::{kind} AS {name}" for name, kind, empty in cuts)
