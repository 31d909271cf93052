"""What the vendor did for the account: touchpoints and reviews."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.random import Generator

from csm_portal.portal.sample.customer import Customer
from csm_portal.portal.sample.window import instant, iso

KINDS: Final = ("email", "call", "meeting", "visit", "training")
NOTES: Final = (
    "Weekly check",
    "Asked about the new approval flow",
    "Walked through the monthly figures",
    "回访：了解门店使用情况",
    "Agreed the next steps",
)
LANDED: Final = ("Order time halved since go-live", "Savings of the last quarter", "Benchmark against similar enterprises")
FELL_FLAT: Final = ("Feature tour", "Too many usage charts", "Roadmap without dates")
FEEDBACK: Final = ("Wants a report for the board", "Asks for a connection to the tills", "Needs faster answers on weekends", "")


def interaction_rows(customer: Customer, rng: Generator) -> list[tuple[object, ...]]:
    """Rows of `interactions`: the tier's cadence, stretched at random; each CSM has dry spells."""
    slot = customer.slot
    if not slot.pays_itself or slot.csm is None:
        return []
    rows: list[tuple[object, ...]] = []
    for start, end in customer.paying_days():
        day = start + int(rng.integers(1, 15))
        while day < end:
            kind = KINDS[int(rng.choice(5, p=[0.40, 0.30, 0.16, 0.06, 0.08]))]
            here = [person for person in customer.contacts if person.left_on is None or person.left_on > day]
            person = here[int(rng.integers(0, len(here)))].external_id if here else ""
            when = instant(day, int(rng.integers(540, 1_080)), slot.timezone)
            note = NOTES[int(rng.integers(0, len(NOTES)))]
            rows.append((f"{slot.external_id}-i{len(rows) + 1}", slot.external_id, kind, when, slot.csm.email, person, note))
            day += 2 + int(rng.gamma(2.0, slot.tier.touch_days / 2))
    return rows


def review_rows(customer: Customer, rng: Generator) -> list[tuple[object, ...]]:
    """Rows of `reviews`: a review each quarter for big customers, each half-year for others; the last one is planned, not held."""
    slot, last = customer.slot, customer.window.last
    step = {"enterprise": 91, "mid": 182}.get(slot.tier.key)
    spans = customer.paying_days()
    if step is None or not spans or not slot.pays_itself or slot.csm is None:
        return []
    rows: list[tuple[object, ...]] = []
    start, end = spans[-1]
    day = start + int(rng.integers(30, step))
    while day < end or (end > last and day <= last + step):
        value = customer.latent.on(day)
        held = day + int(rng.integers(0, 12))
        happened = held < end and held <= last and rng.random() < 0.62 + 0.10 * np.clip(value, -2, 2)
        boss = happened and rng.random() < 1 / (1 + np.exp(-0.9 * value))
        texts = [options[int(rng.integers(0, len(options)))] for options in (LANDED, FELL_FLAT, FEEDBACK)] if happened else ["", "", ""]
        kind = ("ebr" if rng.random() < 0.2 else "qbr") if slot.tier.key == "enterprise" else "qbr"
        rows.append((
            f"{slot.external_id}-r{len(rows) + 1}", slot.external_id, kind, iso(day), iso(held) if happened else "",
            str(bool(boss)).lower() if happened else "", *texts, iso(day + step) if happened else "",
        ))  # fmt: skip
        day += step
    return rows
