"""Logins of an account: who got one, when, and when it was taken away; and the people the vendor talks to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from csm_portal.portal.sample import names, policy
from csm_portal.portal.sample.latent import Latent
from csm_portal.portal.sample.plan import Slot
from csm_portal.portal.sample.terms import Journey
from csm_portal.portal.sample.window import Window, iso

TURNOVER_A_YEAR: Final = 0.10
CHANNELS: Final = ("email", "call", "chat", "sms")


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


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at the customer; `left_on` when they left the enterprise."""

    external_id: str
    name: str
    email: str
    role: str
    seat: str
    left_on: int | None
    channel: str


def seats(slot: Slot, latent: Latent, journey: Journey, window: Window, rng: Generator) -> list[Seat]:
    """Seats activated term by term: a ramp of two months at first, then with each renewal; at a loss all end with the contract.

    `journey` is the account's own, or its brand's for an outlet without a contract.
    """
    terms = [term for term in journey.core if term.starts_on <= window.last]
    if not terms:
        return []
    stop = journey.lost_for_good()
    spans: list[list[int | None]] = []  # [activated, deactivated]
    share = float(np.clip(0.80 + 0.07 * latent.on(terms[-1].starts_on) + 0.10 * rng.normal(), 0.35, 1.0))
    for number, term in enumerate(terms):
        bought = (term.seats or 0) if slot.pays_itself else slot.seats
        want = max(1, round(bought * share))
        alive = [span for span in spans if span[1] is None]
        for span in alive[want:]:
            span[1] = term.starts_on
        ramp = 55 if number == 0 else 30
        fresh = term.starts_on + np.sort(np.minimum(rng.exponential(ramp / 2.5, max(0, want - len(alive))), ramp)).astype(int)
        if number == 0 and len(fresh):
            fresh[0] = term.starts_on
        spans += [[int(day), None] for day in fresh if day <= window.last and (term.ends_on is None or day < term.ends_on)]
    _turnover(spans, latent.champion_left_on, window, rng)
    if stop is not None and stop <= window.last:
        spans = [[on, stop if off is None or off > stop else off] for on, off in spans if on is not None and on < stop]
    named = [_seat(slot, number, int(on or 0), off, rng) for number, (on, off) in enumerate(spans)]
    if slot.tier.key != "small" and rng.random() < 0.10:
        named.append(_robot(slot, len(named), max(terms[0].starts_on + 20, 0), stop, window))
    if slot.tier.key == "enterprise" and rng.random() < 0.25:
        named.append(_tester(slot, len(named), terms[0].starts_on + 1, stop, window))
    return [
        seat
        for seat in named
        if seat.activated_on <= window.last and (seat.deactivated_on is None or seat.deactivated_on > seat.activated_on)
    ]


def _turnover(spans: list[list[int | None]], champion_left_on: int | None, window: Window, rng: Generator) -> None:
    """Some people leave and are replaced two weeks later; the champion (the first seat) is not."""
    if champion_left_on is not None and spans and spans[0][1] is None and (spans[0][0] or 0) < champion_left_on and len(spans) > 1:
        spans[0][1] = champion_left_on
    for span in spans[1:]:
        leaves, where = rng.random(), rng.random()
        start = max(int(span[0] or 0) + 60, window.first)
        if span[1] is not None or start >= window.last or leaves > TURNOVER_A_YEAR * (window.last - start) / 365:
            continue
        span[1] = start + 1 + int(where * (window.last - start - 1))
        if span[1] + 14 <= window.last:
            spans.append([span[1] + 14, None])


def _seat(slot: Slot, number: int, on: int, off: int | None, rng: Generator) -> Seat:
    name = names.person(int(rng.integers(0, 50_000)), chinese=slot.chinese)
    persona = "admin" if number == 0 else ("advanced" if rng.random() < 0.3 else "basic")
    executive = (number == 1 and slot.tier.key != "small") or (number == 0 and slot.seats == 1)
    unit = f"Unit {1 + number % max(2, slot.seats // 5)}" if slot.tier.key != "small" else ""
    return Seat(f"s{number + 1:03d}", name, _email(slot, number), persona, executive, unit, on, off)


def _email(slot: Slot, number: int) -> str:
    return f"user{number + 1}@{domain(slot)}"


def domain(slot: Slot) -> str:
    """A domain under .example, which nobody can own."""
    return f"{slot.external_id.split('/')[0].lower()}.example"


def _robot(slot: Slot, number: int, on: int, off: int | None, window: Window) -> Seat:
    end = off if off is not None and off <= window.last else None
    return Seat(
        f"s{number + 1:03d}",
        "Order import",
        f"bot@{domain(slot)}",
        "basic",
        is_executive=False,
        unit="",
        activated_on=on,
        deactivated_on=end,
        bot=True,
    )


def _tester(slot: Slot, number: int, on: int, off: int | None, window: Window) -> Seat:
    """A login of the vendor's own staff: excluded by its address."""
    end = off if off is not None and off <= window.last else None
    email = f"tester.{slot.external_id.lower()}@{policy.VENDOR_DOMAIN}"
    return Seat(f"s{number + 1:03d}", "Vendor test user", email, "admin", is_executive=False, unit="", activated_on=on, deactivated_on=end)


def seat_rows(slot: Slot, all_seats: list[Seat]) -> list[tuple[object, ...]]:
    """Rows of `seats`."""
    return [
        (s.external_id, slot.external_id, s.email, s.name, s.persona, "bot" if s.bot else "human", str(s.is_executive).lower(), s.unit, iso(s.activated_on), iso(s.deactivated_on))
        for s in all_seats
    ]  # fmt: skip


def contacts(slot: Slot, all_seats: list[Seat], latent: Latent, rng: Generator) -> list[Contact]:
    """A champion, and for bigger customers a sponsor and someone who pays. A champion who left has a successor half of the time."""
    people = [seat for seat in all_seats if not seat.bot and not seat.email.endswith(policy.VENDOR_DOMAIN)]
    if not people or not slot.pays_itself:
        return []
    first = people[0]
    left = latent.champion_left_on
    found = [_contact(slot, 1, first.name, first.email, "champion", first.external_id, left, rng)]
    if left is not None and len(people) > 2 and rng.random() < 0.5:
        heir = people[2]
        found.append(_contact(slot, 2, heir.name, heir.email, "champion", heir.external_id, None, rng))
    bosses = [seat for seat in people if seat.is_executive]
    if bosses and slot.tier.key != "small":
        found.append(
            _contact(
                slot,
                3,
                bosses[0].name,
                bosses[0].email,
                "sponsor",
                bosses[0].external_id,
                bosses[0].deactivated_on if rng.random() < 0.3 else None,
                rng,
            )
        )
    payer = names.person(int(rng.integers(0, 50_000)), chinese=slot.chinese)
    found.append(_contact(slot, 4, payer, f"billing@{domain(slot)}", "billing", "", None, rng))
    return found


def _contact(slot: Slot, number: int, name: str, email: str, role: str, seat: str, left_on: int | None, rng: Generator) -> Contact:
    channel = CHANNELS[int(rng.integers(0, len(CHANNELS)))]
    return Contact(f"{slot.external_id}-p{number}", name, email, role, seat, left_on, channel)


def contact_rows(slot: Slot, people: list[Contact]) -> list[tuple[object, ...]]:
    """Rows of `contacts`; telephone numbers are left out, none can be invented safely."""
    return [
        (c.external_id, slot.external_id, c.name, c.email, "", c.role, c.seat, c.channel, slot.market.language, iso(c.left_on))
        for c in people
    ]
