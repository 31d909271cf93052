"""Columns and rules that several files share."""

from __future__ import annotations

from accounts.loading.registry import Column, Kind, RowRule
from accounts.policy import DEFAULT_PRODUCT

ACCOUNT = Column("account_external_id", Kind.ACCOUNT, required=True, to="account_id")
EXTERNAL_ID = Column("external_id", Kind.KEY, required=True)
RECORDED_AT = Column("recorded_at", Kind.INSTANT)
PRODUCT = Column("product", Kind.KEY, default=f"'{DEFAULT_PRODUCT}'")
BLANK = "''"


def local_midnight(field: str) -> str:
    """SQL: the account's midnight that begins the day in `field`."""
    return f"({field}::timestamp AT TIME ZONE zone)"


def word(name: str, *choices: str, required: bool = False, default: str = BLANK) -> Column:
    """One word out of a list, in any case."""
    return Column(name, Kind.WORD, required=required, choices=choices, default=default)


def text(name: str) -> Column:
    """Free text; absent is empty."""
    return Column(name, default=BLANK)


def order(code: str, early: str, late: str, reason: str, *, strict: bool = False) -> RowRule:
    """`late` must not lie before `early` (`strict`: nor on it)."""
    return RowRule(code, late, f"{late} {'<=' if strict else '<'} {early}", reason)
