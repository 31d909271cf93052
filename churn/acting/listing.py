"""The day's list as it is read: the items of the visible book, ranked, with all that a line or a row of the API shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from accounts.types import Role
from churn.acting.triggers import FIRST, GOOD, TRIGGERS, Trigger
from churn.book_sql import seen_by
from churn.likelihood.current import LATEST
from churn.types import ItemState

if TYPE_CHECKING:
    from accounts.models import User

# More than anybody works off in a day; the rest is counted, and found by its filters.
MOST: Final = 60
# Growth is shown apart, in a few calm lines.
MOST_GOOD: Final = 10
# What was put off counts as open again from its day on.
STATE = """CASE %(state)s WHEN 'open' THEN i.state = 'open' OR (i.state = 'snoozed' AND i.snoozed_until <= %(today)s)
                   WHEN 'snoozed' THEN i.state = 'snoozed' AND i.snoozed_until > %(today)s
                   ELSE i.state = %(state)s END"""
# `place` counts an account's items by weight: one talk settles several, so each further one counts half of the one before. The first k
# items are all of the k accounts with the heaviest ones, so places are counted within those alone.
RANKING = """
WITH {book}chosen AS MATERIALIZED (
    SELECT i.id, i.account_id, i.weight::float8 AS weight, i.rule = ANY (%(good)s) AS good, i.rule = ANY (%(first)s) AS first
    FROM churn_actionitem i
    JOIN accounts_account a ON a.id = i.account_id
    WHERE {visible} AND NOT i.held_back
      AND {state}
      AND (NOT %(mine)s OR i.owner_id = %(reader)s
           OR (i.owner_id IS NULL AND (%(whole)s OR a.owner_id = %(reader)s OR a.co_owner_id = %(reader)s)))
      AND (%(account)s = '' OR a.external_id = %(account)s)
      AND (%(rule)s = '' OR i.rule = %(rule)s)
      AND (%(owner)s::bigint IS NULL OR coalesce(i.owner_id, a.owner_id) = %(owner)s)
), side AS (
    SELECT good, count(*) AS n FROM chosen GROUP BY good
), heaviest AS (
    SELECT g.account_id, g.good, g.of_account
    FROM (
        SELECT account_id, good, count(*) AS of_account,
               row_number() OVER (PARTITION BY good ORDER BY bool_or(first) DESC, max(weight) FILTER (WHERE first) DESC NULLS LAST,
                                  max(weight) DESC NULLS LAST, account_id) AS place
        FROM chosen GROUP BY account_id, good
    ) AS g
    WHERE g.place <= %(start)s + CASE WHEN g.good THEN %(limit_good)s ELSE %(limit)s END
), within AS (
    SELECT c.*, h.of_account,
           row_number() OVER (PARTITION BY c.account_id, c.good ORDER BY c.first DESC, c.weight DESC NULLS LAST, c.id) AS place
    FROM chosen c JOIN heaviest h ON h.account_id = c.account_id AND h.good = c.good
), placed AS (
    SELECT w.*, row_number() OVER (
               PARTITION BY w.good ORDER BY w.first DESC, w.weight / 2 ^ (w.place - 1) DESC NULLS LAST, w.account_id, w.id) AS rank
    FROM within w
)
"""
_ROW = """
SELECT {side}, i.id, i.rule, i.account_id, a.external_id, a.name, i.opened_on, i.opened_at, i.true_on, i.facts::text, i.weight,
       i.because::text, i.state, i.snoozed_until, i.first_acted_at, i.closed_at, p.place, p.of_account - 1, p.rank,
       a.owner_id, coalesce(nullif(holder.name, ''), holder.email), doer.email, coalesce(nullif(doer.name, ''), doer.email),
       s.mrr, s.currency, s.mrr_reporting, s.band, s.score, s.renewal_on, s.decision_on, told.value, told.low, told.high, told.basis,
       (SELECT count(*) FROM churn_task t WHERE t.item_id = i.id AND t.done_at IS NULL AND t.withdrawn_at IS NULL)
FROM {placed}
JOIN churn_actionitem i ON i.id = p.id
JOIN accounts_account a ON a.id = i.account_id
LEFT JOIN accounts_user holder ON holder.id = a.owner_id
LEFT JOIN accounts_user doer ON doer.id = i.owner_id
LEFT JOIN health_accountstate s ON s.account_id = a.id
LEFT JOIN {told} AS told ON told.account_id = a.id
"""
STATEMENT = (
    RANKING
    + _ROW.replace("{side}", "p.good, side.n").replace("{placed}", "placed p JOIN side ON side.good = p.good")
    + """
