"""Invoices of every paid term: paid in time, late, disputed, or refused by a card that lapsed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.random import Generator

from csm_portal.portal.sample.customer import Customer
from csm_portal.portal.sample.terms import Term
from csm_portal.portal.sample.window import add_months, iso

TERM_DAYS: Final = 30
SLOW_SPREAD: Final = 0.9


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def invoice_rows(customer: Customer, rng: Generator) -> list[tuple[object, ...]]:
    """Rows of `invoices`, billed each quarter (each month for monthly and open-ended terms), issued on or before the last day."""
    rows: list[tuple[object, ...]] = []
    slow = rng.normal(0, SLOW_SPREAD)
    for term in customer.journey.terms:
        if term.mrr_cents == 0:
            continue
        step = 1 if term.months in (0, 1) else 3
        issued = term.starts_on
        count = 0
        while issued <= customer.window.last and (term.ends_on is None or issued < term.ends_on):
            rows.append(_invoice(customer, term, issued, months=step, slow=slow, number=len(rows) + 1, rng=rng))
            count += 1
            issued = add_months(term.starts_on, step * count)
    return rows


def _invoice(customer: Customer, term: Term, issued: int, *, months: int, slow: float, number: int, rng: Generator) -> tuple[object, ...]:
    slot, last = customer.slot, customer.window.last
    due = issued + (0 if slot.pays_by_card else TERM_DAYS)
    value = customer.latent.on(issued) if issued >= customer.window.first else 0.5
    coin, length, odd = rng.random(), rng.exponential(1.0), rng.random()
    late = coin < 0.16 / (1 + np.exp(0.9 * value - 0.8 * slow))
    days_late = 2 + int(min(length * 22, 110)) if late else -int(length * 4) % 20
    paid = max(issued, due + days_late)
    attempts = (1 + (odd < 0.35)) if slot.pays_by_card and late else 0
    status = "paid"
    if paid > last:
        status = "failed" if attempts else "open"
    if late and not slot.pays_by_card and odd < 0.10:
        status = "disputed"
    elif odd > 0.995:
        status = "void"
    return (
        f"{slot.external_id}-v{number}", slot.external_id, iso(issued), iso(due), iso(paid) if status == "paid" else "",
        money(term.mrr_cents * months), slot.market.currency, status, attempts,
    )  # fmt: skip


def last_failure_rows(customer: Customer, number: int) -> list[tuple[object, ...]]:
    """The invoice that a lapsed card never paid, issued on the day a renewal was lost to it."""
    slot = customer.slot
    rows: list[tuple[object, ...]] = []
    for loss in customer.journey.losses:
        if loss.reason != "card" or loss.ends_on > customer.window.last:
            continue
        term = next(t for t in customer.journey.core if t.ends_on == loss.ends_on)
        months = 1 if term.months == 1 else 3
        rows.append((
            f"{slot.external_id}-v{number + len(rows) + 1}", slot.external_id, iso(loss.ends_on), iso(loss.ends_on), "",
            money(term.mrr_cents * months), slot.market.currency, "void" if loss.returned_on else "failed", 3,
        ))  # fmt: skip
    return rows
