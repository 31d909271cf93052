"""When a combination is retired, what counts as the outcome in disguise, and which borders figures suggest."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.rules.conditions import BadConditionError, Condition, Feature, Risk, Unit, key_of, read_condition
from churn.rules.disguise import LATE, NO_HISTORY, TOO_GOOD, judged, separation
from churn.rules.life import Quarter, life, quarter_of, retire_why
from churn.rules.past import Count, half_of
from churn.rules.thresholds import borders
from tests.churn.rules_books import past_of

TICKETS = Feature("tickets_30", "tickets", Risk.HIGH, Unit.COUNT)
PLAN = Feature("plan", "plan", Risk.WORD, Unit.WORD)


def quarter(name: str, n: int, lost: int, base: int = 20) -> Quarter:
    return Quarter(name, Count(n, lost), Count(100, base))


@pytest.mark.parametrize(
    ("quarters", "why"),
    [
        ([quarter("2026-Q1", 60, 30)], ""),
        ([quarter("2026-Q1", 60, 4)], "under_base"),
        # 4 of 12: the high end of the rate is far above 1.2 times the base.
        ([quarter("2026-Q1", 12, 3)], ""),
        ([quarter("2026-Q1", 10, 2), quarter("2026-Q2", 10, 2)], "quarters_failed"),
        ([quarter("2026-Q1", 10, 2), quarter("2026-Q2", 9, 0), quarter("2026-Q3", 10, 5)], ""),
        ([quarter("2026-Q1", 10, 2), quarter("2026-Q2", 9, 1), quarter("2026-Q3", 10, 2)], "quarters_failed"),
        ([quarter("2025-Q4", 500, 1), quarter("2026-Q1", 10, 4)], ""),
        ([], ""),
    ],
)
def test_a_rule_is_retired_by_the_quarters_after_its_check(quarters: list[Quarter], why: str) -> None:
    assert retire_why(quarters, "2025-Q4") == why


def test_quarters_hold_every_renewal_once() -> None:
    past = past_of({"tickets_30": [float(i % 7) for i in range(90)]}, [i % 5 == 0 for i in range(90)])
    told = life(half_of(past), [Condition("tickets_30", ">=", 4.0)])
    assert [one.quarter for one in told] == sorted({quarter_of(day) for day in past.days})
    assert sum(one.base.n for one in told) == 90
    assert sum(one.matched.n for one in told) == sum(i % 7 >= 4 for i in range(90))
    assert quarter_of(date(2026, 9, 30)) == "2026-Q3"


def test_a_figure_that_tells_the_outcome_is_refused_and_one_that_does_not_is_let_in() -> None:
    lost = [i % 4 == 0 for i in range(200)]
    perfect = [10.0 if was else float(i % 3) for i, was in enumerate(lost)]
    blind = [float(i % 7) for i in range(200)]
    assert [one.why for one in judged([TICKETS], lost, {"tickets_30": perfect}, {})] == [TOO_GOOD]
    assert judged([TICKETS], lost, {"tickets_30": blind}, {}) == []
    words = [("gone" if was else "here") for was in lost]
    assert [one.why for one in judged([PLAN], lost, {"plan": words}, {})] == [TOO_GOOD]


def test_late_figures_and_figures_without_history_are_listed() -> None:
    lost = [i % 4 == 0 for i in range(200)]
    later = [10.0 if was else 0.0 for was in lost]
    (one,) = judged([TICKETS], lost, {"tickets_30": [0.0] * 200}, {"tickets_30": later})
    assert (one.why, one.late, one.auc, one.auc_later) == (LATE, 50, 0.5, 1.0)
    stage = Feature("stage", "stage", Risk.WORD, Unit.WORD)
    assert [one.why for one in judged([stage], lost, {"stage": ["live"] * 200}, {})] == [NO_HISTORY]
    assert judged([stage], lost, {"stage": [None] * 200}, {}) == []


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), min_size=30, max_size=80))
def test_separation_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[float, bool]]) -> None:
    values, lost = [value for value, _was in rows], [was for _value, was in rows]
    pairs = [(a, b) for a, was_a in rows if was_a for b, was_b in rows if not was_b]
    found = separation(TICKETS, values, lost)
    if min(sum(lost), len(lost) - sum(lost)) < 10:
        assert found is None
    else:
        assert found == pytest.approx(sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs))


def test_borders_come_from_the_figures_in_the_risky_direction() -> None:
    assert [one.spelled for one in borders(TICKETS, [0.0, 1.0, 1.0, 4.0, None])] == ["tickets_30 >= 1", "tickets_30 >= 4"]
    change = Feature("use_change_28", "trend", Risk.LOW, Unit.SHARE, changes=True)
    told = borders(change, [place / 100 for place in range(-50, 51)])
    assert told
    assert all(one.operator == "<=" and float(one.value) <= 0 for one in told)
    assert [one.value for one in borders(PLAN, ["pro", None, "basic", "pro"])] == ["basic", "pro"]
    assert borders(TICKETS, [None, None]) == borders(TICKETS, [3.0, 3.0]) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"feature": "nonsense", "operator": ">=", "value": 1},
        {"feature": "tickets_30", "operator": "~", "value": 1},
        {"feature": "tickets_30", "operator": ">=", "value": "many"},
        {"feature": "tickets_30", "operator": ">=", "value": float("nan")},
        {"feature": "tickets_30", "operator": ">=", "value": True},
        {"feature": "plan", "operator": ">=", "value": "pro"},
        {"feature": "plan", "operator": "=", "value": " "},
    ],
)
def test_what_is_no_condition_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(BadConditionError):
        read_condition(body)


def test_a_key_is_the_same_in_whatever_order_the_conditions_come_and_unknown_figures_meet_none() -> None:
    one, other = Condition("tickets_30", ">=", 11.0), Condition("plan", "=", "pro")
    assert key_of([one, other]) == key_of([other, one]) == "plan = pro & tickets_30 >= 11"
    assert read_condition(one.body()) == one
    assert (one.met(None), one.met(11.0), one.met(10.0), other.met("basic")) == (None, True, False, False)
