"""The statement behind MRR and attrition: each account on both sides of each period, its movement, and the sums per period and group.

A side is the state at the close of a day: `s` at the close of the day before the period, `e` at its close. Amounts are in one currency
(`into`) at the rates of the period's first day; `n` is `e` at the rates of the day after the period. Accounts without a rate have
neither. `paid_*` is what the contracts say, whatever gap is bridged and whether or not a rate is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from churn.as_of import Basis
from churn.book_sql import seen_by
from churn.cuts_sql import OWNER, Cut, cut
from churn.spans import Span

if TYPE_CHECKING:
    from accounts.models import User

# The names of the movements, in the order in which they are told; `same` is no movement.
KINDS = ("new", "expansion", "contraction", "churn", "reactivation")
WORTH = """CASE WHEN {currency} = %(reporting)s THEN 1 ELSE (
    SELECT x.rate FROM accounts_exchangerate x WHERE x.currency = {currency} AND x.day <= {day} ORDER BY x.day DESC LIMIT 1) END"""
# `round_half_even(x, 2)` for amounts that are not negative, written out: called 200,000 times for a year it takes half of the statement.
TO_CENTS = """(CASE
    WHEN scale({x}) <= 2 THEN {x} WHEN mod(({x}) * 100, 1) = 0.5 THEN round(({x}) * 50) / 50 ELSE round({x}, 2) END)::numeric(20, 2)"""
# A gap that ends within the days to bridge, as far as its end is known on the as-of day: the old terms pay until the new ones start.
GAP = """, gap AS MATERIALIZED (
    SELECT account_id, ended, starts_on AS resumed FROM (
        SELECT c.account_id, c.starts_on, max(coalesce(c.ends_on, 'infinity'::date)) OVER (
            PARTITION BY c.account_id ORDER BY c.starts_on, c.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ended
        FROM accounts_contract c
        WHERE c.mrr > 0 AND (c.starts_on <= %(as_of)s OR (c.recorded_at AT TIME ZONE %(zone)s)::date <= %(as_of)s)
    ) turn
    WHERE starts_on > ended AND starts_on <= ended + %(bridge)s
)"""
HEAD = """
WITH {book}asked AS MATERIALIZED (
    SELECT u.*, {into_first} AS into_first, {into_turn} AS into_turn
    FROM unnest(%(places)s::integer[], %(firsts)s::date[], %(befores)s::date[], %(closes)s::date[], %(turns)s::date[])
        AS u (place, first, before, close, turn)
){gap}, term AS MATERIALIZED (
    SELECT c.account_id, {unit} AS unit, c.starts_on, coalesce(c.ends_on, 'infinity'::date) AS ends_on, {paid_until} AS paid_until,
           c.mrr, c.currency
    FROM accounts_contract c {gap_join}
    WHERE c.mrr > 0 AND {in_book} AND {products}
), began AS MATERIALIZED (
    SELECT account_id, unit, min(starts_on) AS first_paid FROM term GROUP BY account_id, unit
), rate AS MATERIALIZED (
    SELECT c.currency, a.place,
           CASE WHEN c.currency = %(into)s THEN coalesce(a.into_first, 1) WHEN a.into_first IS NOT NULL THEN {worth_first} END AS value,
           CASE WHEN c.currency = %(into)s THEN coalesce(a.into_turn, 1) WHEN a.into_turn IS NOT NULL THEN {worth_turn} END AS next_value
    FROM (SELECT DISTINCT currency FROM term) c CROSS JOIN asked a
), side AS MATERIALIZED (
    SELECT t.account_id, t.unit, p.place,
           coalesce(sum(t.mrr * r.value) FILTER (WHERE t.starts_on <= p.before AND t.paid_until > p.before), 0) AS s,
           coalesce(sum(t.mrr * r.value) FILTER (WHERE t.starts_on <= p.close AND t.paid_until > p.close), 0) AS e,
           coalesce(sum(t.mrr * r.next_value) FILTER (WHERE t.starts_on <= p.close AND t.paid_until > p.close), 0) AS n,
           bool_or(r.value IS NULL) AS without_rate,
           coalesce(bool_or(r.next_value IS NULL) FILTER (WHERE t.starts_on <= p.close AND t.paid_until > p.close), false) AS without_next,
           bool_or(t.starts_on <= p.before AND t.ends_on > p.before) AS paid_before,
           bool_or(t.starts_on <= p.close AND t.ends_on > p.close) AS paid_after
    FROM asked p
    JOIN term t ON t.starts_on <= p.close AND t.paid_until > p.before AND (t.starts_on <= p.before OR t.paid_until > p.close)
    JOIN rate r ON r.currency = t.currency AND r.place = p.place
    GROUP BY t.account_id, t.unit, p.place
), priced AS MATERIALIZED (
    SELECT d.account_id, d.unit, d.place, p.close, d.paid_before, d.paid_after, b.first_paid >= p.first AS is_first,
           CASE WHEN NOT d.without_rate THEN {s} END AS s,
           CASE WHEN NOT d.without_rate THEN {e} END AS e,
           CASE WHEN NOT d.without_next THEN {n} END AS n
    FROM side d JOIN asked p ON p.place = d.place JOIN began b ON b.account_id = d.account_id AND b.unit = d.unit
), moved AS (
    SELECT *, CASE
        WHEN s IS NULL THEN 'without_rate'
        WHEN s = 0 AND e > 0 AND is_first THEN 'new'
        WHEN s = 0 AND e > 0 THEN 'reactivation'
        WHEN e > s THEN 'expansion'
        WHEN s > 0 AND e = 0 THEN 'churn'
        WHEN e < s THEN 'contraction'
        ELSE 'same' END AS kind
    FROM priced
)"""
TOTALS = """
SELECT m.place, {group} AS in_group,
       coalesce(sum(m.s), 0.00), coalesce(sum(m.e) FILTER (WHERE m.kind = 'new'), 0.00),
       coalesce(sum(m.e - m.s) FILTER (WHERE m.kind = 'expansion'), 0.00),
       coalesce(sum(m.s - m.e) FILTER (WHERE m.kind = 'contraction'), 0.00),
       coalesce(sum(m.s) FILTER (WHERE m.kind = 'churn'), 0.00), coalesce(sum(m.e) FILTER (WHERE m.kind = 'reactivation'), 0.00),
       coalesce(sum(m.n), 0.00) - coalesce(sum(m.e), 0.00), coalesce(sum(m.e), 0.00), coalesce(sum(least(m.s, m.e)), 0.00),
       coalesce(sum(m.e) FILTER (WHERE m.s > 0), 0.00), count(*) FILTER (WHERE m.s > 0), count(*) FILTER (WHERE m.kind = 'without_rate'),
       count(*) FILTER (WHERE m.paid_before), count(*) FILTER (WHERE m.paid_before AND m.paid_after),
       count(*) FILTER (WHERE m.paid_after AND NOT m.paid_before),
       coalesce(sum(m.s * m.s), 0), coalesce(sum((m.s - m.e) * (m.s - m.e)) FILTER (WHERE m.e < m.s), 0),
       coalesce(sum((m.s - m.e) * m.s) FILTER (WHERE m.e < m.s), 0), count(*) FILTER (WHERE m.e < m.s){ids}
FROM moved m {joins}
WHERE {where}
GROUP BY 1, 2
"""
# Name of the ids -> the rows that they are of.
MONEY_IDS = {
    "start": "m.s > 0",
    **{kind: f"m.kind = '{kind}'" for kind in KINDS},
    "fx": "m.n <> coalesce(m.e, 0)",
    "end": "m.e > 0",
    "without_rate": "m.kind = 'without_rate'",
}
LOGO_IDS = {
    "start": "m.paid_before",
    "lost": "m.paid_before AND NOT m.paid_after",
    "joined": "m.paid_after AND NOT m.paid_before",
    "remaining": "m.paid_before AND m.paid_after",
}
# Each amount with the day whose rate it is told at: the period's first, or the one after the period.
SIDE_RATES = {"s": "first", "e": "first", "n": "turn"}
IDS = ",\n       array_agg(a.external_id ORDER BY a.external_id) FILTER (WHERE {which})"
LIST = """
SELECT a.external_id, a.name, coalesce(nullif(owner.name, ''), owner.email, ''), m.kind, m.s, m.e, m.paid_before, m.paid_after, m.unit,
       coalesce(m.n, 0.00) - coalesce(m.e, 0.00), {group} AS in_group
FROM moved m JOIN accounts_account a ON a.id = m.account_id {joins}
WHERE {where}
ORDER BY abs(coalesce(m.e, 0) - coalesce(m.s, 0)) DESC, a.external_id, m.unit
"""
DAY = "m.close"
ACCOUNT = "JOIN accounts_account a ON a.id = m.account_id"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose sides: the cut and filters, the as-of day with its rules, the currency that amounts are told in."""

    by: str
    filters: Mapping[str, Sequence[str]]
    basis: Basis
    into: str


def totals(user: User, spans: Sequence[Span], asked: Asked, *, detail: bool) -> tuple[str, dict[str, Any]]:
    """SQL and parameters of one row per period (by its place in `spans`) and group."""
    parts = cut(asked.by, asked.filters, day=DAY)
    head, params = _head(user, spans, asked, parts)
    ids = "".join(IDS.format(which=which) for which in (*MONEY_IDS.values(), *LOGO_IDS.values())) if detail else ""
    group = "m.unit" if parts.by_product else parts.group
    # What needs nothing of the account does without its row.
    plain = not detail and parts.where == "true" and group in {"'all'", "m.unit"}
    joins = "" if plain else f"{ACCOUNT} {parts.joins}"
    return head + TOTALS.format(group=group, ids=ids, joins=joins, where=parts.where), params


def listed(user: User, span: Span, asked: Asked) -> tuple[str, dict[str, Any]]:
    """SQL and parameters of one row per account (by product: per account and product) that paid on either side of the period."""
    parts = cut(asked.by, asked.filters, day=DAY)
    head, params = _head(user, [span], asked, parts)
    owner = OWNER.format(day=DAY)
    joins = parts.joins if owner in parts.joins else parts.joins + owner
    group = "m.unit" if parts.by_product else parts.group
    return head + LIST.format(group=group, joins=joins, where=parts.where), params


def _head(user: User, spans: Sequence[Span], asked: Asked, parts: Cut) -> tuple[str, dict[str, Any]]:
    book, in_book, params = seen_by(user, "c.account_id")
    basis = asked.basis
    # A currency's worth divides only where amounts are told in another than the reporting one.
    worth = asked.into != settings.REPORTING_CURRENCY
    cents = {
        name: TO_CENTS.format(x=f"d.{name} / coalesce(p.into_{rate}, 1)" if worth else f"d.{name}") for name, rate in SIDE_RATES.items()
    }
    bridge = basis.renewals.bridge_gap_days
    sql = HEAD.format(
        book=book,
        in_book=in_book,
        **cents,
        into_first=WORTH.format(currency="%(into)s::text", day="u.first"),
        into_turn=WORTH.format(currency="%(into)s::text", day="u.turn"),
        worth_first=WORTH.format(currency="c.currency", day="a.first"),
        worth_turn=WORTH.format(currency="c.currency", day="a.turn"),
        unit="c.product" if parts.by_product else "''::text",
        products="c.product = ANY (%(products)s::text[])" if parts.products else "true",
        gap=GAP if bridge else "",
        gap_join="LEFT JOIN gap ON gap.account_id = c.account_id AND gap.ended = c.ends_on" if bridge else "",
        paid_until=("coalesce(gap.resumed, c.ends_on, 'infinity'::date)" if bridge else "coalesce(c.ends_on, 'infinity'::date)"),
    )
    params |= {
        **parts.params,
        "places": list(range(len(spans))),
        "firsts": [one.first for one in spans],
        "befores": [one.before for one in spans],
        "closes": [one.close for one in spans],
        # A rate of a later day is not known yet.
        "turns": [min(one.after, basis.as_of) for one in spans],
        "as_of": basis.as_of,
        "bridge": bridge,
        "zone": settings.TIME_ZONE,
        "into": asked.into,
        "reporting": settings.REPORTING_CURRENCY,
        "products": list(parts.products),
    }
    return sql, params
