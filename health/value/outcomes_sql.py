"""SQL of what was wanted when: every version of a desired outcome with the days on which it holds."""

from __future__ import annotations

# Whom an outcome is about, with the zone that turns instants into days.
EVERYBODY = "(SELECT a.id AS account_id, coalesce(nullif(a.timezone, ''), %(zone)s) AS zone FROM accounts_account a)"

# The status as it reads on a day: what is to be achieved or missed later is on track until then.
STATUS_ON = """CASE WHEN s.achieved_on <= {day} OR (s.status = 'achieved' AND s.achieved_on IS NULL) THEN 'achieved'
     WHEN s.status = 'missed' AND s.achieved_on IS NULL AND coalesce(s.due_on, {day}) <= {day} THEN 'missed'
     WHEN s.status IN ('achieved', 'missed') THEN 'on_track' ELSE s.status END"""

# What stands for an account with several: the worst of them.
WORST = """CASE max(CASE status WHEN 'missed' THEN 3 WHEN 'behind' THEN 2 WHEN 'on_track' THEN 1 ELSE 0 END)
     WHEN 3 THEN 'missed' WHEN 2 THEN 'behind' WHEN 1 THEN 'on_track' ELSE 'achieved' END"""


def spans(members: str, known: str = "true") -> str:
    """SQL of outcome_id, account_id, status, due_on, achieved_on, and the days `[since, stop)` of each version; null `stop`: still holds.

    A version holds from the day it was entered for, else from the account's local day on which it was recorded; one that says achieved
    from that day where it is earlier, one that says missed from its due day; the first one also from a due day before it was recorded. On
    a day the latest of those that have begun counts. Withdrawn: none from that day on. From the day its proof is reached a version reads
    achieved, unless it says missed: that is a person's word. The proof speaks for versions with the same action, metric and target as
    today's.

    `members`: SQL of account_id, zone. `known`: condition on versions (`v`).
    """
    return f"""
        SELECT h.outcome_id, h.account_id, part.status, h.due_on, part.achieved_on, part.since, part.stop
        FROM (
            SELECT w.outcome_id, w.account_id, w.status, w.due_on, w.achieved_on, w.since,
                   CASE WHEN w.status <> 'missed' THEN w.proven_on END AS proven_on,
                   least(w.withdrawn_on, min(w.since) OVER (
                       PARTITION BY w.outcome_id ORDER BY w.id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)) AS stop
            FROM (
                SELECT v.id, v.outcome_id, o.account_id, v.status, v.due_on, v.achieved_on, v.withdrawn_on, p.proven_on,
                       least(said.day, v.withdrawn_on, v.achieved_on, CASE
                           WHEN v.status = 'missed' OR v.id = min(v.id) OVER (PARTITION BY v.outcome_id) THEN v.due_on END) AS since
                FROM health_outcomeversion v
                JOIN health_outcome o ON o.id = v.outcome_id
                JOIN {members} m ON m.account_id = o.account_id
                CROSS JOIN LATERAL (SELECT coalesce(v.since, (v.recorded_at AT TIME ZONE m.zone)::date) AS day) said
                LEFT JOIN health_outcomeproof p
                    ON p.outcome_id = o.id AND (v.action, v.metric, v.target) = (o.action, o.metric, o.target)
                WHERE {known}
            ) w
        ) h
        CROSS JOIN LATERAL (
            SELECT h.status, h.achieved_on, h.since, least(h.stop, h.proven_on) AS stop
            UNION ALL
            SELECT 'achieved', h.proven_on, greatest(h.since, h.proven_on), h.stop WHERE h.proven_on IS NOT NULL
        ) part
        WHERE part.stop IS NULL OR part.since < part.stop
    """  # noqa: S608 - built from our own text
