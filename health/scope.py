"""Whose rows a step of the night writes: everybody's, those of the accounts that were touched, or of some while faulty ones are sought.

A statement says where accounts can be left out by a comment. For everybody the comment stays a comment, so the usual night runs the very
text that stands in the module. Two kinds:

- `/* only c.account_id */` behind a WHERE: rows of other accounts are not written.
- `/* among c.account_id */`: rows of other accounts need not be read, in a night that is about some accounts. Whoever counts for one of
  them, or is counted by one, is among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_MARK = re.compile(r"/\* (only|among) (\w+(?:\.\w+)?) \*/")


@dataclass(frozen=True, slots=True)
class Scope:
    """Accounts by their key: `only` these (None: all), less those in `without`. `among`: whom the whole run is about (None: everybody)."""

    only: frozenset[int] | None = None
    without: frozenset[int] = frozenset()
    among: frozenset[int] | None = None

    @property
    def everybody(self) -> bool:
        """Nobody is left out."""
        return self.only is None and self.among is None and not self.without

    def holds(self, account: int) -> bool:
        """Whether the account's rows are written."""
        wanted = self.among if self.only is None else self.only
        return (wanted is None or account in wanted) and account not in self.without

    def apply(self, statement: str) -> str:
        """The statement for these accounts: every mark becomes a condition on its column."""
        return statement if self.everybody else _MARK.sub(lambda mark: self._condition(mark[1], mark[2]), statement)

    def _condition(self, kind: str, column: str) -> str:
        if kind == "among":
            return _within(column, self.among)
        wanted = _within(column, self.among if self.only is None else self.only)
        without = f"AND {column} <> ALL ({_listed(self.without)})" if self.without else ""
        return f"{wanted} {without}".strip()


EVERYBODY = Scope()


def _within(column: str, accounts: Iterable[int] | None) -> str:
    return "" if accounts is None else f"AND {column} = ANY ({_listed(accounts)})"


def _listed(accounts: Iterable[int]) -> str:
    return f"'{{{','.join(str(int(one)) for one in sorted(accounts))}}}'::bigint[]"
