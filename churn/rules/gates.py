"""How much must speak for a combination before it is told: data, measured in docs/methods/risk-rules.md. No logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Gates:
    """`fewest` accounts with `fewest_lost` lost among them (`fewest_lost_small` while fewer than `small` renewals are searched); each
    condition adds at `adds_p`; `false_discovery` among all tried, and again among those checked; at most `most_rules` that share less
    than `overlap` of their renewals; from `most_conditions` single conditions, `per_facet` of a facet, up to `longest` together.
    Fewer than `history` lost renewals in all: too little history to search.
    """

    fewest: int = 30
    fewest_lost: int = 10
    fewest_lost_small: int = 6
    small: int = 1000
    adds_p: float = 0.01
    false_discovery: float = 0.05
    most_rules: int = 20
    overlap: float = 0.6
    most_conditions: int = 40
    per_facet: int = 2
    longest: int = 3
    history: int = 60

    def lost_of(self, searched: int) -> int:
        """Lost ones that a combination needs among so many renewals searched."""
        return self.fewest_lost_small if searched < self.small else self.fewest_lost


GATES: Final = Gates()
# A rule is retired when even the high end of its later rate lies under so many times the base rate,
RETIRE_UNDER: Final = 1.2
# or after so many quarters running in which it did no better than the base; a quarter with fewer matched renewals decides nothing.
FAILED_QUARTERS: Final = 2
QUARTER_LEAST: Final = 10
# A rule is told of accounts whose term ends within so many days: it was found on renewals seen 90 days ahead.
TELL_DAYS: Final = 180
# Looks at an account without longer terms count once per so many days: each look is judged by the same days after it.
LOOK_DAYS: Final = 180
