"""The statement behind the behaviour groups: how often each seat did each action in its first days, and whether it is still there.

Event rows are read for a sample of whole accounts: a book of ten thousand would otherwise read every event it ever sent.
"""

from __future__ import annotations

STATEMENT = """
WITH book (id) AS MATERIALIZED ({book}
), definition AS MATERIALIZED (
    SELECT version, body -> 'excluded_personas' AS personas, to_jsonb(ARRAY(
        SELECT ltrim(lower(domain), '@') FROM jsonb_array_elements_text(body -> 'excluded_email_domains') AS every (domain))) AS domains
    FROM health_activitydefinition WHERE effective_from <= %(as_of)s ORDER BY version DESC LIMIT 1
), seat AS MATERIALIZED (
    SELECT s.id, s.account_id, coalesce(a.counts_for_id, a.id) AS payer, began.day AS began
    FROM accounts_seat s
    JOIN accounts_account a ON a.id = s.account_id
    CROSS JOIN LATERAL (SELECT coalesce(s.activated_on, s.first_event_on) AS day) AS began
    LEFT JOIN definition d ON true
    WHERE began.day >= %(first)s AND began.day < %(after)s AND coalesce(a.counts_for_id, a.id) IN (SELECT id FROM book)
      AND s.kind <> %(bot)s
      AND NOT coalesce(d.personas ? s.persona, false) AND NOT coalesce(d.domains ? lower(split_part(s.email, '@', 2)), false)
), sample AS MATERIALIZED (
    SELECT account_id FROM (
        SELECT account_id, sum(count(*)) OVER (ORDER BY hashint8(account_id), account_id) - count(*) AS before
        FROM seat GROUP BY account_id) AS ordered
    WHERE before < %(most)s
), chosen AS MATERIALIZED (
    SELECT s.* FROM seat s JOIN sample USING (account_id)
), followed AS MATERIALIZED (
    SELECT s.id, s.account_id, s.began, bool_or(d.day >= s.began + %(end_from)s) AS remains
    FROM chosen s
    JOIN seat_day d ON d.account_id = s.payer AND d.seat_id = s.id AND d.key_actions > 0
        AND d.day >= %(first)s AND d.day < %(until)s AND d.day >= s.began AND d.day < s.began + %(end_to)s
    GROUP BY s.id, s.account_id, s.began
    HAVING bool_or(d.day < s.began + %(landmark)s)
), used AS (
    SELECT f.id, f.remains, u.action_id, sum(u.uses) AS uses
    FROM followed f
    CROSS JOIN LATERAL (
        SELECT e.action_id, 1::numeric AS uses FROM event e
        WHERE e.account_id = f.account_id AND e.seat_id = f.id AND e.day >= f.began AND e.day < f.began + %(landmark)s
        UNION ALL
        SELECT d.action_id, d.quantity FROM accounts_usagedaily d
        WHERE d.account_id = f.account_id AND d.seat_id = f.id AND d.day >= f.began AND d.day < f.began + %(landmark)s AND d.quantity > 0
    ) AS u
    GROUP BY f.id, f.remains, u.action_id
)
SELECT NULL::text AS action, (SELECT count(*) FROM seat) AS uses, count(*) AS seats, count(*) FILTER (WHERE NOT remains) AS lost,
       (SELECT version FROM definition) AS version
FROM followed
UNION ALL
SELECT n.name, u.uses, count(*), count(*) FILTER (WHERE NOT u.remains), NULL
FROM used u JOIN accounts_action n ON n.id = u.action_id
GROUP BY n.name, u.uses
"""
