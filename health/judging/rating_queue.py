"""Accounts whose ratings are due, in the order in which they are best rated, and how the ratings of each book stand.

The rule is `rating_queue_sql.DUE`; days are the portal's. docs/methods/ratings.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from health.books import visible_book
from health.judging import rating_queue_sql as sql
from health.judging.rating_questions import questions_due, validities
from health.versions import question_versions

if TYPE_CHECKING:
    from accounts.models import User

# Asked this long before a planned QBR or EBR (domain section 3).
AHEAD_DAYS = 14
# Past this the manager hears of it.
VERY_LATE_DAYS = 30
NOBODY = "-"
# Parameters of the rule on a day.
Rule = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the queue: of one owner (e-mail; NOBODY: accounts without one), and only what is overdue by at least `late` days."""

    owner: str = ""
    late: int | None = None


@dataclass(frozen=True, slots=True)
class DueAccount:
    """One account to be rated. Counts are of questions: `never` answered, `expired`; the other `due` ones are asked for a review.

    `due_on` is the earliest day of them, `planned_on` the review's. MRR in `currency`.
    """

    pk: int
    external_id: str
    name: str
    owner: str | None
    owner_email: str | None
    due_on: date
    questions: int
    due: int
    never: int
    expired: int
    planned_on: date | None
    rated_on: date | None
    mrr: Decimal | None
    currency: str
    band: str
    renewal_on: date | None

    @property
    def overdue(self) -> bool:
        """A question of it has no valid answer; else all are valid and a review comes near."""
        return self.never + self.expired > 0

    def days_late(self, today: date) -> int:
        """Days since it is due."""
        return (today - self.due_on).days


@dataclass(frozen=True, slots=True)
class Standing:
    """The paying accounts of one owner (None: of nobody). `overdue` and `very_late` are among `due`; `rated` have every answer valid.

    `done`: somebody answered for them today. `age`: mean days since the last answer, None: never any. `worst`: days of the latest.
    """

    owner_id: int | None
    owner: str | None
    owner_email: str | None
    accounts: int
    due: int
    overdue: int
    very_late: int
    rated: int
    never: int
    done: int
    age: float | None
    worst: int | None


def due_accounts(
    user: User, today: date, wanted: Wanted = Wanted(), *, limit: int = 50, offset: int = 0, rule: Rule | None = None
) -> tuple[list[DueAccount], int]:
    """One page of the queue, the longest due first, then by MRR, and how many there are in all; one query, and one for the rule."""
    rows = _read(user, rule or asking(today), sql.PAGE, wanted, limit=limit, offset=offset)
    return [DueAccount(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def due_keys(user: User, today: date, wanted: Wanted = Wanted()) -> list[int]:
    """The keys of the whole queue in its order; two queries."""
    return [row[0] for row in _read(user, asking(today), sql.KEYS, wanted)]


def standings(user: User, today: date, rule: Rule | None = None) -> list[Standing]:
    """How the ratings of every visible book stand, accounts of nobody first; empty where no questions are published. One query, and one
    for the rule.
    """
    return [Standing(*row) for row in _read(user, rule or asking(today), sql.OWNERS, Wanted(), very_late=VERY_LATE_DAYS)]


def owners_standing(today: date) -> list[Standing]:
    """How the ratings of every book stand, whoever asks: for work that no person asked for; two queries."""
    return [Standing(*row) for row in _read(None, asking(today), sql.OWNERS, Wanted(), very_late=VERY_LATE_DAYS)]


def summed(rows: Sequence[Standing]) -> Standing:
    """All books as one; the mean age weighs each by its accounts that were ever rated."""
    aged = [(row.age, row.accounts - row.never) for row in rows if row.age is not None]
    n = sum(count for _age, count in aged)
    return Standing(
        None,
        None,
        None,
        sum(row.accounts for row in rows),
        sum(row.due for row in rows),
        sum(row.overdue for row in rows),
        sum(row.very_late for row in rows),
        sum(row.rated for row in rows),
        sum(row.never for row in rows),
        sum(row.done for row in rows),
        sum(age * count for age, count in aged) / n if n else None,
        max((row.worst for row in rows if row.worst is not None), default=None),
    )


def asking(today: date) -> Rule:
    """The parameters of the rule on a day: questions in force and how long their answers hold; one query."""
    versions = question_versions()
    questions, holds = questions_due(versions, today), list(validities(versions, today))
    return {
        "today": today,
        "ahead": AHEAD_DAYS,
        "keys": [one.question for one in questions],
        "since": [one.since for one in questions],
        "v_key": [one.question for one in holds],
        "v_first": [one.first for one in holds],
        "v_after": [one.after for one in holds],
        "v_days": [one.valid_days for one in holds],
    }


def _read(user: User | None, rule: Rule, statement: str, wanted: Wanted, **more: Any) -> list[tuple[Any, ...]]:
    if not rule["keys"]:
        return []
    book, own = visible_book(user) if user is not None else ("SELECT id FROM accounts_account", {})
    params = {**rule, **own, "owner": wanted.owner, "nobody": wanted.owner == NOBODY, "late": wanted.late, **more}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SETTINGS + statement.replace("{book}", book), params)
        for _setting in range(sql.SETTINGS.count(";")):
            cursor.nextset()
        return list(cursor.fetchall())
