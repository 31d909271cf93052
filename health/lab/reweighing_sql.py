"""Events weighed again for a recomputation: sums per account-day, and what each seat did on the days of a month, as bits.

Neither writes a row per seat and day: only a day above the high bar needs to know how many seats logged in (`restating_sql`), and the
scores ask of a seat no more than on which days it did a key action, or logged in. The same rules as the rollup's
(health/rollup/expression.py); tests hold both against it.
"""

from __future__ import annotations

from dataclasses import dataclass

from health.lab.restating_sql import ACCOUNTS, RELOGIN

# What an action counts for under a rule set. `fine`: its weight is no whole number, so that weight x quantity may have more than the six
# decimals that a seat's day keeps.
WEIGHTS = """
CREATE TEMP TABLE restated_weight (
    ruleset integer NOT NULL, action_id bigint NOT NULL, weight numeric NOT NULL, min_quantity numeric, passive boolean NOT NULL,
    fine boolean NOT NULL
) ON COMMIT DROP;
"""
# Where the events of an account count, and under which rules, from a day on.
STAGE_PLACES = f"""
CREATE TEMP TABLE restated_place ON COMMIT DROP AS
SELECT a.id AS account_id, s.account_id AS payer_id, s.first, s.after, s.ruleset, r.exclusion
FROM {ACCOUNTS} a
JOIN restated_rule s ON s.account_id = coalesce(a.counts_for_id, a.id)
JOIN ruleset r ON r.id = s.ruleset;
ANALYZE restated_place; ANALYZE restated_weight;
"""  # noqa: S608 - only constants enter
ANY_LEFT_OUT = "SELECT EXISTS (SELECT FROM excluded_seat)"
ANY_COUNTS = "SELECT EXISTS (SELECT FROM accounts_usagedaily WHERE day BETWEEN %(first)s AND %(last)s)"
# Rows `e` of the month, each with its place `p`. Joins that find nothing are left out: they would cost a fifth of the time.
_EVENTS = "SELECT account_id, seat_id, action_id, day, quantity, true AS single FROM event WHERE day BETWEEN %(first)s AND %(last)s {named}"
_COUNTS = """
    UNION ALL
    SELECT account_id, seat_id, action_id, day, quantity, false FROM accounts_usagedaily
    WHERE day BETWEEN %(first)s AND %(last)s AND quantity > 0 {named}"""
