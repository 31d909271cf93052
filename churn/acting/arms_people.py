# ruff: noqa: S608 - composed of constants and of names of this module
"""Rules of the day's list about what customers said and want, and who is there. Statements over `stage_sql`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from churn import policy as losses
from churn.acting import policy
from churn.acting.news_sql import REVIEWS, TICKETS
from churn.acting.stage_sql import filled

BURST = """
SELECT b.account_id, b.day::text AS signal, b.facts || jsonb_build_object('day', b.day) AS facts, true AS opens FROM ticket_burst b
"""

# Detractors, low CSAT, and tickets closed with a low mark. Settled by a later contact, or a better answer of the same seat.
ANSWERS = f"""
answer AS (
    SELECT m.shown AS account_id, v.kind, v.score, v.scale, v.responded_at AS at, (v.responded_at AT TIME ZONE s.zone)::date AS day,
           left(v.comment, 300) AS comment, concat('survey ', v.id) AS signal,
           EXISTS (SELECT FROM accounts_surveyresponse l WHERE l.account_id = v.account_id AND l.seat_id = v.seat_id AND l.kind = v.kind
                   AND l.responded_at > v.responded_at) AS replaced
    FROM asked, accounts_surveyresponse v JOIN member m ON m.id = v.account_id JOIN state s ON s.account_id = m.shown
    WHERE v.responded_at > (asked.as_of - {policy.ANSWER_DAYS})::timestamp AT TIME ZONE 'UTC'
      AND CASE v.kind WHEN 'nps' THEN v.score * 10 <= {policy.DETRACTOR} * v.scale ELSE v.score <= {losses.UNHAPPY_SHARE} * v.scale END
    UNION ALL
    SELECT m.shown, 'ticket', t.satisfaction, t.scale, t.closed_at, (t.closed_at AT TIME ZONE s.zone)::date, left(t.subject, 300),
           concat('ticket ', t.id), false
    FROM asked, accounts_ticket t JOIN member m ON m.id = t.account_id JOIN state s ON s.account_id = m.shown
    WHERE t.closed_at > (asked.as_of - {policy.ANSWER_DAYS})::timestamp AT TIME ZONE 'UTC'
      AND t.satisfaction <= {losses.UNHAPPY_SHARE} * t.scale
),
contact AS (
    SELECT m.shown AS account_id, max(i.happened_at) AS at
    FROM asked, accounts_interaction i JOIN member m ON m.id = i.account_id
    WHERE i.happened_at > (asked.as_of - {policy.ANSWER_DAYS})::timestamp AT TIME ZONE 'UTC'
      AND i.happened_at < (asked.today + 1)::timestamp AT TIME ZONE 'UTC'
    GROUP BY m.shown
)
"""
BAD_ANSWER = """
SELECT DISTINCT ON (a.account_id) a.account_id, a.signal,
       jsonb_build_object('kind', a.kind, 'score', a.score, 'scale', a.scale, 'day', a.day, 'comment', a.comment,
                          'answers', count(*) OVER (PARTITION BY a.account_id)) AS facts, true AS opens
FROM asked, answer a LEFT JOIN contact c ON c.account_id = a.account_id
WHERE a.day <= asked.as_of AND NOT a.replaced AND (c.at IS NULL OR c.at < a.at)
ORDER BY a.account_id, a.at DESC, a.signal
"""

FEEDBACK = f"""
SELECT DISTINCT ON (m.shown) m.shown AS account_id, concat('review ', r.id) AS signal,
       jsonb_build_object('held_on', r.held_on, 'feedback', left(r.feedback, 300), 'owner', coalesce(nullif(u.name, ''), u.email),
                          'reviews', count(*) OVER (PARTITION BY m.shown)) AS facts, true AS opens
FROM asked, health_review r JOIN member m ON m.id = r.account_id JOIN state s ON s.account_id = m.shown AND s.paying
LEFT JOIN health_feedbackcare c ON c.review_id = r.id
LEFT JOIN accounts_user u ON u.id = c.owner_id
WHERE r.feedback <> '' AND coalesce(c.answer, '') = ''
  AND r.held_on BETWEEN asked.today - {policy.FEEDBACK_UNTIL_DAYS} AND asked.today - {policy.FEEDBACK_FROM_DAYS}
ORDER BY m.shown, r.held_on, r.id
"""

# As `health.value.seat_quality` says it, each role for itself; new where it is not long ago.
LEFT = f"""
SELECT DISTINCT ON (c.account_id) c.account_id, concat(c.role, ' ', c.left_on) AS signal,
       jsonb_build_object('role', c.role, 'name', c.name, 'left_on', c.left_on,
                          'people', count(*) OVER (PARTITION BY c.account_id)) AS facts,
       c.left_on > asked.as_of - {policy.LEFT_DAYS} AS opens
FROM asked, accounts_contact c JOIN state s ON s.account_id = c.account_id AND s.paying
WHERE c.role IN ('champion', 'sponsor') AND c.left_on <= asked.as_of
  AND NOT EXISTS (SELECT FROM accounts_contact o WHERE o.account_id = c.account_id AND o.role = c.role
                  AND (o.left_on IS NULL OR o.left_on > asked.as_of))
