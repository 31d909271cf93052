"""The books as they stand: one statement over the current rows, summed by today's owner and team."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import connection

from csm_portal.lib.periods import Period
from csm_portal.portal.team.figures import ByDesk, Figures
from health.books import visible_book
from health.types import Level

if TYPE_CHECKING:
    from accounts.models import User

# A review with the customer's executives covers a quarter.
REVIEW_DAYS = 90
PAYING = "FILTER (WHERE s.paying)"

# Which row counts: the same current rows that the book of accounts lists, so every number is the length of a list there.
BOOKS = f"""
WITH book (id) AS MATERIALIZED ({{book}}
), asked AS MATERIALIZED (
    SELECT q.key, q.valid_days FROM jsonb_to_recordset((
        SELECT body -> 'questions' FROM health_questionset WHERE effective_from <= %(as_of)s ORDER BY version DESC LIMIT 1
    )) AS q (key text, valid_days integer)
), answered AS MATERIALIZED (
    SELECT fresh.account_id, count(*) AS n FROM (
        SELECT DISTINCT r.account_id, r.question FROM health_rating r JOIN asked q ON q.key = r.question
        WHERE r.rated_on <= %(as_of)s AND r.rated_on > %(as_of)s - q.valid_days
          AND r.rated_on > %(as_of)s - (SELECT max(valid_days) FROM asked)
    ) AS fresh GROUP BY 1
), reviewed AS MATERIALIZED (
    SELECT DISTINCT account_id FROM health_review
    WHERE kind = 'qbr' AND executive_attended AND held_on <= %(as_of)s AND held_on > %(as_of)s - {REVIEW_DAYS}
)
SELECT a.owner_id, coalesce(o.team_id, a.team_id),
       count(*) AS accounts,
       count(*) {PAYING} AS paying,
       count(*) FILTER (WHERE s.paying AND s.month_active) AS active,
       count(*) FILTER (WHERE s.paying AND s.month_active IS NULL) AS unknown,
       count(*) FILTER (WHERE s.paying AND s.month_active IS NOT TRUE) AS undecided,
       count(*) FILTER (WHERE s.paying AND s.month_active IS NOT TRUE AND s.month_can_reach) AS can_reach,
       count(*) FILTER (WHERE s.paying AND s.week_active) AS week_active,
       count(*) FILTER (WHERE s.paying AND s.week_active IS NULL) AS week_unknown,
       coalesce(sum(s.mrr_reporting) {PAYING}, 0) AS mrr,
       count(*) FILTER (WHERE s.paying AND s.mrr_reporting IS NULL) AS without_rate,
       count(*) FILTER (WHERE s.paying AND s.level = {Level.ZERO}) AS level_zero,
       count(*) FILTER (WHERE s.paying AND s.level = {Level.LOW}) AS level_low,
       count(*) FILTER (WHERE s.paying AND s.level = {Level.MEDIUM}) AS level_medium,
       count(*) FILTER (WHERE s.paying AND s.level = {Level.HIGH}) AS level_high,
       count(*) FILTER (WHERE s.paying AND s.level = {Level.UNKNOWN}) AS level_unknown,
       count(*) FILTER (WHERE s.paying AND s.band = 'red') AS band_red,
       count(*) FILTER (WHERE s.paying AND s.band = 'amber') AS band_amber,
       count(*) FILTER (WHERE s.paying AND s.band = 'green') AS band_green,
       count(*) FILTER (WHERE s.paying AND s.band = 'unknown') AS band_unknown,
       count(*) FILTER (WHERE s.paying AND s.outcome_status = 'achieved') AS outcome_achieved,
       count(*) FILTER (WHERE s.paying AND s.outcome_status = 'on_track') AS outcome_on_track,
       count(*) FILTER (WHERE s.paying AND s.outcome_status = 'behind') AS outcome_behind,
       count(*) FILTER (WHERE s.paying AND s.outcome_status = 'missed') AS outcome_missed,
       count(*) FILTER (WHERE s.paying AND s.outcome_status = '') AS outcome_none,
       coalesce(array_agg(s.score::float8) FILTER (WHERE s.paying AND s.score IS NOT NULL), '{{{{}}}}') AS scores,
       coalesce(array_agg(s.score_change_30d::float8) FILTER (WHERE s.paying AND s.score_change_30d IS NOT NULL), '{{{{}}}}') AS changes,
       count(*) FILTER (WHERE s.paying AND w.n = (SELECT count(*) FROM asked)) AS rated,
       coalesce(array_agg(greatest(%(as_of)s - s.rated_on, 0)) FILTER (WHERE s.paying AND s.rated_on IS NOT NULL), '{{{{}}}}') AS ages,
       count(v.account_id) {PAYING} AS reviewed,
       coalesce(sum(s.open_tickets), 0)::integer AS tickets,
       count(*) FILTER (WHERE s.open_tickets > 0) AS ticket_accounts
