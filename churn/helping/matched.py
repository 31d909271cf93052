"""Did it help? What became of dues ahead of which something was tried, against similar ones, and of items shown against held back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from churn.helping import policy
from churn.helping.matched_sql import EPISODES, HELD, WAITING
from churn.helping.newcombe import Difference, difference
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User
    from churn.helping.matching import Compared, Episode

ANY = "any"
UNTREATED = ""


@dataclass(frozen=True, slots=True)
class Helped:
    """By kind (`any`: all kinds together, its first step) what became of it. `untried`: decided dues without any step, at any distance.

    `waiting` dues with a step are not decided yet, the first of them ends on `next_on` (None: none waits).
    """

    kinds: dict[str, Compared]
    untried: int
    waiting: int
    next_on: date | None


@dataclass(frozen=True, slots=True)
class HeldRule:
    """One rule that holds items back. Of items opened since `since` (None: none was held back yet): all, decided ones, lost ones.

    `lost`: share lost of those shown less that of those held back; told from 20 decided ones on each side.
    """

    rule: str
    hold_back: Decimal | None
    since: date | None
    shown: int
    shown_decided: int
    shown_lost: int
    held: int
    held_decided: int
    held_lost: int

    @property
    def enough(self) -> bool:
        """Whether both sides have enough decided items to compare."""
        return min(self.shown_decided, self.held_decided) >= policy.FEWEST_HELD

    @property
    def lost(self) -> Difference:
        """Share lost among shown less share lost among held back; a help is below 0."""
        return difference(self.shown_lost, self.shown_decided, self.held_lost, self.held_decided)


def helped(user: User, as_of: date) -> Helped:
    """Everything the comparison says of the accounts a user may see, as of a day; two queries."""
    from churn.helping.matching import Episode, compared  # brings numpy

    by_kind: dict[str, list[Episode]] = defaultdict(list)
    for kind, *values in _rows(EPISODES, user, as_of):
        by_kind[kind].append(Episode(*values))
    untreated = by_kind.pop(UNTREATED, [])
    kinds = {kind: compared(treated, untreated) for kind, treated in sorted(by_kind.items())}
    [(waiting, next_on)] = _rows(WAITING, user, as_of)
    return Helped(kinds, len({one.key for one in untreated}), waiting, next_on)


def held_rules(user: User, as_of: date) -> list[HeldRule]:
    """Rules that hold items back, by key; one query."""
    return [HeldRule(*row) for row in _rows(HELD, user, as_of)]


def _rows(statement: str, user: User, as_of: date) -> list[tuple[Any, ...]]:
    book, params = visible_book(user)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(book=book), {**params, "as_of": as_of, "zone": settings.TIME_ZONE})
        return list(cursor.fetchall())
