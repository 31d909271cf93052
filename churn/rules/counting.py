"""Given conditions, counted: on the older and the newer half of the past renewals, with what would make them pass. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from churn.rules.chances import at_least
from churn.rules.conditions import Condition
from churn.rules.gates import GATES, Gates
from churn.rules.past import Count, Half
from churn.rules.search import Combination, Found
from csm_portal.lib.estimates import share


@dataclass(frozen=True, slots=True)
class Counted:
    """A combination in both halves, beside all renewals of each."""

    found: Count
    training: Count
    checked: Count
    checking: Count

    @property
    def p(self) -> float:
        """Chance of so high a rate in the older half."""
        return at_least(self.training.n, self.training.lost, self.found.n, self.found.lost)

    @property
    def check_p(self) -> float:
        """Chance of so high a rate in the newer half."""
        return at_least(self.checking.n, self.checking.lost, self.checked.n, self.checked.lost)


def counted(training: Half, checking: Half, conditions: Sequence[Condition]) -> Counted:
    """What became of the renewals that meet all conditions."""
    found, checked = training.count(training.matching(conditions)), checking.count(checking.matching(conditions))
    return Counted(found, training.whole, checked, checking.whole)


def passes(one: Counted, check_q: float, gates: Gates = GATES) -> bool:
    """Whether conditions that a person wrote pass: enough renewals and losses, above the base in the older half, confirmed in the newer.

    `check_q` is the p of the newer half, corrected for all written rules that are judged together.
    """
    enough = one.training.lost + one.checking.lost >= gates.history
    large = one.found.n >= gates.fewest and one.found.lost >= gates.lost_of(one.training.n)
    return enough and large and one.p <= gates.false_discovery and check_q <= gates.false_discovery


def figures_of(one: Counted, q: float, check_q: float, found: Found | None) -> dict[str, Any]:
    """As they are stored and answered: shares rounded to six places, null where a side is empty."""
    older, newer = share(one.found.lost, one.found.n), share(one.checked.lost, one.checked.n)
    base, holdout_base = one.training.rate, one.checking.rate
    figures = {
        "support": one.found.n,
        "lost": one.found.lost,
        "rate": _six(older.value),
        "base": _six(base),
        "lift": _six(older.value / base) if base and older.value is not None else None,
        "low": _six(older.low),
        "high": _six(older.high),
        "holdout_n": one.checked.n,
        "holdout_lost": one.checked.lost,
        "holdout_rate": _six(newer.value),
        "holdout_base": _six(holdout_base),
        "holdout_lift": _six(newer.value / holdout_base) if holdout_base and newer.value is not None else None,
        "holdout_low": _six(newer.low),
        "holdout_high": _six(newer.high),
        "q_value": _six(check_q),
        "found_q": _six(q),
    }
    return figures | (_days_of(found) if found else {})


def expected_of(one: Combination, training: Count) -> dict[str, float | None]:
    """What the older half makes expect of later renewals, stored beside `rate` and `lift`; conditions that a person wrote have none."""
    return {"expected_rate": _six(one.expected), "expected_lift": _six(one.expected / training.rate) if training.rate else None}


def _days_of(found: Found) -> dict[str, Any]:
    """The days of both halves: up to the day they were split on, and from it on; of halves by account the whole span twice."""
    if found.span is None:
        return {}
    first, last = (day.isoformat() for day in found.span)
    border = found.split_on.isoformat() if found.split_on else None
    return {"found_from": first, "found_to": border or last, "checked_from": border or first, "checked_to": last}


def _six(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
