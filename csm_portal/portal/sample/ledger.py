"""Rows of `accounts` and `contracts` from a customer."""

from __future__ import annotations

from datetime import date

from numpy.random import Generator

from csm_portal.portal.sample import policy
from csm_portal.portal.sample.customer import Customer
from csm_portal.portal.sample.invoices import money
from csm_portal.portal.sample.seats import domain
from csm_portal.portal.sample.staff import Csm
from csm_portal.portal.sample.terms import Term
from csm_portal.portal.sample.window import add_months, instant, iso


def account_row(customer: Customer, went_live_on: str, rng: Generator) -> tuple[object, ...]:
    """One row of `accounts`; size and revenue are unknown for some."""
    slot = customer.slot
    sized = rng.random() < 0.85
    staff = max(2, round(slot.seats * slot.tier.headcount_per_seat * float(rng.lognormal(0, 0.4))))
    revenue = round(staff * float(rng.lognormal(4.6, 0.4)) * policy.PRICE_FACTOR[slot.market.currency]) * 1_000
    onboarded = customer.paid_from() if slot.kind != "trial_only" else slot.starts_on
    return (
        slot.external_id, slot.name, slot.parent, slot.industry.key, slot.market.region, slot.market.country, staff if sized else "",
        revenue if sized else "", slot.plan, slot.tier.key, _email(slot.csm), _email(slot.co_owner),
        slot.market.team, slot.timezone, slot.work_week, iso(onboarded), went_live_on, customer.stage(), slot.fit, slot.need,
        domain(slot), slot.market.currency, _tags(customer),
    )  # fmt: skip


def _email(csm: Csm | None) -> str:
    return "" if csm is None else csm.email


def _tags(customer: Customer) -> str:
    slot = customer.slot
    marks = ["invented"]
    if slot.outlets:
        marks.append("brand")
    if slot.parent:
        marks.append("franchise" if slot.pays_itself else "outlet")
    return ";".join(marks)


def contract_rows(customer: Customer, rng: Generator) -> list[tuple[object, ...]]:
    """Rows of `contracts`. A card expires two to four years after the first term began, or just before the renewal that it cost."""
    slot = customer.slot
    card_day = _card_expiry(customer, rng) if slot.pays_by_card else None
    notice = {12: 60, 3: 30}.get(slot.term_months, "") if slot.tier.key != "small" else ""
    auto = slot.term_months in (0, 1) or slot.pays_by_card
    lapsed = {loss.ends_on for loss in customer.journey.losses if loss.reason == "card"}
    rows: list[tuple[object, ...]] = []
    for term in customer.journey.terms:
        expires = term.ends_on - 12 if term.ends_on in lapsed and term.ends_on is not None else card_day
        if expires is not None and expires <= term.starts_on:
            expires = add_months(expires, 36)
        rows.append(_contract(customer, term, iso(expires if term.mrr_cents else None), notice, auto=auto and term.mrr_cents > 0))
    return rows


def _contract(customer: Customer, term: Term, expires: str, notice: int | str, *, auto: bool) -> tuple[object, ...]:
    slot = customer.slot
    cents = term.mrr_cents * term.months if term.as_amount else term.mrr_cents
    signed = min(term.signed_on, customer.window.last)
    return (
        term.external_id, slot.external_id, iso(term.starts_on), iso(term.ends_on), term.product, term.plan,
        policy.PLAN_FEATURES.get(term.plan, "orders"), "" if term.seats is None else term.seats, slot.market.currency,
        "" if term.as_amount else money(cents), money(cents) if term.as_amount else "", str(auto).lower(), notice, expires,
        instant(signed, 900, slot.timezone),
    )  # fmt: skip


def _card_expiry(customer: Customer, rng: Generator) -> int:
    """The first day of a month, the card's first day of no use."""
    day = add_months(customer.slot.starts_on, int(rng.integers(14, 40)))
    return day - date.fromordinal(day).day + 1
