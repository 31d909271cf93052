"""How good each rule of the day's list is: what people did about its items, and what became of the renewals it spoke of.

A renewal counts as told of where the rule had an item at the account in the 180 days before its end. Only renewals that are closed and
ended after the list had run count, so nothing is judged by what came before it. docs/methods/actions.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from churn.acting import policy
from churn.acting.triggers import TRIGGERS, Trigger
from csm_portal.lib.estimates import Share, share
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

REACH_DAYS: Final = 180
# Fewer of anything say too little about a rule.
LEAST: Final = 20
DISMISSED_SHARE: Final = 0.6

# One row per rule with anything to say. `told`: the first item of the rule before each closed due, and whether anybody acted on one.
STATEMENT: Final = f"""
WITH book (id) AS MATERIALIZED ({{book}}), item AS MATERIALIZED (
    SELECT i.account_id, i.rule, i.opened_on, i.state, i.held_back, i.first_acted_at, i.opened_at
    FROM churn_actionitem i WHERE i.account_id IN (SELECT id FROM book)
), began AS (
    SELECT min(opened_on) AS day FROM item
), due AS MATERIALIZED (
    SELECT c.account_id, c.ends_on, bool_or(c.state = 'lost') AS lost
    FROM churn_renewalcase c, began
    WHERE c.account_id IN (SELECT id FROM book) AND c.state <> 'open' AND c.ends_on > began.day AND c.ends_on <= %(as_of)s
      AND (c.ends_on - c.starts_on >= {policy.SHORTEST_TERM} OR c.state = 'lost')
    GROUP BY c.account_id, c.ends_on
), told AS (
    SELECT i.rule, d.account_id, d.ends_on, d.lost, min(i.opened_on) AS first_on, bool_or(i.first_acted_at IS NOT NULL) AS acted
    FROM due d JOIN item i ON i.account_id = d.account_id AND i.opened_on < d.ends_on AND i.opened_on >= d.ends_on - {REACH_DAYS}
    GROUP BY i.rule, d.account_id, d.ends_on, d.lost
), judged AS (
    SELECT rule, count(*) AS n, count(*) FILTER (WHERE lost) AS lost, count(*) FILTER (WHERE NOT lost AND NOT acted) AS renewed_untouched,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY ends_on - first_on) FILTER (WHERE lost) AS lead_days
    FROM told GROUP BY rule
), made AS (
    SELECT rule, count(*) FILTER (WHERE NOT held_back) AS items, count(*) FILTER (WHERE held_back) AS held,
           count(*) FILTER (WHERE state IN ('open', 'snoozed') AND NOT held_back) AS waiting,
           count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state = 'dismissed') AS dismissed,
           count(*) FILTER (WHERE state = 'cleared' AND NOT held_back) AS cleared,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_acted_at - opened_at) / 3600) AS hours
    FROM item GROUP BY rule
), base AS (
    SELECT count(*) AS n, count(*) FILTER (WHERE lost) AS lost FROM due
)
SELECT r.rule, coalesce(m.items, 0), coalesce(m.held, 0), coalesce(m.waiting, 0), coalesce(m.done, 0), coalesce(m.dismissed, 0),
       coalesce(m.cleared, 0), m.hours::float8, coalesce(j.n, 0), coalesce(j.lost, 0), coalesce(j.renewed_untouched, 0),
       j.lead_days::float8,
       base.n, base.lost, (SELECT day FROM began), t.retired_at, coalesce(t.reason, ''), coalesce(t.hold_back, 0), t.changed_at,
       coalesce(nullif(u.name, ''), u.email)
FROM unnest(%(rules)s::text[]) WITH ORDINALITY AS r (rule, place)
CROSS JOIN base
LEFT JOIN made m ON m.rule = r.rule
LEFT JOIN judged j ON j.rule = r.rule
LEFT JOIN churn_triggersetting t ON t.rule = r.rule
LEFT JOIN accounts_user u ON u.id = t.changed_by_id
ORDER BY r.place
"""  # noqa: S608 - only constants enter


class Proposal(StrEnum):
    """Why a rule is proposed for retirement."""

    DISMISSED = "dismissed"
    UNDER_BASE = "under_base"


@dataclass(frozen=True, slots=True)
class RulePrecision:
    """One rule. Counts of items leave out those `held` back, except in `judged`: the rule spoke of those too.

    `acted` are done, `hours` the median from an item to the first step of a person. `judged`: of the closed renewals it told of, those
    lost, with interval; `base` the same of all closed renewals since `since`, the list's first day. `lead_days`: median from its first
    item to the end of a lost term. False alarms are `dismissed` items and `renewed_untouched` renewals it told of in vain; `missed` are
    lost renewals it did not tell of. None: nothing to compute it from.
    """

    trigger: Trigger
    items: int
    held: int
    waiting: int
    done: int
    dismissed: int
    cleared: int
    hours: float | None
    judged: Share
    renewed_untouched: int
    lead_days: float | None
    base: Share
    since: date | None
    retired_at: datetime | None
    reason: str
    hold_back: Decimal
    changed_at: datetime | None
    changed_by: str | None

    @property
    def closed(self) -> int:
        """Items that a person closed."""
        return self.done + self.dismissed

    @property
    def acted(self) -> Share:
        """Of what people closed, what was worth a step."""
        return share(self.done, self.closed)

    @property
    def false_alarms(self) -> int:
        """Dismissed items, and renewals it told of that renewed without anybody's step."""
        return self.dismissed + self.renewed_untouched

    @property
    def missed(self) -> int:
        """Lost renewals without an item of the rule in the 180 days before."""
        return self.base.hits - self.judged.hits

    @property
    def lift(self) -> float | None:
        """How many times the base rate is lost where it tells; None where either is unknown or nothing is lost."""
        return self.judged.value / self.base.value if self.judged.value is not None and self.base.value else None

    @property
    def proposal(self) -> Proposal | None:
        """Why it is proposed for retirement; None: it is not, or it is retired. Never on fewer than 20 closed items or renewals."""
        if self.retired_at is not None:
            return None
        if self.closed >= LEAST and self.dismissed > DISMISSED_SHARE * self.closed:
            return Proposal.DISMISSED
        told, base = self.judged.high, self.base.value
        # Growth tells of no loss, so a low share of losses speaks for it.
        if not self.trigger.good and self.judged.n >= LEAST and told is not None and base is not None and told < base:
            return Proposal.UNDER_BASE
        return None


def rule_precision(user: User, as_of: date) -> list[RulePrecision]:
    """Every rule over the visible book, in the registry's order; one query. As of the published day: later dues are not closed yet."""
    book, params = visible_book(user)
    params |= {"as_of": as_of, "rules": list(TRIGGERS)}
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT.replace("{book}", book), params)
        return [_precision(row) for row in cursor.fetchall()]


def _precision(row: tuple[Any, ...]) -> RulePrecision:
    rule, items, held, waiting, done, dismissed, cleared, hours, n, lost, untouched, lead, base_n, base_lost, since, *setting = row
    return RulePrecision(
        TRIGGERS[rule], items, held, waiting, done, dismissed, cleared, hours, share(lost, n), untouched, lead, share(base_lost, base_n),
        since, *setting,
    )  # fmt: skip
