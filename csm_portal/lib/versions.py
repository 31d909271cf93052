"""Which version of a dated definition holds on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
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
