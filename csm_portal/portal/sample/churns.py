"""Records of lost accounts: most have a type and a cause, some refused to say, and some were never recorded at all (silent)."""

from __future__ import annotations

from typing import Final

from numpy.random import Generator

from csm_portal.portal.sample.customer import Customer
from csm_portal.portal.sample.window import instant, iso

SILENT_SHARE: Final = 0.22
CAUSES: Final = (
    "insufficient_roi", "adoption_difficulty", "better_competing_roi", "feeling_undervalued",
    "misaligned_marketing", "onboarding_friction", "experience_gaps",
)  # fmt: skip
CAUSE_SHARES: Final = (0.26, 0.24, 0.16, 0.14, 0.06, 0.08, 0.06)
NOTES: Final = (
    "Exit talk held; would stay for weekend support",
    "Moved to a rival's bundle",
    "Budget cut by the new management",
    "流失回访：使用人员更换后未再培训",
    "",
)


def churn_rows(customer: Customer, rng: Generator) -> list[tuple[object, ...]]:
    """Rows of `churns`, for losses inside the window whose record was made by its last day."""
    slot, last = customer.slot, customer.window.last
    rows: list[tuple[object, ...]] = []
    for loss in customer.journey.losses:
        recorded = loss.ends_on + int(rng.integers(0, 25))
        silent = loss.reason == "value" and rng.random() < SILENT_SHARE
        cause = CAUSES[int(rng.choice(len(CAUSES), p=CAUSE_SHARES))]
        source = ("stated", "inferred", "refused")[int(rng.choice(3, p=[0.5, 0.33, 0.17]))]
        note = NOTES[int(rng.integers(0, len(NOTES)))]
        if silent or recorded > last:
            continue
        kind = {"card": "involuntary", "one_off": "satisfied", "value": "voluntary"}[loss.reason]
        if loss.reason != "value":
            cause, note, source = "", "", "inferred" if loss.reason == "card" else "stated"
        rows.append((
            f"{slot.external_id}-x{len(rows) + 1}", slot.external_id, iso(loss.ends_on), kind, "" if source == "refused" else cause, source,
            note, str(slot.fit == "good").lower(), instant(recorded, 1_000, slot.timezone),
        ))  # fmt: skip
    return rows
