"""What a choice of key actions would say about the last weeks, before anything is published.

The same table of levels as the night (docs/methods/activity.md), over a sample of paying accounts: the definition that this page makes has
no conditions and no profiles, so nothing else is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import DatabaseError

from csm_portal.portal.first_run.actions import WINDOW_DAYS, within_patience
from health.definitions.activity import ActivityRules

SAMPLE = 300

LEVELS = """
WITH chosen AS MATERIALIZED (
    SELECT c.account_id AS id FROM accounts_contract c
    WHERE c.mrr > 0 AND c.starts_on <= %(until)s AND (c.ends_on IS NULL OR c.ends_on > %(until)s)
    GROUP BY c.account_id ORDER BY md5(c.account_id::text) LIMIT %(sample)s
), member AS MATERIALIZED (
    SELECT a.id, coalesce(a.counts_for_id, a.id) AS shown FROM accounts_account a
    WHERE coalesce(a.counts_for_id, a.id) IN (SELECT id FROM chosen)
), weight (action_id, weight) AS MATERIALIZED (
    SELECT * FROM unnest(%(keys)s::bigint[], %(weights)s::numeric[])
), span AS (
    SELECT generate_series(%(until)s::date - %(days)s + 1, %(until)s::date, interval '1 day')::date AS day
), seat AS MATERIALIZED (
    SELECT s.id, m.shown, coalesce(s.activated_on, s.first_event_on) AS starts_on, s.deactivated_on
    FROM accounts_seat s JOIN member m ON m.id = s.account_id WHERE s.kind = 'human'
), done AS (
    SELECT m.shown, e.day, e.seat_id, e.action_id, e.quantity, NULL::integer AS distinct_seats
    FROM event e JOIN member m ON m.id = e.account_id WHERE e.day > %(until)s::date - %(days)s AND e.day <= %(until)s
    UNION ALL
    SELECT m.shown, u.day, u.seat_id, u.action_id, u.quantity, u.distinct_seats
    FROM accounts_usagedaily u JOIN member m ON m.id = u.account_id WHERE u.day > %(until)s::date - %(days)s AND u.day <= %(until)s
), counted AS (
    SELECT d.shown, d.day, sum(w.weight * d.quantity) AS a,
           count(DISTINCT d.seat_id) FILTER (
               WHERE d.action_id <> ALL(%(passive)s::bigint[]) AND s.starts_on <= d.day AND coalesce(s.deactivated_on > d.day, true)
           ) AS named,
           max(d.distinct_seats) AS reported, bool_or(d.seat_id IS NOT NULL OR d.distinct_seats IS NOT NULL) AS names_a_seat
    FROM done d LEFT JOIN weight w ON w.action_id = d.action_id LEFT JOIN seat s ON s.id = d.seat_id
    WHERE d.seat_id IS NULL OR s.id IS NOT NULL
    GROUP BY d.shown, d.day
), based AS (
    SELECT c.id, p.day, (
        SELECT count(*) FROM seat s
        WHERE s.shown = c.id AND s.starts_on <= p.day AND coalesce(s.deactivated_on > p.day, true)) AS activated,
           EXISTS (SELECT FROM seat s WHERE s.shown = c.id) AS has_seats, term.seats AS purchased, coalesce(term.mrr, 0) > 0 AS paying
    FROM chosen c CROSS JOIN span p
    LEFT JOIN LATERAL (
        SELECT sum(t.seats) AS seats, sum(t.mrr) AS mrr FROM accounts_contract t
        WHERE t.account_id = c.id AND t.starts_on <= p.day AND (t.ends_on IS NULL OR t.ends_on > p.day)) AS term ON true
), graded AS (
    SELECT b.id, b.day, CASE
        WHEN NOT b.paying OR base.n <= 0 THEN -1
        WHEN coalesce(k.a, 0) = 0 THEN 0
        WHEN k.a <= base.n * %(low)s::numeric THEN 1
        WHEN k.a <= base.n * %(high)s::numeric THEN 2
        WHEN k.names_a_seat AND greatest(k.named, coalesce(k.reported, 0)) >= base.n * %(login)s::numeric THEN 3
        ELSE 2 END AS level
    FROM based b
    CROSS JOIN LATERAL (
        SELECT coalesce(CASE WHEN %(purchased)s OR NOT b.has_seats THEN b.purchased ELSE b.activated END, 0) AS n) AS base
    LEFT JOIN counted k ON k.shown = b.id AND k.day = b.day
), per_account AS (
    SELECT id, count(*) FILTER (WHERE level >= 1) AS low, count(*) FILTER (WHERE level >= 2) AS medium,
           count(*) FILTER (WHERE level >= 3) AS high
    FROM graded GROUP BY id
)
SELECT (SELECT array_agg(n ORDER BY level) FROM (
            SELECT l.level, count(g.id) AS n
            FROM generate_series(-1, 3) AS l (level) LEFT JOIN graded g ON g.level = l.level GROUP BY 1) AS one),
       count(*), count(*) FILTER (WHERE low >= %(bar)s), count(*) FILTER (WHERE medium >= %(bar)s), count(*) FILTER (WHERE high >= %(bar)s)
FROM per_account
"""


@dataclass(frozen=True, slots=True)
class Preview:
    """Account-days by level, and how many of the sampled accounts reach the month's bar when active days begin at LOW, MEDIUM or HIGH."""

    days: Mapping[str, int]
    accounts: int
    active: Mapping[str, int]

    def share(self, level: str) -> Decimal | None:
        """Of the account-days whose level is known; None where none is."""
        known = sum(count for word, count in self.days.items() if word != "unknown")
        return Decimal(self.days[level]) / known if known else None

    def rate(self, active_from: str) -> Decimal | None:
        """Share of the accounts that would be monthly active; None without accounts."""
        return Decimal(self.active[active_from]) / self.accounts if self.accounts else None


def preview(until: date, weights: Mapping[int, Decimal], passive: Sequence[int], rules: ActivityRules) -> Preview | None:
    """Levels of the 28 days to `until` under these weights (action id: weight); None where it would take too long."""
    try:
        with within_patience() as cursor:
            cursor.execute(
                LEVELS,
                {
                    "until": until,
                    "days": WINDOW_DAYS,
                    "sample": SAMPLE,
                    "keys": list(weights),
                    "weights": list(weights.values()),
                    "passive": list(passive),
                    "low": Decimal(rules.low_bar.numerator) / rules.low_bar.denominator,
                    "high": Decimal(rules.high_bar.numerator) / rules.high_bar.denominator,
                    "login": Decimal(rules.login_share.numerator) / rules.login_share.denominator,
                    "purchased": rules.seat_base == "purchased",
                    "bar": rules.month_days or 12,
                },
            )
            days, accounts, *active = cursor.fetchone()
    except DatabaseError:
        return None
    words = ("unknown", "zero", "low", "medium", "high")
    return Preview(dict(zip(words, days, strict=True)), accounts, dict(zip(("low", "medium", "high"), active, strict=True)))
