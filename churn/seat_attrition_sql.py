"""The statement behind the attrition of seats: who did a key action in which period, and what the accounts had bought.

`seat_day` holds no rows of bots and of seats that the definition leaves out; seat 0 stands for what named no seat and is nobody.
One pass over the days makes a bit per period of each seat: bit 0 is the period before the first one asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from accounts.cuts import ALL
from churn.book_sql import seen_by
from churn.cuts_sql import COLUMNS, OWNER, Cut, cut
from churn.spans import Span

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
WITH {book}asked AS MATERIALIZED (
    SELECT * FROM unnest(%(places)s::integer[], %(befores)s::date[], %(closes)s::date[]) AS p (place, before, close)
), seen AS MATERIALIZED (
    SELECT d.account_id, d.seat_id, bit_or(1::bigint << (width_bucket(d.day, %(starts)s::date[]) - 1)) AS mask
    FROM seat_day d
    WHERE d.day >= %(since)s AND d.day <= %(until)s AND d.seat_id <> 0 AND d.key_actions > 0 AND {seats_in_book}
    GROUP BY d.account_id, d.seat_id
), used AS MATERIALIZED (
    SELECT {payer} AS account_id, p.place, {persona} AS persona, count(*) FILTER (WHERE here.was) AS start,
           count(*) FILTER (WHERE here.was AND here.stays) AS remaining, count(*) FILTER (WHERE here.stays AND NOT here.was) AS joined{ids}
    FROM seen k {seat_join}
    CROSS JOIN asked p
    CROSS JOIN LATERAL (SELECT (k.mask >> (p.place - 1)) & 1 = 1 AS was, (k.mask >> p.place) & 1 = 1 AS stays) here
    WHERE (here.was OR here.stays) AND {persona_where}
    GROUP BY {payer}, p.place, {persona}
), bought AS MATERIALIZED (
    SELECT c.account_id, p.place, {unit} AS unit,
           coalesce(sum(c.seats) FILTER (WHERE c.starts_on <= p.before AND (c.ends_on IS NULL OR c.ends_on > p.before)), 0) AS start,
           least(
               sum(c.seats) FILTER (WHERE c.starts_on <= p.before AND (c.ends_on IS NULL OR c.ends_on > p.before)),
               coalesce(sum(c.seats) FILTER (WHERE c.starts_on <= p.close AND (c.ends_on IS NULL OR c.ends_on > p.close)), 0)) AS remaining
    FROM asked p
    JOIN accounts_contract c ON c.mrr > 0 AND c.starts_on <= p.close AND (c.ends_on IS NULL OR c.ends_on > p.before)
    WHERE {terms_in_book} AND {products}
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
FROM rows u {joins}
WHERE {where}
GROUP BY 1, 2
"""
LIST = """
SELECT external_id, name, owner, sum(start)::bigint, sum(remaining)::bigint, sum(joined)::bigint, in_group
FROM (
    SELECT a.external_id, a.name, coalesce(nullif(owner.name, ''), owner.email, '') AS owner, u.start, u.remaining, u.joined,
           {group} AS in_group
    FROM rows u {joins}
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
PERSONA_OF_SEAT = "nullif(u.persona, '')"
ACCOUNT = "JOIN asked p ON p.place = u.place JOIN accounts_account a ON a.id = u.account_id"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which periods (with the first day of the one before the first), whose seats, and whether each seat is named."""

    spans: Sequence[Span]
    previous: date
    by: str
    filters: Mapping[str, Sequence[str]]
    detail: bool = False

    @property
    def personas(self) -> list[str]:
        """Personas of the seats let through; empty: all."""
        return list(self.filters.get(PERSONA, ()))

    @property
    def of_persona(self) -> bool:
        """Whether seats are told apart by their persona: nobody buys seats by persona, so none are purchased then."""
        return self.by == PERSONA or bool(self.personas)

    @property
    def parts(self) -> Cut:
        """The cut of the accounts. A seat has a persona of its own; the cut would take the account's."""
        filters = {name: values for name, values in self.filters.items() if name != PERSONA}
        return cut(ALL if self.by == PERSONA else self.by, filters, day=DAY)


