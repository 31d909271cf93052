"""The statement behind the attrition of seats: who did a key action in which period, and what the accounts had bought.

`seat_day` holds no rows of bots and of seats that the definition leaves out; seat 0 stands for what named no seat and is nobody.
One pass over the days makes a bit per period of each seat: bit 0 is the period before the first one asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from accounts.cuts import ALL
from churn.cuts_sql import OWNER, Cut, cut
from churn.spans import Span
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

Statement = tuple[str, dict[str, Any]]
# Periods of one statement: a bit each, the period before the first and the sign.
MOST_PERIODS = 60
DAY = "p.close"
# The products of the account's paying terms on either side of the period; an account stands in each.
PRODUCTS = """
    SELECT DISTINCT c.product AS name FROM accounts_contract c
    WHERE c.account_id = a.id AND c.mrr > 0 AND (
        (c.starts_on <= p.before AND (c.ends_on IS NULL OR c.ends_on > p.before))
        OR (c.starts_on <= p.close AND (c.ends_on IS NULL OR c.ends_on > p.close)))"""
HEAD = """
WITH book (id) AS MATERIALIZED ({book}
), asked AS MATERIALIZED (
    SELECT * FROM unnest(%(places)s::integer[], %(befores)s::date[], %(closes)s::date[]) AS p (place, before, close)
), seen AS MATERIALIZED (
    SELECT d.account_id, d.seat_id, bit_or(1::bigint << (width_bucket(d.day, %(starts)s::date[]) - 1)) AS mask
    FROM seat_day d
    WHERE d.day >= %(since)s AND d.day <= %(until)s AND d.seat_id <> 0 AND d.key_actions > 0 AND d.account_id IN (SELECT id FROM book)
    GROUP BY d.account_id, d.seat_id
), used AS MATERIALIZED (
    SELECT k.account_id, p.place, {persona} AS persona, count(*) FILTER (WHERE here.was) AS start,
           count(*) FILTER (WHERE here.was AND here.stays) AS remaining, count(*) FILTER (WHERE here.stays AND NOT here.was) AS joined{ids}
    FROM seen k {seat_join}
    CROSS JOIN asked p
    CROSS JOIN LATERAL (SELECT (k.mask >> (p.place - 1)) & 1 = 1 AS was, (k.mask >> p.place) & 1 = 1 AS stays) here
    WHERE (here.was OR here.stays) AND {persona_where}
    GROUP BY k.account_id, p.place, {persona}
), bought AS MATERIALIZED (
    SELECT c.account_id, p.place, {unit} AS unit,
           coalesce(sum(c.seats) FILTER (WHERE c.starts_on <= p.before AND (c.ends_on IS NULL OR c.ends_on > p.before)), 0) AS start,
           least(
               sum(c.seats) FILTER (WHERE c.starts_on <= p.before AND (c.ends_on IS NULL OR c.ends_on > p.before)),
               coalesce(sum(c.seats) FILTER (WHERE c.starts_on <= p.close AND (c.ends_on IS NULL OR c.ends_on > p.close)), 0)) AS remaining
    FROM asked p
    JOIN accounts_contract c ON c.mrr > 0 AND c.starts_on <= p.close AND (c.ends_on IS NULL OR c.ends_on > p.before)
    WHERE c.account_id IN (SELECT id FROM book) AND {products}
    GROUP BY c.account_id, p.place, {unit}
    -- Seats that nobody told are unknown, not none: the account is left out then.
    HAVING count(c.seats) FILTER (WHERE c.starts_on <= p.before AND (c.ends_on IS NULL OR c.ends_on > p.before)) > 0
       AND NOT (count(c.seats) FILTER (WHERE c.starts_on <= p.close AND (c.ends_on IS NULL OR c.ends_on > p.close)) = 0
                AND count(*) FILTER (WHERE c.starts_on <= p.close AND (c.ends_on IS NULL OR c.ends_on > p.close)) > 0)
), rows AS (
    SELECT account_id, place, persona, NULL::text AS unit, start, remaining, joined, NULL::bigint AS bought, NULL::bigint AS still{own_ids}
    FROM used
    UNION ALL
    SELECT account_id, place, '', unit, NULL, NULL, NULL, start, remaining{no_ids} FROM bought
)"""
TOTALS = """
SELECT u.place, {group} AS in_group, coalesce(sum(u.start), 0)::bigint, coalesce(sum(u.remaining), 0)::bigint,
       coalesce(sum(u.joined), 0)::bigint, sum(u.bought)::bigint, (sum(u.bought) - sum(u.still))::bigint{id_lists}
