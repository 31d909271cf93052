"""Contracts: the chain of terms of an account, with each due date renewed or lost by its latent value at that time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from csm_portal.portal.sample import policy
from csm_portal.portal.sample.latent import HORIZON, Latent
from csm_portal.portal.sample.plan import Slot
from csm_portal.portal.sample.window import Window, add_months

SIGNED_AHEAD_SHARE: Final = 0.35  # of renewals due within the horizon after the window
LATE_SHARE: Final = 0.09  # of renewals: signed up to three weeks after the due date
DECISION_DAYS: Final = 45


@dataclass(frozen=True, slots=True)
class Term:
    """One signed term `[starts_on, ends_on)`; no end means open-ended. Money is cents a month in the account's currency."""

    external_id: str
    starts_on: int
    ends_on: int | None
    signed_on: int
    product: str
    plan: str
    seats: int | None
    mrr_cents: int
    months: int
    as_amount: bool


@dataclass(frozen=True, slots=True)
class Loss:
    """An account that left: `reason` is "value", "card" or "one_off"; `returned_on` when it came back."""

    ends_on: int
    reason: str
    returned_on: int | None = None


@dataclass(frozen=True, slots=True)
class Journey:
    """All terms of an account, the trial first, and its losses."""

    terms: tuple[Term, ...]
    losses: tuple[Loss, ...]

    @property
    def core(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if term.product == policy.CORE_PRODUCT)

    def seats_on(self, day: int) -> int:
        """Purchased seats of the core product on a day; 0 outside every term."""
        return sum(t.seats or 0 for t in self.core if t.starts_on <= day and (t.ends_on is None or day < t.ends_on))

    def lost_for_good(self) -> int | None:
        """First day not covered of an account that left (or only tried) and has not come back."""
        if self.terms and not any(term.mrr_cents for term in self.terms):
            return self.terms[-1].ends_on
        return self.losses[-1].ends_on if self.losses and self.losses[-1].returned_on is None else None


def price_rise_day(window: Window) -> int:
    """The day from which renewals pay the new price list."""
    first_of_month = add_months(window.last + 1, -policy.PRICE_RISE_MONTHS_BEFORE_END)
    return max(first_of_month, window.first)


def journey(slot: Slot, latent: Latent, window: Window, rng: Generator) -> Journey:
    """Draw the account's terms. Those that ended before the window were all renewed: the book holds who was a customer in it."""
    if not slot.pays_itself:
        return Journey((), ())
    terms: list[Term] = []
    losses: list[Loss] = []
    if slot.kind == "trial_only" or (slot.starts_on > window.first + 30 and slot.tier.key != "enterprise" and rng.random() < 0.4):
        terms.append(_trial(slot, window, rng))
    if slot.kind != "trial_only":
        _chain(slot, latent, window, rng, terms=terms, losses=losses)
    return Journey(tuple(terms), tuple(losses))


def _trial(slot: Slot, window: Window, rng: Generator) -> Term:
    days = int(rng.integers(14, 31))
    start = slot.starts_on if slot.kind == "trial_only" else max(slot.starts_on - days, window.first)
    end = start + days if slot.kind == "trial_only" else slot.starts_on
    return Term(f"{slot.external_id}-T0", start, end, start, policy.CORE_PRODUCT, "trial", min(slot.seats, 5), 0, 0, as_amount=False)


