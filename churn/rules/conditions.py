"""What a combination may look at: features with the direction in which they are a risk, and conditions on them. Data and no Django.

Words that people read stand in csm_portal/portal/rules/words.py and docs/methods/risk-rules.md.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

Value = float | str | None


class Risk(StrEnum):
    """Which values are taken for a risk: high ones, low ones, or each word for itself."""

    HIGH = "high"
    LOW = "low"
    WORD = "word"


class Unit(StrEnum):
    """What a figure is told in; a flag is 1 (yes) or 0 (no)."""

    COUNT = "count"
    DAYS = "days"
    MONTHS = "months"
    SHARE = "share"
    SCORE = "score"
    OF_TEN = "of_ten"
    OF_FIVE = "of_five"
    MONEY = "money"
    FLAG = "flag"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Feature:
    """One figure of an account on a day. A combination takes at most one condition of a `facet`: two of one are the same signal twice.

    `changes`: a difference, of which only a loss is a risk: the search puts no border above 0.
    """

    key: str
    facet: str
    risk: Risk
    unit: Unit
    changes: bool = False


# Units of which only whole numbers are borders.
WHOLE: Final = frozenset({Unit.COUNT, Unit.DAYS, Unit.MONTHS, Unit.SCORE, Unit.OF_TEN, Unit.FLAG})
HIGH, LOW, WORD = Risk.HIGH, Risk.LOW, Risk.WORD
FEATURES: Final = (
    Feature("days_without_login", "logins", HIGH, Unit.DAYS),
    Feature("login_days_28", "logins", LOW, Unit.DAYS),
    Feature("active_share_28", "activity", LOW, Unit.SHARE),
    Feature("high_share_28", "activity", LOW, Unit.SHARE),
    Feature("use_change_28", "trend", LOW, Unit.SHARE, changes=True),
    Feature("seats_lost_28", "seat_loss", HIGH, Unit.SHARE),
    Feature("activation", "activation", LOW, Unit.SHARE),
    Feature("key_seat_share", "adoption", LOW, Unit.SHARE),
    Feature("executive_silent", "executive_use", HIGH, Unit.FLAG),
    Feature("scenarios_missed", "scenarios", HIGH, Unit.COUNT),
    Feature("north_star_progress", "north_star", LOW, Unit.SHARE),
    Feature("outcome", "outcome", LOW, Unit.SCORE),
    Feature("outcomes_missed", "outcome", HIGH, Unit.COUNT),
    Feature("tickets_7", "tickets", HIGH, Unit.COUNT),
    Feature("tickets_30", "tickets", HIGH, Unit.COUNT),
    Feature("tickets_90", "tickets", HIGH, Unit.COUNT),
    Feature("tickets_waiting", "tickets_waiting", HIGH, Unit.COUNT),
    Feature("tickets_escalated_90", "tickets_escalated", HIGH, Unit.COUNT),
    Feature("how_to_90", "how_to", HIGH, Unit.COUNT),
    Feature("csat_latest", "csat", LOW, Unit.OF_TEN),
    Feature("nps_latest", "nps", LOW, Unit.OF_TEN),
    Feature("no_answer_180", "answers", HIGH, Unit.FLAG),
    Feature("score", "score", LOW, Unit.SCORE),
    Feature("machine", "score", LOW, Unit.SCORE),
    Feature("score_change_30", "score_change", LOW, Unit.SCORE, changes=True),
    Feature("score_change_90", "score_change", LOW, Unit.SCORE, changes=True),
    Feature("rating", "rating", LOW, Unit.OF_FIVE),
    Feature("rating_change_180", "rating_change", LOW, Unit.OF_FIVE, changes=True),
    Feature("not_rated_90", "rated", HIGH, Unit.FLAG),
    Feature("invoice_days_late", "invoices", HIGH, Unit.DAYS),
    Feature("payments_failed_180", "payments", HIGH, Unit.COUNT),
    Feature("mrr", "mrr", LOW, Unit.MONEY),
    Feature("mrr_change_365", "mrr_change", LOW, Unit.SHARE, changes=True),
    Feature("seats_bought", "size", LOW, Unit.COUNT),
    Feature("months_as_customer", "tenure", LOW, Unit.MONTHS),
    Feature("term_months", "term", LOW, Unit.MONTHS),
    Feature("switched_on", "breadth", LOW, Unit.COUNT),
    Feature("contact_gap", "contact", HIGH, Unit.DAYS),
    Feature("executive_review_gap", "review", HIGH, Unit.DAYS),
    Feature("champion_left_180", "champion", HIGH, Unit.FLAG),
    Feature("milestones_late", "onboarding", HIGH, Unit.COUNT),
    Feature("plan", "plan", WORD, Unit.WORD),
    Feature("tier", "tier", WORD, Unit.WORD),
    Feature("industry", "industry", WORD, Unit.WORD),
    Feature("region", "region", WORD, Unit.WORD),
    Feature("employees", "employees", WORD, Unit.WORD),
    # Kept only as they are now: what the account became is in them, so each is looked at and refused (disguise.py).
    Feature("stage", "stage", WORD, Unit.WORD),
    Feature("fit", "fit", WORD, Unit.WORD),
    Feature("auto_renew_off", "auto_renew", HIGH, Unit.FLAG),
)
BY_KEY: Final[Mapping[str, Feature]] = {feature.key: feature for feature in FEATURES}
OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
LONGEST: Final = 3


class BadConditionError(ValueError):
    """No condition that can be looked at; `field` names what is wrong: feature, operator or value."""

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field = field


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """A border of one feature: `tickets_30 >= 11`. What is unknown meets no condition."""

    feature: str
    operator: str
    value: float | str

    @property
    def spelled(self) -> str:
        """One fixed spelling, as it stands in keys."""
        return f"{self.feature} {self.operator} {self.value if isinstance(self.value, str) else f'{self.value:.10g}'}"

    def met(self, figure: Value) -> bool | None:
        """Whether a figure meets it; None where the figure is unknown."""
        if figure is None or isinstance(figure, str) != isinstance(self.value, str):
            return None
        return OPERATORS[self.operator](figure, self.value)

    def body(self) -> dict[str, float | str]:
        """As it is stored."""
        return {"feature": self.feature, "operator": self.operator, "value": self.value}


def key_of(conditions: Sequence[Condition]) -> str:
    """The same key for the same conditions, in whatever order they come."""
    return " & ".join(sorted(one.spelled for one in conditions))


def read_condition(body: Mapping[str, Any], features: Mapping[str, Feature] = BY_KEY) -> Condition:
    """A condition as it was stored or entered. Raises BadConditionError for what no feature knows."""
    feature = features.get(str(body.get("feature", "")))
    if feature is None:
        raise BadConditionError("feature", f"no feature {body.get('feature')!r}")
    sign = str(body.get("operator", ""))
    if sign not in OPERATORS or (feature.unit in {Unit.WORD, Unit.FLAG} and sign != "="):
        raise BadConditionError("operator", f"{feature.key} cannot be compared by {sign!r}")
    value = body.get("value")
    if feature.unit is Unit.WORD:
        if not isinstance(value, str) or not value.strip():
            raise BadConditionError("value", f"{feature.key} needs a word")
        return Condition(feature.key, sign, value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 1e15:  # noqa: PLR0124 - not a number
        raise BadConditionError("value", f"{feature.key} needs a number")
    return Condition(feature.key, sign, float(value))


def read_conditions(bodies: Sequence[Mapping[str, Any]], features: Mapping[str, Feature] = BY_KEY) -> tuple[Condition, ...]:
    """The conditions of a stored rule, in their order."""
    return tuple(read_condition(body, features) for body in bodies)
