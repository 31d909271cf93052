"""Statements that gather the current row of every account, one temporary table per topic, all dropped at the end of the transaction.

Each is analyzed as soon as it is filled: joined by guesses, ten thousand accounts took minutes instead of seconds.

Parameters: run (id), as_of, first_day (of the run), week and month (their first days), zone (where an account names none), reporting
(currency). A store's facts count for the brand it belongs to, and for its own row.
"""

from __future__ import annotations

from health.built import built
from health.types import Grain
from health.value.outcomes_sql import EVERYBODY, STATUS_ON, WORST, spans

STRIP_DAYS = 28
COMPARED_DAYS = 30
TABLES = (
    "next_state",
    "state_day",
    "state_fact",
    "state_left",
    "state_member",
    "state_money",
    "state_period",
    "state_rate",
    "state_score",
    "state_slice",
    "state_star",
    "state_strip",
    "state_today",
)
FORGET = "DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.{name}" for name in TABLES)

# Whose graded days hold: this run's where it built the day, else the published run's.
DAYS = f"""
CREATE TEMP TABLE state_day ON COMMIT DROP AS
SELECT d.day, CASE WHEN own.found THEN %(run)s ELSE s.run_id END AS run_id
FROM (
    SELECT generate_series(
        least(%(as_of)s::date - 60, %(first_day)s::date, (SELECT min(starts_on) FROM health_publishedslice WHERE grain = 'day')),
        %(as_of)s::date, interval '1 day')::date AS day
) d
LEFT JOIN health_publishedslice s ON s.grain = 'day' AND s.starts_on = d.day
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM health_accountday o WHERE o.day = d.day AND o.run_id = %(run)s)
        OR {built(Grain.DAY, "d.day")} AS found
) own
WHERE own.found OR s.run_id IS NOT NULL;
ANALYZE state_day;
"""  # noqa: S608

MEMBERS = """
CREATE TEMP TABLE state_member ON COMMIT DROP AS
SELECT a.id, a.id AS shown, coalesce(nullif(a.timezone, ''), %(zone)s) AS zone FROM accounts_account a
WHERE true /* among a.id */
UNION ALL
SELECT a.id, a.counts_for_id, coalesce(nullif(a.timezone, ''), %(zone)s) FROM accounts_account a
WHERE a.counts_for_id IS NOT NULL /* among a.id */;
ANALYZE state_member;
"""

STRIP = f"""
CREATE TEMP TABLE state_strip ON COMMIT DROP AS
WITH span AS (SELECT generate_series(%(as_of)s::date - {STRIP_DAYS - 1}, %(as_of)s::date, interval '1 day')::date AS day),
graded AS (
    SELECT a.account_id, a.day, a.level FROM health_accountday a JOIN state_day d ON d.day = a.day AND d.run_id = a.run_id
    WHERE a.day > %(as_of)s::date - {STRIP_DAYS} /* among a.account_id */
), shown AS (SELECT DISTINCT account_id FROM graded)
SELECT s.account_id, string_agg(coalesce(substr('ZLMH', nullif(g.level, -1) + 1, 1), 'U'), '' ORDER BY p.day) AS strip
FROM shown s CROSS JOIN span p LEFT JOIN graded g ON g.account_id = s.account_id AND g.day = p.day
GROUP BY s.account_id;
ANALYZE state_strip;
"""  # noqa: S608

# A rate holds from its day on; amounts in one currency need none.
MONEY = """
CREATE TEMP TABLE state_rate ON COMMIT DROP AS
SELECT DISTINCT ON (currency) currency, rate FROM accounts_exchangerate WHERE day <= %(as_of)s AND currency <> %(reporting)s
ORDER BY currency, day DESC;
INSERT INTO state_rate VALUES (%(reporting)s, 1);
CREATE TEMP TABLE state_money ON COMMIT DROP AS
SELECT t.account_id, t.paying, t.products, t.plan, t.currency,
       CASE WHEN t.currencies = 1 THEN t.amount ELSE round_half_even(t.reporting / unit.rate, 2) END AS mrr,
       round_half_even(t.reporting, 2) AS reporting
FROM (
    SELECT c.account_id, sum(c.mrr) > 0 AS paying, jsonb_agg(DISTINCT c.product) AS products,
           (array_agg(c.plan ORDER BY c.mrr DESC, c.starts_on DESC, c.id DESC))[1] AS plan,
           CASE WHEN greatest(count(DISTINCT c.currency) FILTER (WHERE c.mrr > 0), 1) = 1
                THEN (array_agg(c.currency ORDER BY c.mrr DESC, c.id))[1]
                ELSE coalesce(nullif(min(a.currency), ''), %(reporting)s) END AS currency,
           greatest(count(DISTINCT c.currency) FILTER (WHERE c.mrr > 0), 1) AS currencies,
           sum(c.mrr) AS amount,
           CASE WHEN bool_or(c.mrr > 0 AND r.rate IS NULL) THEN NULL ELSE coalesce(sum(c.mrr * r.rate), 0) END AS reporting
    FROM accounts_contract c
    JOIN accounts_account a ON a.id = c.account_id
    LEFT JOIN state_rate r ON r.currency = c.currency
    WHERE c.starts_on <= %(as_of)s AND (c.ends_on IS NULL OR c.ends_on > %(as_of)s) /* only c.account_id */
    GROUP BY c.account_id
) t
LEFT JOIN state_rate unit ON unit.currency = t.currency;
ANALYZE state_money;
"""

