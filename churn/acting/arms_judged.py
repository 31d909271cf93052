# ruff: noqa: S608 - composed of constants and of names of this module
"""Rules of the day's list about health and judgement: bands, disagreement, ratings due, combinations. Statements over `stage_sql`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from churn.acting import policy
from churn.acting.stage_sql import SCORES_OF, filled
from health.judging.disagreement import LEAST
from health.judging.rating_queue_sql import DUE

WORST_FIRST = "ARRAY['red', 'unknown', 'amber', 'green']"
# New where it happened in the last days; an item stays for as long as the band is worse than it was before. The scores of the days are
# compared, without overrides; a band that a person has set is their word, and no reason to act.
BAND_DAYS = f"""
band_now AS MATERIALIZED (
    SELECT h.account_id, h.band, array_position({WORST_FIRST}, h.band) AS place
    FROM health_healthscore h JOIN state s ON s.account_id = h.account_id AND s.paying AND NOT s.overridden
    WHERE {SCORES_OF.format(h="h", day="%(as_of)s::date")}
),
worse AS MATERIALIZED (
    SELECT n.account_id, n.band, h.band AS before
    FROM band_now n JOIN health_healthscore h ON h.account_id = n.account_id AND array_position({WORST_FIRST}, h.band) > n.place
    WHERE {SCORES_OF.format(h="h", day=f"%(as_of)s::date - {policy.BAND_DAYS}")}
)
"""
BAND_WORSE = f"""
SELECT w.account_id, turn.day::text AS signal, jsonb_build_object('from', w.before, 'to', w.band, 'day', turn.day) AS facts, true AS opens
FROM worse w
CROSS JOIN LATERAL (
    SELECT max(o.day) + 1 AS day FROM health_healthscore o
    JOIN health_publishedslice q ON q.grain = 'health' AND q.starts_on = o.day AND q.run_id = o.run_id
    WHERE o.account_id = w.account_id AND o.day >= %(as_of)s::date - {policy.BAND_DAYS} AND o.day < %(as_of)s::date AND o.band <> w.band
) AS turn
UNION ALL
SELECT n.account_id, i.signal, i.facts || jsonb_build_object('to', n.band), false
FROM band_now n JOIN churn_actionitem i ON i.account_id = n.account_id AND i.rule = 'band_worse' AND i.state IN ('open', 'snoozed')
WHERE n.place < array_position({WORST_FIRST}, i.facts ->> 'from') AND n.account_id NOT IN (SELECT account_id FROM worse)
"""

DISAGREEMENT = f"""
SELECT s.account_id, way.word AS signal, jsonb_build_object('machine', s.machine, 'human', s.human, 'gap', s.machine - s.human,
                                                            'way', way.word) AS facts, true AS opens
FROM state s
CROSS JOIN LATERAL (SELECT CASE WHEN s.machine > s.human THEN 'machine' ELSE 'human' END AS word) AS way
WHERE s.paying AND abs(s.machine - s.human) >= {LEAST}
"""

# The rule of the queue, so that all tell the same accounts.
RATING_DUE = """
SELECT t.account_id, t.due_on::text AS signal,
       jsonb_build_object('due_on', t.due_on, 'rated_on', t.rated_on, 'never', t.never, 'expired', t.expired,
                          'planned_on', t.planned_on) AS facts, true AS opens
FROM standing t WHERE t.due_on IS NOT NULL
"""

# Of several the one whose worst case is the worst.
COMBINATION = f"""
SELECT DISTINCT ON (m.account_id) m.account_id, r.key AS signal,
       jsonb_build_object('rule', r.id, 'name', r.name, 'conditions', r.conditions, 'met', m.facts, 'rate', r.figures -> 'holdout_rate',
                          'low', r.figures -> 'holdout_low', 'high', r.figures -> 'holdout_high', 'base', r.figures -> 'base',
                          'lift', r.figures -> 'lift', 'n', r.figures -> 'holdout_n',
                          'rules', count(*) OVER (PARTITION BY m.account_id)) AS facts, true AS opens
FROM asked, churn_rulematch m
JOIN churn_riskrule r ON r.id = m.rule_id AND r.state = 'validated' AND r.retired_on IS NULL AND r.withdrawn_at IS NULL
JOIN state s ON s.account_id = m.account_id AND s.paying
WHERE NOT m.near AND m.as_of > asked.as_of - {policy.NEWS_DAYS} AND m.as_of <= asked.as_of
ORDER BY m.account_id, (r.figures ->> 'holdout_low')::numeric DESC NULLS LAST, r.id
"""

ARMS: Final[Mapping[str, str]] = {
    "band_worse": filled("band_worse", BAND_WORSE, BAND_DAYS),
    "disagreement": filled("disagreement", DISAGREEMENT),
    "combination": filled("combination", COMBINATION),
}
# Needs the parameters of the queue (`rating_queue.asking`). Its tables stand inside, since some bear the names of ours.
RATINGS: Final[Mapping[str, str]] = {
    "rating_due": filled("rating_due", f"WITH {DUE.replace('{book}', 'SELECT account_id FROM item_account')}\n{RATING_DUE}")
}
