"""Statements that name the states of every paying account: what was used in the window, what was reached, and the names with their facts.

They read what `health.state_sql` has staged (`next_state`, `state_day`, `state_member`, `state_today`) and are dropped with the
transaction. Parameters: as_of, first (of the window), and the bars of `[states]`. docs/methods/states.md.
"""

from __future__ import annotations

from health.definitions.states import NamedState

TABLES = ("named_feature", "named_graded", "named_skipped", "named_use")
FORGET = "DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.{name}" for name in TABLES)
# Reached: what the customer wanted; without a defined outcome, the north star.
ACHIEVED = "(n.outcome_status = 'achieved' OR (n.outcome_status = '' AND n.north_star_crossed_on IS NOT NULL))"

# Days of use whoever it was, days with a key action, and days on which somebody did nothing but passive actions.
USE = """
CREATE TEMP TABLE named_use ON COMMIT DROP AS
SELECT account_id, count(*) FILTER (WHERE used) AS used_days, count(*) FILTER (WHERE keyed) AS key_days,
       count(*) FILTER (WHERE reported) AS report_days
FROM (
    SELECT account_id, day, bool_or(logged_in) AS used, bool_or(key_actions > 0) AS keyed,
           bool_or(events > 0 AND NOT logged_in) AS reported
    FROM seat_day WHERE day BETWEEN %(first)s AND %(as_of)s /* among account_id */ GROUP BY account_id, day
) d GROUP BY account_id;
ANALYZE named_use;
"""

# What the days were graded as; a weekday off is a public holiday or lies in a quiet period.
GRADED = """
CREATE TEMP TABLE named_graded ON COMMIT DROP AS
SELECT a.account_id, count(*) FILTER (WHERE a.level >= 0) AS known_days, count(*) FILTER (WHERE a.active) AS active_days,
       count(*) FILTER (WHERE extract(isodow FROM a.day) < 6) AS weekdays,
       count(*) FILTER (WHERE extract(isodow FROM a.day) < 6 AND NOT a.working) AS off_days
FROM health_accountday a JOIN state_day d ON d.day = a.day AND d.run_id = a.run_id
WHERE a.day BETWEEN %(first)s AND %(as_of)s /* among a.account_id */
GROUP BY a.account_id;
ANALYZE named_graded;
"""

# Logins and passive actions are no features; what they are, the account's profile says.
SKIPPED = "CREATE TEMP TABLE named_skipped (profile smallint NOT NULL, action_id bigint NOT NULL) ON COMMIT DROP"
SKIP = """
INSERT INTO named_skipped
SELECT s.profile, a.id FROM unnest(%(profiles)s::smallint[], %(names)s::text[]) AS s(profile, name)
JOIN accounts_action a ON a.name = s.name
"""
FEATURES = f"""
CREATE TEMP TABLE named_feature ON COMMIT DROP AS
WITH reached AS (
    SELECT n.account_id, coalesce(t.profile, 0) AS profile FROM next_state n LEFT JOIN state_today t ON t.account_id = n.account_id
    WHERE n.paying AND {ACHIEVED}
), done AS (
    SELECT account_id, action_id, seat_id FROM event WHERE day BETWEEN %(first)s AND %(as_of)s /* among account_id */
    GROUP BY account_id, action_id, seat_id
    UNION ALL
    SELECT account_id, action_id, seat_id FROM accounts_usagedaily WHERE day BETWEEN %(first)s AND %(as_of)s AND quantity > 0
      /* among account_id */
    GROUP BY account_id, action_id, seat_id
), used AS (
    SELECT DISTINCT r.account_id, x.action_id
    FROM reached r
    JOIN state_member m ON m.shown = r.account_id
    JOIN done x ON x.account_id = m.id
    LEFT JOIN accounts_seat s ON s.id = x.seat_id
    WHERE coalesce(s.kind, 'human') = 'human'
      AND NOT EXISTS (SELECT FROM named_skipped k WHERE k.profile = r.profile AND k.action_id = x.action_id)
)
SELECT u.account_id, count(*) AS features, jsonb_agg(a.name ORDER BY a.name) AS names
FROM used u JOIN accounts_action a ON a.id = u.action_id GROUP BY u.account_id;
ANALYZE named_feature;
"""  # noqa: S608 - only constants enter

