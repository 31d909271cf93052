"""The statements behind a recomputation: published account-days graded by other rules, counts redone only where these count differently.

A published account-day keeps its counts where the new rules count alike (`KEPT`). Another seat base takes the other of the two numbers
that are kept (`RESEAT`). Other weights, conditions or exclusions count its events again (`REWEIGH`). Else how many seats logged in matters
above the high bar alone: only there are a day's seats counted again, from its seat days where no login share is asked for or a seat can
have acted outside the days on which it is activated (`RECOUNT`), from its events where passive actions differ (`RELOGIN`). A day on which
no action that counts differently was done, of an account of which the same seats count, needs neither.
"""

from __future__ import annotations

from accounts.models import Account
from health.account_days import GRADED
from health.account_periods import MONTH_BAR
from health.rulesets import PROFILE_OF_DAY

KEPT, RECOUNT, RESEAT, RELOGIN, REWEIGH = range(5)
ACCOUNTS = Account._meta.db_table

# Three months are kept, in turn: the scores of a month look back 30 days, which may be more than the month before has.
KEPT_MONTHS = 3
_DAYS = "restated_day"
DROP = f"""
DROP VIEW IF EXISTS pg_temp.{_DAYS}, pg_temp.restated_seat;
DROP TABLE IF EXISTS {", ".join(f"pg_temp.{name}_{place}" for name in (_DAYS, "restated_seat") for place in range(KEPT_MONTHS))},
    pg_temp.restated_month, pg_temp.restated_score, pg_temp.restated_star;
"""
# `redo`: what is still to be counted of a row whose level is not yet right; 0: nothing. Of such a row alone the key actions are kept.
_ONE_MONTH = f"""
CREATE TEMP TABLE {_DAYS}_{{place}} (
    account_id bigint NOT NULL, day date NOT NULL, level smallint NOT NULL, active boolean NOT NULL, working boolean NOT NULL,
    paying boolean NOT NULL, seats integer NOT NULL, activated integer NOT NULL, purchased integer NOT NULL, north_star numeric NOT NULL,
    redo smallint NOT NULL, key_actions numeric
) ON COMMIT DROP;
-- Bit i of a seat's days stands for the month's first day + i.
CREATE TEMP TABLE restated_seat_{{place}} (
    account_id bigint NOT NULL, seat_id bigint NOT NULL, starts_on date NOT NULL, key_days bigint NOT NULL, login_days bigint NOT NULL
) ON COMMIT DROP;
"""


def _all(name: str) -> str:
    return " UNION ALL ".join(f"SELECT * FROM {name}_{place}" for place in range(KEPT_MONTHS))  # noqa: S608 - only constants enter


