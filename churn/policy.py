"""Types, causes and themes of losses, and what is done for each type: data, so that a list is changed in one place. No logic.

Words that people read stand in the portal (csm_portal/portal/reasons/words.py) and in docs/methods/reasons.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from churn.types import ChurnType

# A record or an interview belongs to the account's nearest loss within so many days.
RECORD_REACH_DAYS: Final = 90
# A customer that pays again within so many days was won back; earlier than the end of that time nobody is counted as not won back.
WIN_BACK_DAYS: Final = 180
# The fit that decides whether a loss is regrettable is the one recorded so long before it.
FIT_LEAD_DAYS: Final = 90
# Where the evidence of a suggestion is looked for, in days before and after the loss.
PAYMENT_BEFORE_DAYS: Final = 60
PAYMENT_AFTER_DAYS: Final = 30
ANSWER_DAYS: Final = 180
BILLS_DAYS: Final = 180
# Answers as a share of their scale, from 0: NPS 8 of 10 and CSAT 4 of 5 are content, NPS 6 and CSAT 3 or less are not.
CONTENT_SHARE: Final = 0.8
UNHAPPY_SHARE: Final = 0.6

CAUSES: Final = (
    "insufficient_roi",
    "adoption_difficulty",
    "better_competing_roi",
    "roadmap_or_security",
    "feeling_undervalued",
    "misaligned_marketing",
    "onboarding_friction",
    "experience_gaps",
)
# What customers tell in exit interviews; one talk may touch several.
THEMES: Final = (
    "price",
    "value_unproven",
    "missing_feature",
    "hard_to_use",
    "onboarding",
    "slow_support",
    "reliability_security",
    "feedback_ignored",
    "competitor",
    "sponsor_left",
    "business_changed",
    "need_met",
    "payment",
)


@dataclass(frozen=True, slots=True)
class WinBack:
    """How much effort a type of loss deserves, and the steps to take, in order (keys of words)."""

    effort: str
    steps: tuple[str, ...]


WIN_BACK: Final = {
    ChurnType.VOLUNTARY: WinBack("high", ("exit_interview", "fix_what_was_named", "offer_return_talk", "check_again_90")),
    ChurnType.SATISFIED: WinBack("low", ("thank_and_reference", "note_next_need", "light_touch_quarterly")),
    ChurnType.INVOLUNTARY: WinBack("lowest", ("remind_payment", "call_billing", "easier_payment")),
    ChurnType.UNKNOWN: WinBack("find_out", ("ask_why", "set_type")),
}
