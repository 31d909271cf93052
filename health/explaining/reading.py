"""Rows behind a facet, read for one account and one viewer: a page of them with their number, in one statement.

What stands behind a figure belongs to the account and to the stores that count for it. A store the viewer may not see is in the figure, so
its rows are counted as hidden and not shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import Account, User

Row = dict[str, Any]

# The account and its stores: id, name where it is a store, local zone, whether the viewer sees it.
MEMBERS = """
member AS MATERIALIZED (
    SELECT a.id, a.id AS account_id, CASE WHEN a.id = %(payer)s THEN '' ELSE a.name END AS store,
           coalesce(nullif(a.timezone, ''), %(zone)s) AS zone, a.id IN ({book}) AS seen
    FROM accounts_account a WHERE a.id = %(payer)s OR a.counts_for_id = %(payer)s
)"""


@dataclass(frozen=True, slots=True)
class Reading:
    """A SELECT over `member m` that yields `columns` and `seen`, and its order. `%(day)s` is the day that is explained."""

    body: str
    order: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows in their order, how many there are in all, and how many stand behind stores that the viewer does not see."""

    columns: tuple[str, ...]
    lines: Sequence[Row]
    total: int
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Viewed:
    """Whose rows, for whom, and the installation's zone for accounts without one."""

    account: Account
    user: User
    zone: str

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of MEMBERS."""
        return {"payer": self.account.pk, "zone": self.zone, **visible_book(self.user)[1]}

    @property
    def members(self) -> str:
        """The common table expression `member`."""
        return MEMBERS.format(book=visible_book(self.user)[0])


def read_rows(reading: Reading, viewed: Viewed, values: Mapping[str, Any], *, size: int | None = None, skip: int = 0) -> Rows:
    """Rows `skip` … `skip + size` (all, without a size), one statement."""
    listed = ", ".join(f"page.{name}" for name in reading.columns)
    query = f"""
        WITH {viewed.members}, found AS ({reading.body})
        SELECT tally.shown, tally.hidden, page.shown IS NOT NULL, {listed}
        FROM (SELECT count(*) FILTER (WHERE seen) AS shown, count(*) FILTER (WHERE NOT seen) AS hidden FROM found) tally
        LEFT JOIN (
            SELECT true AS shown, row_number() OVER (ORDER BY {reading.order}) AS place, found.* FROM found WHERE seen
            ORDER BY {reading.order} LIMIT %(size)s OFFSET %(skip)s
        ) page ON true
        ORDER BY page.place
    """  # noqa: S608 - built from our own text
    with connection.cursor() as cursor:
        cursor.execute(query, {**viewed.values, **values, "size": size, "skip": skip})
        found = cursor.fetchall()
    lines = [dict(zip(reading.columns, row[3:], strict=True)) for row in found if row[2]]
    return Rows(reading.columns, lines, found[0][0], found[0][1])


def read_together(readings: Mapping[str, Reading], viewed: Viewed, values: Mapping[str, Any]) -> dict[str, list[Row]]:
    """All rows of several readings, hidden ones too, one statement: what a computation needs, not what is shown. Days come as ISO text."""
    parts = ", ".join(_listed(one) for one in readings.values())
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {viewed.members} SELECT {parts}", {**viewed.values, **values})
        (found,) = cursor.fetchall()
    return {name: json.loads(text) for name, text in zip(readings, found, strict=True)}


def _listed(one: Reading) -> str:
    return f"(SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY {one.order}), '[]') FROM ({one.body}) r)"  # noqa: S608 - our own text
