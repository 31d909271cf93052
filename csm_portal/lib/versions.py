"""Which version of a dated definition holds on a day, and on which days another one begins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Protocol, TypeVar


class Dated(Protocol):
    """Anything with a version number and the day it holds from."""

    @property
    def version(self) -> int:
        """1, 2, 3 … in order of publishing."""

    @property
    def effective_from(self) -> date:
        """First day it holds."""


V = TypeVar("V", bound=Dated)


def version_on(versions: Iterable[V], day: date) -> V | None:
    """The highest version among those in force on the day; None before the first one."""
    return max((v for v in versions if v.effective_from <= day), key=lambda v: v.version, default=None)


def changes(counted: Iterable[tuple[date, int]]) -> list[tuple[date, int]]:
    """The days (or first days of periods), in order, that were counted by another version than the one before; the first is no change."""
    return [after for before, after in pairwise(counted) if after[1] != before[1]]


def held_since(versions: Iterable[V]) -> list[tuple[date, int]]:
    """First day and version of each stretch in which one version holds, in order of days."""
    known = list(versions)
    days = sorted({one.effective_from for one in known})
    held = [(day, found.version) for day in days if (found := version_on(known, day))]
    return [*held[:1], *changes(held)]
