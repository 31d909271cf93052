"""The statements behind the features: figures of accounts on days, as they were known at the close of the day. No definition is repeated:
levels, seats, scenarios and health are those that were published.

All read a temporary table `rule_look` (place, account_id, day, known): the account on the day, and the first instant after it. Facts count
when they happened by the close of the day and were recorded before `known`; with `%(whenever)s` whenever they were recorded.
docs/methods/risk-rules.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

USE_DAYS, BEFORE_DAYS, SILENT_DAYS = 28, 84, 90
MOST_GAP = 365

LOOKS = """
CREATE TEMP TABLE IF NOT EXISTS rule_look (
    place integer PRIMARY KEY, account_id bigint NOT NULL, day date NOT NULL, known timestamptz NOT NULL, zone text NOT NULL
);
TRUNCATE rule_look;
INSERT INTO rule_look (place, account_id, day, known, zone)
SELECT x.n - 1, x.account_id, x.day, (x.day + 1)::timestamp AT TIME ZONE z.zone, z.zone
FROM unnest(%(accounts)s::bigint[], %(days)s::date[]) WITH ORDINALITY AS x (account_id, day, n)
JOIN accounts_account a ON a.id = x.account_id
CROSS JOIN LATERAL (SELECT coalesce(nullif(a.timezone, ''), %(zone)s) AS zone) AS z;
ANALYZE rule_look;
"""
# By the index of days: the first day is found at once.
FIRST_USE = "SELECT day FROM health_accountday WHERE events > 0 ORDER BY day LIMIT 1"
FORGET = "DROP TABLE IF EXISTS rule_look"
RECORDED = "(%(whenever)s OR {row}.recorded_at < l.known)"


def _recorded(row: str) -> str:
    return RECORDED.format(row=row)


def _since(table: str, at: str) -> str:
    """Whether the installation had any such row by then; one look for all places."""
    return f"((SELECT min({at}) FROM {table}) < l.known)"  # noqa: S608 - this module's own names


USE = f"""
SELECT l.place,
       CASE WHEN u.known_days > 0 AND (u.gap IS NOT NULL OR EXISTS (
           SELECT FROM health_accountday e WHERE e.account_id = l.account_id AND e.day < l.day AND e.active_seats > 0))
           THEN coalesce(u.gap, {SILENT_DAYS}) END AS days_without_login,
       CASE WHEN u.known_days > 0 AND u.gap IS NOT NULL THEN u.login_days END AS login_days_28,
       u.active::float8 / nullif(u.open_days, 0) AS active_share_28,
       u.high::float8 / nullif(u.open_days, 0) AS high_share_28,
       CASE WHEN u.open_days >= 10 AND u.open_before >= 20 AND u.actions_before > 0
            THEN (u.actions / u.open_days) / (u.actions_before / u.open_before) - 1 END AS use_change_28,
       u.activation