# A month's account-days, hashed, fit into that memory.
DDL = f"""SET LOCAL work_mem = '64MB';{DROP}{"".join(_ONE_MONTH.format(place=place) for place in range(KEPT_MONTHS))}
CREATE TEMP VIEW {_DAYS} AS {_all(_DAYS)};
CREATE TEMP VIEW restated_seat AS {_all("restated_seat")};
CREATE TEMP TABLE restated_month (
    account_id bigint NOT NULL, starts_on date NOT NULL, cut date NOT NULL, active_days integer NOT NULL, known_days integer NOT NULL,
    bar integer, paying boolean NOT NULL, levels integer[] NOT NULL, version integer NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE restated_score (
    account_id bigint NOT NULL, day date NOT NULL, score numeric, band text NOT NULL, coverage numeric NOT NULL, machine numeric,
    human numeric, version integer NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE restated_star (account_id bigint NOT NULL, day date NOT NULL, reached numeric NOT NULL) ON COMMIT DROP;
"""
# What another north star adds up, straight from its action: the days were built by the published one.
STAR = f"""
INSERT INTO restated_star (account_id, day, reached)
SELECT coalesce(a.counts_for_id, a.id), e.day, sum(e.reached)
FROM (
    SELECT account_id, seat_id, day, CASE %(measure)s WHEN 'count' THEN 1 WHEN 'quantity' THEN quantity ELSE value END AS reached
    FROM event WHERE day >= %(first)s AND day < %(after)s AND action_id = %(action)s
    UNION ALL
    SELECT account_id, seat_id, day, CASE WHEN %(measure)s <> 'value' THEN quantity END
    FROM accounts_usagedaily WHERE day >= %(first)s AND day < %(after)s AND action_id = %(action)s
) e
JOIN {ACCOUNTS} a ON a.id = e.account_id
LEFT JOIN accounts_seat s ON s.id = e.seat_id
WHERE s.id IS NULL OR NOT (
    s.kind = %(bot)s OR s.persona = ANY (%(personas)s) OR lower(split_part(s.email, '@', 2)) = ANY (%(domains)s))
GROUP BY 1, 2
"""  # noqa: S608 - only constants enter
# Which run's rows were published for each day of the month.
STAGE_MONTH = """
DROP TABLE IF EXISTS pg_temp.restated_run, pg_temp.built_period, pg_temp.period_count, pg_temp.period_work, pg_temp.kept_rule,
    pg_temp.restated_rule, pg_temp.seated, pg_temp.loose, pg_temp.restated_pair, pg_temp.touched, pg_temp.resorted,
    pg_temp.restated_weight, pg_temp.restated_place, pg_temp.reweighed, pg_temp.relogged;
CREATE TEMP TABLE restated_run ON COMMIT DROP AS
SELECT starts_on AS day, run_id FROM health_publishedslice WHERE grain = 'day' AND starts_on BETWEEN %(first)s AND %(last)s;
CREATE TEMP TABLE built_period (starts_on date PRIMARY KEY, ends_on date NOT NULL, cut date NOT NULL) ON COMMIT DROP;
INSERT INTO built_period VALUES (%(first)s, %(after)s, %(last)s);
CREATE TEMP TABLE kept_rule (
    ruleset integer NOT NULL, version integer NOT NULL, profile smallint NOT NULL, redo smallint NOT NULL, untouched smallint NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE touched (account_id bigint NOT NULL, day date NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE seated ON COMMIT DROP AS
SELECT DISTINCT coalesce(a.counts_for_id, a.id) AS payer_id FROM accounts_seat s JOIN accounts_account a ON a.id = s.account_id;
CREATE TEMP TABLE loose ON COMMIT DROP AS
SELECT coalesce(a.counts_for_id, a.id) AS payer_id FROM accounts_seat s JOIN accounts_account a ON a.id = s.account_id
WHERE s.deactivated_on <= %(last)s OR (s.activated_on > %(first)s AND coalesce(s.first_event_on, '-infinity') < s.activated_on)
UNION
SELECT coalesce(a.counts_for_id, a.id) FROM accounts_usagedaily u JOIN accounts_account a ON a.id = u.account_id
WHERE u.day BETWEEN %(first)s AND %(last)s AND u.seat_id IS NOT NULL;
ANALYZE seated; ANALYZE loose;
"""
# The rule set of every account from a day on: it may change with the version, and with a contract where profiles ask for one. And whether
# the account's seats were loaded, and whether one can have acted outside its days.
STAGE_RULES = f"""
CREATE TEMP TABLE restated_rule ON COMMIT DROP AS
SELECT p.account_id, p.first, coalesce(p.after, 'infinity') AS after, r.id AS ruleset, l.payer_id IS NOT NULL AS seats_loaded,
       o.payer_id IS NOT NULL AS loosely
FROM (
    SELECT a.id AS account_id, b.day AS first, lead(b.day) OVER (PARTITION BY a.id ORDER BY b.day) AS after, b.version, b.north_star,
           {PROFILE_OF_DAY} AS profile
    FROM (
        SELECT a.id AS account_id, c.day
        FROM {ACCOUNTS} a
        CROSS JOIN (
            SELECT day FROM (
                SELECT day, (version, north_star) IS DISTINCT FROM (lag(version) OVER w, lag(north_star) OVER w) AS changes
                FROM built_day WINDOW w AS (ORDER BY day)
            ) d WHERE changes
        ) c
        UNION
        SELECT c.account_id, d.day FROM accounts_contract c CROSS JOIN LATERAL (VALUES (c.starts_on), (c.ends_on)) AS d (day)
        WHERE d.day > %(first)s AND d.day <= %(last)s
    ) border
    JOIN {ACCOUNTS} a ON a.id = border.account_id
    JOIN built_day b ON b.day = border.day
) p
JOIN ruleset r ON r.version = p.version AND r.profile = p.profile AND r.north_star = p.north_star
LEFT JOIN seated l ON l.payer_id = p.account_id
LEFT JOIN loose o ON o.payer_id = p.account_id;
ANALYZE restated_run; ANALYZE restated_rule; ANALYZE kept_rule; ANALYZE built_period;
"""  # noqa: S608 - only constants enter
# Accounts with a seat that the old rules and the new may sort differently into those who count and those left out.
RESORTED = f"""
CREATE TEMP TABLE resorted ON COMMIT DROP AS
SELECT DISTINCT coalesce(a.counts_for_id, a.id) AS payer_id
FROM accounts_seat s JOIN {ACCOUNTS} a ON a.id = s.account_id
WHERE s.persona = ANY (%(personas)s) OR lower(split_part(s.email, '@', 2)) = ANY (%(domains)s);
ANALYZE resorted;
"""  # noqa: S608 - only constants enter
# Of a hundredth of the month's events, the share that is of some actions or of those accounts; null where there is none.
SHARE = f"""
SELECT avg((e.action_id = ANY (%(actions)s) OR o.payer_id IS NOT NULL)::integer)::float8
FROM event e TABLESAMPLE SYSTEM (1) REPEATABLE (1)
JOIN {ACCOUNTS} a ON a.id = e.account_id
LEFT JOIN resorted o ON o.payer_id = coalesce(a.counts_for_id, a.id)
WHERE e.day BETWEEN %(first)s AND %(last)s
"""  # noqa: S608 - only constants enter
# Days on which an action that counts differently was done, and all days of those accounts.
TOUCH = f"""
INSERT INTO touched
SELECT coalesce(a.counts_for_id, a.id), e.day
FROM (
    SELECT account_id, day FROM event WHERE day BETWEEN %(first)s AND %(last)s AND action_id = ANY (%(actions)s)
    UNION ALL
    SELECT account_id, day FROM accounts_usagedaily WHERE day BETWEEN %(first)s AND %(last)s AND action_id = ANY (%(actions)s)
) e
JOIN {ACCOUNTS} a ON a.id = e.account_id
UNION
SELECT o.payer_id, x.day FROM resorted o CROSS JOIN restated_run x;
ANALYZE touched;
"""  # noqa: S608 - only constants enter
_OLD = """
FROM restated_run x
JOIN health_accountday d ON d.day = x.day AND d.run_id = x.run_id AND d.day BETWEEN %(first)s AND %(last)s
JOIN restated_rule s ON s.account_id = d.account_id AND d.day >= s.first AND d.day < s.after
JOIN kept_rule k ON k.ruleset = s.ruleset AND k.version = d.version AND k.profile = d.profile
JOIN ruleset r ON r.id = s.ruleset
"""
WORKING_AFRESH = """EXISTS (
    SELECT FROM account_calendar c JOIN working_day w ON w.calendar = c.calendar
    WHERE c.account_id = d.account_id AND w.day = d.day
      AND NOT EXISTS (SELECT FROM quiet_day q WHERE q.account_id = d.account_id AND q.day = d.day))"""