SCORE = f"""
CREATE TEMP TABLE state_score ON COMMIT DROP AS
WITH source AS (
    SELECT d.day, CASE WHEN EXISTS (SELECT FROM health_healthscore o WHERE o.day = d.day AND o.run_id = %(run)s)
                         OR {built(Grain.HEALTH, "d.day")}
                       THEN %(run)s ELSE s.run_id END AS run_id
    FROM (VALUES (%(as_of)s::date), (%(as_of)s::date - {COMPARED_DAYS})) AS d(day)
    LEFT JOIN health_publishedslice s ON s.grain = 'health' AND s.starts_on = d.day
)
SELECT n.account_id, n.score, n.band, n.coverage, n.machine, n.human, n.score - t.score AS change, n.facets, n.caps, n.version,
       n.profile
FROM health_healthscore n
LEFT JOIN health_healthscore t ON t.account_id = n.account_id AND t.day = %(as_of)s::date - {COMPARED_DAYS}
    AND t.run_id = (SELECT run_id FROM source WHERE day = %(as_of)s::date - {COMPARED_DAYS})
WHERE n.day = %(as_of)s::date AND n.run_id = (SELECT run_id FROM source WHERE day = %(as_of)s::date)
    /* among n.account_id */;
ANALYZE state_score;
"""  # noqa: S608

# What was reached in all, and the first day on which it reached the threshold. Null `since`: no north star is defined.
STAR = """
CREATE TEMP TABLE state_star ON COMMIT DROP AS
WITH daily AS (
    SELECT a.account_id, a.day, sum(a.north_star) OVER (PARTITION BY a.account_id ORDER BY a.day) AS reached
    FROM health_accountday a JOIN state_day d ON d.day = a.day AND d.run_id = a.run_id
    WHERE a.north_star <> 0 AND a.day >= %(star_since)s::date /* among a.account_id */
)
SELECT account_id, max(reached) AS reached, min(day) FILTER (WHERE reached >= %(star_threshold)s::numeric) AS crossed_on
FROM daily GROUP BY account_id;
ANALYZE state_star;
"""

# One row per account with what people did and said; the outcome as the facet reads it on that day.
FACTS = f"""
CREATE TEMP TABLE state_fact ON COMMIT DROP AS
WITH wanted AS (
    SELECT m.shown, {STATUS_ON.format(day="%(as_of)s")} AS status
    FROM ({spans(EVERYBODY)}) s JOIN state_member m ON m.id = s.account_id
    WHERE s.since <= %(as_of)s AND (s.stop IS NULL OR s.stop > %(as_of)s)
), goal AS (
    SELECT shown, {WORST} AS status FROM wanted GROUP BY shown
), rated AS (
    SELECT m.shown, max(r.rated_on) AS rated_on FROM health_rating r JOIN state_member m ON m.id = r.account_id
    WHERE r.rated_on <= %(as_of)s GROUP BY m.shown
), contact AS (
    SELECT t.shown, max(t.day) AS day FROM (
        SELECT m.shown, (i.happened_at AT TIME ZONE m.zone)::date AS day
        FROM accounts_interaction i JOIN state_member m ON m.id = i.account_id
        UNION ALL
        SELECT m.shown, v.held_on FROM health_review v JOIN state_member m ON m.id = v.account_id WHERE v.held_on IS NOT NULL
    ) t WHERE t.day <= %(as_of)s GROUP BY t.shown
), waiting AS (
    SELECT m.shown, count(*) AS tickets FROM accounts_ticket t JOIN state_member m ON m.id = t.account_id
    WHERE (t.opened_at AT TIME ZONE m.zone)::date <= %(as_of)s
      AND (t.closed_at IS NULL OR (t.closed_at AT TIME ZONE m.zone)::date > %(as_of)s) GROUP BY m.shown
), keyed AS (
    SELECT account_id AS shown, count(DISTINCT seat_id) AS seats FROM seat_day
    WHERE day > %(as_of)s::date - 28 AND day <= %(as_of)s AND key_actions > 0 AND seat_id <> 0 /* among account_id */
    GROUP BY account_id
)
SELECT a.id AS account_id, goal.status, rated.rated_on, contact.day AS contact_on, waiting.tickets, keyed.seats
FROM accounts_account a
LEFT JOIN goal ON goal.shown = a.id
LEFT JOIN rated ON rated.shown = a.id
LEFT JOIN contact ON contact.shown = a.id
LEFT JOIN waiting ON waiting.shown = a.id
LEFT JOIN keyed ON keyed.shown = a.id
WHERE true /* among a.id */;
ANALYZE state_fact;
"""  # noqa: S608