FROM rule_look l
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.level >= 0) AS known_days,
           min(l.day - d.day) FILTER (WHERE d.active_seats > 0) AS gap,
           count(*) FILTER (WHERE d.active_seats > 0 AND d.day > l.day - {USE_DAYS}) AS login_days,
           count(*) FILTER (WHERE d.level >= 0 AND d.working AND d.day > l.day - {USE_DAYS}) AS open_days,
           count(*) FILTER (WHERE d.level >= 0 AND d.working AND d.active AND d.day > l.day - {USE_DAYS}) AS active,
           count(*) FILTER (WHERE d.level = 3 AND d.working AND d.day > l.day - {USE_DAYS}) AS high,
           sum(d.key_actions) FILTER (WHERE d.level >= 0 AND d.working AND d.day > l.day - {USE_DAYS})::float8 AS actions,
           count(*) FILTER (WHERE d.level >= 0 AND d.working AND d.day <= l.day - {USE_DAYS}) AS open_before,
           sum(d.key_actions) FILTER (WHERE d.level >= 0 AND d.working AND d.day <= l.day - {USE_DAYS})::float8 AS actions_before,
           max(d.activated::float8 / nullif(d.purchased, 0)) FILTER (WHERE d.day = l.day) AS activation
    FROM health_accountday d
    JOIN health_publishedslice s ON s.grain = 'day' AND s.starts_on = d.day AND s.run_id = d.run_id
    WHERE d.account_id = l.account_id AND d.day <= l.day AND d.day > l.day - {BEFORE_DAYS}
) u"""  # noqa: S608 - only constants enter
# Seats with a key action in the eight weeks before the last four, and of them those without one since.
SEATS = f"""
SELECT l.place, count(*) FILTER (WHERE NOT x.since)::float8 / nullif(count(*), 0) AS seats_lost_28
FROM rule_look l
JOIN LATERAL (
    SELECT d.seat_id, bool_or(d.day > l.day - {USE_DAYS}) AS since
    FROM seat_day d
    WHERE d.account_id = l.account_id AND d.day <= l.day AND d.day > l.day - {BEFORE_DAYS} AND d.seat_id <> 0 AND d.key_actions > 0
    GROUP BY d.seat_id HAVING bool_or(d.day <= l.day - {USE_DAYS})
) x ON true
GROUP BY l.place"""  # noqa: S608
# Ordered, so that the key of the table is used: by the account alone every month of it would be read and thrown away.
SCENARIOS = """
SELECT l.place, m.missed AS scenarios_missed
FROM rule_look l
JOIN health_publishedslice s ON s.grain = 'month' AND s.starts_on = (date_trunc('month', l.day + 1) - interval '1 month')::date
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE NOT p.met) AS missed, count(*) AS n
    FROM (
        SELECT x.met FROM health_scenarioperiod x
        WHERE x.run_id = s.run_id AND x.grain = 'month' AND x.starts_on = s.starts_on AND x.account_id = l.account_id AND x.met IS NOT NULL
        ORDER BY x.scenario LIMIT 1000
    ) p
) m
WHERE m.n > 0"""
_OPENED = "(t.opened_at AT TIME ZONE l.zone)::date"
_CLOSED = "(t.closed_at AT TIME ZONE l.zone)::date"
TICKETS = f"""
SELECT l.place,
       count(t.id) FILTER (WHERE {_OPENED} > l.day - 7) AS tickets_7, count(t.id) FILTER (WHERE {_OPENED} > l.day - 30) AS tickets_30,
       count(t.id) AS tickets_90,
       count(t.id) FILTER (WHERE {_OPENED} < l.day - 7 AND (t.closed_at IS NULL OR {_CLOSED} > l.day)) AS tickets_waiting,
       count(t.id) FILTER (WHERE t.escalated) AS tickets_escalated_90, count(t.id) FILTER (WHERE t.kind = 'how_to') AS how_to_90
FROM rule_look l
LEFT JOIN accounts_ticket t ON t.account_id = l.account_id AND t.opened_at < l.known AND {_OPENED} > l.day - 90 AND {_recorded("t")}
WHERE {_since("accounts_ticket", "opened_at")}
GROUP BY l.place"""  # noqa: S608
# What a survey or a closed ticket said of satisfaction, and the willingness to recommend: the latest of 180 days, of ten.
ANSWERS = f"""
SELECT l.place, c.of_ten AS csat_latest, n.of_ten AS nps_latest,
       CASE WHEN {_since("accounts_surveyresponse", "responded_at")} THEN (n.of_ten IS NULL AND s.of_ten IS NULL)::integer END
           AS no_answer_180
FROM rule_look l
LEFT JOIN LATERAL (
    SELECT (10 * r.score / r.scale)::float8 AS of_ten, r.responded_at AS at FROM accounts_surveyresponse r
    WHERE r.account_id = l.account_id AND r.kind = 'csat' AND r.responded_at < l.known AND r.responded_at >= l.known - interval '180 days'
      AND {_recorded("r")} ORDER BY r.responded_at DESC, r.id DESC LIMIT 1
) s ON true
LEFT JOIN LATERAL (
    SELECT y.of_ten FROM (
        SELECT s.of_ten, s.at
        UNION ALL
        SELECT (10 * t.satisfaction / t.scale)::float8, t.closed_at FROM accounts_ticket t
        WHERE t.account_id = l.account_id AND t.satisfaction IS NOT NULL AND t.closed_at < l.known
          AND t.closed_at >= l.known - interval '180 days' AND {_recorded("t")}
    ) y WHERE y.of_ten IS NOT NULL ORDER BY y.at DESC LIMIT 1
) c ON true
LEFT JOIN LATERAL (
    SELECT (10 * r.score / r.scale)::float8 AS of_ten FROM accounts_surveyresponse r
    WHERE r.account_id = l.account_id AND r.kind = 'nps' AND r.responded_at < l.known AND r.responded_at >= l.known - interval '180 days'
      AND {_recorded("r")} ORDER BY r.responded_at DESC, r.id DESC LIMIT 1
) n ON true"""  # noqa: S608
_RATE = """CASE WHEN c.currency = %(reporting)s THEN 1 ELSE (
    SELECT x.rate FROM accounts_exchangerate x WHERE x.currency = c.currency AND x.day <= {day} ORDER BY x.day DESC LIMIT 1) END"""
_RUNS = "c.starts_on <= {day} AND (c.ends_on IS NULL OR c.ends_on > {day})"
# A year ago may lie before the first term: nothing is compared then. The term with the most money names plan, length and renewal.
TERMS = f"""
SELECT l.place, m.mrr, CASE WHEN b.mrr > 0 AND b.known THEN m.mrr / b.mrr - 1 END AS mrr_change_365, m.seats AS seats_bought,
       (l.day - f.since) / 30.4375 AS months_as_customer, t.months AS term_months, m.switched_on, nullif(t.plan, '') AS plan,
       (NOT t.auto_renew)::integer AS auto_renew_off
