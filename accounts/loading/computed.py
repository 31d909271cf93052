"""Which tables hold what nights compute from accounts: rows that go with an account when the import that brought it is undone.

Each room names its own when Django starts. Whatever else refers to a row is somebody's work, and the row stays for it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Computed:
    """Rows of `table` go with the row of `parent` that `column` names, unless `work` (SQL over the row `c`) says that they hold work."""

    table: str
    column: str = "account_id"
    parent: str = "accounts_account"
    work: str = ""


@dataclass(frozen=True)
class History:
    """A trigger on `parent` writes a row of `table` for each change; `column` names the row it is about."""

    table: str
    column: str
    parent: str


_computed: dict[tuple[str, str], Computed] = {}
_histories: dict[str, History] = {}


def register_computed(*found: Computed) -> None:
    """Make computed tables known; the same again replaces (Django may start twice in one process)."""
    for one in found:
        _computed[one.table, one.column] = one


def register_history(*found: History) -> None:
    """Make tables known that triggers fill."""
    for one in found:
        _histories[one.table] = one


def computed() -> list[Computed]:
    """All that have been named."""
    return list(_computed.values())


def histories() -> list[History]:
    """All that have been named."""
    return list(_histories.values())
