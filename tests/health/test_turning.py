"""The smallest deeds that turn a score green: exact by the scoring itself, the fewest first, honest where none is enough."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from health.caps import parse_conditions
from health.explaining.moves import Known, ladders
from health.explaining.turning import Turning, grade, turn_green
from health.explaining.turning_words import state_words, step_words
from health.model_types import Cap, HealthRules
from health.types import Band

DAY = date(2026, 6, 30)
CAP = Cap("invoice_overdue_days >= 60", parse_conditions("invoice_overdue_days >= 60"), Band.AMBER)


def rules(caps: tuple[Cap, ...] = (), **weights: int) -> HealthRules:
    return HealthRules(Decimal("0.5"), {key: Decimal(weight) for key, weight in weights.items()}, Decimal(50), Decimal(75), caps)


def facet(value: float | None, **evidence: Any) -> dict[str, Any]:
    return {"value": value, "weight": 1, "evidence": evidence}


def active(zero: int = 0, low: int = 0, medium: int = 0, high: int = 0) -> dict[str, Any]:
    days = zero + low + medium + high
    value = round((33.3333 * low + 66.6667 * medium + 100 * high) / days, 4)
    return facet(value, zero=zero, low=low, medium=medium, high=high, open_days=days, active_days=days - zero)


def bill(overdue: int, number: str = "i1", **fields: Any) -> dict[str, Any]:
    row = {"external_id": number, "issued_on": date(2026, 4, 1), "unpaid": True, "overdue_days": overdue}
    return {**row, "failed_attempts": 0, "disputed": False, **fields}


def turned(facets: dict[str, Any], model: HealthRules, known: Known | None = None, band: str = "amber") -> Turning:
    return turn_green(facets, model, ladders(facets, known or Known(DAY)), band=band, overridden=False)


def words(turning: Turning) -> list[list[str]]:
    return [[step_words(step) for step in option.steps] for option in turning.options]


def test_answers_rise_from_the_lowest_on() -> None:
    facets = {"ratings": facet(50.0, answers=4, mean=3)}
    known = Known(DAY, {"ratings": {"core": 2, "boss": 3, "fit": 3, "value": 4}})
    turning = turned(facets, rules(ratings=1), known)
    assert words(turning) == [["answer 5 on 2 questions"]]
    assert turning.options[0].steps[0].said["questions"] == ["core", "boss"]


def test_days_are_lifted_to_the_level_that_takes_the_fewest_steps() -> None:
    turning = turned({"activity": active(medium=16, high=4)}, rules(activity=1))
    assert words(turning) == [["1 more open day in 28 at high activity (5 of 20)"]]


def test_an_invoice_that_caps_is_paid_and_stays_late() -> None:
    facets = {"activity": active(high=20), "invoices": facet(0.0, overdue_days=62, unpaid_overdue_days=62, invoices=1)}
    model = rules((CAP,), activity=9, invoices=1)
    assert grade(facets, model, ()) == (90.0, "amber")
    turning = turned(facets, model, Known(DAY, invoices=[bill(62)]))
    assert words(turning) == [["the invoice 62 days overdue is paid"]]
    assert (turning.options[0].score, turning.options[0].steps[0].value) == (90.0, 0.0)


def test_an_old_invoice_leaves_the_window_when_it_is_paid() -> None:
    old = bill(200, issued_on=date(2025, 11, 1))
    facets = {"activity": active(high=20), "invoices": facet(0.0, overdue_days=200, unpaid_overdue_days=200, invoices=1)}
    turning = turned(facets, rules(activity=1, invoices=1), Known(DAY, invoices=[old]), band="amber")
    assert turning.options[0].steps[0].value is None
    assert turning.options[0].score == 100.0


def test_two_facets_together_where_one_is_not_enough() -> None:
    facets = {
        "support": facet(60.0, escalated=2, old=4, open=4, excess=0),
        "onboarding": facet(50.0, milestones_due=2, milestones_done=1),
        "growth": facet(45.0),
    }
    turning = turned(facets, rules(support=1, onboarding=1, growth=1))
    assert words(turning) == [["close 4 tickets open over 7 days", "finish 1 milestone that is due"]]
    assert turning.options[0].effort == 5


def test_it_says_so_where_nothing_is_enough() -> None:
    facets = {"growth": facet(20.0), "support": facet(95.0, escalated=0, old=1, open=1, excess=0)}
    turning = turned(facets, rules(growth=9, support=1), band="red")
    assert (turning.state, turning.options, turning.best_score, turning.best_band) == ("out_of_reach", (), 28.0, "red")
    assert state_words(turning).startswith("Nothing that can be done at hand turns it green.")


def test_a_band_set_by_hand_and_a_green_one_ask_for_nothing() -> None:
    facets = {"activity": active(high=5)}
    assert turn_green(facets, rules(activity=1), ladders(facets, Known(DAY)), band="red", overridden=True).state == "override"
    assert turned(facets, rules(activity=1), band="green").state == "green"


COUNTS = st.integers(0, 9)


@given(
    st.tuples(COUNTS, COUNTS, COUNTS, COUNTS).filter(any),
    st.lists(st.integers(1, 5), min_size=1, max_size=5),
    st.integers(0, 3),
    st.integers(0, 100),
)
def test_each_option_is_green_and_one_deed_less_is_not(levels: tuple[int, ...], scores: list[int], old: int, growth: int) -> None:
    mean = sum(scores) / len(scores)
    facets = {
        "activity": active(*levels),
        "ratings": facet(round((mean - 1) / 4 * 100, 4), answers=len(scores), mean=mean),
        "support": facet(100.0 - 5 * old, escalated=0, old=old, open=old, excess=0),
        "growth": facet(float(growth)),
    }
    known = Known(DAY, {"ratings": {f"q{place}": score for place, score in enumerate(scores)}})
    model = rules(activity=40, ratings=30, support=20, growth=10)
    band = grade(facets, model, ())[1]
    found = ladders(facets, known)
    turning = turn_green(facets, model, found, band=band, overridden=False)
    assert (turning.state == "green") == (band == "green")
    for option in turning.options:
        assert grade(facets, model, option.steps)[1] == "green"
        if len(option.steps) == 1:
            (step,) = option.steps
            (ladder,) = [one for one in found if one.facet == step.facet]
            smaller = [one for one in ladder.steps if one.effort < step.effort]
            assert all(grade(facets, model, (one,))[1] != "green" for one in smaller)