FROM rule_look l
JOIN LATERAL (
    SELECT CASE WHEN bool_and({_RATE.format(day="l.day")} IS NOT NULL) THEN sum(c.mrr * {_RATE.format(day="l.day")}) END::float8 AS mrr,
           sum(c.seats) AS seats, max(cardinality(c.features)) AS switched_on
    FROM accounts_contract c WHERE c.account_id = l.account_id AND c.mrr > 0 AND {_RUNS.format(day="l.day")} AND {_recorded("c")}
) m ON m.mrr IS NOT NULL
LEFT JOIN LATERAL (
    SELECT sum(c.mrr * {_RATE.format(day="(l.day - 365)")})::float8 AS mrr,
           bool_and({_RATE.format(day="(l.day - 365)")} IS NOT NULL) AS known
    FROM accounts_contract c WHERE c.account_id = l.account_id AND c.mrr > 0 AND {_RUNS.format(day="(l.day - 365)")} AND {_recorded("c")}
) b ON true
LEFT JOIN LATERAL (
    SELECT min(c.starts_on) AS since FROM accounts_contract c
    WHERE c.account_id = l.account_id AND c.mrr > 0 AND c.starts_on <= l.day AND {_recorded("c")}
) f ON true
LEFT JOIN LATERAL (
    SELECT c.plan, c.auto_renew, (c.ends_on - c.starts_on) / 30.4375 AS months FROM accounts_contract c
    WHERE c.account_id = l.account_id AND c.mrr > 0 AND {_RUNS.format(day="l.day")} AND {_recorded("c")}
    ORDER BY c.mrr DESC, c.starts_on DESC, c.id DESC LIMIT 1
) t ON true"""  # noqa: S608
# Days past the due day of the worst bill of 180 days, counted to its payment or to the day.
INVOICES = f"""
SELECT l.place,
       max(greatest(0, least(l.day, coalesce(i.paid_on, CASE WHEN i.status = 'paid' THEN i.due_on END, l.day)) - i.due_on))
           FILTER (WHERE i.due_on <= l.day) AS invoice_days_late,
       sum(i.failed_attempts) AS payments_failed_180
FROM rule_look l
JOIN accounts_invoice i ON i.account_id = l.account_id AND i.issued_on <= l.day AND i.issued_on > l.day - 180 AND i.status <> 'void'
 AND {_recorded("i")}
GROUP BY l.place"""  # noqa: S608
TOUCH = f"""
SELECT l.place,
       CASE WHEN {_since("accounts_interaction", "happened_at")} THEN least({MOST_GAP}, coalesce(l.day - (
           SELECT max((i.happened_at AT TIME ZONE l.zone)::date) FROM accounts_interaction i
           WHERE i.account_id = l.account_id AND i.happened_at < l.known AND {_recorded("i")}), {MOST_GAP})) END AS contact_gap,
       CASE WHEN (SELECT min(held_on) FROM health_review WHERE executive_attended) <= l.day THEN least({MOST_GAP}, coalesce(l.day - (
           SELECT max(w.held_on) FROM health_review w
           WHERE w.account_id = l.account_id AND w.executive_attended AND w.held_on <= l.day AND {_recorded("w")}), {MOST_GAP}))
           END AS executive_review_gap,
       (SELECT bool_or(c.left_on <= l.day AND c.left_on > l.day - 180)::integer FROM accounts_contact c
        WHERE c.account_id = l.account_id AND c.role IN ('sponsor', 'champion') AND {_recorded("c")}) AS champion_left_180,
       (SELECT count(*) FILTER (WHERE s.due_on < l.day AND (s.done_on IS NULL OR s.done_on > l.day)) FROM health_milestone s
        WHERE s.account_id = l.account_id AND {_recorded("s")} HAVING count(*) > 0) AS milestones_late
