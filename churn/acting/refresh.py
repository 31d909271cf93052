"""The night's part of the day's list: opens what has come up, keeps the facts of what is still so, clears what is not, wakes what is due.

Set-based, in one transaction; done again for the same day it changes nothing. An older day than one that was done is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, Protocol

from django.conf import settings
from django.db import connection, transaction

from churn.acting import arms_judged, arms_money, arms_people, arms_use, news_sql, policy, stage_sql, weights_sql
from churn.acting.cadence import contact_days
from health.judging.rating_queue import asking
from health.scope import Scope

ARMS: Final[Mapping[str, str]] = {**arms_money.ARMS, **arms_use.ARMS, **arms_judged.ARMS, **arms_people.ARMS}
# Compiling these statements takes longer than running them; their sorts fit in memory.
SETTINGS: Final = "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'"
ALONE: Final = "SELECT pg_advisory_xact_lock(hashtext('churn.acting.refresh'))"
NEWER: Final = "SELECT EXISTS (SELECT FROM churn_actionitem WHERE true_on > %(as_of)s)"

WAKE: Final = """
UPDATE churn_actionitem SET state = 'open', snoozed_until = NULL WHERE state = 'snoozed' AND snoozed_until <= %(today)s
"""
KEEP: Final = """
UPDATE churn_actionitem i SET signal = n.signal, facts = n.facts, weight = n.weight, because = n.because, true_on = %(as_of)s
FROM item_next n
WHERE n.account_id = i.account_id AND n.rule = i.rule AND i.state IN ('open', 'snoozed')
  AND (i.signal, i.facts, i.weight, i.because, i.true_on) IS DISTINCT FROM (n.signal, n.facts, n.weight, n.because, %(as_of)s::date)
"""
# A rule that was retired as noise takes its open items along; what somebody put off stays theirs until its day.
CLEAR: Final = """
UPDATE churn_actionitem i SET state = 'cleared', closed_at = %(now)s, snoozed_until = NULL
WHERE i.state IN ('open', 'snoozed')
  AND (NOT EXISTS (SELECT FROM item_next n WHERE n.account_id = i.account_id AND n.rule = i.rule)
       OR (i.state = 'open' AND EXISTS (SELECT FROM item_right r WHERE r.rule = i.rule AND r.retired)))
  /* among i.account_id */
"""
# The share held back is chosen by account and rule alone, so that a night done again chooses the same.
OPEN: Final = """
INSERT INTO churn_actionitem (account_id, rule, signal, opened_on, opened_at, true_on, facts, weight, because, state, held_back)
SELECT n.account_id, n.rule, n.signal, %(as_of)s, %(now)s, %(as_of)s, n.facts, n.weight, n.because, 'open',
       ('x' || left(md5(concat(a.external_id, ' ', n.rule)), 8))::bit(32)::bigint < r.hold_back * 4294967296
FROM item_next n
JOIN item_right r ON r.rule = n.rule AND NOT r.retired
JOIN accounts_account a ON a.id = n.account_id
WHERE n.opens
  AND NOT EXISTS (SELECT FROM churn_actionitem i WHERE i.account_id = n.account_id AND i.rule = n.rule AND i.state IN ('open', 'snoozed'))
  AND NOT EXISTS (
      SELECT FROM churn_actionitem i
      WHERE i.account_id = n.account_id AND i.rule = n.rule AND i.state IN ('done', 'dismissed')
        AND ((i.closed_at AT TIME ZONE %(zone)s)::date > %(today)s::date - r.pause_days
             OR (i.signal = n.signal AND (r.again_days IS NULL
                 OR (i.closed_at AT TIME ZONE %(zone)s)::date > %(today)s::date - r.again_days))))
ORDER BY n.account_id, n.rule
ON CONFLICT DO NOTHING
"""


class Moment(Protocol):
    """As-of day of the figures, the portal's day, and the clock of rows."""

    @property
    def as_of(self) -> date:
        """The last published day."""

    @property
    def today(self) -> date:
        """The day on which people read the list."""

    @property
    def now(self) -> datetime:
        """When rows are written; never part of a figure."""


@transaction.atomic
def refresh_items(moment: Moment, about: frozenset[int] | None = None) -> int:
    """Bring the items to what holds as of the day; the rows written. Docs: docs/methods/actions.md.

    `about`: accounts that changed since that was done for this day, while nothing did that is the same for all: only theirs are looked at.
    """
    scope = Scope(among=about)
    tiers = contact_days(moment.today)
    params: dict[str, Any] = {
        **news_sql.LIMITS,
        **weights_sql.PARAMETERS,
        "as_of": moment.as_of,
        "today": moment.today,
        "now": moment.now,
        "zone": settings.TIME_ZONE,
        "news": policy.NEWS_DAYS,
        "tiers": list(tiers),
        "cadences": list(tiers.values()),
    }
    rule = asking(moment.today)
    with connection.cursor() as cursor:
        cursor.execute(ALONE)
        cursor.execute(NEWER, params)
        if cursor.fetchone() == (True,):
            return 0
        cursor.execute(SETTINGS)
        arms = [*ARMS.values(), *(arms_judged.RATINGS.values() if rule["keys"] else ())]
        for statement in (*stage_sql.STAGE, *arms, "ANALYZE item_next"):
            cursor.execute(scope.apply(statement), {**rule, **params})
        for statement in (weights_sql.FORGET, weights_sql.LOSS, weights_sql.RULES, weights_sql.WEIGH):
            cursor.execute(statement, params)
        written = 0
        for statement in (WAKE, KEEP, CLEAR, OPEN):
            cursor.execute(scope.apply(statement), params)
            written += int(cursor.rowcount)
    return written
