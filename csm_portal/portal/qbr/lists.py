# ruff: noqa: S608 - composed of names of this module alone
"""The lists of the QBR page: planned and missed reviews, accounts to plan, reviews held, feedback, themes. One statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import connection

from csm_portal.portal.qbr.asked import PAGE_SIZE, Asked
from csm_portal.portal.qbr.desks import REVIEW_DAYS
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

QUOTES_SHOWN = 3
# Accounts asked for, with what each list says of them.
SCOPE = """
WITH book (id) AS NOT MATERIALIZED ({book}),
scope AS NOT MATERIALIZED (
    SELECT a.id, a.external_id, a.name, coalesce(nullif(o.name, ''), o.email, '') AS owner, coalesce(s.paying, false) AS paying,
           s.mrr, s.mrr_reporting, coalesce(s.currency, '') AS currency, s.renewal_on
    FROM book b
    JOIN accounts_account a ON a.id = b.id
    LEFT JOIN health_accountstate s ON s.account_id = b.id
    LEFT JOIN accounts_user o ON o.id = a.owner_id
    LEFT JOIN accounts_team ot ON ot.id = o.team_id
    LEFT JOIN accounts_team t ON t.id = a.team_id AND a.owner_id IS NULL
    WHERE (%(csm)s::text = '' OR coalesce(o.email, '-') = %(csm)s)
      AND (%(team)s::text = '' OR starts_with(coalesce(ot.path, t.path, ''), %(team)s))
)
"""
HEAD = "SELECT count(*) OVER () AS total, s.external_id, s.name, s.owner, s.mrr, s.currency, s.renewal_on"
# The last one held, whoever was there; looked up for the rows shown alone.
LAST = """
LEFT JOIN LATERAL (
    SELECT h.held_on, h.executive_attended FROM health_review h
    WHERE h.account_id = p.account_id AND h.kind IN ('qbr', 'ebr') AND h.held_on IS NOT NULL AND h.held_on <= %(today)s
    ORDER BY h.held_on DESC, h.id DESC LIMIT 1
) AS last ON true
"""
PAGE = " LIMIT %(size)s OFFSET %(start)s"

# Where each account stands: the last one held, the latest day planned, whether executives were met in 90 days.
OF_ACCOUNT = """
, of_account AS MATERIALIZED (
    SELECT r.account_id, max(r.held_on) FILTER (WHERE r.kind IN ('qbr', 'ebr')) AS held_on,
        max(r.planned_on) FILTER (WHERE r.kind IN ('qbr', 'ebr') AND r.held_on IS NULL) AS planned_on,
        bool_or(r.kind = 'qbr' AND r.executive_attended
            AND r.held_on <= %(today)s AND r.held_on > %(today)s::date - %(days)s) AS fresh
    FROM health_review r GROUP BY r.account_id
)
"""
PLANNED = f"""
{OF_ACCOUNT}
SELECT p.*, last.held_on AS last_on, last.executive_attended AS last_executive FROM (
    {HEAD}, r.id, r.kind, r.planned_on, r.account_id
    FROM scope s JOIN health_review r ON r.account_id = s.id
    LEFT JOIN of_account m ON m.account_id = r.account_id
    WHERE r.held_on IS NULL AND (r.planned_on >= %(today)s OR (
        s.paying AND r.kind IN ('qbr', 'ebr') AND r.planned_on = m.planned_on AND r.planned_on > coalesce(m.held_on, '-infinity')))
    ORDER BY r.planned_on, r.id {PAGE}
) AS p {LAST} ORDER BY p.planned_on, p.id
"""
TO_PLAN = f"""
{OF_ACCOUNT}
SELECT p.*, last.held_on AS last_on, last.executive_attended AS last_executive, agreed.next_on FROM (
    {HEAD}, s.id AS account_id, s.mrr_reporting
    FROM scope s LEFT JOIN of_account m ON m.account_id = s.id
    WHERE s.paying AND m.fresh IS NOT TRUE
      AND (m.planned_on >= %(today)s OR m.planned_on > coalesce(m.held_on, '-infinity')) IS NOT TRUE
    ORDER BY s.mrr_reporting DESC NULLS LAST, s.name, s.id {PAGE}
) AS p {LAST}
LEFT JOIN LATERAL (
    SELECT max(h.next_on) AS next_on FROM health_review h WHERE h.account_id = p.account_id AND h.next_on >= %(today)s
) AS agreed ON true
ORDER BY p.mrr_reporting DESC NULLS LAST, p.name, p.account_id
"""
HELD = f"""
{HEAD}, r.id, r.kind, r.planned_on, r.held_on, r.executive_attended, r.landed, r.fell_flat, r.feedback, r.next_on
FROM scope s JOIN health_review r ON r.account_id = s.id
WHERE r.held_on IS NOT NULL AND r.held_on <= %(today)s AND r.held_on >= %(first)s
ORDER BY r.held_on DESC, r.id DESC {PAGE}
"""
FEEDBACK = f"""
{HEAD}, r.id, r.kind, coalesce(r.held_on, r.planned_on) AS said_on, r.feedback, coalesce(c.themes, ARRAY[]::text[]) AS themes,
    coalesce(nullif(u.name, ''), u.email, '') AS carer, coalesce(c.answer, '') AS answer, c.answered_on,
    coalesce(nullif(w.name, ''), w.email, '') AS answered_by
