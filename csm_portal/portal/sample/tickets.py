"""Support: tickets that grow with the seats and with trouble, a burst in a crisis, and the marks people give afterwards."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.random import Generator

from csm_portal.portal.sample.customer import Customer
from csm_portal.portal.sample.window import instant

BASE_A_YEAR: Final = 3.0
PER_SEAT_A_YEAR: Final = 0.55
PRIORITIES: Final = ("low", "normal", "high", "urgent")
SUBJECTS: Final = {
    "how_to": ("How do I split an order?", "Export to a spreadsheet", "如何设置审批流程"),
    "bug": ("Totals differ from the report", "Inventory sync hangs", "报表数据不一致"),
    "request": ("Please add a field", "Connect our tills", "希望支持批量导入"),
    "other": ("Invoice copy", "New contact person", "合同信息变更"),
}


def ticket_rows(customer: Customer, rng: Generator) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Rows of `tickets`, and the CSAT rows of `surveys` that some of them brought."""
    tickets: list[tuple[object, ...]] = []
    marks: list[tuple[object, ...]] = []
    if not customer.people:
        return tickets, marks
    for day in _days(customer, rng):
        _ticket(customer, day, rng, tickets, marks)
    return tickets, marks


def _days(customer: Customer, rng: Generator) -> list[int]:
    """Opening days in order: a thin stream that swells as value falls, and five or more in three days at a crisis."""
    found: list[int] = []
    for start, end in customer.paying_days():
        rate = (BASE_A_YEAR + PER_SEAT_A_YEAR * len(customer.people)) / 365
        value = customer.latent.values[start - customer.window.first : end - customer.window.first]
        chance = rate * np.exp(-0.45 * value)
        found += (start + np.nonzero(rng.random(len(value)) < np.minimum(chance, 0.9))[0]).tolist()
        crisis = customer.latent.crisis_on
        if crisis is not None and start <= crisis and crisis + 3 < end:
            found += (crisis + rng.integers(0, 3, size=int(rng.integers(4, 8)))).tolist()
    return sorted(found)


def _ticket(customer: Customer, day: int, rng: Generator, tickets: list[tuple[object, ...]], marks: list[tuple[object, ...]]) -> None:
    slot, last = customer.slot, customer.window.last
    value = customer.latent.on(day)
    kind = ("how_to", "bug", "request", "other")[int(rng.choice(4, p=[0.42, 0.28, 0.18, 0.12]))]
    escalated = bool(rng.random() < 0.10 / (1 + np.exp(1.3 * value)) + 0.02)
    priority = PRIORITIES[3 if escalated else int(rng.choice(3, p=[0.35, 0.45, 0.20]))]
    minute = int(np.clip(rng.normal(780, 150), 420, 1_260))
    answered = minute + 5 + int(rng.exponential(90 if priority in ("high", "urgent") else 240))
    closed = answered + 30 + int(rng.exponential(1_440 * (4.0 if escalated else 1.6)))
    is_answered, is_closed = day + answered // 1_440 <= last, day + closed // 1_440 <= last
    satisfied = 3.9 + 0.7 * value + 0.8 * rng.normal() - (1.0 if escalated else 0.0)
    marked = is_closed and rng.random() < 0.15 + 0.35 / (1 + np.exp(-1.2 * (satisfied - 3.5)))
    score = int(np.clip(np.rint(satisfied), 1, 5))
    subject = SUBJECTS[kind][2] if slot.chinese else SUBJECTS[kind][int(rng.integers(0, 2))]
    number = len(tickets) + 1
    tickets.append((
        f"{slot.external_id}-t{number}", slot.external_id, instant(day, minute, slot.timezone),
        instant(day, closed, slot.timezone) if is_closed else "", instant(day, answered, slot.timezone) if is_answered else "",
        priority, score if marked else "", 5 if marked else "", str(escalated).lower(), kind, subject,
    ))  # fmt: skip
    if marked:
        seat = customer.people[int(rng.integers(0, len(customer.people)))]
        marks.append(
            (f"{slot.external_id}-c{number}", slot.external_id, "csat", score, 5, instant(day, closed, slot.timezone), seat.external_id, "")
        )
