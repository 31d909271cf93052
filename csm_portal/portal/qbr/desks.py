"""Reviews by whose account it is: coverage, what is planned and missed, feedback that waits. One statement over the visible book."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.db import connection

from csm_portal.portal.qbr.asked import NOBODY, Asked
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

# A review with the customer's executives covers a quarter.
REVIEW_DAYS = 90
COMING_DAYS = 30
KINDS = ("qbr", "ebr")

# Covered: as on the page of the team and in the book. A review is missed once its day is over, unless one was held since or is planned.
REVIEWED = """
reviewed AS MATERIALIZED (
    SELECT r.account_id,
        bool_or(r.kind = 'qbr' AND r.executive_attended
            AND r.held_on <= %(as_of)s::date AND r.held_on > %(as_of)s::date - %(days)s) AS covered,
        bool_or(r.kind = 'qbr' AND r.executive_attended
            AND r.held_on <= %(today)s::date AND r.held_on > %(today)s::date - %(days)s) AS fresh,
        count(*) FILTER (WHERE r.held_on IS NULL AND r.planned_on >= %(today)s::date) AS coming,
        bool_or(r.kind IN ('qbr', 'ebr') AND r.held_on IS NULL AND r.planned_on >= %(today)s::date) AS planned,
        bool_or(r.kind IN ('qbr', 'ebr') AND r.held_on IS NULL AND r.planned_on >= %(today)s::date
            AND r.planned_on < %(today)s::date + %(coming)s) AS soon,
        max(r.planned_on) FILTER (WHERE r.kind IN ('qbr', 'ebr') AND r.held_on IS NULL AND r.planned_on < %(today)s::date)
            > coalesce(max(r.held_on) FILTER (WHERE r.kind IN ('qbr', 'ebr')), '-infinity') AS past,
        count(*) FILTER (WHERE r.feedback <> '' AND coalesce(c.answer, '') = '') AS open,
        count(*) FILTER (WHERE r.feedback <> '' AND coalesce(c.answer, '') = '' AND c.owner_id IS NULL) AS nobody
    FROM health_review r LEFT JOIN health_feedbackcare c ON c.review_id = r.id
    GROUP BY r.account_id
)
"""
DESKS = f"""
WITH book (id) AS NOT MATERIALIZED ({{book}}), {REVIEWED}
SELECT coalesce(o.email, ''), coalesce(nullif(o.name, ''), o.email, ''), coalesce(ot.path, t.path, ''), d.paying, d.covered, d.fresh,
    d.coming, d.planned, d.soon, d.missed, d.to_plan, d.open, d.nobody
FROM (
    SELECT a.owner_id, CASE WHEN a.owner_id IS NULL THEN a.team_id END AS team_id,
        count(*) FILTER (WHERE s.paying) AS paying,
        count(*) FILTER (WHERE s.paying AND v.covered) AS covered,
        count(*) FILTER (WHERE s.paying AND v.fresh AND NOT v.covered) AS fresh,
        coalesce(sum(v.coming), 0) AS coming,
        count(*) FILTER (WHERE v.planned) AS planned,
        count(*) FILTER (WHERE v.soon) AS soon,
        count(*) FILTER (WHERE s.paying AND v.past AND v.planned IS NOT TRUE) AS missed,
        count(*) FILTER (WHERE s.paying AND v.fresh IS NOT TRUE AND v.planned IS NOT TRUE AND v.past IS NOT TRUE) AS to_plan,
        coalesce(sum(v.open), 0) AS open,
        coalesce(sum(v.nobody), 0) AS nobody
    FROM book b
    JOIN accounts_account a ON a.id = b.id
    LEFT JOIN health_accountstate s ON s.account_id = b.id
    LEFT JOIN reviewed v ON v.account_id = b.id
    GROUP BY 1, 2
) AS d
LEFT JOIN accounts_user o ON o.id = d.owner_id
LEFT JOIN accounts_team ot ON ot.id = o.team_id
LEFT JOIN accounts_team t ON t.id = d.team_id
"""  # noqa: S608 - only constants enter


@dataclass(frozen=True, slots=True)
class Count:
    """What lies on one or several desks. `paying` and `covered` are accounts as of the figures' day, `fresh` those covered only since then.

    `coming` are reviews planned, of any kind. `planned`, `missed` (the day is over, and nothing was held or is planned since) and `to_plan`
    (nothing planned) are accounts by their QBRs, `soon` those planned within 30 days. `open` is feedback without an answer, `nobody` of
    that without an owner.
    """

    paying: int = 0
    covered: int = 0
    fresh: int = 0
    coming: int = 0
    planned: int = 0
    soon: int = 0
    missed: int = 0
    to_plan: int = 0
    open: int = 0
    nobody: int = 0

    @property
    def coverage(self) -> float | None:
        """Share of the paying accounts that are covered; None without paying ones."""
        return self.covered / self.paying if self.paying else None


@dataclass(frozen=True, slots=True)
class Desk:
    """One person's accounts, or those of a team that nobody owns (`email` empty)."""

    email: str
    name: str
    team: str
    count: Count


@dataclass(frozen=True)
class Group:
    """The desks of one team (its own people; empty: no team) with their sum."""

    team: str
    desks: list[Desk] = field(default_factory=list)

    @property
    def count(self) -> Count:
        """The sum."""
        return total(self.desks)


def desks(user: User, as_of: date, today: date) -> list[Desk]:
    """Every desk whose accounts the user sees, by team and name; one query."""
    book, params = visible_book(user)
    params |= {"as_of": as_of, "today": today, "days": REVIEW_DAYS, "coming": COMING_DAYS}
    with connection.cursor() as cursor:
        cursor.execute(DESKS.format(book=book), params)
        found = [Desk(row[0], row[1], row[2], Count(*(int(value) for value in row[3:]))) for row in cursor.fetchall()]
    return sorted(found, key=lambda desk: (desk.team, not desk.email, desk.name.casefold()))


def total(chosen: Iterable[Desk]) -> Count:
    """The sum of desks."""
    rows = [desk.count for desk in chosen]
    return Count(*(sum(getattr(row, name) for row in rows) for name in Count.__dataclass_fields__))


def within(found: Iterable[Desk], asked: Asked) -> list[Desk]:
    """The desks that the question is about."""
    return [
        desk
        for desk in found
        if (not asked.csm or asked.csm == (desk.email or NOBODY)) and (not asked.team or desk.team.startswith(asked.team))
    ]


def by_team(found: Iterable[Desk]) -> list[Group]:
    """Desks under their team, those with a paying account."""
    groups: dict[str, Group] = {}
    for desk in found:
        if desk.count.paying:
            groups.setdefault(desk.team, Group(desk.team)).desks.append(desk)
    return list(groups.values())
