"""Differences between two bodies of one section, key by key, and what two people made of the same one. Pure.

Tables are compared by key. Lists that name things (scenarios by name, questions by key, caps and profiles by their condition) are compared
thing by thing, and lists of names (actions, personas) name by name, so that two editors meet only where they changed the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What tells the things of a list apart.
NAMED = {"scenarios": "name", "questions": "key", "caps": "when", "profiles": "when"}
SETS = frozenset(
    {"login_actions", "passive_actions", "excluded_personas", "excluded_email_domains", "actions", "personas", "community_actions"}
)


class Thing(str):
    """A step of a path into a list: which of its things."""

    __slots__ = ()


class _Nothing:
    """The key is not there; None would be a value."""

    def __repr__(self) -> str:
        return "nothing"


Path = tuple[str, ...]
NOTHING: Any = _Nothing()


@dataclass(frozen=True, slots=True)
class Difference:
    """One key that differs; `NOTHING` on a side: it is not there."""

    steps: Path
    before: Any
    after: Any

    @property
    def path(self) -> str:
        """Dotted: `key_actions.approve`, `scenarios[Stock].actions`."""
        return dotted(self.steps)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One key that two people, beginning from `base`, set to different values."""

    steps: Path
    base: Any
    theirs: Any
    mine: Any

    @property
    def path(self) -> str:
        """Dotted, as of a difference."""
        return dotted(self.steps)


@dataclass(frozen=True, slots=True)
class Merged:
    """Both changes in one body. Where they conflict the body has what was preferred. `taken`: what only the other one changed."""

    body: dict[str, Any]
    conflicts: tuple[Conflict, ...]
    taken: tuple[Difference, ...]


def dotted(steps: Path) -> str:
    """A path as people write it."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, Thing) else f".{step}" if text else step
    return text


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Keys of two bodies that differ, in the order of the second; the narrowest key that says it."""
    found: list[Difference] = []
    _compare(before, after, (), found)
    return tuple(found)


def merged(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], *, prefer_theirs: bool = False) -> Merged:
    """My changes of `base` and theirs, laid over each other."""
    merge = _Merge(prefer_theirs)
    body = merge.of(base, mine, theirs, ())
    own = {one.path for one in differences(base, mine)}
    taken = tuple(one for one in differences(base, theirs) if one.path not in own)
    return Merged(body, tuple(merge.conflicts), taken)


def _compare(before: Any, after: Any, steps: Path, found: list[Difference]) -> None:
    if before == after:
        return
    left, right = _as_tables(steps, before, after)
    if left is None or right is None:
        found.append(Difference(steps, before, after))
        return
    size = len(found)
    for key in [*right, *(key for key in left if key not in right)]:
        _compare(left.get(key, NOTHING), right.get(key, NOTHING), (*steps, key), found)
    if len(found) == size and isinstance(after, list) and steps[-1] not in SETS and [*left] != [*right]:
        # The same things in another order, which decides where the first that fits wins.
        found.append(Difference(steps, before, after))


class _Merge:
    """One pass over three bodies, collecting where they conflict."""

    def __init__(self, prefer_theirs: bool) -> None:
        self.prefer_theirs = prefer_theirs
        self.conflicts: list[Conflict] = []

    def of(self, base: Any, mine: Any, theirs: Any, steps: Path) -> Any:
        """The value that all three make; `NOTHING` where it goes."""
        if mine in (base, theirs):
            return theirs
        if theirs == base:
            return mine
        own, other = _as_tables(steps, mine, theirs)
        was, _own = ({}, own) if base is NOTHING else _as_tables(steps, base, mine)
        if was is None or own is None or other is None:
            self.conflicts.append(Conflict(steps, base, theirs, mine))
            return theirs if self.prefer_theirs else mine
        # Whoever changed the order decides it; what only the other one has comes after.
        moved = _order(own, was) != _order(was, own)
        first, second = (own, other) if moved else (other, own)
        table = {}
        for key in [*first, *(key for key in second if key not in first)]:
            value = self.of(was.get(key, NOTHING), own.get(key, NOTHING), other.get(key, NOTHING), (*steps, key))
            if value is not NOTHING:
                table[key] = value
        return table if isinstance(theirs, Mapping) else list(table.values())


def _order(table: Mapping[str, Any], among: Mapping[str, Any]) -> list[str]:
    return [key for key in table if key in among]


def _as_tables(steps: Path, *values: Any) -> list[dict[str, Any] | None]:
    """Values of one place as tables that can be compared key by key; an empty list and an empty table are two values, so none then."""
    if len({isinstance(one, Mapping) for one in values}) > 1:
        return [None for _one in values]
    return [_as_table(one, steps) for one in values]


def _as_table(value: Any, steps: Path) -> dict[str, Any] | None:
    """A table by its keys, a list of things by what tells them apart; None: the value is one that is not looked into."""
    name = steps[-1] if steps and not isinstance(steps[-1], Thing) else ""
    if isinstance(value, Mapping):
        # The condition of a profile is what it is known by, so it is one value.
        return None if name == "when" else dict(value)
    if not isinstance(value, list):
        return None
    table: dict[str, Any] = {}
    if name in NAMED and all(isinstance(one, Mapping) and NAMED[name] in one for one in value):
        table = {Thing(_identity(one[NAMED[name]])): one for one in value}
    elif name in SETS and all(isinstance(one, str) for one in value):
        table = {Thing(one): one for one in value}
    return table if len(table) == len(value) else None


def _identity(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {' / '.join(map(str, values))}" for key, values in sorted(value.items()))
    return str(value)
