"""Logins of an account: who got one, when, and when it was taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from csm_portal.portal.sample import names, policy
from csm_portal.portal.sample.latent import Latent
from csm_portal.portal.sample.plan import Slot
from csm_portal.portal.sample.terms import Journey, Term
from csm_portal.portal.sample.window import Window, iso

TURNOVER_A_YEAR: Final = 0.10
ROBOT_SHARE: Final = 0.10  # of accounts that are not small
TESTER_SHARE: Final = 0.25  # of enterprises


@dataclass(frozen=True, slots=True)
class Seat:
    """One login, in use on days of [activated_on, deactivated_on)."""

    external_id: str
    name: str
    email: str
    persona: str
    is_executive: bool
    unit: str
    activated_on: int
    deactivated_on: int | None
    bot: bool = False


@dataclass(slots=True)
class Span:
    """Days `[on, off)` of one login while the account's story is still being drawn."""

    on: int
    off: int | None = None


def seats(slot: Slot, latent: Latent, journey: Journey, window: Window, rng: Generator) -> list[Seat]:
    """Seats activated term by term: a ramp of two months at first, then with each renewal; at a loss all end with the contract.

    `journey` is the account's own, or its brand's for an outlet without a contract.
    """
    terms = [term for term in journey.core if term.starts_on <= window.last]
    if not terms:
        return []
    stop = journey.lost_for_good()
    end = stop if stop is not None and stop <= window.last else None
    share = float(np.clip(0.80 + 0.07 * latent.on(terms[-1].starts_on) + 0.10 * rng.normal(), 0.35, 1.0))
    spans = _spans(slot, terms, share, window, rng)
    _turnover(spans, latent.champion_left_on, window, rng)
    if end is not None:
        spans = [Span(span.on, end if span.off is None else min(span.off, end)) for span in spans if span.on < end]
    found = [_seat(slot, number, span, rng) for number, span in enumerate(spans)]
    if slot.tier.key != "small" and rng.random() < ROBOT_SHARE:
        found.append(_robot(slot, len(found), Span(terms[0].starts_on + 20, end)))
    if slot.tier.key == "enterprise" and rng.random() < TESTER_SHARE:
        found.append(_tester(slot, len(found), Span(terms[0].starts_on + 1, end)))
    return [seat for seat in found if seat.activated_on <= window.last and (seat.deactivated_on or window.last + 1) > seat.activated_on]


def _spans(slot: Slot, terms: list[Term], share: float, window: Window, rng: Generator) -> list[Span]:
    """As many logins as `share` of what each term bought."""
    spans: list[Span] = []
    for number, term in enumerate(terms):
        want = max(1, round(((term.seats or 0) if slot.pays_itself else slot.seats) * share))
        alive = [span for span in spans if span.off is None]
        for span in alive[want:]:
            span.off = max(term.starts_on, span.on + 1)
        ramp = 55 if number == 0 else 30
        waits = np.sort(np.minimum(rng.exponential(ramp / 2.5, max(0, want - len(alive))), ramp)).astype(int).tolist()
        if number == 0:
            waits[0] = 0
        days = [term.starts_on + wait for wait in waits]
        spans += [Span(day) for day in days if day <= window.last and (term.ends_on is None or day < term.ends_on)]
    return spans


def _turnover(spans: list[Span], champion_left_on: int | None, window: Window, rng: Generator) -> None:
    """Some people leave and are replaced two weeks later; the champion (the first seat) is not."""
    if champion_left_on is not None and len(spans) > 1 and spans[0].off is None and spans[0].on < champion_left_on:
        spans[0].off = champion_left_on
    for span in spans[1:]:
        leaves, where = rng.random(), rng.random()
        start = max(span.on + 60, window.first)
        if span.off is not None or start >= window.last or leaves > TURNOVER_A_YEAR * (window.last - start) / 365:
            continue
        span.off = start + 1 + int(where * (window.last - start - 1))
        if span.off + 14 <= window.last:
            spans.append(Span(span.off + 14))


def _seat(slot: Slot, number: int, span: Span, rng: Generator) -> Seat:
    name = names.person(int(rng.integers(0, 50_000)), chinese=slot.chinese)
    persona = "admin" if number == 0 else ("advanced" if rng.random() < 0.3 else "basic")
    executive = (number == 1 and slot.tier.key != "small") or (number == 0 and slot.seats == 1)
    unit = f"Unit {1 + number % max(2, slot.seats // 5)}" if slot.tier.key != "small" else ""
    email = f"user{number + 1}{_branch(slot)}@{domain(slot)}"
    return Seat(_id(number), name, email, persona, executive, unit, span.on, span.off)


def _id(number: int) -> str:
    return f"s{number + 1:03d}"


def _branch(slot: Slot) -> str:
    """Keeps an outlet's addresses apart from its brand's."""
    return f".{slot.external_id.split('/')[1]}" if slot.parent else ""


def domain(slot: Slot) -> str:
    """A domain under .example, which nobody can own; outlets share their brand's."""
    return f"{slot.external_id.split('/', maxsplit=1)[0].lower()}.example"


def _robot(slot: Slot, number: int, span: Span) -> Seat:
    """The customer's own order import."""
    return Seat(_id(number), "Order import", f"bot@{domain(slot)}", "basic", False, "", span.on, span.off, bot=True)


def _tester(slot: Slot, number: int, span: Span) -> Seat:
    """A login of the vendor's own staff: excluded by its address."""
    email = f"tester.{slot.external_id.lower()}@{policy.VENDOR_DOMAIN}"
    return Seat(_id(number), "Vendor test user", email, "admin", False, "", span.on, span.off)


def seat_rows(slot: Slot, all_seats: list[Seat]) -> list[tuple[object, ...]]:
    """Rows of `seats`."""
    return [
        (
            s.external_id, slot.external_id, s.email, s.name, s.persona, "bot" if s.bot else "human", str(s.is_executive).lower(), s.unit,
            iso(s.activated_on), iso(s.deactivated_on),
        )
        for s in all_seats
    ]  # fmt: skip