FROM book
JOIN health_accountstate s ON s.account_id = book.id
JOIN accounts_account a ON a.id = book.id
LEFT JOIN accounts_user o ON o.id = a.owner_id
LEFT JOIN answered w ON w.account_id = book.id
LEFT JOIN reviewed v ON v.account_id = book.id
GROUP BY 1, 2
"""  # noqa: S608 - only constants enter
# At the due date, as in the headlines; amounts without an exchange rate stand apart.
DUES = """
WITH book (id) AS MATERIALIZED ({book})
SELECT a.owner_id, coalesce(o.team_id, a.team_id),
       count(*) AS due,
       count(*) FILTER (WHERE c.state = 'renewed') AS renewed,
       count(*) FILTER (WHERE c.state = 'lost') AS lost,
       count(*) FILTER (WHERE c.state = 'open') AS open,
       count(DISTINCT c.account_id) AS due_accounts,
       count(DISTINCT c.account_id) FILTER (WHERE c.state = 'renewed') AS renewed_accounts,
       count(DISTINCT c.account_id) FILTER (WHERE c.state = 'lost') AS lost_accounts,
       count(DISTINCT c.account_id) FILTER (WHERE c.state = 'open') AS open_accounts,
       coalesce(sum(c.due_reporting), 0) AS due_amount,
       coalesce(sum(c.renewed_reporting) FILTER (WHERE c.state = 'renewed' AND NOT without_rate), 0) AS renewed_amount,
       coalesce(sum(c.due_reporting) FILTER (WHERE c.state = 'lost'), 0) AS lost_amount,
       coalesce(sum(c.due_reporting) FILTER (WHERE c.state = 'open'), 0) AS open_amount,
       coalesce(sum(c.due_reporting) FILTER (WHERE c.state <> 'open' AND NOT without_rate), 0) AS decided_amount,
       count(*) FILTER (WHERE without_rate) AS cases_without_rate
FROM churn_renewalcase c
CROSS JOIN LATERAL (
    SELECT c.due_reporting IS NULL OR (c.state = 'renewed' AND c.renewed_reporting IS NULL) AS without_rate) AS known
JOIN accounts_account a ON a.id = c.account_id
LEFT JOIN accounts_user o ON o.id = a.owner_id
WHERE c.ends_on >= %(first)s AND c.ends_on < %(after)s AND c.account_id IN (SELECT id FROM book)
GROUP BY 1, 2
"""


def books(user: User, as_of: date) -> ByDesk:
    """Accounts, activity, health, ratings, reviews and tickets of the visible book, by today's owner; one query.

    Only accounts that have a current row count. Activity, health, ratings and reviews are of paying accounts. docs/methods/team.md.
    """
    return _by_desk(user, BOOKS, {"as_of": as_of})


def renewals(user: User, period: Period) -> ByDesk:
    """What falls due in the period and how it ended, by today's owner; one query. `renewed_amount` includes expansion."""
    return _by_desk(user, DUES, {"first": period.first, "after": period.after})


def _by_desk(user: User, template: str, params: dict[str, Any]) -> ByDesk:
    book, book_params = visible_book(user)
    with connection.cursor() as cursor:
        cursor.execute(template.format(book=book), {**book_params, **params})
        names = [column.name for column in cursor.description][2:]
        return {(row[0], row[1]): Figures(**dict(zip(names, row[2:], strict=True))) for row in cursor.fetchall()}
