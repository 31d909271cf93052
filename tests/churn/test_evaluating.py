"""The goals of prediction on books that can tell, and on books that cannot."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from django.core.management import call_command

from churn.alarms.judging import Borders
from churn.alarms.reads import Days
from churn.evaluating.alarms import found_drops
from churn.evaluating.foretelling import k_covered
from churn.evaluating.goal import Finding, Verdict
from churn.evaluating.learning import found_on
from churn.evaluating.lists import lists_held
from churn.evaluating.rules import found_in
from churn.k import Point, moments, relation
from churn.likelihood.fit import Taught
from churn.likelihood.past import Past
from tests.churn.alarms_world import world
from tests.churn.foreseen_book import foreseen
from tests.churn.rules_books import SIGNAL, past_of, simulated
from tests.churn.simulated_renewals import EXPERTS, hand_scores, simulate

BORDERS = Borders(-1.64, -3.1)


def verdicts(found: list[Finding]) -> dict[str, Verdict]:
    return {one.name: one.verdict for one in found}


def taught(n: int, experts: str, seed: int = 4) -> Taught:
    """Renewals of two years, one after the other."""
    renewals, first = simulate(n, seed), date(2024, 1, 1)
    scores = hand_scores(renewals.rows, EXPERTS[experts])
    past = []
    for place, (row, kept, score) in enumerate(zip(renewals.rows, renewals.renewed, scores, strict=True)):
        due = first + timedelta(days=place * 730 // n)
        past.append(Past(place, due - timedelta(days=90), due, due + timedelta(days=31), kept, score, "amber", row))
    return Taught(past, "due", EXPERTS[experts], 1, {}, 0)


def test_learned_weights_beat_the_best_single_facet_and_poor_experts_out_of_time() -> None:
    found = found_on(taught(900, "poor"))
    assert [one.goal for one in found] == [1, 2]
    assert set(verdicts(found).values()) == {Verdict.MET}


def test_learned_weights_lose_next_to_nothing_against_good_experts() -> None:
    assert found_on(taught(900, "good"))[1].verdict is Verdict.MET


def test_where_nothing_foretells_renewals_learning_is_not_blamed_for_it() -> None:
    noise = taught(500, "good")
    draw = np.random.default_rng(2)
    shuffled = [replace(one, renewed=bool(kept)) for one, kept in zip(noise.past, draw.random(500) < 0.85, strict=True)]
    for one in found_on(replace(noise, past=shuffled)):
        assert one.verdict is Verdict.UNMEASURABLE
        assert "nothing beyond the base rate" in one.found


@pytest.mark.parametrize("n", [0, 1, 40])
def test_too_few_renewals_say_why_nothing_is_measurable(n: int) -> None:
    assert {one.verdict for one in found_on(taught(n, "good"))} == {Verdict.UNMEASURABLE}


def test_combinations_that_mean_something_keep_their_lift_and_shuffled_outcomes_validate_nothing() -> None:
    found = verdicts(found_in(simulated(1_500, 5), SIGNAL))
    assert found["shuffled outcomes validate nothing"] is Verdict.MET
    assert found["validated combinations keep their lift"] is Verdict.MET


@pytest.mark.parametrize("lost", [[], [False] * 80, [True] * 80])
def test_outcomes_of_one_kind_leave_combinations_unmeasurable(lost: list[bool]) -> None:
    past = past_of({feature.key: [1.0] * len(lost) for feature in SIGNAL}, lost)
    found = verdicts(found_in(past, SIGNAL))
    assert found["shuffled outcomes validate nothing"] is Verdict.UNMEASURABLE
    assert found["validated combinations keep their lift"] is Verdict.UNMEASURABLE


def test_lists_made_on_past_days_hold_what_then_left() -> None:
    found = lists_held(simulated(2_000, 5), SIGNAL)
    assert found.verdict is Verdict.MET, found.found


def test_noise_makes_no_lists_on_past_days() -> None:
    noise = simulated(1_000, 5, together=0.12)
    assert lists_held(noise, SIGNAL).verdict is Verdict.UNMEASURABLE
    assert lists_held(past_of({}, []), SIGNAL).verdict is Verdict.UNMEASURABLE


def test_injected_drops_are_found_on_days_with_a_rhythm() -> None:
    values, is_open = world(200, days=140)
    days = Days(np.arange(200, dtype=np.int64), date(2026, 1, 5), values, is_open)
    assert {one.verdict for one in found_drops(days, BORDERS)} == {Verdict.MET}
    few = Days(days.accounts[:10], days.first, values[:10], is_open[:10])
    assert {one.verdict for one in found_drops(few, BORDERS)} == {Verdict.UNMEASURABLE}


def test_the_interval_of_k_holds_and_without_renewals_nothing_is_said() -> None:
    rows = [Point(1, float(kept), float(active)) for active, kept, n in ((1, 1, 77), (1, 0, 13), (0, 1, 4), (0, 0, 6)) for _ in range(n)]
    assert k_covered(relation(moments(rows))).verdict is Verdict.MET
    assert k_covered(None).verdict is Verdict.UNMEASURABLE
    assert k_covered(relation(moments(rows[:30]))).verdict is Verdict.UNMEASURABLE


@pytest.mark.django_db
def test_the_command_says_that_an_empty_installation_measures_nothing() -> None:
    out = io.StringIO()
    call_command("evaluate", stdout=out)
    assert "Nothing is measurable" in out.getvalue()


@pytest.mark.django_db
def test_the_command_reports_every_goal_of_a_book() -> None:
    foreseen(120, lost=24)
    out = io.StringIO()
    call_command("evaluate", stdout=out)
    lines = [line for line in out.getvalue().splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert [line[2] for line in lines] == sorted(line[2] for line in lines)
    assert {line[2] for line in lines} == set("1234567")
    assert all(line.count("|") == 6 for line in lines)
