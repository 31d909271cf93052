"""What proves a desired outcome: targets as they are written, and the metrics that can be measured. Printed in docs/methods/outcomes.md.

A target is a number to be reached: `80000`, `>= 12`, `80,000 value`, `95 %`. The word behind it says what is added up of an action:
`count` (default: how often it was done), `quantity` or `value`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

COUNT, QUANTITY, VALUE = MEASURES = ("count", "quantity", "value")
LARGEST: Final = Decimal(10) ** 15
_TARGET = re.compile(r"(?:>=|≥|>)?\s*(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(?P<percent>%)?\s*(?P<measure>[a-z]*)")


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of an account that may prove an outcome.

    `percent`: what `100 %` stands for, None where a percentage means nothing. `late`: read from scores, so it is known after them.
    """

    percent: int | None = None
    late: bool = False


# In the order in which people are offered them.
METRICS: Final = {
    "monthly_active": Metric(),  # months since the outcome was recorded that were active, ended ones
    "active_days": Metric(),  # active days since the outcome was recorded
    "activation_rate": Metric(percent=1),  # activated / purchased seats
    "seats_activated": Metric(),
    "seats_active": Metric(late=True),  # seats with a key action in 28 days
    "key_seat_share": Metric(percent=1, late=True),  # of the activated seats
    "north_star": Metric(),  # cumulative, as the account page shows it
    "nps": Metric(),  # over each seat's latest answer of 180 days, -100 … 100
    "csat": Metric(percent=5),  # mean of them on a scale of 5
    "mrr": Metric(),  # of the running contracts, in the account's currency
    "health": Metric(late=True),  # the score, 0 … 100
}


@dataclass(frozen=True, slots=True)
class Goal:
    """A target that was understood: the figure needed, and what is added up of an action."""

    needed: Decimal
    measure: str = COUNT


def goal(target: str, metric: str = "") -> Goal | None:
    """The target as a figure of the metric (empty: of an action); None where it is none.

    Shares are 0 … 1: `95 %`, `0.95` and `95` are the same to a metric that is one.
    """
    found = _TARGET.fullmatch(unicodedata.normalize("NFKC", target).strip().lower())
    if found is None:
        return None
    needed, measure, percent = Decimal(found["number"].replace(",", "")), found["measure"], bool(found["percent"])
    whole = METRICS[metric].percent if metric in METRICS else None
    if needed >= LARGEST or (measure and (metric or measure not in MEASURES)) or (percent and whole is None):
        return None
    if whole is not None and (percent or (whole == 1 and needed > 1)):
        needed = needed * whole / 100
    return Goal(round(needed, 6), measure or COUNT)