WHERE p.rank > %(start)s AND p.rank <= %(start)s + CASE WHEN p.good THEN %(limit_good)s ELSE %(limit)s END
ORDER BY p.good, p.rank
"""
)
# What each of the ranked items is now: one that was settled, or that the reader may not see any more, is left out.
AGAIN = """
WITH {book}p (id, good, place, of_account, rank) AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(sides)s::boolean[], %(places)s::int[], %(of_accounts)s::int[], %(ranks)s::int[])
)
{rows}
WHERE {visible} AND NOT i.held_back AND {state}
ORDER BY p.good, p.rank
""".replace("{rows}", _ROW.replace("{side}", "p.good, 0").replace("{placed}", "p"))


@dataclass(frozen=True, slots=True)
class Asked:
    """Which items. `mine`: those of the reader's own list (None: for a CSM yes, for others the whole visible book). Empty: all.

    `owner`: id of the colleague whose items they are. `state` is a word of ItemState; snoozed ones whose day came count as open.
    """

    mine: bool | None = None
    account: str = ""
    rule: str = ""
    owner: int | None = None
    state: str = ItemState.OPEN.value
    start: int = 0
    limit: int = MOST
    limit_good: int = MOST_GOOD


@dataclass(frozen=True, slots=True)
class Row:
    """One item. Amounts: `mrr` in `currency`, `weight` and `mrr_reporting` in the reporting currency; None: unknown.

    `facts` are the evidence (`Trigger.facts`), `because` the parts of the weight (`churn.acting.weights`). `place`: 1 for the account's
    most pressing item, `others` how many more it has here. `holder` owns the account, `doer` is whom the item was given to.
    `renews`, `low`, `high`: likelihood of renewal 0 … 1 with its interval and `basis`; None: not told. `tasks`: open ones of the item.
    """

    id: int
    rule: str
    account_id: int
    external_id: str
    name: str
    opened_on: date
    opened_at: datetime
    true_on: date
    facts: Mapping[str, Any]
    weight: Decimal | None
    because: Mapping[str, Any]
    state: str
    snoozed_until: date | None
    first_acted_at: datetime | None
    closed_at: datetime | None
    place: int
    others: int
    rank: int
    holder_id: int | None
    holder: str | None
    doer_email: str | None
    doer: str | None
    mrr: Decimal | None
    currency: str | None
    mrr_reporting: Decimal | None
    band: str | None
    score: Decimal | None
    renewal_on: date | None
    decision_on: date | None
    renews: Decimal | None
    low: Decimal | None
    high: Decimal | None
    basis: str | None
    tasks: int

    @property
    def trigger(self) -> Trigger | None:
        """Its rule; None where the registry has it no more."""
        return TRIGGERS.get(self.rule)

    def days_left(self, today: date) -> int | None:
        """Days to the decision on the next renewal, below 0 when it is past; None: nothing is due."""
        return None if self.decision_on is None else (self.decision_on - today).days


@dataclass(frozen=True, slots=True)
class DayList:
    """What is to be done, most pressing first, what grows apart from it, and how many of each there are in all."""

    rows: tuple[Row, ...]
    n: int
    good: tuple[Row, ...]
    n_good: int


_JSON = ("facts", "because")
_NAMES = tuple(field.name for field in fields(Row))


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which items stood where when the list was read: (id, good, place, the account's items, rank), and how many of each kind."""

    places: tuple[tuple[int, bool, int, int, int], ...]
    n: int
    n_good: int


def day_list(user: User, today: date, asked: Asked = Asked()) -> DayList:
    """The list of one reader on the portal's day, in one query; `today` alone wakes what was snoozed, so no night has to run for it."""
    book, visible, params = seen_by(user, "i.account_id")
    mine = user.role == Role.CSM if asked.mine is None else asked.mine
    params |= {
        "good": list(GOOD),
        "first": list(FIRST),
        "reader": user.pk,
        "mine": mine,
        # All that a CSM sees is theirs to look after: own, shared, of their team without owner, or covered for somebody away.
        "whole": user.role == Role.CSM,
        "account": asked.account,
        "rule": asked.rule,
        "owner": asked.owner,
        "start": asked.start,
        "limit": asked.limit,
        "limit_good": asked.limit_good,
    }
    found = _read(STATEMENT, book, visible, params | _on(today, asked.state))
    counts = {good: n for good, n, *_values in found}
    return _list(found, counts.get(False, 0), counts.get(True, 0))


def ranking_of(found: DayList) -> Ranking:
    """Where the items of a list stand, to be kept."""
    rows = [(row, good) for good, side in ((False, found.rows), (True, found.good)) for row in side]
    return Ranking(tuple((row.id, good, row.place, row.others + 1, row.rank) for row, good in rows), found.n, found.n_good)


def day_list_again(user: User, today: date, ranking: Ranking) -> DayList:
    """A list whose order was kept: what its items are now, without those that were settled since. One query, whatever the book's size."""
    if not ranking.places:
        return DayList((), ranking.n, (), ranking.n_good)
    book, visible, params = seen_by(user, "i.account_id")
    columns = zip(*ranking.places, strict=True)
    params |= dict(zip(("ids", "sides", "places", "of_accounts", "ranks"), map(list, columns), strict=True))
    return _list(_read(AGAIN, book, visible, params | _on(today, ItemState.OPEN.value)), ranking.n, ranking.n_good)


def _on(today: date, state: str) -> dict[str, Any]:
    # What is told of the day whose figures people read today.
    return {"today": today, "as_of": today - timedelta(days=1), "state": state}


def _read(statement: str, book: str, visible: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    parts = {"{state}": STATE, "{book}": book, "{visible}": visible, "{told}": LATEST}
    for name, part in parts.items():
        statement = statement.replace(name, part)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def _list(found: list[tuple[Any, ...]], n: int, n_good: int) -> DayList:
    sides: dict[bool, list[Row]] = {False: [], True: []}
    for good, _n, *values in found:
        sides[good].append(_row(values))
    return DayList(tuple(sides[False]), n, tuple(sides[True]), n_good)


def _row(values: list[Any]) -> Row:
    told = dict(zip(_NAMES, values, strict=True))
    return Row(**{**told, **{name: json.loads(told[name]) for name in _JSON}})
