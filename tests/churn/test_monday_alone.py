"""What a rule is worth where no safer one speaks."""

from __future__ import annotations

from datetime import date, timedelta

from churn.monday.alone import Sure, alone
from churn.monday.expected import Proof, expected
from churn.rules.conditions import Condition
from churn.rules.past import Half, Past, half_of

A, B, C = Condition("tickets_30", ">=", 11), Condition("csat_latest", "<=", 5), Condition("days_without_login", ">=", 14)


def half(*groups: tuple[int, int, dict[str, float]]) -> Half:
    """Renewals in groups: how many, of them lost, and the figures of all of the group."""
    lost: list[bool] = []
    values: dict[str, list[float | str | None]] = {one.feature: [] for one in (A, B, C)}
    for n, gone, figures in groups:
        lost += [place < gone for place in range(n)]
        for name, column in values.items():
            column.extend([figures.get(name)] * n)
    days = [date(2025, 1, 1) + timedelta(days=place) for place in range(len(lost))]
    return half_of(Past(list(range(len(lost))), days, lost, values))


BOTH = {"tickets_30": 12.0, "csat_latest": 3.0}
FIRST, SECOND = {"tickets_30": 12.0, "csat_latest": 8.0}, {"tickets_30": 2.0, "csat_latest": 3.0}


def test_the_surest_rule_keeps_its_hold_out_and_the_next_one_what_it_alone_finds() -> None:
    past = half((40, 24, BOTH), (20, 12, FIRST), (30, 6, SECOND), (100, 10, {}))
    rules = [Sure(2, (B,), Proof(70, 30), 0.32), Sure(1, (A,), Proof(60, 36), 0.47)]
    assert alone(rules, past) == {1: Proof(60, 36), 2: Proof(30, 6)}
    assert list(alone(rules, past)) == [1, 2]


def test_counted_so_the_sum_is_what_the_hold_out_itself_lost() -> None:
    """A list as large as the hold-out and made like it is expected to lose as many: whole hold-outs would promise more."""
    past = half((40, 24, BOTH), (20, 12, FIRST), (30, 6, SECOND), (100, 10, {}))
    rules = [Sure(1, (A,), Proof(60, 36), 0.47), Sure(2, (B,), Proof(70, 30), 0.32)]
    proofs = alone(rules, past)
    assert expected({proofs[1]: 60, proofs[2]: 30}).count == 24 + 12 + 6
    assert expected({rules[0].whole: 60, rules[1].whole: 30}).count > 24 + 12 + 6


def test_rules_left_with_too_few_are_told_together_or_by_their_own_hold_out() -> None:
    lone = {"days_without_login": 20.0}
    past = half((40, 24, BOTH), (6, 3, SECOND), (5, 1, lone))
    rules = [Sure(1, (A,), Proof(40, 24), 0.45), Sure(2, (B,), Proof(46, 27), 0.4), Sure(3, (C,), Proof(5, 1), 0.1)]
    assert alone(rules, past) == {1: Proof(40, 24), 2: Proof(11, 4), 3: Proof(11, 4)}
    assert alone(rules[:2], past) == {1: Proof(40, 24), 2: Proof(46, 27)}


def test_without_past_each_rule_stands_on_its_own_hold_out() -> None:
    assert alone([Sure(1, (A,), Proof(60, 36), 0.47)], half()) == {1: Proof(60, 36)}