_TOUCHED = "LEFT JOIN touched t ON t.account_id = d.account_id AND t.day = d.day"
_COUNTED = "LEFT JOIN reweighed n ON n.account_id = d.account_id AND n.day = d.day"
_ACTIVATED = (
    "LEFT JOIN graded_activated v ON v.payer_id = d.account_id AND v.exclusion = r.exclusion AND v.first <= d.day AND v.after > d.day"
)
# A row exists where a contract runs or something happened, as in the published ones.
_STAYS = """WHERE {asked} <> {reweigh} OR n.day IS NOT NULL OR d.paying OR EXISTS (
            SELECT FROM accounts_contract c
            WHERE c.account_id = d.account_id AND c.starts_on <= d.day AND (c.ends_on IS NULL OR c.ends_on > d.day))"""
# Whether the day names a seat matters only above the high bar, where nobody logged in and no login is asked for; such days are recounted.
# `profile` carries what is still to be done of the day: the graded rows have no other column to spare.
_BASE = f"""
SELECT d.account_id, d.day, ruleset, 0 AS version, CASE
           WHEN asked IN ({KEPT}, {REWEIGH}) OR a * high_den <= seats * high_num THEN {KEPT}
           WHEN asked = {RELOGIN} THEN {RELOGIN}
           WHEN asked = {RECOUNT} OR loosely THEN {RECOUNT}
           ELSE {KEPT} END AS profile,
       activated, purchased, paying, seats, seats_loaded, a, active_seats, 0 AS key_seats, 0 AS events, north_star,
       names_a_seat, {{working}} AS working, false AS default_calendar
FROM (
    SELECT d.*, CASE WHEN asked = {KEPT} THEN built_seats WHEN every_seat THEN purchased ELSE activated END AS seats
    FROM (
        SELECT d.account_id, d.day, s.ruleset, {{asked}} AS asked, r.high_num, r.high_den, d.seats AS built_seats,
               r.purchased_base OR NOT s.seats_loaded AS every_seat, s.seats_loaded, s.loosely, d.purchased, d.paying, d.working,
               {{facts}}
        {_OLD} {{join}}
        {{where}}
    ) d
) d
"""  # noqa: S608 - only constants enter
_APART = "CASE WHEN t.day IS NULL THEN k.untouched ELSE k.redo END"