def totals(user: User, asked: Asked) -> Statement:
    """SQL and parameters of one row per period (by its place in `spans`, from 1) and group."""
    group, joins, where = _cut(asked)
    # What needs nothing of the accounts does without them, and without a row for each.
    whole = not joins and group in {"'all'", PERSONA_OF_SEAT}
    head, params = _head(user, asked, payer="NULL::bigint" if whole else "k.account_id")
    lists = [f"jsonb_agg(to_jsonb(u.ids_{name})) FILTER (WHERE u.ids_{name} IS NOT NULL)" for name in IDS] if asked.detail else []
    joins = "" if whole else f"{ACCOUNT} {joins}"
    return head + TOTALS.format(group=group, joins=joins, where=where, id_lists="".join(f",\n       {one}" for one in lists)), params


def listed(user: User, asked: Asked) -> Statement:
    """SQL and parameters of one row per account with a seat on either side of the one period."""
    group, joins, where = _cut(asked)
    head, params = _head(user, asked, payer="k.account_id")
    owner = OWNER.format(day=DAY)
    joins = f"{ACCOUNT} {joins}" if owner in joins else f"{ACCOUNT} {joins}{owner}"
    return head + LIST.format(group=group, joins=joins, where=where), params


def _head(user: User, asked: Asked, *, payer: str) -> Statement:
    parts = asked.parts
    book, seats_in_book, params = seen_by(user, "d.account_id")
    labelled = [f",\n           array_agg({LABEL}) FILTER (WHERE {which}) AS ids_{name}" for name, which in IDS.items()]
    joins = [JOIN_SEAT] if asked.detail or asked.of_persona else []
    head = HEAD.format(
        book=book,
        payer=payer,
        seats_in_book=seats_in_book,
        terms_in_book=seen_by(user, "c.account_id")[1],
        persona="t.persona" if asked.by == PERSONA else "''::text",
        persona_where="t.persona = ANY (%(personas)s::text[])" if asked.personas else "true",
        seat_join=" ".join([*joins, JOIN_HOME] if asked.detail else joins),
        ids="".join(labelled) if asked.detail else "",
        own_ids="".join(f", ids_{name}" for name in IDS) if asked.detail else "",
        no_ids=", NULL::text[]" * len(IDS) if asked.detail else "",
        unit="c.product" if parts.by_product else "''::text",
        products=_of_products(parts),
    )
    return head, params | {
        **parts.params,
        "personas": asked.personas,
        "products": list(parts.products),
        "places": list(range(1, len(asked.spans) + 1)),
        "befores": [one.before for one in asked.spans],
        "closes": [one.close for one in asked.spans],
        "starts": [asked.previous, *(one.first for one in asked.spans)],
        "since": asked.previous,
        "until": asked.spans[-1].close,
    }


def _cut(asked: Asked) -> tuple[str, str, str]:
    """Group, joins and condition over the rows `u`; no joins where nothing of the accounts is needed."""
    parts = asked.parts
    group, joins, conditions = parts.group, parts.joins, [parts.where]
    if asked.by == PERSONA:
        group = PERSONA_OF_SEAT
    if asked.of_persona:
        conditions.append("u.unit IS NULL")
    sold = f"{PRODUCTS} AND {_of_products(parts)}"
    if parts.by_product:
        group = "coalesce(u.unit, sold.name)"
        joins += f"\nLEFT JOIN LATERAL ({sold}) AS sold ON u.unit IS NULL"
    if parts.products:
        conditions.append(f"(u.unit IS NOT NULL OR EXISTS ({sold}))")
    if asked.by in COLUMNS or parts.products or parts.where != "true":
        joins += " "  # nothing to join, but the account's own row
    return group, joins, " AND ".join(conditions)


def _of_products(parts: Cut) -> str:
    return "c.product = ANY (%(products)s::text[])" if parts.products else "true"
