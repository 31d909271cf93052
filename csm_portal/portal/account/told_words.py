"""Small words that the lines of a stream share: money, days and numbers as JSON brought them, parts in one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from csm_portal.portal import words
from csm_portal.portal.account.told_kinds import TITLES

Facts = Mapping[str, Any]
# Title, text, tone.
Told = tuple[str, str, str]


def titled(kind: str) -> str:
    """What a kind is called."""
    return str(TITLES.get(kind, kind))


def joined(parts: Iterable[Any]) -> str:
    """The parts that say something, in one line."""
    return " · ".join(str(part) for part in parts if part)


def short(number: Any) -> str:
    """A number without needless zeros."""
    return f"{Decimal(str(number)).normalize():f}"


def money(amount: Any, currency: str) -> str:
    """An amount of the facts with its currency; a dash where it is unknown."""
    return words.money(None if amount is None else Decimal(str(amount)), currency)


def day_of(text: str | None) -> str:
    """A day of the facts in words; a dash where there is none."""
    return words.day(date.fromisoformat(text) if text else None)