def kept_base(working: str, *, reweighed: bool, resorted: bool, apart: bool) -> str:
    """The facts of each published day of the month; `working`: SQL of whether the account works that day.

    `reweighed`: some days take their figures from `reweighed`. `resorted`: other seats count on them. `apart`: what is to be done again
    depends on whether the day was `touched`.
    """
    asked = _APART if apart else "k.redo"
    own = f"{asked} = {REWEIGH}"
    facts = {"a": "d.key_actions", "active_seats": "d.active_seats", "names_a_seat": "d.active_seats > 0"}
    facts |= {"north_star": "d.north_star", "activated": "d.activated"}
    joins = [_TOUCHED] if apart else []
    if reweighed:
        again = {"a": "coalesce(n.key_actions, 0)", "active_seats": "coalesce(n.active_seats, 0)"}
        again |= {"names_a_seat": "coalesce(n.names_a_seat, false)"}
        joins.append(_COUNTED)
        if resorted:
            again |= {"north_star": "coalesce(n.north_star, 0)", "activated": "coalesce(v.activated, 0)"}
            joins.append(_ACTIVATED)
        facts |= {name: f"CASE WHEN {own} THEN {new} ELSE {facts[name]} END" for name, new in again.items()}
    columns = ", ".join(f"{fact} AS {name}" for name, fact in facts.items())
    where = _STAYS.format(asked=asked, reweigh=REWEIGH) if resorted else ""
    return _BASE.format(working=working, asked=asked, facts=columns, join=" ".join(joins), where=where)