# The running week and month, the as-of day itself, and the working days left after it. Whose rows of a period hold is asked once for the
# period: asked for each of them, the first publication of a history of 17,000 accounts took minutes.
RUNNING = f"""
CREATE TEMP TABLE state_left ON COMMIT DROP AS
SELECT c.account_id, count(w.day)::integer AS days_left
FROM account_calendar c JOIN working_day w ON w.calendar = c.calendar AND w.day > %(as_of)s
WHERE NOT EXISTS (SELECT FROM quiet_day q WHERE q.account_id = c.account_id AND q.day = w.day)
GROUP BY c.account_id;
CREATE TEMP TABLE state_slice ON COMMIT DROP AS
SELECT r.grain, r.starts_on, CASE WHEN EXISTS (
    SELECT FROM health_accountperiod o WHERE o.run_id = %(run)s AND o.grain = r.grain AND o.starts_on = r.starts_on
) OR CASE r.grain WHEN 'week' THEN {built(Grain.WEEK, "r.starts_on")} ELSE {built(Grain.MONTH, "r.starts_on")} END
THEN %(run)s ELSE s.run_id END AS run_id
FROM (VALUES ('week', %(week)s::date), ('month', %(month)s::date)) AS r(grain, starts_on)
LEFT JOIN health_publishedslice s ON s.grain = r.grain AND s.starts_on = r.starts_on;
ANALYZE state_slice;
CREATE TEMP TABLE state_period ON COMMIT DROP AS
SELECT p.* FROM state_slice r JOIN health_accountperiod p ON p.grain = r.grain AND p.starts_on = r.starts_on AND p.run_id = r.run_id
WHERE true /* among p.account_id */;
CREATE TEMP TABLE state_today ON COMMIT DROP AS
SELECT a.* FROM health_accountday a JOIN state_day d ON d.day = a.day AND d.run_id = a.run_id WHERE a.day = %(as_of)s
    /* among a.account_id */;
ANALYZE state_left;
ANALYZE state_period;
ANALYZE state_today;
"""  # noqa: S608

NEXT = f"""
CREATE TEMP TABLE next_state (LIKE health_accountstate) ON COMMIT DROP;
INSERT INTO next_state (
    account_id, run_id, as_of, paying, level, flags, strip,
    week_active, week_days, week_bar, month_active, month_days, month_bar, month_days_left, month_can_reach,
    score, band, coverage, machine, human, score_change_30d, facets, caps, top_reason,
    seats, seats_active, seats_activated, seats_purchased, mrr, currency, mrr_reporting, plan, products, outcome_status,
    north_star, north_star_crossed_on, rated_on, last_contact_on, open_tickets, activity_version, health_version)
SELECT a.id, %(run)s, %(as_of)s, coalesce(m.paying, false), coalesce(t.level, -1), coalesce(t.flags, 0),
       coalesce(s.strip, repeat('U', {STRIP_DAYS})),
       w.active, coalesce(w.active_days, 0), w.bar, o.active, coalesce(o.active_days, 0), o.bar,
       coalesce(k.days_left, 0), coalesce(o.can_reach, false),
       h.score, coalesce(h.band, 'unknown'), coalesce(h.coverage, 0), h.machine, h.human, h.change,
       coalesce(h.facets, '{{}}'), coalesce(h.caps, '[]'), '{{}}',
       coalesce(t.seats, 0), coalesce(f.seats, 0), coalesce(t.activated, 0), coalesce(t.purchased, 0),
       CASE WHEN m.account_id IS NULL THEN 0 ELSE m.mrr END, coalesce(m.currency, nullif(a.currency, ''), %(reporting)s),
       CASE WHEN m.account_id IS NULL THEN 0 ELSE m.reporting END,
       coalesce(nullif(m.plan, ''), a.plan), coalesce(m.products, '[]'), coalesce(f.status, ''),
       CASE WHEN %(star_since)s::date IS NOT NULL THEN coalesce(n.reached, 0) END, n.crossed_on,
       f.rated_on, f.contact_on, coalesce(f.tickets, 0), t.version, h.version
FROM accounts_account a
LEFT JOIN state_fact f ON f.account_id = a.id
LEFT JOIN state_money m ON m.account_id = a.id
LEFT JOIN state_strip s ON s.account_id = a.id
LEFT JOIN state_score h ON h.account_id = a.id
LEFT JOIN state_star n ON n.account_id = a.id
LEFT JOIN state_today t ON t.account_id = a.id
LEFT JOIN state_period w ON w.account_id = a.id AND w.grain = 'week'
LEFT JOIN state_period o ON o.account_id = a.id AND o.grain = 'month'
LEFT JOIN state_left k ON k.account_id = a.id
WHERE true /* only a.id */;
CREATE UNIQUE INDEX ON next_state (account_id);
ANALYZE next_state;
"""  # noqa: S608
