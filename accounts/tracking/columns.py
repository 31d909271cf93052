"""Columns of a batch as texts, which the database cuts again: a list of a hundred values costs neither side more than one. Pure.

The sign between the values is a control character: ids hold none (`saying.text_id`), JSON writes it as an escape.
"""

from __future__ import annotations

from collections.abc import Sequence

CUT = "\x1f"


def column(values: Sequence[str]) -> str:
    """The values in one text, empty for none. Raises ValueError where one holds the sign between them, which would move all behind it."""
    found = CUT.join(values)
    if found.count(CUT) != max(len(values) - 1, 0):
        raise ValueError("A value holds the sign that parts values.")
    return found


def usually(usual: str, values: Sequence[str]) -> str:
    """The same, empty where every value is the usual one: the database then fills it in."""
    return "" if values.count(usual) == len(values) else column(values)