NAME = f"""
UPDATE next_state SET states_version = %(version)s, named_states = coalesce((
    SELECT jsonb_agg(jsonb_build_object('key', f.key, 'evidence', jsonb_strip_nulls(f.evidence)) ORDER BY f.place)
    FROM (
        SELECT 1 AS place, '{NamedState.BUSY}' AS key, t.facts || jsonb_build_object(
                   'used_days', t.used_days, 'key_days', t.key_days, 'outcome', coalesce(nullif(t.outcome_status, ''), 'none')) AS evidence
        WHERE t.used_days >= %(busy_days)s AND t.key_days <= %(busy_key_days)s AND NOT t.achieved
        UNION ALL
        SELECT 2, '{NamedState.QUIET}', t.facts || jsonb_build_object(
                   'active_days', t.active_days,
                   'outcome', CASE WHEN t.achieved THEN t.achieved_by END, 'crossed_on', CASE WHEN t.achieved THEN t.crossed_on END,
                   'report_days', CASE WHEN t.reports THEN t.report_days END,
                   'off_days', CASE WHEN t.off THEN t.off_days END, 'weekdays', CASE WHEN t.off THEN t.weekdays END,
                   'quiet_reason', CASE WHEN t.off THEN (
                       SELECT q.reason FROM accounts_quietperiod q
                       WHERE q.account_id = t.account_id AND q.starts_on <= %(as_of)s AND q.ends_on > %(first)s
                       ORDER BY q.starts_on DESC, q.id DESC LIMIT 1) END)
        WHERE t.active_days <= %(quiet_days)s AND (t.achieved OR t.reports OR t.off)
        UNION ALL
        SELECT 3, '{NamedState.NARROW}', t.facts || jsonb_build_object(
                   'features', t.features, 'names', t.names, 'outcome', t.achieved_by, 'crossed_on', t.crossed_on)
        WHERE t.achieved AND t.features BETWEEN 1 AND %(narrow_features)s
    ) f
), '[]')
FROM (
    SELECT n.account_id, n.outcome_status, {ACHIEVED} AS achieved,
           jsonb_build_object('window_days', %(window_days)s::integer, 'first_on', %(first)s::date) AS facts,
           CASE WHEN n.outcome_status = 'achieved' THEN 'achieved' ELSE 'north_star' END AS achieved_by,
           CASE WHEN n.outcome_status = '' THEN n.north_star_crossed_on END AS crossed_on,
           coalesce(u.used_days, 0) AS used_days, coalesce(u.key_days, 0) AS key_days, coalesce(u.report_days, 0) AS report_days,
           g.active_days, g.off_days, g.weekdays, coalesce(f.features, 0) AS features, f.names,
           coalesce(u.report_days, 0) >= %(report_days)s AS reports,
           g.off_days > 0 AND g.off_days * %(off_den)s::numeric >= g.weekdays * %(off_num)s::numeric AS off
    FROM next_state n
    JOIN named_graded g ON g.account_id = n.account_id
        AND g.known_days * %(known_den)s::numeric >= %(window_days)s * %(known_num)s::numeric AND g.known_days > 0
    LEFT JOIN named_use u ON u.account_id = n.account_id
    LEFT JOIN named_feature f ON f.account_id = n.account_id
    WHERE n.paying
) t
WHERE t.account_id = next_state.account_id
"""  # noqa: S608 - only constants enter
REST = "UPDATE next_state SET states_version = %(version)s, named_states = '[]' WHERE named_states IS NULL"
