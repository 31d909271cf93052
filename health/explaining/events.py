"""The events and daily counts of one account-day, each with what it added to the weighed key actions, and why not more."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from health.definitions import ActivityRules
from health.explaining.reading import Reading, Rows, Viewed, read_rows

# `outcome` says what became of a row by the rules of the day: `counted`, `no_key_action`, `below_condition`, `count_under_condition` (a
# daily count cannot show that one event qualified), `excluded` (a bot, or a seat left out), `nothing` (a count of 0).
EVENTS = Reading(
    """
    SELECT e.kind, e.id, e.store, e.occurred_at, e.action, e.seat, e.source, e.product, e.quantity, e.value, e.distinct_seats,
           CASE WHEN e.excluded OR e.quantity = 0 AND e.kind = 'count' THEN 0
                WHEN e.least IS NULL THEN e.weight * e.quantity
                WHEN e.kind = 'event' AND e.quantity >= e.least THEN e.weight ELSE 0 END AS weighed,
           CASE WHEN e.excluded THEN 'excluded'
                WHEN e.quantity = 0 AND e.kind = 'count' THEN 'nothing'
                WHEN e.weight = 0 THEN 'no_key_action'
                WHEN e.least IS NOT NULL AND e.kind = 'count' THEN 'count_under_condition'
                WHEN e.quantity < e.least THEN 'below_condition'
                ELSE 'counted' END AS outcome,
           NOT e.passive AND NOT e.excluded AND NOT (e.quantity = 0 AND e.kind = 'count') AS login, e.seen
    FROM (
        SELECT x.kind, x.id, m.store, m.seen, x.occurred_at, a.name AS action, source.name AS source, x.product, x.quantity, x.value,
               x.distinct_seats, coalesce(nullif(s.name, ''), s.external_id, '') AS seat,
               coalesce(r.weight, 0) AS weight, r.least, coalesce(r.passive, false) AS passive,
               coalesce(s.kind = 'bot' OR s.persona = ANY (%(personas)s) OR lower(split_part(s.email, '@', 2)) = ANY (%(domains)s),
                        false) AS excluded
        FROM member m
        JOIN (
            SELECT 'event' AS kind, id, account_id, seat_id, action_id, source_id, product, occurred_at, quantity, value,
                   NULL::integer AS distinct_seats
            FROM event WHERE day = %(day)s AND account_id IN (SELECT id FROM member)
            UNION ALL
            SELECT 'count', id, account_id, seat_id, action_id, source_id, product, NULL, quantity, NULL, distinct_seats
            FROM accounts_usagedaily WHERE day = %(day)s AND account_id IN (SELECT id FROM member)
        ) x ON x.account_id = m.id
        JOIN accounts_action a ON a.id = x.action_id
        JOIN accounts_source source ON source.id = x.source_id
        LEFT JOIN accounts_seat s ON s.id = x.seat_id
        LEFT JOIN unnest(%(actions)s::text[], %(weights)s::numeric[], %(least)s::numeric[], %(passive)s::boolean[])
            AS r(action, weight, least, passive) ON r.action = a.name
    ) e
    """,
    "kind DESC, occurred_at, action, id",
    (
        "kind",
        "store",
        "occurred_at",
        "action",
        "seat",
        "source",
        "product",
        "quantity",
        "value",
        "distinct_seats",
        "weighed",
        "outcome",
        "login",
    ),
)


def day_events(viewed: Viewed, day: date, rules: ActivityRules | None, *, size: int | None = None, skip: int = 0) -> Rows:
    """Everything that happened on the account's local day, in order of time; the `weighed` of all rows sum to the day's `a`.

    `rules`: those that the day was graded by; None (a day without any): nothing weighs.
    """
    return read_rows(EVENTS, viewed, {"day": day, **_weights(rules)}, size=size, skip=skip)


def _weights(rules: ActivityRules | None) -> dict[str, Any]:
    if rules is None:
        return {"actions": [], "weights": [], "least": [], "passive": [], "personas": [], "domains": []}
    named = sorted({*rules.key_actions, *rules.passive_actions})
    return {
        "actions": named,
        "weights": [rules.key_actions.get(action, Decimal(0)) for action in named],
        "least": [rules.conditions.get(action) for action in named],
        "passive": [action in rules.passive_actions for action in named],
        "personas": list(rules.excluded_personas),
        "domains": list(rules.excluded_email_domains),
    }
