"""The statements behind the triangles: members with their cohort, what they did in each period, one row per cohort, group and offset.

Periods are numbered from the first one asked for, so a day becomes a number by arithmetic and no row is joined to a calendar. A term
covers the close of the periods from the one it starts in up to the one before it ends in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from accounts.cuts import ALL
from accounts.types import SeatKind
from churn.cuts_sql import cut
from churn.seat_attrition_sql import LABEL
from churn.sides_sql import WORTH
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

# Cuts by which an account may stand in several groups.
MANY = ("scenario", "feature")
# Periods that one number holds, a bit each, and more periods than any triangle has.
BITS, MOST_PERIODS = 62, 1_024
# Number of the period that holds a day on or after %(base)s; the first one where the day lies before.
PLACES: Mapping[str, str] = {
    "week": "((greatest({day}, %(base)s::date) - %(base)s::date) / 7)",
    "month": "(extract(year FROM greatest({day}, %(base)s::date)) * 12 + extract(month FROM greatest({day}, %(base)s::date))"
    " - extract(year FROM %(base)s::date) * 12 - extract(month FROM %(base)s::date))::integer",
}
# The finished periods from the first cohort on: `close` is the last day of each.
PERIODS = """
WITH book (id) AS MATERIALIZED ({book}
), period AS MATERIALIZED (
    SELECT (place - 1)::integer AS place, first, close
    FROM unnest(%(firsts)s::date[], %(closes)s::date[]) WITH ORDINALITY AS p (first, close, place)
)"""
# A unit is an account, or each of its products. It starts where it pays at the close of its cohort's own period.
ACCOUNTS = """, member AS MATERIALIZED (
    SELECT a.id, p.place AS cohort, {group} AS grp
    FROM accounts_account a
    CROSS JOIN LATERAL (
        SELECT coalesce(a.onboarded_on, (
            SELECT min(c.starts_on) FROM accounts_contract c WHERE c.account_id = a.id AND c.mrr > 0)) AS day OFFSET 0) AS began
    JOIN period p ON p.place = {place_of_start} {joins}
    WHERE a.id IN (SELECT id FROM book) AND began.day >= %(base)s AND began.day < %(after)s AND {where}
)"""
# The periods at whose close a unit pays, as bits of numbers (BITS of them each): terms that overlap count once.
PAYING = """, covered AS MATERIALIZED (
    SELECT m.id, m.cohort, {unit_group} AS grp, {unit} AS unit, part,
           bit_or(((1::bigint << least(run.last - part * {bits}, {bits} - 1) - greatest(run.first - part * {bits}, 0) + 1) - 1)
                  << greatest(run.first - part * {bits}, 0)) AS mask
    FROM member m
    JOIN accounts_contract c ON c.account_id = m.id AND c.mrr > 0 AND c.starts_on <= %(last)s AND {products}
    CROSS JOIN LATERAL (SELECT {first_place} AS first, {last_place} AS last) AS run
    CROSS JOIN LATERAL generate_series(run.first / {bits}, run.last / {bits}) AS part
    WHERE run.first <= run.last
    GROUP BY 1, 2, 3, 4, 5
), started AS MATERIALIZED (
    SELECT id, unit, cohort, grp FROM covered WHERE part = cohort / {bits} AND (mask >> (cohort %% {bits})) & 1 = 1
), head AS (
    SELECT cohort, grp, sum(one) AS size FROM (
        SELECT cohort, grp, 1 AS one FROM started UNION ALL SELECT cohort, grp, 0 FROM {without_unit}) AS every
    GROUP BY cohort, grp
), cell AS ({cell}
)"""
# What each unit pays at each close, in the currency asked for (`into`), at the rates of its cohort's first day.
REVENUE = """, covered AS (
    SELECT m.id, m.cohort, {unit_group} AS grp, {unit} AS unit, place, c.currency, sum(c.mrr) AS mrr
    FROM member m
    JOIN accounts_contract c ON c.account_id = m.id AND c.mrr > 0 AND c.starts_on <= %(last)s AND {products}
    CROSS JOIN LATERAL generate_series({first_place}, {last_place}) AS place
    GROUP BY 1, 2, 3, 4, 5, 6
), rate AS MATERIALIZED (
    SELECT k.currency, k.cohort, coalesce(told.rate, 1) AS into_rate,
           CASE WHEN k.currency = %(into)s THEN coalesce(told.rate, 1) WHEN told.rate IS NOT NULL THEN {worth} END AS rate
    FROM (SELECT DISTINCT currency, cohort FROM covered) k
    JOIN period p ON p.place = k.cohort
    CROSS JOIN LATERAL (SELECT {into_worth} AS rate) AS told
), state AS MATERIALIZED (
    SELECT c.id, c.unit, c.cohort, c.grp, c.place,
           round_half_even(sum(c.mrr * r.rate) / max(r.into_rate), 2) AS amount, bool_or(r.rate IS NULL) AS without_rate
    FROM covered c JOIN rate r USING (currency, cohort)
    GROUP BY c.id, c.unit, c.cohort, c.grp, c.place
), started AS MATERIALIZED (
    SELECT id, unit, cohort, grp, amount FROM state s
    WHERE place = cohort AND NOT EXISTS (SELECT FROM state o WHERE o.id = s.id AND o.unit = s.unit AND o.without_rate)
), head AS (
    SELECT cohort, grp, sum(amount) AS size FROM (
        SELECT cohort, grp, amount FROM started UNION ALL SELECT cohort, grp, 0 FROM {without_unit}) AS every
    GROUP BY cohort, grp
), cell AS (
    SELECT s.cohort, s.grp, s.place, sum(s.amount) AS remaining{cell_ids}
    FROM state s JOIN started b ON b.id = s.id AND b.unit = s.unit {named}
    GROUP BY s.cohort, s.grp, s.place
)"""
# Counted seats by their activation; what they did is read from the graded days, where bots and left-out seats have no row. The periods in
# which a seat acted are the bits of a number, so its days are grouped by seat alone, which is several times less to keep and to count.
SEATS = """, definition AS MATERIALIZED (
    SELECT version, body -> 'excluded_personas' AS personas, to_jsonb(ARRAY(
        SELECT ltrim(lower(domain), '@') FROM jsonb_array_elements_text(body -> 'excluded_email_domains') AS every (domain))) AS domains
    FROM health_activitydefinition WHERE effective_from <= %(as_of)s ORDER BY version DESC LIMIT 1
), seat AS MATERIALIZED (
    SELECT s.id, coalesce(a.counts_for_id, a.id) AS payer, began.day AS began, s.first_event_on
    FROM accounts_seat s
    JOIN accounts_account a ON a.id = s.account_id
    CROSS JOIN LATERAL (SELECT coalesce(s.activated_on, s.first_event_on) AS day) AS began
    LEFT JOIN definition d ON true
    WHERE coalesce(a.counts_for_id, a.id) IN (SELECT id FROM book) AND s.kind <> %(bot)s
      AND NOT coalesce(d.personas ? s.persona, false) AND NOT coalesce(d.domains ? lower(split_part(s.email, '@', 2)), false)
), known AS MATERIALIZED (
    SELECT p.place FROM period p,
        (SELECT min(first_event_on) AS day FROM seat) AS heard,
        (SELECT min(starts_on) AS day FROM health_publishedslice WHERE grain = 'day') AS graded
    WHERE p.close >= heard.day AND (p.first >= graded.day OR heard.day >= graded.day)
), member AS MATERIALIZED (
    SELECT s.id, s.payer, p.place AS cohort, s.payer * {bound} + p.place AS at
    FROM seat s JOIN period p ON p.place = {place_of_start} AND p.first < %(after)s
    WHERE s.began >= %(base)s
), place AS MATERIALIZED (
    SELECT at.at, {group} AS grp
    FROM (SELECT DISTINCT at, payer, cohort FROM member) AS at
    JOIN accounts_account a ON a.id = at.payer
    JOIN period p ON p.place = at.cohort {joins}
    WHERE {where}
), grouped AS MATERIALIZED (
    {grouped}
), head AS (
    SELECT cohort, grp, count(*) AS size FROM grouped GROUP BY cohort, grp
), active AS MATERIALIZED (
    SELECT d.seat_id AS id, {place_of_day} / {bits} AS part, bit_or(1::bigint << ({place_of_day} %% {bits})) AS mask
    FROM seat_day d
    WHERE d.day >= %(base)s AND d.day <= %(last)s AND d.key_actions > 0 AND d.seat_id > 0
    GROUP BY 1, 2
), cell AS ({cell}
)"""
# Bits are counted side by side in one pass; a row for each would be as many rows again as there are weeks.
COUNTED = """
    SELECT c.cohort, c.grp, c.part * {bits} + t.place - 1 AS place, t.remaining
    FROM (
        SELECT m.cohort, m.grp, s.part, ARRAY[{counts}] AS every
        FROM {members} GROUP BY m.cohort, m.grp, s.part) AS c
    CROSS JOIN LATERAL unnest(c.every) WITH ORDINALITY AS t (remaining, place)"""
NAMED = """
    SELECT m.cohort, m.grp, p.place, count(*) AS remaining, array_agg(n.name ORDER BY n.name) AS ids
    FROM {members}
    JOIN period p ON p.place / {bits} = s.part AND p.place >= m.cohort AND (s.mask >> (p.place %% {bits})) & 1 = 1 {names}
    GROUP BY m.cohort, m.grp, p.place"""
# Every finished cell has a row: nobody left is 0, not missing. A period of which nothing is known has none.
TRIANGLE = """
SELECT h.cohort, h.grp, h.size, o.place - h.cohort AS "offset", coalesce(c.remaining, 0) AS remaining, {version} AS version{ids}
FROM head h
JOIN {known} o ON o.place >= h.cohort
LEFT JOIN cell c ON c.cohort = h.cohort AND c.grp IS NOT DISTINCT FROM h.grp AND c.place = o.place {start_ids}
ORDER BY h.cohort, h.grp NULLS LAST, o.place
"""
RENEWAL_VERSION = "(SELECT max(version) FROM accounts_renewaldefinition WHERE effective_from <= %(as_of)s)"
ACTIVITY_VERSION = "(SELECT version FROM definition)"
# Which numbers hold the bits of which members.
ACTIVE_SEATS = "active s JOIN grouped m ON m.id = s.id"
PAYING_ACCOUNTS = "covered s JOIN started m ON m.id = s.id AND m.unit = s.unit"
ACCOUNT_NAME = ", array_agg(n.external_id ORDER BY n.external_id) AS ids"
ACCOUNT_NAMES = "CROSS JOIN LATERAL (SELECT q.external_id AS name FROM accounts_account q WHERE q.id = m.id) AS n"
SEAT_NAME = ", array_agg(n.name ORDER BY n.name) AS ids"
SEAT_NAMES = f"""JOIN LATERAL (
        SELECT {LABEL} AS name
        FROM accounts_seat t JOIN accounts_account h ON h.id = t.account_id WHERE t.id = m.id) AS n ON true"""  # noqa: S608 - only constants enter
# What each of them pays, in the order of the names.
AMOUNTS = ", array_agg({row}.amount ORDER BY n.external_id) AS amounts"
ACCOUNT_NAMES_OF_START = "(SELECT m.cohort, m.grp{names} FROM started m JOIN accounts_account n ON n.id = m.id GROUP BY m.cohort, m.grp)"
SEAT_NAMES_OF_START = f"(SELECT m.cohort, m.grp{SEAT_NAME} FROM grouped m {SEAT_NAMES} GROUP BY m.cohort, m.grp)"  # noqa: S608 - only constants enter


def account_triangle(
    user: User, grain: str, by: str, filters: Mapping[str, Sequence[str]], n: int, *, money: bool, detail: bool
) -> tuple[str, dict[str, Any]]:
    """SQL of the triangle of accounts over `n` periods, by count or by MRR, with the parameters that do not depend on the span."""
    book, params = visible_book(user)
    pieces = cut(by, filters, day="p.close")
    place = PLACES[grain]
    sql = (PERIODS + ACCOUNTS + (REVENUE if money else PAYING)).format(
        book=book,
        group=pieces.group,
        joins=pieces.joins,
        where=pieces.where,
        unit="c.product" if pieces.by_product else "coalesce(m.grp, '')" if by in MANY else "''",
        unit_group="c.product" if pieces.by_product else "m.grp",
        without_unit="started WHERE false" if pieces.by_product else "member",
        products="c.product = ANY (%(products)s::text[])" if pieces.products else "true",
        place_of_start=place.format(day="began.day"),
        first_place=f"greatest({place.format(day='c.starts_on')}, m.cohort)",
        last_place=f"CASE WHEN c.ends_on IS NULL OR c.ends_on > %(last)s THEN {n} ELSE {place.format(day='c.ends_on')} END - 1",
        cell=_bits_counted(PAYING_ACCOUNTS, ACCOUNT_NAMES, n, detail=detail),
        bits=BITS,
        cell_ids=ACCOUNT_NAME + AMOUNTS.format(row="s") if detail else "",
        named="JOIN accounts_account n ON n.id = s.id" if detail else "",
        worth=WORTH.format(currency="k.currency", day="p.first"),
        into_worth=WORTH.format(currency="%(into)s::text", day="p.first"),
    )
    names = ACCOUNT_NAME + AMOUNTS.format(row="m") if money else ACCOUNT_NAME
    sql += _triangle("period", RENEWAL_VERSION, ACCOUNT_NAMES_OF_START.format(names=names), detail=detail, money=money)
    return sql, {**params, **pieces.params, "products": list(pieces.products)}


def seat_triangle(
    user: User, grain: str, by: str, filters: Mapping[str, Sequence[str]], n: int, *, detail: bool
) -> tuple[str, dict[str, Any]]:
    """SQL of the triangle of seats over `n` periods, with the parameters that do not depend on the span."""
    book, params = visible_book(user)
    pieces = cut(by, filters, day="p.close")
    place = PLACES[grain]
    joins, where, group = pieces.joins, pieces.where, pieces.group
    plain = by == ALL and not pieces.params and not pieces.products
    running = (
        "SELECT DISTINCT c.product FROM accounts_contract c WHERE c.account_id = a.id AND c.mrr > 0 AND c.starts_on <= p.close"
        " AND (c.ends_on IS NULL OR c.ends_on > p.close)"
    )
    if pieces.by_product:
        joins, group = f"{joins}\nJOIN LATERAL ({running}) AS bought ON true", "bought.product"
    if pieces.products:
        where += f" AND EXISTS ({running} AND c.product = ANY (%(products)s::text[]))"
    sql = (PERIODS + SEATS).format(
        book=book,
        group=group,
        joins=joins,
        where=where,
        grouped="SELECT id, cohort, 'all' AS grp FROM member"
        if plain
        else "SELECT m.id, m.cohort, l.grp FROM member m JOIN place l USING (at)",
        place_of_start=place.format(day="s.began"),
        place_of_day=place.format(day="d.day"),
        bits=BITS,
        bound=MOST_PERIODS,
        cell=_bits_counted(ACTIVE_SEATS, SEAT_NAMES, n, detail=detail),
    )
    sql += _triangle("known", ACTIVITY_VERSION, SEAT_NAMES_OF_START, detail=detail)
    return sql, {**params, **pieces.params, "products": list(pieces.products), "bot": SeatKind.BOT}


def _bits_counted(members: str, names: str, n: int, *, detail: bool) -> str:
    """The statement that counts the members of each period, or that names them."""
    if detail:
        return NAMED.format(bits=BITS, members=members, names=names)
    counts = ", ".join(f"count(*) FILTER (WHERE s.mask & {1 << bit} <> 0)" for bit in range(min(n, BITS)))
    return COUNTED.format(bits=BITS, members=members, counts=counts)


def _triangle(known: str, version: str, names: str, *, detail: bool, money: bool = False) -> str:
    listed = ("ids", "amounts") if money else ("ids",)
    ids = "".join(
        f", coalesce(c.{name}, '{{}}') AS remaining_{name}, coalesce(started_as.{name}, '{{}}') AS start_{name}" for name in listed
    )
    return TRIANGLE.format(
        known=known,
        version=version,
        ids=ids if detail else "",
        start_ids=f"\nLEFT JOIN {names} AS started_as ON started_as.cohort = h.cohort AND started_as.grp IS NOT DISTINCT FROM h.grp"
        if detail
        else "",
    )
