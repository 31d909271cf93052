# ruff: noqa: S608 - composed of constants and of names of this module
"""Rules of the day's list about renewals and payments. Statements over `stage_sql`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from churn.acting import policy
from churn.acting.news_sql import INVOICES
from churn.acting.stage_sql import filled
from churn.reminders_sql import CAUSES

FACTS = "jsonb_build_object('product', c.product, 'ends_on', c.ends_on, 'decision_on', c.decision_on) AS facts"
SIGNAL = "concat(c.product, ' ', c.ends_on) AS signal"
# Short terms renew themselves by the week and month: only that one was left undecided is told of them.
DUE = f"""
due AS (
    SELECT c.account_id, c.product, c.ends_on, c.decision_on, c.decision_on - asked.today AS days,
           c.ends_on - c.starts_on >= {policy.SHORTEST_TERM} AS long,
           EXISTS (SELECT FROM churn_forecast f WHERE f.account_id = c.account_id AND f.product = c.product AND f.ends_on = c.ends_on
                   AND f.withdrawn_at IS NULL) AS forecast,
           EXISTS (SELECT FROM churn_casecheck k WHERE k.account_id = c.account_id AND k.product = c.product AND k.ends_on = c.ends_on
                   AND k.withdrawn_at IS NULL AND k.kind = 'usage_shared') AS shared
    FROM asked, churn_renewalcase c JOIN state s ON s.account_id = c.account_id
    WHERE c.state = 'open' AND c.decision_on <= asked.today + {policy.PACK_DAYS}
)
"""


def _stage(where: str, opens: str = "true") -> str:
    """The account's nearest due of a kind."""
    return f"""
SELECT DISTINCT ON (c.account_id) c.account_id, {SIGNAL}, {FACTS}, {opens} AS opens
FROM due c WHERE {where} ORDER BY c.account_id, c.decision_on, c.product
"""


OVERDUE = _stage("c.days < 0")
FORECAST = _stage(f"c.long AND c.days BETWEEN 0 AND {policy.FORECAST_DAYS} AND NOT c.forecast")
# It belongs into the days 60 to 90; what was begun there stays until it is done.
USAGE = _stage("c.long AND c.days >= 0 AND NOT c.shared", f"c.days >= {policy.USAGE_FROM_DAYS}")
PACK = _stage(f"c.long AND c.days > {policy.PACK_UNTIL_DAYS} AND NOT c.shared")

CARD = """
SELECT c.account_id, min(c.day)::text AS signal, jsonb_build_object('expires_on', min(c.day), 'contracts', count(*)) AS facts, true AS opens
FROM card c GROUP BY c.account_id
"""
# A bill that is a few days late pays itself mostly; one whose collection failed does not.
INVOICE = f"""
SELECT i.account_id, concat(i.facts ->> 'invoice', ' ', i.facts ->> 'attempts') AS signal, i.facts,
       (i.facts ->> 'failed')::boolean OR (i.facts ->> 'overdue_days')::integer >= {policy.INVOICE_OVERDUE_DAYS} AS opens
FROM invoice_late i
"""

ARMS: Final[Mapping[str, str]] = {
    "renewal_overdue": filled("renewal_overdue", OVERDUE, DUE),
    "renewal_forecast": filled("renewal_forecast", FORECAST, DUE),
    "renewal_usage": filled("renewal_usage", USAGE, DUE),
    "renewal_pack": filled("renewal_pack", PACK, DUE),
    "card_expiring": filled("card_expiring", CARD, f"book (id) AS MATERIALIZED (SELECT account_id FROM item_account), {CAUSES}"),
    "invoice_late": filled("invoice_late", INVOICE, INVOICES.strip().rstrip(",")),
}
