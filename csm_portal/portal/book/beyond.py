"""What the book can be filtered by beyond the state row: dues of a period, valid ratings, reviews with executives."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q

from churn.models import RenewalCase

# A review with the customer's executives covers a quarter.
REVIEW_DAYS = 90
ALL_RATED = """
(SELECT count(*) > 0 AND coalesce(bool_and(EXISTS (
    SELECT FROM health_rating r
    WHERE r.account_id = me.account_id AND r.question = q.key AND r.rated_on <= me.as_of AND r.rated_on > me.as_of - q.valid_days
)), false)
FROM (VALUES (%(expressions)s)) AS me (account_id, as_of)
CROSS JOIN LATERAL jsonb_to_recordset((
    SELECT body -> 'questions' FROM health_questionset WHERE effective_from <= me.as_of ORDER BY version DESC LIMIT 1
)) AS q (key text, valid_days integer))
"""
REVIEWED = f"""
(SELECT EXISTS (
    SELECT FROM health_review r WHERE r.account_id = me.account_id AND r.kind = 'qbr' AND r.executive_attended
      AND r.held_on <= me.as_of AND r.held_on > me.as_of - {REVIEW_DAYS}
) FROM (VALUES (%(expressions)s)) AS me (account_id, as_of))
"""  # noqa: S608 - only a constant enters


def all_rated() -> Func:
    """Whether every question of the set in force on the state's day has an answer that has not expired; false without questions."""
    return _of_state(ALL_RATED)


def reviewed() -> Func:
    """Whether a QBR with the customer's executives was held in the 90 days to the state's day."""
    return _of_state(REVIEWED)


def due_between(first: date, last: date, state: str = "") -> Q:
    """Accounts with something due from `first` to `last`, both included, that stands so now: `open`, `renewed`, `lost`; empty: any."""
    cases: Any = RenewalCase.objects.filter(account_id=OuterRef("account_id"), ends_on__gte=first, ends_on__lte=last)
    return Q(Exists(cases.filter(state=state) if state else cases))


def _of_state(template: str) -> Func:
    return Func(F("account_id"), F("as_of"), template=template, output_field=BooleanField())