_ROWS = "({events}) e JOIN restated_place p ON p.account_id = e.account_id AND e.day >= p.first AND e.day < p.after"
_LEFT_OUT = "NOT EXISTS (SELECT FROM excluded_seat x WHERE x.exclusion = p.exclusion AND x.seat_id = e.seat_id)"
_QUALIFIES = "(u.min_quantity IS NULL OR e.single AND e.quantity >= u.min_quantity)"
# Sums of the days of a month. A seat's day is rounded to six decimals: where that may matter (`rounded`) the day is counted seat by seat.
_SUMS = f"""
CREATE TEMP TABLE reweighed ON COMMIT DROP AS
SELECT account_id, day, sum(weighed) AS a, bool_or(fine AND weighed <> round(weighed, 6)) AS rounded
FROM (
    SELECT p.payer_id AS account_id, e.day, u.fine, CASE WHEN u.min_quantity IS NULL THEN u.weight * e.quantity ELSE u.weight END AS weighed
    FROM {{rows}}
    JOIN restated_weight u ON u.ruleset = p.ruleset AND u.action_id = e.action_id AND u.weight > 0
    {{only}}
    WHERE {_QUALIFIES} AND {{counted}}
) e
GROUP BY account_id, day;
ANALYZE reweighed;
"""  # noqa: S608 - only constants enter
_ONLY_TOUCHED = "JOIN touched t ON t.account_id = p.payer_id AND t.day = e.day"
# How many counted seats logged in, or did by a daily count, on the days that need it; and whether the day names a seat at all. Grouped by
# seat before it is joined: there are fewer of them than events. `{early}` leaves out the other days before, where that spares much.
_LOGINS = f"""
CREATE TEMP TABLE relogged ON COMMIT DROP AS
SELECT account_id, day, greatest(sum(login), coalesce(sum(told), 0))::integer AS logins, true AS named
FROM (
    SELECT d.account_id, d.day, (s.login AND (d.every_seat OR g.seat_id IS NOT NULL))::integer AS login, NULL::integer AS told
    FROM (
        SELECT p.payer_id, e.day, e.seat_id, bool_or(u.passive IS NOT TRUE) AS login
        FROM {{rows}}
        {{early}}
        LEFT JOIN restated_weight u ON u.ruleset = p.ruleset AND u.action_id = e.action_id
        WHERE {{counted}}
        GROUP BY p.payer_id, e.day, e.seat_id
    ) s
    JOIN restated_pair d ON d.account_id = s.payer_id AND d.day = s.day AND d.redo = {RELOGIN}
    LEFT JOIN graded_seat g ON g.seat_id = s.seat_id AND g.first <= s.day AND g.after > s.day
    UNION ALL
    SELECT d.account_id, d.day, 0, max(e.distinct_seats)
    FROM accounts_usagedaily e
    JOIN restated_place p ON p.account_id = e.account_id AND e.day >= p.first AND e.day < p.after
    JOIN restated_pair d ON d.account_id = p.payer_id AND d.day = e.day AND d.redo = {RELOGIN}
    LEFT JOIN restated_weight u ON u.ruleset = p.ruleset AND u.action_id = e.action_id
    WHERE e.day BETWEEN %(first)s AND %(last)s AND e.quantity > 0 AND e.distinct_seats IS NOT NULL AND u.passive IS NOT TRUE
    GROUP BY d.account_id, d.day, e.account_id
) s
GROUP BY account_id, day;
ANALYZE relogged;
"""  # noqa: S608 - only constants enter
_EARLY = f"JOIN restated_pair d ON d.account_id = p.payer_id AND d.day = e.day AND d.redo = {RELOGIN}"
# Bit i of a seat's days stands for the month's first day + i. A daily count of 0 is no activity; an event of quantity 0 is a login.
_SEATS = f"""
TRUNCATE restated_seat_{{place}};
INSERT INTO restated_seat_{{place}}
SELECT p.payer_id, e.seat_id, %(first)s::date,
       coalesce(bit_or(1::bigint << (e.day - %(first)s::date)) FILTER (WHERE u.weight > 0 AND e.quantity > 0 AND {_QUALIFIES}), 0),
       coalesce(bit_or(1::bigint << (e.day - %(first)s::date)) FILTER (WHERE u.passive IS NOT TRUE), 0)
FROM {{rows}}
LEFT JOIN restated_weight u ON u.ruleset = p.ruleset AND u.action_id = e.action_id
WHERE {{counted}}
GROUP BY p.payer_id, e.seat_id;
ANALYZE restated_seat_{{place}};
"""  # noqa: S608 - only constants enter


@dataclass(frozen=True, slots=True)
class Events:
    """The statements over a month's events; whether any seat is left out, and whether there are daily counts."""

    left_out: bool
    counts: bool

    def sums(self, *, touched: bool) -> str:
        """Make `reweighed`: the sum of each account's day; `touched`: of the days in `touched` alone."""
        return _SUMS.format(rows=self._rows(""), counted=self._counted, only=_ONLY_TOUCHED if touched else "")

    def logins(self, *, few: bool) -> str:
        """Make `relogged`, for the pairs that need it; `few`: most days of the month do not. Needs `graded_seat`."""
        rows = self._rows("AND seat_id IS NOT NULL")
        return _LOGINS.format(rows=rows, counted=self._counted, early=_EARLY if few else "")

    def seats(self, place: int) -> str:
        """Fill a month's table of what seats did."""
        return _SEATS.format(rows=self._rows("AND seat_id IS NOT NULL"), counted=self._counted, place=place)

    @property
    def _counted(self) -> str:
        return _LEFT_OUT if self.left_out else "true"

    def _rows(self, named: str) -> str:
        return _ROWS.format(events=(_EVENTS + _COUNTS if self.counts else _EVENTS).format(named=named))
