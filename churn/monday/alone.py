"""What a rule is worth where no safer one speaks: its hold-out without the renewals that safer rules matched too. Pure.

An account is told by the safest rule that matches it. A weaker rule is left with those it alone finds, and its whole hold-out, in which the
safer rules' renewals are counted again, would promise too many. docs/methods/monday.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from churn.monday.expected import Proof
from churn.monday.policy import LEAST_RENEWALS
from churn.rules.conditions import Condition
from churn.rules.past import Half


@dataclass(frozen=True, slots=True)
class Sure:
    """A rule with its whole hold-out, and the low end of the interval of its rate: how sure it is."""

    pk: int
    conditions: tuple[Condition, ...]
    whole: Proof
    low: float


def alone_counts(rules: Sequence[Sure], half: Half) -> list[tuple[int, int, int]]:
    """As they are stored with a search: (rule, n, lost), the surest first."""
    return [(pk, proof.n, proof.lost) for pk, proof in alone(rules, half).items()]


def alone(rules: Sequence[Sure], half: Half) -> dict[int, Proof]:
    """Key of each rule -> its proof, the surest rule first.

    Rules left with fewer than LEAST_RENEWALS are told together by what they find jointly; where that is too few too, by their own whole
    hold-outs.
    """
    found: dict[int, Proof] = {}
    small: list[Sure] = []
    taken, n, lost = 0, 0, 0
    proven = [one for one in rules if one.whole.n > 0]
    for rule in sorted(proven, key=lambda one: (-one.low, -one.whole.rate, one.pk)):
        bits = half.matching(rule.conditions) & ~taken
        taken |= bits
        count = half.count(bits)
        found[rule.pk] = Proof(count.n, count.lost)
        if count.n < LEAST_RENEWALS:
            small.append(rule)
            n, lost = n + count.n, lost + count.lost
    for rule in small:
        found[rule.pk] = Proof(n, lost) if n >= LEAST_RENEWALS else rule.whole
    return found
