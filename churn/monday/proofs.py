"""What each stored rule has proven, for the Monday list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from churn.models import RiskRule
from churn.monday.alone import Sure
from churn.monday.expected import Proof
from churn.rules.conditions import read_conditions


def sure_of(rule: RiskRule) -> Sure:
    """A stored rule with its whole hold-out."""
    figures = rule.figures
    whole = Proof(int(figures.get("holdout_n") or 0), int(figures.get("holdout_lost") or 0))
    return Sure(rule.pk, read_conditions(rule.conditions), whole, float(figures.get("holdout_low") or 0))


def proofs_of(rules: Iterable[RiskRule], counted: Iterable[Sequence[int]]) -> dict[int, Proof]:
    """Key of each rule -> its proof, the surest first: as the search `counted` them (rule, n, lost), else by the whole hold-out.

    Rules without a hold-out prove nothing and are left out.
    """
    alone = {pk: Proof(n, lost) for pk, n, lost in counted if n > 0}
    known = [sure for sure in map(sure_of, rules) if sure.whole.n > 0]
    ordered = sorted(known, key=lambda one: (-one.low, -one.whole.rate, one.pk))
    return {one.pk: alone.get(one.pk, one.whole) for one in ordered}
