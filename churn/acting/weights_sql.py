"""What an item weighs: the amount at risk, how near the decision is, and how often its rule was right. Statements over `stage_sql`.

weight = amount x chance of loss x pressure x share of the rule's items that were worth a step; every part is rounded to four places first,
so that the parts a person is shown give the weight. Growth weighs amount x share: nothing is at risk. Unknown amount: no weight, at the
end. docs/methods/actions.md says it in words. Parameters: as_of, today, and those of `PARAMETERS`.
"""

from __future__ import annotations

from typing import Any, Final

from churn.acting import policy
from churn.acting.triggers import TRIGGERS
from churn.likelihood.current import LATEST

# Half of it is left HALF_DAYS before the decision; all of it from the decision day on.
PRESSURE: Final = f"round({policy.HALF_DAYS}::numeric / ({policy.HALF_DAYS} + greatest(coalesce(days, {policy.NOTHING_DUE_DAYS}), 0)), 4)"
# The expert's word, and with every closed item more of what people did.
RIGHT: Final = f"round((acted + {policy.EXPERT_ITEMS} * expert) / (acted + dismissed + {policy.EXPERT_ITEMS}), 4)"
WEIGHT: Final = "round(CASE WHEN good THEN amount * share ELSE amount * loss * pressure * share END, 4)"

TABLES: Final = ("item_loss", "item_right")
FORGET: Final = "DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.{name}" for name in TABLES)

# The likelihood where it is told, else what became of past renewals in the account's band 90 days before, drawn to all of them; else an
# assumption.
LOSS: Final = f"""
CREATE TEMP TABLE item_loss ON COMMIT DROP AS
WITH past AS (
    SELECT o.band, count(*) AS n, count(*) FILTER (WHERE c.state = 'lost') AS lost
    FROM churn_renewalcase c
    JOIN health_publishedslice p ON p.grain = 'health' AND p.starts_on = c.ends_on - 90
    JOIN health_healthscore o ON o.account_id = c.account_id AND o.day = p.starts_on AND o.run_id = p.run_id
    WHERE c.state <> 'open' AND c.ends_on - c.starts_on >= {policy.SHORTEST_TERM} AND c.ends_on <= %(as_of)s GROUP BY o.band
), base AS (
    SELECT sum(lost)::numeric / nullif(sum(n), 0) AS rate FROM past
), band AS (
    SELECT b.name, coalesce((coalesce(p.lost, 0) + {policy.BAND_RENEWALS} * base.rate) / (coalesce(p.n, 0) + {policy.BAND_RENEWALS}),
                            b.assumed) AS loss,
           CASE WHEN base.rate IS NULL THEN 'assumed' ELSE 'band' END AS source
    FROM unnest(%(bands)s::text[], %(assumed)s::numeric[]) AS b (name, assumed) CROSS JOIN base LEFT JOIN past p ON p.band = b.name
)
SELECT s.account_id, round(coalesce(1 - t.value, b.loss), 4) AS loss,
       CASE WHEN t.value IS NULL THEN b.source ELSE 'likelihood' END AS source
FROM item_account s JOIN band b ON b.name = s.band LEFT JOIN {LATEST} t ON t.account_id = s.account_id;
ANALYZE item_loss;
"""  # noqa: S608 - only constants enter
RULES: Final = f"""
CREATE TEMP TABLE item_right ON COMMIT DROP AS
SELECT rule, good, pause_days, again_days, expert, acted, dismissed, {RIGHT} AS share, retired, hold_back
FROM (
    SELECT r.rule, r.good, r.pause_days, r.again_days, r.expert, count(i.id) FILTER (WHERE i.state = 'done') AS acted,
           count(i.id) FILTER (WHERE i.state = 'dismissed') AS dismissed, coalesce(bool_or(t.retired_at IS NOT NULL), false) AS retired,
           coalesce(max(t.hold_back), 0) AS hold_back
    FROM unnest(%(rules)s::text[], %(good)s::boolean[], %(pauses)s::integer[], %(agains)s::integer[], %(experts)s::numeric[])
        AS r (rule, good, pause_days, again_days, expert)
    LEFT JOIN churn_triggersetting t ON t.rule = r.rule
    LEFT JOIN churn_actionitem i ON i.rule = r.rule AND i.state IN ('done', 'dismissed')
    GROUP BY r.rule, r.good, r.pause_days, r.again_days, r.expert
) AS counted
"""  # noqa: S608 - only constants enter
WEIGH: Final = f"""
UPDATE item_next n SET weight = w.weight, because = w.because
FROM (
    SELECT p.account_id, p.rule, {WEIGHT} AS weight,
           jsonb_build_object('amount', p.amount::text, 'loss', CASE WHEN NOT good THEN loss END,
                              'loss_from', CASE WHEN NOT good THEN source END, 'days', days,
                              'pressure', CASE WHEN NOT good THEN pressure END,
                              'right', share, 'acted', acted, 'dismissed', dismissed, 'expert', expert) AS because
    FROM (
        SELECT d.*, {PRESSURE} AS pressure
        FROM (
            SELECT x.account_id, x.rule, s.amount, l.loss, l.source, s.decision_on - %(today)s::date AS days, r.good, r.share, r.acted,
                   r.dismissed, r.expert
            FROM item_next x JOIN item_account s ON s.account_id = x.account_id JOIN item_loss l ON l.account_id = x.account_id
            JOIN item_right r ON r.rule = x.rule
        ) AS d
    ) AS p
) AS w
WHERE w.account_id = n.account_id AND w.rule = n.rule
"""  # noqa: S608 - only constants enter

_ALL = tuple(TRIGGERS.values())
PARAMETERS: Final[dict[str, Any]] = {
    "bands": list(policy.ASSUMED_LOSS),
    "assumed": list(policy.ASSUMED_LOSS.values()),
    "rules": [one.key for one in _ALL],
    "good": [one.good for one in _ALL],
    "pauses": [one.pause_days for one in _ALL],
    "agains": [one.again_days for one in _ALL],
    "experts": [one.expert for one in _ALL],
}
