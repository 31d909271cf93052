"""Monthly active rates twice: as they were published, and recomputed with today's definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db import connection

from health.books import visible_book
from health.rates_sql import condition_sql, group_sql

if TYPE_CHECKING:
    from accounts.models import User

ALL = "all"
RATES = """
WITH book (id) AS MATERIALIZED ({book})
SELECT p.starts_on, {group} AS name, count(*), count(*) FILTER (WHERE p.active), max(p.version), bool_or(p.provisional),
       count(r.*), count(*) FILTER (WHERE r.active), max(r.version), max(r.as_of), max(run.as_of)
FROM health_publishedslice s
JOIN health_run run ON run.id = s.run_id
JOIN health_accountperiod p ON p.run_id = s.run_id AND p.grain = s.grain AND p.starts_on = s.starts_on
LEFT JOIN health_restatedmonth r ON r.account_id = p.account_id AND r.starts_on = p.starts_on
{joins}
WHERE s.grain = 'month' AND s.starts_on >= %(first)s AND s.starts_on < %(after)s AND p.paying
  AND p.account_id IN (SELECT id FROM book) AND {where}
GROUP BY 1, 2 ORDER BY 1, 2 NULLS LAST
"""


@dataclass(frozen=True, slots=True)
class BothRates:
    """One month and group: the active share of its paying accounts as it was, and recomputed. None: nobody pays, or not recomputed.

    `version` is the activity definition of the month, `today` the one it was recomputed with, `recomputed_as_of` when; `as_of` is the day
    of the night that published the month.
    """

    month: date
    group: str | None
    paying: int
    active: int
    version: int
    provisional: bool
    recomputed: int | None
    today: int | None
    recomputed_as_of: date | None
    as_of: date | None = None

    @property
    def rate(self) -> float | None:
        """Share active, as it was."""
        return self.active / self.paying if self.paying else None

    @property
    def rate_recomputed(self) -> float | None:
        """Share active, by today's definition."""
        return None if self.recomputed is None or not self.paying else self.recomputed / self.paying


def restated_rates(
    user: User, first: date, after: date, by: str = ALL, filters: Mapping[str, Sequence[str]] | None = None
) -> list[BothRates]:
    """Months that begin in `[first, after)`, by group, of the accounts a user may see; one query.

    The same paying accounts stand in both figures; a month is recomputed only where all of them are. docs/methods/definitions.md.
    """
    book, params = visible_book(user)
    joins, group = group_sql(by)
    conditions = [condition_sql(name, values, params) for name, values in (filters or {}).items() if values]
    sql = RATES.format(book=book, group=group, joins=joins, where=" AND ".join(conditions) or "true")
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, "first": first, "after": after})
        rows = cursor.fetchall()
    return [_both(*row) for row in rows]


def _both(  # noqa: PLR0917 - one row of the statement
    month: date,
    group: str | None,
    paying: int,
    active: int,
    version: int,
    provisional: bool,
    kept: int,
    recomputed: int,
    today: int | None,
    again: date | None,
    as_of: date,
) -> BothRates:
    # A month of which some accounts are missing tells nothing, not even the day.
    if kept != paying:
        return BothRates(month, group, paying, active, version, provisional, None, None, None, as_of)
    return BothRates(month, group, paying, active, version, provisional, recomputed, today, again, as_of)
