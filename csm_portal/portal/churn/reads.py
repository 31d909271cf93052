"""The rows behind the page, remembered for a minute: a large book does not add up fifteen months on every visit."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from churn.attrition import SEAT, Attrition, Three, attrition, side_by_side
from churn.revenue import ANY, AccountMovement, account_movements
from churn.spans import spans
from csm_portal.web import reader, remembered

if TYPE_CHECKING:
    from datetime import date

    from accounts.models import User
    from churn.as_of import Basis
    from csm_portal.portal.churn.asked import Asked
    from csm_portal.portal.churn.lists import Wanted

WEEK = "week"


def trend_rows(user: User, asked: Asked, basis: Basis, currency: str) -> list[Three]:
    """Every period of the trend, the one asked for last; of a span that one alone. Two queries, or none."""
    return remembered(
        _key("trend", user, asked, basis, currency),
        lambda: side_by_side(
            user, asked.grain, asked.trend_first, asked.period.after, filters=asked.by_cut, currency=currency, basis=basis
        ),
    )


def group_rows(user: User, asked: Asked, basis: Basis, currency: str) -> list[Three]:
    """The groups of the cut in the period asked for. Two queries, or none."""
    return remembered(
        _key(f"by-{asked.by}", user, asked, basis, currency),
        lambda: side_by_side(
            user, asked.grain, asked.period.first, asked.period.after, asked.by, asked.by_cut, currency=currency, basis=basis
        ),
    )


def week_rows(user: User, asked: Asked, basis: Basis, first: date, after: date) -> list[Attrition]:
    """Seats lost by week in `[first, after)`. Two queries, or none."""
    return remembered(
        _key(f"weeks-{first}-{after}", user, asked, basis, ""),
        lambda: attrition(user, SEAT, WEEK, first, after, filters=asked.by_cut, basis=basis),
    )


def moved_rows(user: User, asked: Asked, basis: Basis, which: Wanted, currency: str) -> list[AccountMovement]:
    """The accounts behind the movements of the period asked for, of one group or all. A query, or none."""
    group = "any" if which.group is ANY else f"one-{quote(which.group or '')}-{which.group is None}"
    period = spans(asked.grain, asked.period.first, asked.period.after, basis.as_of)[0]
    return remembered(
        _key(f"moved-{which.by}-{group}", user, asked, basis, currency),
        lambda: account_movements(user, period, asked.by_cut, by=which.by, group=which.group, currency=currency, basis=basis),
    )


def whole_row(rows: list[Three], asked: Asked) -> Three | None:
    """The period asked for among the rows of its trend."""
    return rows[-1] if rows and rows[-1].movement.first == asked.period.first else None


def _key(what: str, user: User, asked: Asked, basis: Basis, currency: str) -> str:
    return f"churn-{what}:{reader(user)}:{basis.as_of}:{basis.version}:{currency}:{asked.query(without=('by', 'lag', 'currency'))}"
