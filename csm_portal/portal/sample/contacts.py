"""The people the vendor talks to: a champion, a sponsor, someone who pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from numpy.random import Generator

from csm_portal.portal.sample import names
from csm_portal.portal.sample.plan import Slot
from csm_portal.portal.sample.seats import Seat, domain
from csm_portal.portal.sample.window import iso

CHANNELS: Final = ("email", "call", "chat", "sms")


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


def contacts(slot: Slot, people: list[Seat], champion_left_on: int | None, rng: Generator) -> list[Contact]:
    """Contacts among the customer's own people. A champion who left has a successor half of the time."""
    if not people or not slot.pays_itself:
        return []
    found = [_seated(slot, 1, people[0], "champion", champion_left_on, rng=rng)]
    if champion_left_on is not None and len(people) > 2 and rng.random() < 0.5:
        found.append(_seated(slot, 2, people[2], "champion", None, rng=rng))
    boss = next((seat for seat in people if seat.is_executive), None)
    if boss is not None and slot.tier.key != "small":
        found.append(_seated(slot, 3, boss, "sponsor", boss.deactivated_on if rng.random() < 0.3 else None, rng=rng))
    payer = names.person(int(rng.integers(0, 50_000)), chinese=slot.chinese)
    found.append(Contact(f"{slot.external_id}-p4", payer, f"billing@{domain(slot)}", "billing", "", None, _channel(rng)))
    return found


def _seated(slot: Slot, number: int, seat: Seat, role: str, left_on: int | None, *, rng: Generator) -> Contact:
    return Contact(f"{slot.external_id}-p{number}", seat.name, seat.email, role, seat.external_id, left_on, _channel(rng))


def _channel(rng: Generator) -> str:
    return CHANNELS[int(rng.integers(0, len(CHANNELS)))]


def contact_rows(slot: Slot, people: list[Contact]) -> list[tuple[object, ...]]:
    """Rows of `contacts`; telephone numbers are left out, none can be invented safely."""
    return [
        (c.external_id, slot.external_id, c.name, c.email, "", c.role, c.seat, c.channel, slot.market.language, iso(c.left_on))
        for c in people
    ]