FROM rows u JOIN asked p ON p.place = u.place JOIN accounts_account a ON a.id = u.account_id {joins}
WHERE {where}
GROUP BY 1, 2
"""
LIST = """
SELECT external_id, name, owner, sum(start)::bigint, sum(remaining)::bigint, sum(joined)::bigint, in_group
FROM (
    SELECT a.external_id, a.name, coalesce(nullif(owner.name, ''), owner.email, '') AS owner, u.start, u.remaining, u.joined,
           {group} AS in_group
    FROM rows u JOIN asked p ON p.place = u.place JOIN accounts_account a ON a.id = u.account_id {joins}
    WHERE u.start IS NOT NULL AND {where}
) each
GROUP BY external_id, name, owner, in_group
ORDER BY sum(start) - sum(remaining) DESC, external_id
"""
# Name of the ids -> the seats that they are of.
IDS = {
    "start": "here.was",
    "lost": "here.was AND NOT here.stays",
    "joined": "here.stays AND NOT here.was",
    "remaining": "here.was AND here.stays",
}
# A seat's id is unique inside its account only: account/seat, a slash or per cent inside an id encoded as in addresses.
ENCODED = "replace(replace({column}, '%%', '%%25'), '/', '%%2F')"
LABEL = f"{ENCODED.format(column='h.external_id')} || '/' || {ENCODED.format(column='t.external_id')}"
JOIN_SEAT = "JOIN accounts_seat t ON t.id = k.seat_id"
JOIN_HOME = "JOIN accounts_account h ON h.id = t.account_id"
PERSONA = "persona"


def totals(user: User, spans: Sequence[Span], previous: date, by: str, filters: Mapping[str, Sequence[str]], *, detail: bool) -> Statement:
    """SQL and parameters of one row per period (by its place in `spans`, from 1) and group. `previous`: first day of the period before."""
    head, group, joins, where, params = _parts(user, spans, previous, by, filters, detail=detail)
    lists = (
        "".join(f",\n       jsonb_agg(to_jsonb(u.ids_{name})) FILTER (WHERE u.ids_{name} IS NOT NULL)" for name in IDS) if detail else ""
    )
    return head + TOTALS.format(group=group, joins=joins, where=where, id_lists=lists), params


def listed(user: User, span: Span, previous: date, by: str, filters: Mapping[str, Sequence[str]]) -> Statement:
    """SQL and parameters of one row per account with a seat on either side of the period."""
    head, group, joins, where, params = _parts(user, [span], previous, by, filters, detail=False)
    owner = OWNER.format(day=DAY)
    joins = joins if owner in joins else joins + owner
    return head + LIST.format(group=group, joins=joins, where=where), params


def _parts(
    user: User, spans: Sequence[Span], previous: date, by: str, filters: Mapping[str, Sequence[str]], *, detail: bool
) -> tuple[str, str, str, str, dict[str, Any]]:
    """The head with its parameters, and the group, joins and condition of what follows it."""
    personas = list(filters.get(PERSONA, ()))
    # A seat has a persona of its own; the cut would take the account's.
    parts = cut(ALL if by == PERSONA else by, {name: values for name, values in filters.items() if name != PERSONA}, day=DAY)
    book, params = visible_book(user)
    labelled = "".join(f",\n           array_agg({LABEL}) FILTER (WHERE {which}) AS ids_{name}" for name, which in IDS.items())
    head = HEAD.format(
        book=book,
        persona="t.persona" if by == PERSONA else "''::text",
        persona_where="t.persona = ANY (%(personas)s::text[])" if personas else "true",
        seat_join=" ".join(((JOIN_SEAT,) if detail or personas or by == PERSONA else ()) + ((JOIN_HOME,) if detail else ())),
        ids=labelled if detail else "",
        own_ids="".join(f", ids_{name}" for name in IDS) if detail else "",
        no_ids=", NULL::text[]" * len(IDS) if detail else "",
        unit="c.product" if parts.by_product else "''::text",
        products=_of_products("c.product", parts),
    )
    params |= {
        **parts.params,
        "personas": personas,
        "products": list(parts.products),
        "places": list(range(1, len(spans) + 1)),
        "befores": [one.before for one in spans],
        "closes": [one.close for one in spans],
        "starts": [previous, *(one.first for one in spans)],
        "since": previous,
        "until": spans[-1].close,
    }
    group, joins, conditions = parts.group, parts.joins, [parts.where]
    if by == PERSONA:
        group = "nullif(u.persona, '')"
    if by == PERSONA or personas:
        conditions.append("u.unit IS NULL")  # nobody buys seats by persona
    sold = f"{PRODUCTS} AND {_of_products('c.product', parts)}"
    if parts.by_product:
        group = "coalesce(u.unit, sold.name)"
        joins += f"\nLEFT JOIN LATERAL ({sold}) AS sold ON u.unit IS NULL"
    if parts.products:
        conditions.append(f"(u.unit IS NOT NULL OR EXISTS ({sold}))")
    return head, group, joins, " AND ".join(conditions), params


def _of_products(column: str, parts: Cut) -> str:
    return f"{column} = ANY (%(products)s::text[])" if parts.products else "true"