ORDER BY c.account_id, c.left_on DESC, c.id
"""
# Unknown where what was loaded names no seat.
SILENT = """
SELECT s.account_id, '' AS signal, jsonb_build_object('executives', s.executives, 'days', 28) AS facts, true AS opens
FROM state s
WHERE s.paying AND NOT s.quiet AND s.executives > 0 AND coalesce(s.executives_active, 0) = 0
  AND NOT (s.seats_active = 0 AND s.strip ~ '[LMH]')
"""

# Where no contact of anybody was ever written down, silence says nothing. Never spoken to: since the customer came.
CADENCE = """
cadence AS MATERIALIZED (SELECT * FROM unnest(%(tiers)s::text[], %(cadences)s::integer[]) AS t (tier, days))
"""
NO_CONTACT = """
SELECT s.account_id, coalesce(s.last_contact_on::text, 'never') AS signal,
       jsonb_build_object('last_on', s.last_contact_on, 'cadence', c.days, 'tier', s.tier) AS facts, true AS opens
FROM asked, state s
CROSS JOIN LATERAL (
    SELECT t.days FROM cadence t WHERE t.tier IN (lower(btrim(s.tier)), '') ORDER BY t.tier = '' LIMIT 1) AS c
CROSS JOIN LATERAL (
    SELECT coalesce(s.last_contact_on, s.onboarded_on, (
        SELECT min(k.starts_on) FROM accounts_contract k WHERE k.account_id = s.account_id AND k.mrr > 0)) AS day) AS since
WHERE s.paying AND since.day < asked.today - c.days
  AND (EXISTS (SELECT FROM accounts_interaction) OR EXISTS (SELECT FROM health_review WHERE held_on IS NOT NULL))
"""

# Planned and near or not held; or the last one was held a quarter ago and none is planned.
REVIEW_TIMES = """
held AS (
    SELECT m.shown AS account_id, max(r.held_on) AS held_on,
           bool_or(r.held_on IS NULL AND r.planned_on >= asked.today) AS planned
    FROM asked, health_review r JOIN member m ON m.id = r.account_id JOIN state s ON s.account_id = m.shown AND s.paying
    WHERE r.kind IN ('qbr', 'ebr') AND coalesce(r.held_on, r.planned_on) IS NOT NULL GROUP BY m.shown
)
"""
REVIEW = f"""
SELECT r.account_id, r.day::text AS signal, r.facts || jsonb_build_object('held_on', h.held_on) AS facts, true AS opens
FROM review_due r JOIN held h ON h.account_id = r.account_id
UNION ALL
SELECT h.account_id, concat('after ', h.held_on), jsonb_build_object('kind', 'qbr', 'planned_on', NULL, 'held_on', h.held_on), true
FROM asked, held h
WHERE h.held_on < asked.today - {policy.REVIEW_EVERY_DAYS} AND NOT h.planned
  AND NOT EXISTS (SELECT FROM review_due r WHERE r.account_id = h.account_id)
"""

# What a person called missed is settled; what its proof shows as reached, too.
OUTCOME = """
SELECT DISTINCT ON (m.shown) m.shown AS account_id, concat(o.id, ' ', o.due_on) AS signal,
       jsonb_build_object('statement', o.statement, 'due_on', o.due_on, 'status', o.status,
                          'outcomes', count(*) OVER (PARTITION BY m.shown)) AS facts, true AS opens
FROM asked, health_outcome o JOIN member m ON m.id = o.account_id JOIN state s ON s.account_id = m.shown AND s.paying
LEFT JOIN health_outcomeproof p ON p.outcome_id = o.id
WHERE o.due_on < asked.today AND o.status IN ('on_track', 'behind') AND o.achieved_on IS NULL AND p.proven_on IS NULL
  AND (o.withdrawn_on IS NULL OR o.withdrawn_on > asked.today)
ORDER BY m.shown, o.due_on, o.id
"""

ONBOARDING = f"""
SELECT DISTINCT ON (m.shown) m.shown AS account_id, concat(t.name, ' ', t.due_on) AS signal,
       jsonb_build_object('milestone', t.name, 'due_on', t.due_on, 'milestones', count(*) OVER (PARTITION BY m.shown),
                          'onboarded_on', s.onboarded_on) AS facts, true AS opens
FROM asked, health_milestone t JOIN member m ON m.id = t.account_id JOIN state s ON s.account_id = m.shown AND s.paying
WHERE t.done_on IS NULL AND t.due_on <= asked.today - {policy.MILESTONE_LATE_DAYS}
  AND (s.went_live_on IS NULL OR s.went_live_on > asked.today)
  AND coalesce(s.onboarded_on, t.due_on) > asked.today - {policy.ONBOARDING_DAYS}
ORDER BY m.shown, t.due_on, t.id
"""

ARMS: Final[Mapping[str, str]] = {
    "ticket_burst": filled("ticket_burst", BURST, TICKETS.strip().rstrip(",")),
    "bad_answer": filled("bad_answer", BAD_ANSWER, ANSWERS),
    "feedback_unanswered": filled("feedback_unanswered", FEEDBACK),
    "champion_left": filled("champion_left", LEFT),
    "boss_silent": filled("boss_silent", SILENT),
    "no_contact": filled("no_contact", NO_CONTACT, CADENCE),
    "review_due": filled("review_due", REVIEW, f"{REVIEWS.strip()}\n{REVIEW_TIMES}"),
    "outcome_overdue": filled("outcome_overdue", OUTCOME),
    "onboarding_stalled": filled("onboarding_stalled", ONBOARDING),
}
