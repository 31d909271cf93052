"""Who works the day's list off: per owner the open items, the money at risk, how long signals wait, what was closed. One statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from churn.acting.triggers import GOOD
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

# First steps of the last days tell how long a signal waits now.
WAITING_DAYS: Final = 30
# An item's money is its account's amount times the chance of loss, counted once an account however many reasons it has.
STATEMENT: Final = """
WITH book (id) AS MATERIALIZED ({book}), item AS MATERIALIZED (
    SELECT i.*, coalesce(i.owner_id, a.owner_id) AS who, i.rule = ANY (%(good)s) AS good,
           i.state = 'open' OR (i.state = 'snoozed' AND i.snoozed_until <= %(today)s) AS is_open,
           (i.because ->> 'amount')::numeric * coalesce((i.because ->> 'loss')::numeric, 0) AS money
    FROM churn_actionitem i JOIN accounts_account a ON a.id = i.account_id
    WHERE i.account_id IN (SELECT id FROM book) AND NOT i.held_back
      AND (i.state IN ('open', 'snoozed') OR i.closed_at >= %(monday)s OR i.first_acted_at >= %(since)s)
), money AS (
    SELECT who, sum(money) AS money, count(*) AS accounts
    FROM (SELECT who, account_id, max(money) AS money FROM item WHERE is_open AND NOT good GROUP BY who, account_id) AS one GROUP BY who
), counted AS (
    SELECT who, count(*) FILTER (WHERE is_open AND NOT good) AS n_open,
           count(*) FILTER (WHERE state = 'snoozed' AND NOT is_open) AS n_later,
           count(*) FILTER (WHERE is_open AND NOT good AND first_acted_at IS NULL) AS n_untouched,
           min(opened_at) FILTER (WHERE is_open AND NOT good AND first_acted_at IS NULL) AS oldest,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_acted_at - opened_at))
               FILTER (WHERE first_acted_at >= %(since)s) AS median,
           count(*) FILTER (WHERE first_acted_at >= %(since)s) AS n_acted,
           count(*) FILTER (WHERE state = 'done' AND closed_at >= %(monday)s) AS n_done,
           count(*) FILTER (WHERE state = 'dismissed' AND closed_at >= %(monday)s) AS n_dismissed
    FROM item GROUP BY who
), task AS (
    SELECT coalesce(t.owner_id, a.owner_id) AS who, count(*) AS n_tasks, count(*) FILTER (WHERE t.due_on < %(today)s) AS n_late
    FROM churn_task t JOIN accounts_account a ON a.id = t.account_id
    WHERE t.done_at IS NULL AND t.withdrawn_at IS NULL AND t.account_id IN (SELECT id FROM book)
    GROUP BY coalesce(t.owner_id, a.owner_id)
), anybody AS (
    SELECT who FROM counted UNION SELECT who FROM task
)
SELECT u.email, coalesce(nullif(u.name, ''), u.email), rtrim(m.path, '/'), coalesce(c.n_open, 0), coalesce(c.n_later, 0),
       coalesce(c.n_untouched, 0), c.oldest, c.median, coalesce(c.n_acted, 0), coalesce(c.n_done, 0), coalesce(c.n_dismissed, 0),
       coalesce(money.money, 0), coalesce(money.accounts, 0), coalesce(task.n_tasks, 0), coalesce(task.n_late, 0), away.ends_on,
       coalesce(nullif(cover.name, ''), cover.email)
FROM anybody b
LEFT JOIN counted c ON c.who IS NOT DISTINCT FROM b.who
LEFT JOIN task ON task.who IS NOT DISTINCT FROM b.who
LEFT JOIN money ON money.who IS NOT DISTINCT FROM b.who
LEFT JOIN accounts_user u ON u.id = b.who LEFT JOIN accounts_team m ON m.id = u.team_id
LEFT JOIN accounts_absence away ON away.user_id = u.id AND away.in_force LEFT JOIN accounts_user cover ON cover.id = away.cover_id
ORDER BY coalesce(money.money, 0) DESC, coalesce(c.n_open, 0) DESC, u.name, u.email
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """One owner (None: accounts of nobody). Money in the reporting currency; `median` in days from signal to first step.

    `oldest` is when the longest untouched signal came, `n_acted` the first steps behind the median; `away_until` and `cover`: an absence.
    """

    email: str | None
    name: str | None
    team: str | None
    n_open: int
    n_later: int
    n_untouched: int
    oldest: date | None
    median: float | None
    n_acted: int
    n_done: int
    n_dismissed: int
    money: Decimal
    accounts: int
    n_tasks: int
    n_late: int
    away_until: date | None
    cover: str | None


def desks(user: User, today: date) -> list[Desk]:
    """The visible book by owner, most money at risk first."""
    book, params = visible_book(user)
    monday = today - timedelta(days=today.weekday())
    params |= {"today": today, "good": list(GOOD), "monday": monday, "since": today - timedelta(days=WAITING_DAYS)}
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT.replace("{book}", book), params)
        return [_desk(row) for row in cursor.fetchall()]


def _desk(row: tuple[Any, ...]) -> Desk:
    values = list(row)
    values[6] = values[6].date() if values[6] is not None else None
    values[7] = float(values[7]) / 86_400 if values[7] is not None else None
    return Desk(*values)
