"""What CSMs think (ratings, with a bias of their own) and what the customer's people answer (NPS, CSAT), if they answer at all."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.random import Generator

from csm_portal.portal.sample import policy
from csm_portal.portal.sample.customer import Customer
from csm_portal.portal.sample.window import instant, iso

QUESTIONS: Final = ("core_process", "value_acknowledged", "sponsor", "fit", "boss_uses_it")
PERIOD_DAYS: Final = 84
WORSE: Final = (
    "fewer people at the last call",
    "the boss no longer asks for the numbers",
    "two processes went back to spreadsheets",
    "complained about slow answers",
)
BETTER: Final = (
    "second department came aboard",
    "the boss quoted our report",
    "all orders now run in the product",
    "asked for a training for new staff",
)
NPS_EVERY_DAYS: Final = 150
NPS_ASKED: Final = 5
COMMENTS_LOW: Final = ("Too slow at month end", "Nobody answers us", "We only use half of it", "价格偏高", "")
COMMENTS_HIGH: Final = ("Saves us a day a week", "Good support", "很好用", "", "")


def rating_rows(customer: Customer, rng: Generator) -> list[tuple[object, ...]]:
    """Rows of `ratings`, about once a quarter: part value, part impression, part the rater. A changed answer has a reason."""
    slot = customer.slot
    csm = slot.csm
    if csm is None or not slot.pays_itself or rng.random() > slot.tier.rated_share:
        return []
    impression = rng.normal(0, policy.RATING_OF_IMPRESSION)
    leaning = rng.normal(0, 0.25, len(QUESTIONS))
    asked = len(QUESTIONS) if slot.tier.key != "small" else 3
    rows: list[tuple[object, ...]] = []
    for start, end in customer.paying_days():
        day = start + 20 + int(rng.integers(0, 40))
        last: dict[str, int] = {}
        while day < end:
            felt = policy.RATING_OF_VALUE * customer.latent.mean(day - 60, day) + impression + csm.bias
            for at, question in enumerate(QUESTIONS[:asked]):
                score = int(np.clip(np.rint(3.6 + felt + leaning[at] + 0.35 * rng.normal()), 1, 5))
                before = last.get(question)
                reason = "" if before is None or before == score else _reason(score > before, rng)
                rows.append((slot.external_id, question, score, iso(day), csm.email, reason))
                last[question] = score
            day += PERIOD_DAYS + int(rng.exponential(csm.lateness))
    return rows


def _reason(better: bool, rng: Generator) -> str:
    texts = BETTER if better else WORSE
    return texts[int(rng.integers(0, len(texts)))]


def nps_rows(customer: Customer, rng: Generator) -> list[tuple[object, ...]]:
    """NPS answers. Unhappy people skip: who would give a low mark answers less than half as often."""
    slot = customer.slot
    rows: list[tuple[object, ...]] = []
    day = customer.window.first + slot.index * 37 % NPS_EVERY_DAYS
    mood = rng.normal(0, 0.5)
    while day <= customer.window.last - 10:
        asked = [
            seat
            for seat in customer.people
            if seat.activated_on < day - 30 and (seat.deactivated_on is None or seat.deactivated_on > day + 10)
        ]
        for seat in asked[:NPS_ASKED]:
            felt = customer.latent.on(day) + mood + 0.9 * rng.normal()
            answers = rng.random() < 0.12 + 0.38 / (1 + np.exp(-1.5 * felt))
            score = int(np.clip(np.rint(7.4 + 1.7 * felt), 0, 10))
            later = int(rng.integers(0, 9))
            if answers:
                comment = "" if rng.random() < 0.6 else _comment(score >= 8, rng)
                when = instant(day + later, int(rng.integers(540, 1_080)), slot.timezone)
                rows.append((f"{slot.external_id}-n{len(rows) + 1}", slot.external_id, "nps", score, 10, when, seat.external_id, comment))
        day += NPS_EVERY_DAYS
    return rows


def _comment(happy: bool, rng: Generator) -> str:
    texts = COMMENTS_HIGH if happy else COMMENTS_LOW
    return texts[int(rng.integers(0, len(texts)))]
