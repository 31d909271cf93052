"""Goals 1 and 2: learned weights against the best single facet and against the experts' calibrated score, out of time.

docs/methods/likelihood.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from churn.calibration.auc import auc as order_of
from churn.calibration.report import CHANCE
from churn.evaluating.goal import Finding, judged, unmeasurable
from churn.likelihood import shrunk
from churn.likelihood.fit import Taught, taught_by
from churn.likelihood.past import Past
from churn.likelihood.trials import Predict, Trial, by_learning, by_score, trials
from health.lab.separation import auc, compare

SINGLE, HAND, LEARNED = "single", "score", "learned"
NEVER_UNDER = {SINGLE: 0.0, HAND: -0.01}
WORDS = {SINGLE: "the best single facet", HAND: "the experts' score"}
FEWEST_KNOWN = 20


def learning(as_of: date) -> list[Finding]:
    """Both goals as of a day."""
    return found_on(taught_by(as_of))


def found_on(taught: Taught) -> list[Finding]:
    """Both goals over what is learned from."""
    sides: Mapping[str, Predict] = {SINGLE: by_best_single(sorted(taught.weights)), HAND: by_score, LEARNED: by_learning(taught.weights)}
    tried = trials(taught.past, sides)
    return [_against(1, SINGLE, tried), _against(2, HAND, tried)]


def by_best_single(facets: Sequence[str]) -> Predict:
    """Chances by the one facet that ranked best before, with two numbers; where it is unknown, the rate of all before."""

    def predict(train: Sequence[Past], test: Sequence[Past]) -> list[float] | None:
        known = {name: [(value, one.renewed) for one in train if (value := one.facets.get(name)) is not None] for name in facets}
        ranks: Callable[[str], float] = lambda name: auc([v for v, _r in known[name]], [r for _v, r in known[name]]) or 0.0  # noqa: E731
        best = max((name for name in facets if len(known[name]) >= FEWEST_KNOWN), key=ranks, default=None)
        if best is None:
            return None
        try:
            fitted = shrunk.calibrate([one.facets.get(best) for one in train], [one.renewed for one in train])
        except shrunk.OneOutcome:
            return None
        rate = sum(one.renewed for one in train) / len(train)
        told = fitted.tell([{shrunk.SCORE: one.facets.get(best)} for one in test]).value.tolist()
        return [rate if one.facets.get(best) is None else chance for one, chance in zip(test, told, strict=True)]

    return predict


def _against(goal: int, other: str, tried: Sequence[Trial]) -> Finding:
    name = f"learned weights against {WORDS[other]}"
    wanted = f"AUC out of time not under {NEVER_UNDER[other]:+.2f}"
    both = [one for one in tried if {other, LEARNED} <= set(one.sides)]
    past = [one for trial in both for one in trial.past]
    if not past:
        return unmeasurable(goal, name, wanted, "no quarter has 5 renewals, and 10 lost and 10 renewed ones that closed before it")
    values = {side: [chance for trial in both for chance in trial.chances[side]] for side in (other, LEARNED)}
    found = compare(values[other], values[LEARNED], [one.renewed for one in past])
    if found.difference is None:
        return unmeasurable(goal, name, wanted, f"{len(past)} renewals could be tried, fewer than 5 of a kind among them")
    told = f"{found.difference:+.3f} ({found.low:+.3f} to {found.high:+.3f}) over {found.n:,} renewals; quarters: {len(both)}"
    orders = [order_of(values[side], [one.renewed for one in past], [one.account_id for one in past]) for side in (other, LEARNED)]
    if all(one is None or one.low is None or one.low <= CHANCE for one in orders):
        return unmeasurable(goal, name, wanted, f"{told}; neither orders renewals better than a coin: nothing beyond the base rate is seen")
    return judged(goal, name, wanted, told, met=found.difference >= NEVER_UNDER[other])
