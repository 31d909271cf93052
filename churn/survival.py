"""How long accounts stay: Kaplan and Meier's curve of each group, with its band.

docs/methods/cohorts.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from math import exp, log, sqrt
from typing import TYPE_CHECKING

from django.db import connection

from accounts.cuts import ALL
from churn.cuts_sql import cut
from churn.survival_sql import STATEMENT
from csm_portal.lib.estimates import Z_95
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

# A curve ends where fewer are still under observation: a step of one account would be a fall of 5 points and more.
LEAST_AT_RISK = 20
# What an account is sorted by is as it stood after its first 30 days, so that what came later cannot enter.
LANDMARK_DAYS = 30


@dataclass(frozen=True, slots=True)
class Point:
    """From that day on `kept` of the accounts are still there, until the next point. The band is None where nobody left yet or all did."""

    day: int
    kept: float
    low: float | None
    high: float | None
    at_risk: int


@dataclass(frozen=True, slots=True)
class Curve:
    """One group: its accounts, how many of them were lost, and its curve up to `until`, the last day with 20 at risk (None: never)."""

    group: str | None
    accounts: int
    lost: int
    points: tuple[Point, ...]
    until: int | None

    def at(self, day: int) -> Point | None:
        """The point in force on a day; None where the curve does not reach it."""
        if self.until is None or day > self.until:
            return None
        return next(point for point in reversed(self.points) if point.day <= day)


def survival(user: User, as_of: date, grace_days: int, by: str = ALL, filters: Mapping[str, Sequence[str]] | None = None) -> list[Curve]:
    """One curve per group, the largest first, the nameless last; time runs in days from an account's first paying day.

    An account is lost when its paying breaks off for more than `grace_days`, on the day it broke off; who has not left by the as-of day is
    counted as long as it was seen. `by` may be any cut, `feature` and `persona` too; an account stands in each feature. One query.
    """
    pieces = cut(by, filters or {}, day=f"least(p.began + {LANDMARK_DAYS - 1}, %(as_of)s::date)")
    group = pieces.group
    joins = pieces.joins
    if pieces.by_product:
        joins += (
            "\nJOIN LATERAL (SELECT DISTINCT c.product FROM accounts_contract c WHERE c.account_id = a.id AND c.mrr > 0"
            " AND c.starts_on < p.began + %(landmark)s) AS bought ON true"
        )
        group = "bought.product"
    book, params = visible_book(user)
    sql = STATEMENT.format(
        book=book,
        products="product = ANY (%(products)s::text[])" if pieces.products else "true",
        group=group,
        joins=joins,
        where=pieces.where,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {**params, **pieces.params, "products": list(pieces.products), "as_of": as_of, "grace": grace_days, "landmark": LANDMARK_DAYS},
        )
        rows = cursor.fetchall()
    spells: dict[str | None, list[tuple[int, bool, int]]] = defaultdict(list)
    for name, days, lost, n in rows:
        spells[name].append((days, lost, n))
    curves = [curve(name, found) for name, found in spells.items()]
    return sorted(curves, key=lambda one: (one.group is None, -one.accounts, one.group or ""))


def curve(group: str | None, spells: Iterable[tuple[int, bool, int]]) -> Curve:
    """The curve of (days, lost, how many). Who was last seen on the day of a loss counts as at risk on it.

    The band is Greenwood's on the scale of log(-log), 95%: it stays inside 0 … 1.
    """
    lost: Counter[int] = Counter()
    left: Counter[int] = Counter()
    for length, was_lost, n in spells:
        left[length] += n
        if was_lost:
            lost[length] += n
    accounts = sum(left.values())
    days = sorted(left)
    gone = [0, *accumulate(left[day] for day in days)]
    at_risk = {day: accounts - before for day, before in zip(days, gone, strict=False)}
    until = max((day for day in days if at_risk[day] >= LEAST_AT_RISK), default=None)
    points = [Point(0, 1.0, None, None, accounts)] if until is not None else []
    kept, spread = 1.0, 0.0
    for day in days:
        if until is None or day > until:
            break
        if lost[day]:
            n, d = at_risk[day], lost[day]
            kept *= 1 - d / n
            spread += d / (n * (n - d)) if n > d else 0.0
            points.append(Point(day, kept, *_band(kept, spread), n))
    return Curve(group, accounts, sum(lost.values()), tuple(points), until)


def _band(kept: float, spread: float) -> tuple[float | None, float | None]:
    if not 0 < kept < 1:
        return None, None
    factor = exp(Z_95 * sqrt(spread) / abs(log(kept)))
    return float(kept**factor), float(kept ** (1 / factor))
