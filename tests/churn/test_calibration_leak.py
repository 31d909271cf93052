"""The leak test: health read sixty days later must light the warning, and health read in time must not."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from accounts.types import Role
from churn.as_of import Basis
from churn.calibration.reads import calibration
from churn.evaluating.foretelling import leaking
from churn.evaluating.goal import Finding, Verdict
from tests.churn.calibration_book import many
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
BASIS = Basis(date(2026, 10, 31))
FIRST = date(2025, 9, 1)


def book(n: int = 300) -> None:
    """Renewals whose health says something 90 days before, and nearly all 30 days before: customers who leave fall silent first."""
    draw = random.Random(4)
    states = ["lost" if draw.random() < 0.2 else "renewed" for _ in range(n)]
    early = [min(99.0, max(1.0, draw.gauss(66 if state == "renewed" else 52, 18))) for state in states]
    late = [min(99.0, max(1.0, draw.gauss(72 if state == "renewed" else 25, 15))) for state in states]
    many(states, early, first=FIRST, ahead=late)


def test_health_read_sixty_days_later_raises_the_auc_and_lights_the_warning() -> None:
    book()
    told, leaked = calibration(None, BASIS).report, calibration(None, BASIS, shift=60).report
    assert told.auc
    assert leaked.auc
    assert 0.60 < told.auc.value < 0.85
    assert leaked.auc.value - told.auc.value > 0.1
    assert not told.leak.warns
    assert leaked.leak.warns
    assert leaked.leak.too_good
    assert leaked.leak.too_sudden
    assert leaked.leak.before == pytest.approx(told.auc.value)


def test_a_shorter_lead_may_know_more_and_is_judged_by_what_was_known_sixty_days_before_it() -> None:
    book()
    assert calibration(None, BASIS, lead=30).report.leak.warns


def test_chances_of_a_small_book_are_those_of_the_whole_house() -> None:
    book()
    csm = person(Role.CSM)
    many(["renewed", "lost"], [80, 20], first=FIRST + timedelta(days=290), owner=csm)
    found = calibration(csm, BASIS)
    assert (found.report.n, found.report.told) == (2, 2)
    assert not found.report.enough
    assert not found.report.told_enough


def told() -> dict[str, Finding]:
    return {one.name: one for one in leaking(BASIS, calibration(None, BASIS).report)}


def test_the_goals_tell_a_book_whose_health_moves_before_the_decision() -> None:
    book()
    found = told()
    assert {one.verdict for one in found.values()} == {Verdict.MET}
    assert len(found) == 3


def test_where_health_hardly_moves_the_goals_say_so_and_a_planted_leak_is_still_seen() -> None:
    draw = random.Random(5)
    states = ["lost" if draw.random() < 0.2 else "renewed" for _ in range(300)]
    early = [min(99.0, max(1.0, draw.gauss(66 if state == "renewed" else 52, 18))) for state in states]
    many(states, early, first=FIRST, ahead=early)
    found = told()
    later = found["health read 60 days later"]
    assert later.verdict is Verdict.MISSED
    assert "the health of lost ones moved by +0.0 points, of renewed ones by +0.0" in later.found
    assert found["a planted leak is seen"].verdict is Verdict.MET
