"""How likely accounts renew, as told last: for pages, REST and whoever ranks by it. No science is imported here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db import connection

from churn.as_of import figures_as_of
from churn.types import Basis
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

# Rows (account_id, value, low, high, basis, day, model_id) of each account as told last until %(as_of)s; for joins on account_id, in which
# it costs one look into an index per account.
LATEST = """(
    SELECT one.id AS account_id, l.value, l.low, l.high, l.basis, l.day, l.model_id
    FROM accounts_account one
    CROSS JOIN LATERAL (
        SELECT value, low, high, basis, day, model_id FROM churn_likelihood
        WHERE account_id = one.id AND day <= %(as_of)s ORDER BY day DESC LIMIT 1
    ) l
)"""


@dataclass(frozen=True, slots=True)
class Told:
    """How likely an account renews, 0 … 1, with the 95% interval of the rate of such accounts; None: not told, see `basis`.

    `as_of`: the day it was told first; it holds since. `model_as_of`: the day of the fit.
    """

    value: float | None
    low: float | None
    high: float | None
    basis: Basis
    as_of: date
    model_as_of: date


def current(whose: User | Iterable[int], as_of: date | None = None) -> dict[int, Told]:
    """As told last until a day (None: the latest published one), by account: of those a user may see, or of the ids given, which the
    caller took from `visible_to`. One query, and one for the day. Accounts of which nothing was ever told are missing."""
    day = as_of or figures_as_of()
    if day is None:
        return {}
    book, params = ("SELECT unnest(%(ids)s::bigint[])", {"ids": list(whose)}) if isinstance(whose, Iterable) else visible_book(whose)
    statement = f"SELECT t.* FROM {LATEST} t WHERE t.account_id IN ({book})"  # noqa: S608 - only constants and our own SQL enter
    with connection.cursor() as cursor:
        cursor.execute(statement, {**params, "as_of": day})
        rows = cursor.fetchall()
    return {row[0]: Told(_share(row[1]), _share(row[2]), _share(row[3]), Basis(row[4]), row[5], row[6]) for row in rows}


@dataclass(frozen=True, slots=True)
class Named:
    """What was told of an account, with its id and name."""

    external_id: str
    name: str
    told: Told


def named(user: User, as_of: date, account: str | None = None) -> list[Named]:
    """As told last until a day, of every account that a user may see (or of the one with that id), by id. One query."""
    book, params = visible_book(user)
    statement = f"""
        SELECT a.external_id, a.name, t.value, t.low, t.high, t.basis, t.day, t.model_id
        FROM {LATEST} t JOIN accounts_account a ON a.id = t.account_id
        WHERE t.account_id IN ({book}) AND (%(account)s::text IS NULL OR a.external_id = %(account)s)
        ORDER BY a.external_id
    """  # noqa: S608 - only constants and our own SQL enter
    with connection.cursor() as cursor:
        cursor.execute(statement, {**params, "as_of": as_of, "account": account})
        rows = cursor.fetchall()
    return [Named(row[0], row[1], Told(_share(row[2]), _share(row[3]), _share(row[4]), Basis(row[5]), row[6], row[7])) for row in rows]


def _share(value: object) -> float | None:
    return None if value is None else float(str(value))
