"""What customers wanted and whether they got it: desired outcomes per half-year, and the milestones of onboarding.

A row says `recorded_at` when its status became known, so that a past day sees only what was settled by then.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.random import Generator

from csm_portal.portal.sample.customer import Customer
from csm_portal.portal.sample.window import instant, iso

HALF_YEAR: Final = 182
STAGES: Final = ("adopt", "improve", "expand")
STATEMENTS: Final = {
    "adopt": (("All orders of the main site run in the product", "主要门店全部在线下单"), "create_order"),
    "improve": (("Approvals take less than a day", "审批时长缩短到一天以内"), "approve"),
    "expand": (("Stock differences halved in all outlets", "所有门店的库存差异减半"), "sync_inventory"),
}
MILESTONES: Final = (("kick-off", 5), ("data imported", 21), ("first team trained", 35), ("go-live", 50), ("first review", 85))


def outcome_rows(customer: Customer, rng: Generator) -> list[tuple[object, ...]]:
    """Rows of `outcomes`: one per half-year of a paying account, reached when the value was there; small accounts often have none."""
    slot, last = customer.slot, customer.window.last
    spans = customer.paying_days()
    none = rng.random() < {"enterprise": 0.05, "mid": 0.2, "small": 0.5}[slot.tier.key] and slot.kind != "quiet"
    if not spans or not slot.pays_itself or none:
        return []
    rows: list[tuple[object, ...]] = []
    luck = rng.normal(0, 0.5)
    for start, end in spans:
        begins, number = start + int(rng.integers(5, 40)), 0
        while begins + 30 < end:
            due = begins + HALF_YEAR
            stage = STAGES[min(number, 2)]
            statement, action = STATEMENTS[stage][0][1 if slot.chinese else 0], STATEMENTS[stage][1]
            status, settled = _status(customer, begins, until=min(end - 1, last), luck=luck, rng=rng)
            achieved = iso(settled) if status == "achieved" else ""
            rows.append((
                f"{slot.external_id}-o{len(rows) + 1}", slot.external_id, statement, stage, action, "", max(50, 40 * slot.seats),
                iso(due), status, achieved, instant(settled, 1_020, slot.timezone),
            ))  # fmt: skip
            begins, number = due, number + 1
    return rows


def _status(customer: Customer, begins: int, *, until: int, luck: float, rng: Generator) -> tuple[str, int]:
    """Status and the day on which it was known: settled at the end of the half-year (or sooner if reached), else as last reviewed."""
    due = begins + HALF_YEAR
    felt = 0.9 * customer.latent.mean(begins, min(due, until)) + luck + 0.6 * rng.normal() + (0.8 if customer.slot.kind == "quiet" else 0.0)
    early = begins + int(HALF_YEAR * rng.uniform(0.45, 1.0))
    if felt > 0 and early <= until:
        return "achieved", early
    if due <= until:
        return "missed", due
    reviewed = begins + 25 + int(rng.integers(0, max(1, until - begins - 25)))
    return ("on_track" if felt > -0.3 else "behind"), min(reviewed, until)


def milestone_rows(customer: Customer, rng: Generator) -> list[tuple[object, ...]]:
    """Rows of `milestones`: onboarding steps, on time or late; where value never came, the last ones stay open."""
    slot, start = customer.slot, customer.paid_from()
    if start is None or not slot.pays_itself or slot.tier.key == "small" or start < customer.window.first - 200:
        return []
    drag = float(np.clip(rng.normal(1.05, 0.25) - 0.12 * customer.latent.on(start), 0.7, 2.4))
    gone = customer.journey.lost_for_good() or customer.window.last + 1
    stalled = customer.latent.on(start) < -1.2 and rng.random() < 0.5
    rows: list[tuple[object, ...]] = []
    for number, (name, after) in enumerate(MILESTONES):
        done = start + round(after * drag)
        is_done = done <= customer.window.last and done < gone and not (stalled and number >= 3)
        rows.append((slot.external_id, name, iso(start + after), iso(done) if is_done else ""))
    return rows


def went_live_on(rows: list[tuple[object, ...]]) -> str:
    """Go-live from the account's milestones; empty when not reached or not tracked."""
    return next((str(row[3]) for row in rows if row[1] == "go-live"), "")