def _chain(slot: Slot, latent: Latent, window: Window, rng: Generator, *, terms: list[Term], losses: list[Loss]) -> None:
    start, seats = slot.starts_on, slot.seats
    price = policy.PLAN_PRICE[slot.plan] * policy.PRICE_FACTOR[slot.market.currency] * float(rng.uniform(0.82, 1.0))
    as_amount, second = slot.term_months == 12 and rng.random() < 0.25, slot.plan != "basic" and rng.random() < 0.22
    signed_on = start - int(rng.integers(3, 20))
    plan = slot.plan
    while True:
        number = len(terms)
        end = add_months(start, slot.term_months) if slot.term_months else None
        cents = round(price * seats) * 100
        terms.append(
            Term(
                f"{slot.external_id}-{number:02d}",
                start,
                end,
                signed_on,
                policy.CORE_PRODUCT,
                plan,
                seats,
                cents,
                slot.term_months,
                as_amount,
            )
        )
        if second:
            terms.append(_second(terms[-1]))
        if end is None or end > window.last + HORIZON:
            return
        ahead = end > window.last
        loss = None if end < window.first else _loss(slot, latent, end, window, rng)
        if ahead and (loss is not None or rng.random() > SIGNED_AHEAD_SHARE):
            return
        if loss is not None:
            back = _return(loss, end, window, rng)
            losses.append(Loss(end, loss, back))
            if back is None:
                return
            start, signed_on, seats = back, back - 1, max(1, round(seats * 0.8))
            continue
        late = slot.term_months == 12 and not ahead and rng.random() < LATE_SHARE
        start = end + (int(rng.integers(2, 24)) if late else 0)
        signed_on = start if late else min(end - int(rng.integers(1, 40 if slot.term_months == 12 else 3)), window.last)
        if start > window.last and late:
            return
        if terms[-1].starts_on < price_rise_day(window) <= start:  # the price list rose once
            price *= 1 + policy.PRICE_RISE
        if slot.term_months >= 3:
            seats = _new_seats(seats, latent.mean(end - DECISION_DAYS, end), slot.term_months, rng)
        if slot.term_months == 12 and plan != "scale" and rng.random() < 0.06:
            plan = policy.PLANS[policy.PLANS.index(plan) + 1]
            price *= 1.3
        second = (second and rng.random() > 0.12) or (
            slot.plan != "basic" and not second and slot.term_months == 12 and rng.random() < 0.08
        )


def _second(core: Term) -> Term:
    """The add-on product, on the core's term and without seats of its own."""
    return Term(
        core.external_id + "-i", core.starts_on, core.ends_on, core.signed_on, policy.SECOND_PRODUCT, core.plan,
        None, round(core.mrr_cents * 0.28 / 100) * 100, core.months, core.as_amount,
    )  # fmt: skip


def _loss(slot: Slot, latent: Latent, due: int, window: Window, rng: Generator) -> str | None:
    """Why a due date is lost, or None when it is renewed."""
    coin, card_coin = rng.random(), rng.random()
    level = policy.RENEWAL_LEVEL[slot.term_months]
    if slot.need == "one_off":
        level -= policy.ONE_OFF_PENALTY
    if due >= price_rise_day(window):
        level -= policy.PRICE_RISE_PENALTY
    chance = 1 / (1 + np.exp(-(level + policy.RENEWAL_SLOPE * latent.mean(due - DECISION_DAYS, due))))
    if slot.pays_by_card and card_coin < policy.CARD_LOSS * min(1.0, slot.term_months / 6):
        return "card"
    if coin < chance:
        return None
    return "one_off" if slot.need == "one_off" else "value"


def _return(reason: str, ended_on: int, window: Window, rng: Generator) -> int | None:
    """Some come back: half of those with a one-off need, some after a lapsed card, few others."""
    coin, day = rng.random(), ended_on + int(rng.integers(45, 150))
    comes_back = coin < {"one_off": 0.5, "card": 0.3, "value": 0.04}[reason]
    return day if comes_back and day <= window.last else None


def _new_seats(seats: int, value: float, months: int, rng: Generator) -> int:
    """More seats for who gets value, fewer for who does not; a change of 30% at most a year."""
    share = float(np.clip(0.06 + 0.12 * value + 0.10 * rng.normal(), -0.35, 0.4)) * min(1.0, months / 12 + 0.1)
    return max(1, round(seats * (1 + share)))
