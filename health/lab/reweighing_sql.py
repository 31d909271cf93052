"""Events counted again for a recomputation: the figures of account-days, and what each seat did on the days of a month, as bits.

Both read the events once, and neither writes a row per seat and day. The same rules as the rollup's (health/rollup/expression.py); tests
hold both against it.
"""

from __future__ import annotations

from dataclasses import dataclass

from health.lab.restating_sql import ACCOUNTS, RELOGIN

# What an action counts for under a rule set. `measure`: what of it the north star adds up, as in the rollup.
WEIGHTS = """
CREATE TEMP TABLE restated_weight (
    ruleset integer NOT NULL, action_id bigint NOT NULL, weight numeric NOT NULL, min_quantity numeric, passive boolean NOT NULL,
    measure integer NOT NULL
) ON COMMIT DROP;
"""
# Where the events of an account count, and under which rules, from a day on.
STAGE_PLACES = f"""
CREATE TEMP TABLE restated_place ON COMMIT DROP AS
SELECT a.id AS account_id, s.account_id AS payer_id, s.first, s.after, s.ruleset, r.exclusion,
       r.purchased_base OR NOT s.seats_loaded AS every_seat
FROM {ACCOUNTS} a
JOIN restated_rule s ON s.account_id = coalesce(a.counts_for_id, a.id)
JOIN ruleset r ON r.id = s.ruleset;
ANALYZE restated_place; ANALYZE restated_weight;
"""  # noqa: S608 - only constants enter
ANY_LEFT_OUT = "SELECT EXISTS (SELECT FROM excluded_seat)"
ANY_COUNTS = "SELECT EXISTS (SELECT FROM accounts_usagedaily WHERE day BETWEEN %(first)s AND %(last)s)"
# Rows `e` of the month, each with its place `p`. Joins that find nothing are left out: they would cost a fifth of the time.
_EVENTS = """
    SELECT account_id, seat_id, action_id, day, quantity, value, true AS single FROM event
    WHERE day BETWEEN %(first)s AND %(last)s {named}"""
_COUNTS = """
    UNION ALL
    SELECT account_id, seat_id, action_id, day, quantity, NULL, false FROM accounts_usagedaily
    WHERE day BETWEEN %(first)s AND %(last)s AND quantity > 0 {named}"""
_ROWS = "({events}) e JOIN restated_place p ON p.account_id = e.account_id AND e.day >= p.first AND e.day < p.after"
_LEFT_OUT = "NOT EXISTS (SELECT FROM excluded_seat x WHERE x.exclusion = p.exclusion AND x.seat_id = e.seat_id)"
_QUALIFIES = "(u.min_quantity IS NULL OR e.single AND e.quantity >= u.min_quantity)"
_WEIGHED = "CASE WHEN u.min_quantity IS NULL THEN u.weight * e.quantity WHEN e.single AND e.quantity >= u.min_quantity THEN u.weight END"
_STAR = """sum(CASE u.measure WHEN 1 THEN CASE WHEN e.single THEN 1 ELSE e.quantity END
                            WHEN 2 THEN e.quantity WHEN 3 THEN e.value END)"""
# Figures of account-days, named as those of the rollup. Grouped by seat first, as a seat's day keeps six decimals and a seat logs in once;
# sorting so many small groups takes less time and memory than hashing them.
_COUNT = f"""
SET LOCAL enable_hashagg = off;
CREATE TEMP TABLE {{into}} ON COMMIT DROP AS
SELECT account_id, day, coalesce(sum(round(key_actions, 6)), 0) AS key_actions, coalesce(sum(north_star), 0) AS north_star,
       greatest(sum(login), coalesce(sum(told), 0))::integer AS active_seats, bool_or(named) AS names_a_seat
FROM (
    SELECT s.payer_id AS account_id, s.day, s.key_actions, s.north_star, s.seat_id IS NOT NULL AS named, NULL::integer AS told,
           (s.login AND s.seat_id IS NOT NULL AND (s.every_seat OR g.seat_id IS NOT NULL))::integer AS login
    FROM (
        SELECT p.payer_id, e.day, e.seat_id, sum({_WEIGHED}) FILTER (WHERE u.weight > 0) AS key_actions, {{star}} AS north_star,
               bool_or(u.passive IS NOT TRUE) AS login, bool_or(p.every_seat) AS every_seat
        FROM {{rows}}
        {{only}}
        LEFT JOIN restated_weight u ON u.ruleset = p.ruleset AND u.action_id = e.action_id
        WHERE {{counted}}
        GROUP BY p.payer_id, e.day, e.seat_id
    ) s
    LEFT JOIN graded_seat g ON g.seat_id = s.seat_id AND g.first <= s.day AND g.after > s.day
    {{told}}
) s
GROUP BY account_id, day;
SET LOCAL enable_hashagg TO DEFAULT;
ANALYZE {{into}};
"""  # noqa: S608 - only constants enter
# Of daily counts that tell how many seats there were, the largest of each account.
_TOLD = """UNION ALL
    SELECT p.payer_id, e.day, 0, 0, true, max(e.distinct_seats), 0
    FROM accounts_usagedaily e
    JOIN restated_place p ON p.account_id = e.account_id AND e.day >= p.first AND e.day < p.after
    {only}
    LEFT JOIN restated_weight u ON u.ruleset = p.ruleset AND u.action_id = e.action_id
    WHERE e.day BETWEEN %(first)s AND %(last)s AND e.quantity > 0 AND e.distinct_seats IS NOT NULL AND u.passive IS NOT TRUE
    GROUP BY p.payer_id, e.day, e.account_id"""
_TOUCHED = "JOIN touched t ON t.account_id = p.payer_id AND t.day = e.day"
_PAIRS = f"JOIN restated_pair d ON d.account_id = p.payer_id AND d.day = e.day AND d.redo = {RELOGIN}"
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
    """The statements over a month's events; whether any seat is left out, whether there are daily counts, whether stars are added up."""

    left_out: bool
    counts: bool
    stars: bool

    def days(self, *, touched: bool) -> str:
        """Make `reweighed`: the figures of account-days; `touched`: of those in `touched` alone. Needs `graded_seat`."""
        return self._count("reweighed", _TOUCHED if touched else "")

    def pairs(self) -> str:
        """Make `relogged`, the same of the pairs whose logins are to be counted. Needs `graded_seat`."""
        return self._count("relogged", _PAIRS)

    def seats(self, place: int) -> str:
        """Fill a month's table of what seats did."""
        return _SEATS.format(rows=self._rows("AND seat_id IS NOT NULL"), counted=self._counted, place=place)

    def _count(self, into: str, only: str) -> str:
        told = _TOLD.format(only=only) if self.counts else ""
        star = _STAR if self.stars else "0"
        return _COUNT.format(into=into, rows=self._rows(""), only=only, counted=self._counted, told=told, star=star)

    @property
    def _counted(self) -> str:
        return _LEFT_OUT if self.left_out else "true"

    def _rows(self, named: str) -> str:
        return _ROWS.format(events=(_EVENTS + _COUNTS if self.counts else _EVENTS).format(named=named))
