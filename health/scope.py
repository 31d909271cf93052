"""Whose rows a step of the night writes: everybody's, or those of some accounts while the ones it cannot compute are sought.

A statement says where accounts can be left out by a comment, `/* only c.account_id */` behind a WHERE. For everybody the comment stays
a comment, so the usual night runs the very text that stands in the module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_MARK = re.compile(r"/\* only (\w+(?:\.\w+)?) \*/")


@dataclass(frozen=True, slots=True)
class Scope:
    """Accounts by their key: `only` these (None: all), less those in `without`."""

    only: frozenset[int] | None = None
    without: frozenset[int] = frozenset()

    @property
    def everybody(self) -> bool:
        """Nobody is left out."""
        return self.only is None and not self.without

    def holds(self, account: int) -> bool:
        """Whether the account's rows are written."""
        return (self.only is None or account in self.only) and account not in self.without

    def apply(self, statement: str) -> str:
        """The statement for these accounts: every mark becomes a condition on its column."""
        return statement if self.everybody else _MARK.sub(lambda mark: self._condition(mark[1]), statement)

    def _condition(self, column: str) -> str:
        parts = []
        if self.only is not None:
            parts.append(f"AND {column} = ANY ({_listed(self.only)})")
        if self.without:
            parts.append(f"AND {column} <> ALL ({_listed(self.without)})")
        return " ".join(parts)


EVERYBODY = Scope()


def _listed(accounts: Iterable[int]) -> str:
    return f"'{{{','.join(str(int(one)) for one in sorted(accounts))}}}'::bigint[]"