# Days on which nobody but seats left out did anything have no row; where they count now there are events without one.
UNSEEN = f"""
SELECT n.account_id, n.day, s.ruleset, 0 AS version, {KEPT} AS profile, coalesce(v.activated, 0) AS activated, 0 AS purchased,
       false AS paying, CASE WHEN r.purchased_base OR NOT s.seats_loaded THEN 0 ELSE coalesce(v.activated, 0) END AS seats, s.seats_loaded,
       n.key_actions AS a, n.active_seats, 0 AS key_seats, 0 AS events, n.north_star, n.names_a_seat, {{working}} AS working,
       false AS default_calendar
FROM reweighed n
JOIN restated_rule s ON s.account_id = n.account_id AND n.day >= s.first AND n.day < s.after
JOIN ruleset r ON r.id = s.ruleset
JOIN restated_run x ON x.day = n.day
CROSS JOIN LATERAL (SELECT n.account_id, n.day) d
LEFT JOIN graded_activated v ON v.payer_id = n.account_id AND v.exclusion = r.exclusion AND v.first <= n.day AND v.after > n.day
WHERE NOT EXISTS (
    SELECT FROM health_accountday o
    WHERE o.account_id = n.account_id AND o.day = n.day AND o.run_id = x.run_id AND o.day BETWEEN %(first)s AND %(last)s)
"""  # noqa: S608 - only constants enter
# Days whose seats are to be counted, taken out of the month's table.
STAGE_PAIRS = f"""
CREATE TEMP TABLE restated_pair ON COMMIT DROP AS
SELECT d.account_id, d.day, s.ruleset, r.purchased_base OR NOT s.seats_loaded AS every_seat, s.seats_loaded, d.purchased, d.paying,
       d.working, d.redo, d.activated, d.seats, d.key_actions AS a, d.north_star
FROM {{table}} d
JOIN restated_rule s ON s.account_id = d.account_id AND d.day >= s.first AND d.day < s.after
JOIN ruleset r ON r.id = s.ruleset
WHERE d.redo <> {KEPT};
DELETE FROM {{table}} WHERE redo <> {KEPT};
ANALYZE restated_pair;
"""  # noqa: S608 - only constants enter
# Days of which all is known but how many seats logged in, by what is to be done of them; and the table that tells it.
LOGGED_BASE = """
SELECT d.account_id, d.day, d.ruleset, 0 AS version, 0 AS profile, d.seats, d.activated, d.purchased, d.paying, d.seats_loaded, d.a,
       coalesce(l.active_seats, 0) AS active_seats, 0 AS key_seats, 0 AS events, d.north_star,
       coalesce(l.names_a_seat, false) AS names_a_seat, d.working, false AS default_calendar
FROM restated_pair d
LEFT JOIN {logged} l ON l.account_id = d.account_id AND l.day = d.day
WHERE d.redo = {redo}
"""
GRADE = f"""
INSERT INTO {{table}} (account_id, day, level, active, working, paying, seats, activated, purchased, north_star, redo, key_actions)
SELECT account_id, day, level, active, working, paying, seats, activated, purchased, north_star, profile,
       CASE WHEN profile <> {KEPT} THEN key_actions END
FROM ({GRADED}) graded_days
"""  # noqa: S608 - only constants enter


def grade(table: str, base: str) -> str:
    """INSERT of the graded rows of a base into the month's table."""
    return GRADE.format(table=table, base=base)


# Rows `d` of the month's table, all of one period `r`.
MONTH_DAYS = "built_period r CROSS JOIN {table} d"
MONTH = f"""
INSERT INTO restated_month (account_id, starts_on, cut, active_days, known_days, bar, paying, levels, version)
SELECT n.account_id, n.starts_on, p.cut, n.active_days, n.known_days, {MONTH_BAR}, coalesce(d.paying, false), n.levels, r.version
FROM period_count n
JOIN built_period p ON p.starts_on = n.starts_on
JOIN period_work w ON w.account_id = n.account_id AND w.starts_on = n.starts_on
JOIN restated_rule s ON s.account_id = n.account_id AND s.first <= p.cut AND s.after > p.cut
JOIN ruleset r ON r.id = s.ruleset
LEFT JOIN {{table}} d ON d.account_id = n.account_id AND d.day = p.cut
"""  # noqa: S608 - only constants enter

# Null where no day is known or the bar is undefined: the rule of published months.
IS_ACTIVE = "CASE WHEN m.known_days > 0 THEN m.active_days >= m.bar END"
KEEP_MONTHS = f"""
INSERT INTO health_restatedmonth_next (account_id, starts_on, active_days, known_days, bar, active, paying, levels, version, as_of)
SELECT m.account_id, m.starts_on, m.active_days, m.known_days, m.bar, {IS_ACTIVE}, m.paying, m.levels, m.version, %(as_of)s
FROM restated_month m WHERE m.starts_on >= %(first)s
"""  # noqa: S608 - only constants enter
KEEP_SCORES = """
INSERT INTO health_restatedscore_next (account_id, day, score, band, coverage, machine, human, version, as_of)
SELECT account_id, day, score, band, coverage, machine, human, version, %(as_of)s FROM restated_score
"""
FORGET_NEXT = "TRUNCATE health_restatedmonth_next, health_restatedscore_next; DELETE FROM health_restatechunk"
# All of it at once: readers see the figures of before or those of now.
SHOW_NEXT = """
DELETE FROM health_restatedmonth;
DELETE FROM health_restatedscore;
INSERT INTO health_restatedmonth SELECT * FROM health_restatedmonth_next;
INSERT INTO health_restatedscore SELECT * FROM health_restatedscore_next;
"""
