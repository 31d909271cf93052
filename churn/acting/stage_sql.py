"""What every rule of the day's list reads, staged once per refresh: the accounts, whom their stores count for, and the day that is asked.

Temporary tables, dropped with the transaction and analyzed as soon as they are filled: joined by guesses, ten thousand accounts take
minutes. Parameters: as_of, today, zone (where an account and the calendar name none), news (days).
"""

from __future__ import annotations

from typing import Final

TABLES: Final = ("item_account", "item_asked", "item_member", "item_next")
FORGET: Final = "DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.{name}" for name in TABLES)

# `visit` and `seen`: what happened after them is news.
ASKED: Final = """
CREATE TEMP TABLE item_asked ON COMMIT DROP AS
SELECT %(today)s::date AS today, %(as_of)s::date AS as_of, %(today)s::date - %(news)s AS visit, %(as_of)s::date - %(news)s AS seen,
       coalesce(named.zone, %(zone)s) AS zone
FROM (SELECT (
    SELECT nullif(body ->> 'default_timezone', '') FROM accounts_calendardefinition ORDER BY version DESC LIMIT 1) AS zone) AS named;
ANALYZE item_asked;
"""
# Who pays, or has a renewal to be decided although the term is over. `amount`: MRR in the reporting currency, else what is due.
# `quiet`: closed on the day, or days ago, so that silence says nothing. An override in force is a person's word on the band.
ACCOUNTS: Final = """
CREATE TEMP TABLE item_account ON COMMIT DROP AS
WITH due AS (
    SELECT account_id, CASE WHEN bool_and(due_reporting IS NOT NULL) THEN sum(due_reporting) END AS amount, min(decision_on) AS decision_on
    FROM churn_renewalcase WHERE state = 'open' GROUP BY account_id
)
SELECT s.account_id, s.paying, s.band, s.machine, s.human, s.strip, s.seats_active, s.seats_purchased,
       (s.facets #>> '{adoption,evidence,key_seats}')::numeric AS key_seats,
       (s.facets #>> '{executive,evidence,executive_seats}')::numeric AS executives,
       (s.facets #>> '{executive,evidence,executive_active}')::numeric AS executives_active,
       (s.facets #>> '{activity,evidence,high}')::numeric AS high_days,
       (s.facets #>> '{activity,evidence,open_days}')::numeric AS open_days, s.last_contact_on, s.north_star, s.north_star_crossed_on,
       CASE WHEN s.paying THEN s.mrr_reporting ELSE due.amount END AS amount,
       due.decision_on, a.tier, a.onboarded_on, a.went_live_on, coalesce(nullif(a.timezone, ''), asked.zone) AS zone,
       EXISTS (SELECT FROM accounts_quietperiod q WHERE q.account_id = s.account_id
               AND q.starts_on <= asked.as_of AND q.ends_on > asked.seen) AS quiet,
       EXISTS (SELECT FROM health_override o WHERE o.account_id = s.account_id AND o.withdrawn_at IS NULL
               AND o.starts_on <= asked.today AND o.ends_on > asked.today) AS overridden
FROM item_asked asked, health_accountstate s
JOIN accounts_account a ON a.id = s.account_id
LEFT JOIN due ON due.account_id = s.account_id
WHERE (s.paying OR due.account_id IS NOT NULL) /* among s.account_id */;
CREATE UNIQUE INDEX ON item_account (account_id);
ANALYZE item_account;
"""
MEMBERS: Final = """
CREATE TEMP TABLE item_member (id, shown) ON COMMIT DROP AS
SELECT a.id, s.account_id FROM accounts_account a JOIN item_account s ON s.account_id = coalesce(a.counts_for_id, a.id)
UNION
SELECT s.account_id, s.account_id FROM item_account s;
CREATE INDEX ON item_member (id);
ANALYZE item_member;
"""
# What holds: one row per account and rule. `opens`: strong enough for a new item; else it only keeps the one there is.
NEXT: Final = """
CREATE TEMP TABLE item_next (
    rule text NOT NULL, account_id bigint NOT NULL, signal text NOT NULL, facts jsonb NOT NULL, opens boolean NOT NULL,
    weight numeric, because jsonb, PRIMARY KEY (account_id, rule)
) ON COMMIT DROP
"""
STAGE: Final = (FORGET, ASKED, ACCOUNTS, MEMBERS, NEXT)

# The names under which the parts of `news_sql` and the arms know the tables.
WITH: Final = """WITH asked AS NOT MATERIALIZED (SELECT * FROM item_asked),
state AS NOT MATERIALIZED (SELECT * FROM item_account),
member AS NOT MATERIALIZED (SELECT * FROM item_member)"""

# The published scores of a day.
SCORES_OF: Final = """{h}.day = {day} AND {h}.run_id = (
        SELECT p.run_id FROM health_publishedslice p WHERE p.grain = 'health' AND p.starts_on = {day})"""


def filled(rule: str, query: str, before: str = "") -> str:
    """The statement that fills in one rule: `query` gives account_id, signal, facts, opens; `before` are tables it reads, without comma."""
    tables = f"{WITH}{',' if before else ''}\n{before}"
    return f"INSERT INTO item_next (rule, account_id, signal, facts, opens)\n{tables}\nSELECT '{rule}', q.* FROM (\n{query}\n) AS q"
