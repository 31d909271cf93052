"""Which attributes decide how an account's days are graded: the values that a published profile names.

The profiles are another room's; it registers a question that is asked for `tier` and `stage` (as for all words of a profile's `when`).
"""

from __future__ import annotations

from collections.abc import Callable

from accounts.edit_values import Field

Named = Callable[[str], set[str]]
# Fields that people change, as profiles call them.
WORDS = {Field.TIER: "tier", Field.STAGE: "stage"}
_asked: list[Named] = []


def register_deciding(named: Named) -> None:
    """`named` answers the values of an attribute that any published profile names; the same again changes nothing."""
    if named not in _asked:
        _asked.append(named)


def deciding_values(field: Field) -> set[str]:
    """Values of the field that make a difference to the grading; between two others the days stay as they are."""
    word = WORDS.get(field)
    return set().union(*(named(word) for named in _asked)) if word else set()