FROM scope s JOIN health_review r ON r.account_id = s.id
LEFT JOIN health_feedbackcare c ON c.review_id = r.id
LEFT JOIN accounts_user u ON u.id = c.owner_id
LEFT JOIN accounts_user w ON w.id = c.answered_by_id
WHERE r.feedback <> '' AND coalesce(r.held_on, r.planned_on) >= %(first)s
  AND (%(theme)s::text = '' OR %(theme)s = ANY(c.themes) OR (%(theme)s = '-' AND coalesce(c.themes, ARRAY[]::text[]) = ARRAY[]::text[]))
  AND CASE %(state)s WHEN 'open' THEN coalesce(c.answer, '') = '' WHEN 'nobody' THEN coalesce(c.answer, '') = '' AND c.owner_id IS NULL
      WHEN 'answered' THEN c.answer <> '' ELSE true END
ORDER BY said_on DESC, r.id DESC {PAGE}
"""
# A feedback counts once for each of its themes; theme `-`: those that nobody has sorted yet.
THEMES = f"""
, said AS MATERIALIZED (
    SELECT coalesce(t.theme, '-') AS theme, s.id, s.mrr_reporting, coalesce(c.answer, '') = '' AS open, r.id AS review_id,
           coalesce(r.held_on, r.planned_on) AS said_on, r.feedback, s.name, s.external_id
    FROM scope s JOIN health_review r ON r.account_id = s.id
    LEFT JOIN health_feedbackcare c ON c.review_id = r.id
    LEFT JOIN LATERAL unnest(c.themes) AS t (theme) ON true
    WHERE r.feedback <> '' AND coalesce(r.held_on, r.planned_on) >= %(first)s
)
SELECT f.theme, count(*) AS n, count(*) FILTER (WHERE f.open) AS open, a.accounts, a.mrr_reporting,
    (array_agg(ARRAY[f.feedback, f.name, f.external_id, f.said_on::text] ORDER BY f.said_on DESC, f.review_id DESC)
    )[1:{QUOTES_SHOWN}] AS quotes
FROM said f JOIN (
    SELECT o.theme, count(*) AS accounts, sum(o.mrr_reporting) AS mrr_reporting
    FROM (SELECT DISTINCT theme, id, mrr_reporting FROM said) AS o GROUP BY o.theme
) AS a ON a.theme = f.theme
GROUP BY f.theme, a.accounts, a.mrr_reporting ORDER BY f.theme = '-', n DESC, f.theme
"""
STATEMENTS = {"planned": PLANNED, "to-plan": TO_PLAN, "held": HELD, "feedback": FEEDBACK, "themes": THEMES}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows of one page of a list, and how many there are in all."""

    rows: Sequence[Row]
    total: int


def listed(user: User, asked: Asked, today: date, *, whole: bool = False) -> Listed:
    """The list that the question names: one page of it, or the `whole`. One query, two where the page lies behind the end."""
    size = 1_000_000 if whole else PAGE_SIZE
    rows = _rows(user, asked, today, size, 0 if whole else (asked.page - 1) * PAGE_SIZE)
    if not rows and asked.page > 1 and not whole:
        first = _rows(user, asked, today, 1, 0)
        return Listed([], int(first[0]["total"]) if first else 0)
    return Listed(rows, int(rows[0].get("total", len(rows))) if rows else 0)


def _rows(user: User, asked: Asked, today: date, size: int, start: int) -> list[Row]:
    book, params = visible_book(user)
    params |= {
        "csm": asked.csm,
        "team": asked.team,
        "theme": asked.theme,
        "state": asked.state,
        "today": today,
        "first": asked.first(today),
        "days": REVIEW_DAYS,
        "size": size,
        "start": start,
    }
    with connection.cursor() as cursor:
        cursor.execute(SCOPE.format(book=book) + STATEMENTS[asked.tab], params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
