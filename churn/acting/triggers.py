"""The reasons to act that the portal knows: a registry, so that a rule is added in one place. Pure data.

When each holds is SQL (`churn.acting.arms_*`), words that people read stand in the portal, and docs/methods/actions.md says both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Group(StrEnum):
    """What a reason is about."""

    USAGE = "usage"
    HEALTH = "health"
    RENEWAL = "renewal"
    MONEY = "money"
    SERVICE = "service"
    PEOPLE = "people"
    VALUE = "value"
    GROWTH = "growth"


@dataclass(frozen=True, slots=True)
class Trigger:
    """One rule of the day's list.

    `pause_days`: so long after a person closed one, the rule makes no new item at the account, whatever it is about. `again_days`: so long
    after a person closed one the same signal is told again; None: never. `expert`: share 0 … 1 of its items that is taken to be worth a
    step until enough were closed to tell. `next_step`: key of the one thing to do. `good`: a turn for the better, shown apart. `facts`:
    names of what its items carry. `first`: it stands before all others, whatever it weighs.
    """

    key: str
    group: Group
    pause_days: int
    again_days: int | None
    expert: float
    next_step: str
    facts: tuple[str, ...]
    good: bool = False
    first: bool = False


_DUE = ("product", "ends_on", "decision_on")
_RISK = ("rule", "name", "conditions", "met", "rate", "low", "high", "base", "lift", "n", "rules")
_SCENARIO = ("scenario", "step", "days", "expected_days", "share", "expected_share", "month", "scenarios")
_INVOICE = ("invoice", "overdue_days", "failed", "attempts", "amount", "currency", "bills")
_ALL: Final = (
    Trigger("renewal_overdue", Group.RENEWAL, 0, 7, 0.95, "enter_outcome", _DUE, first=True),
    Trigger("renewal_forecast", Group.RENEWAL, 0, 7, 0.9, "enter_forecast", _DUE),
    Trigger("renewal_usage", Group.RENEWAL, 0, 14, 0.7, "share_usage", _DUE),
    Trigger("renewal_pack", Group.RENEWAL, 0, None, 0.5, "read_pack", _DUE),
    Trigger("combination", Group.HEALTH, 14, 30, 0.8, "see_risk", _RISK),
    Trigger("usage_drop", Group.USAGE, 14, None, 0.7, "call_customer", ("day", "z", "days", "unit")),
    Trigger("level_fell", Group.USAGE, 14, None, 0.5, "see_usage", ("from", "to", "day", "usual_days")),
    Trigger("seats_lost", Group.USAGE, 30, 30, 0.6, "see_seats", ("before", "now", "lost", "share", "then_on")),
    Trigger("scenario_gap", Group.USAGE, 14, 30, 0.5, "work_scenario", _SCENARIO),
    Trigger("band_worse", Group.HEALTH, 7, None, 0.7, "see_explanation", ("from", "to", "day")),
    Trigger("disagreement", Group.HEALTH, 30, 30, 0.5, "compare_parts", ("machine", "human", "gap", "way")),
    Trigger("rating_due", Group.HEALTH, 7, 14, 0.4, "rate", ("due_on", "rated_on", "never", "expired", "planned_on")),
    Trigger("invoice_late", Group.MONEY, 0, 14, 0.7, "remind_payment", _INVOICE),
    Trigger("card_expiring", Group.MONEY, 0, None, 0.8, "remind_payment", ("expires_on", "contracts")),
    Trigger("ticket_burst", Group.SERVICE, 7, None, 0.7, "see_tickets", ("tickets", "day")),
    Trigger("bad_answer", Group.SERVICE, 0, None, 0.8, "answer_customer", ("kind", "score", "scale", "day", "comment", "answers")),
    Trigger("feedback_unanswered", Group.SERVICE, 0, 14, 0.6, "answer_feedback", ("held_on", "feedback", "owner", "reviews")),
    Trigger("champion_left", Group.PEOPLE, 0, 60, 0.9, "find_champion", ("role", "name", "left_on", "people")),
    Trigger("boss_silent", Group.PEOPLE, 30, 30, 0.5, "reach_boss", ("executives", "days")),
    Trigger("no_contact", Group.PEOPLE, 7, 14, 0.5, "log_contact", ("last_on", "cadence", "tier")),
    Trigger("review_due", Group.PEOPLE, 7, 30, 0.6, "prepare_review", ("kind", "planned_on", "held_on")),
    Trigger("outcome_overdue", Group.VALUE, 0, 30, 0.7, "update_outcome", ("statement", "due_on", "status", "outcomes")),
    Trigger("onboarding_stalled", Group.VALUE, 0, 30, 0.8, "see_onboarding", ("milestone", "due_on", "milestones", "onboarded_on")),
    Trigger("seats_full", Group.GROWTH, 60, 90, 0.5, "offer_seats", ("used", "purchased", "share"), good=True),
    Trigger("sustained_high", Group.GROWTH, 60, 90, 0.5, "ask_reference", ("high", "days"), good=True),
    Trigger("star_crossed", Group.GROWTH, 60, None, 0.5, "celebrate", ("crossed_on", "reached"), good=True),
)
TRIGGERS: Final[Mapping[str, Trigger]] = {one.key: one for one in _ALL}
# Rules whose items tell of growth, not of risk.
GOOD: Final = tuple(one.key for one in _ALL if one.good)
# A decision day that is over while nobody has said what came of it.
FIRST: Final = tuple(one.key for one in _ALL if one.first)
