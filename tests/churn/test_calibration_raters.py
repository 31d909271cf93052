"""What each rater's ratings told, kind or harsh, and whose answer it was."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from churn.as_of import Basis
from churn.calibration.rater_reads import rater_records
from churn.calibration.raters import Rated, mean_by, records
from tests.churn.calibration_book import SEEN, decided, health
from tests.factories import UserFactory
from tests.health.graded import noon, rating

FIRST = date(2024, 1, 10)
FAIR, KIND, NOISE = 1, 2, 3


def rated(n: int = 900, seed: int = 1) -> list[Rated]:
    """Three raters: one who sees what the machine does not, one who sees it too and adds 25 points, one who rolls dice."""
    draw, rows = random.Random(seed), []
    for at in range(n):
        rater = (FAIR, KIND, NOISE)[at % 3]
        seen, hidden = draw.gauss(0, 1), draw.gauss(0, 1)
        renewed = draw.random() < 1 / (1 + 2.718281828 ** -(1.2 + 0.8 * seen + 1.2 * hidden))
        human = draw.gauss(50, 15) if rater == NOISE else 50 + 15 * hidden + (25 if rater == KIND else 0)
        day = FIRST + timedelta(days=at)
        machine = min(100.0, max(0.0, 50 + 20 * seen))
        rows.append(Rated(at, rater, day, day + timedelta(days=30), renewed, machine, min(100.0, max(0.0, human))))
    return rows


def test_who_sees_what_the_machine_does_not_adds_to_it_and_who_rolls_dice_does_not() -> None:
    house, fair, _kind, noise = records(rated(), 90)
    assert house.rater is None
    assert house.rated == 900
    assert fair.gain
    assert fair.gain.low > 0
    assert noise.gain
    assert noise.gain.value < fair.gain.value
    assert fair.with_ratings
    assert fair.without
    assert fair.with_ratings.value > fair.without.value
    assert noise.alone
    assert noise.alone.low
    assert noise.alone.high
    assert noise.alone.low < 0.5 < noise.alone.high


def test_who_rates_too_high_is_kind_and_who_rates_lower_than_the_house_is_harsh() -> None:
    _house, fair, kind, _noise = records(rated(), 90)
    assert kind.kindness
    assert kind.kindness.high < 0
    assert fair.kindness
    assert fair.kindness.value > kind.kindness.value
    assert kind.human > fair.human + 15


def test_a_few_renewals_are_not_enough_to_speak_of_a_person() -> None:
    found = records(rated(90), 90)
    assert not any(one.enough for one in found)
    assert found[0].rated == 90
    assert records([], 90) == []


def test_the_worked_example_of_the_methods_page() -> None:
    values = [(at, (1.0 if at < 32 else 0.0) - 0.9) for at in range(40)]
    found = mean_by(values)
    assert found is not None
    assert found.value == pytest.approx(-0.10)
    assert not found.beyond_chance or found.high < 0


def test_an_account_rated_twice_counts_once_in_the_interval() -> None:
    once = mean_by([(at, float(at % 3)) for at in range(60)])
    twice = mean_by([(at, float(at % 3)) for at in range(60) for _copy in range(2)])
    assert once
    assert twice
    assert twice.high - twice.low == pytest.approx(once.high - once.low)


@pytest.mark.django_db
def test_a_renewal_belongs_to_the_latest_answer_known_on_the_day_it_was_seen() -> None:
    case, other, backdated = decided("lost"), decided("renewed"), decided("lost")
    for one in (case, other, backdated):
        health(one.account, 60, facets={"ratings": {"value": 75, "weight": 1, "evidence": {}}})
    early, late = (rating(case.account, SEEN - timedelta(days=days), 4) for days in (40, 10))
    rating(case.account, SEEN + timedelta(days=1), 1)
    told = rating(backdated.account, SEEN - timedelta(days=5), 1)
    told.recorded_at = noon(SEEN + timedelta(days=20))
    told.save()
    found = rater_records(Basis(date(2026, 10, 31)))
    assert early.rated_by_id != late.rated_by_id
    assert {one.rater for one in found} == {None, late.rated_by_id}
    assert found[0].rated == 1


@pytest.mark.django_db
def test_without_both_parts_of_the_score_there_is_no_record() -> None:
    case = decided("lost")
    health(case.account, 60, human=None)
    rating(case.account, SEEN, 4)
    UserFactory.make()
    assert rater_records(Basis(date(2026, 10, 31))) == []