FROM rule_look l"""  # noqa: S608
RATINGS = f"""
SELECT l.place, avg(r.score) FILTER (WHERE r.rated_on > l.day - 90)::float8 AS rating,
       (avg(r.score) FILTER (WHERE r.rated_on > l.day - 90) - avg(r.score) FILTER (WHERE r.rated_on <= l.day - 90))::float8
           AS rating_change_180,
       (count(r.id) FILTER (WHERE r.rated_on > l.day - 90) = 0)::integer AS not_rated_90
FROM rule_look l
LEFT JOIN health_rating r ON r.account_id = l.account_id AND r.rated_on <= l.day AND r.rated_on > l.day - 270 AND {_recorded("r")}
WHERE (SELECT min(rated_on) FROM health_rating) <= l.day
GROUP BY l.place"""  # noqa: S608
# What has no history (tier, industry, region, size, stage) is today's; the fit is the one on record then.
ATTRIBUTES = """
SELECT l.place, nullif(a.tier, '') AS tier, nullif(a.industry, '') AS industry, nullif(a.region, '') AS region,
       CASE WHEN a.employees IS NULL THEN NULL ELSE a.size END AS employees, nullif(a.lifecycle_stage, '') AS stage,
       nullif(f.fit, 'unknown') AS fit
FROM rule_look l
JOIN accounts_account a ON a.id = l.account_id
LEFT JOIN LATERAL (
    SELECT r.fit FROM accounts_fitrecord r WHERE r.account_id = l.account_id AND (%(whenever)s OR r.recorded_at < l.known)
    ORDER BY r.recorded_at DESC, r.id DESC LIMIT 1
) f ON true"""
HEALTH = """
SELECT l.place, n.score::float8 AS score, n.machine::float8 AS machine, (n.score - o.score)::float8 AS score_change_30,
       (n.score - p.score)::float8 AS score_change_90, (n.facets #>> '{outcome,value}')::float8 AS outcome,
       (n.facets #>> '{outcome,evidence,missed}')::float8 AS outcomes_missed,
       (n.facets #>> '{outcome,evidence,north_star_progress}')::float8 AS north_star_progress,
       (n.facets #>> '{adoption,evidence,key_seat_share}')::float8 AS key_seat_share,
       CASE WHEN (n.facets #>> '{executive,evidence,executive_seats}')::float8 > 0
            THEN ((n.facets #>> '{executive,evidence,executive_active}')::float8 = 0)::integer END AS executive_silent
FROM rule_look l
JOIN health_publishedslice s ON s.grain = 'health' AND s.starts_on = l.day
JOIN health_healthscore n ON n.account_id = l.account_id AND n.day = l.day AND n.run_id = s.run_id
LEFT JOIN LATERAL (
    SELECT h.score FROM health_publishedslice t JOIN health_healthscore h ON h.account_id = l.account_id AND h.day = t.starts_on
     AND h.run_id = t.run_id WHERE t.grain = 'health' AND t.starts_on = l.day - 30
) o ON true
LEFT JOIN LATERAL (
    SELECT h.score FROM health_publishedslice t JOIN health_healthscore h ON h.account_id = l.account_id AND h.day = t.starts_on
     AND h.run_id = t.run_id WHERE t.grain = 'health' AND t.starts_on = l.day - 90
) p ON true"""
# By which statement each feature comes; only those asked for are read.
STATEMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    USE: ("days_without_login", "login_days_28", "active_share_28", "high_share_28", "use_change_28", "activation"),
    SEATS: ("seats_lost_28",),
    SCENARIOS: ("scenarios_missed",),
    TICKETS: ("tickets_7", "tickets_30", "tickets_90", "tickets_waiting", "tickets_escalated_90", "how_to_90"),
    ANSWERS: ("csat_latest", "nps_latest", "no_answer_180"),
    TERMS: (
        "mrr", "mrr_change_365", "seats_bought", "months_as_customer", "term_months", "switched_on", "plan", "auto_renew_off",
    ),
    INVOICES: ("invoice_days_late", "payments_failed_180"),
    TOUCH: ("contact_gap", "executive_review_gap", "champion_left_180", "milestones_late"),
    RATINGS: ("rating", "rating_change_180", "not_rated_90"),
    ATTRIBUTES: ("tier", "industry", "region", "employees", "stage", "fit"),
    HEALTH: (
        "score", "machine", "score_change_30", "score_change_90", "outcome", "outcomes_missed", "north_star_progress", "key_seat_share",
        "executive_silent",
    ),
}  # fmt: skip
