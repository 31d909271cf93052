"""The silent challenger: when it is tried, when its lead means something, and which facet's curve it points at."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from churn.likelihood.challenger import bent, challenge, leads
from churn.likelihood.past import Past, enough_on, verdict
from churn.likelihood.trials import Side, Trial, by_learning, trials
from churn.types import Basis

DUE = date(2026, 5, 1)


def past(n: int, *, seed: int = 3) -> list[Past]:
    """Renewals of two facets: `steps` matters only above a border of 70, `line` everywhere."""
    dice = np.random.default_rng(seed)
    made = []
    for place in range(n):
        steps, line = dice.uniform(0, 100), dice.uniform(0, 100)
        chance = 1 / (1 + np.exp(-(-1.2 + 3.5 * (steps > 70) + 1.5 * (line - 50) / 50)))
        due = DUE + timedelta(days=place * 400 // n)
        facets = {"steps": steps, "line": line}
        made.append(
            Past(place, due - timedelta(days=90), due, due + timedelta(days=31), bool(dice.random() < chance), 50.0, "amber", facets)
        )
    return made


def told(*differences: float | None) -> list[Trial]:
    """Quarters in which the challenger was so much ahead; None: it was not tried."""
    ours = Side(0.4, 0.75, 5.0)
    return [
        Trial(
            f"2026-Q{at}", 50, 8, 200, 40, {"learned": ours} if by is None else {"learned": ours, "challenger": Side(0.4, 0.75 + by, 5.0)}
        )
        for at, by in enumerate(differences, start=1)
    ]


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [((0.03, 0.03), True), ((0.03, 0.01), False), ((0.01, 0.03, 0.04), True), ((0.03,), False), ((0.03, None, 0.03), True), ((), False)],
)
def test_it_leads_when_it_is_ahead_on_the_last_two_quarters_it_was_tried_on(ahead: tuple[float | None, ...], expected: bool) -> None:
    assert leads(told(*ahead)) is expected


def test_too_few_renewals_are_no_challenge() -> None:
    some = past(120)
    assert challenge(["steps", "line"])(some[:80], some[80:]) is None


def test_a_step_in_a_facet_is_found_by_the_challenger_and_named() -> None:
    rows = past(1_600)
    found = trials(rows, {"learned": by_learning({"steps": 1.0, "line": 1.0})}, {"challenger": challenge(["steps", "line"])})
    assert leads(found)
    tried = [one for trial in found for one in trial.past]
    bend = bent(tried, [chance for trial in found for chance in trial.chances["learned"]], ["steps", "line"])
    assert bend is not None
    assert bend.facet == "steps"
    assert len(bend.groups) == 5


def test_chances_that_fit_bend_nowhere() -> None:
    dice = np.random.default_rng(5)
    rows = past(600)
    chances = dice.uniform(0.6, 0.9, 600)
    fair = [
        Past(one.account_id, one.seen_on, one.ends_on, one.closed_on, bool(dice.random() < chance), 50.0, "amber", one.facets)
        for one, chance in zip(rows, chances, strict=True)
    ]
    assert bent(fair, chances.tolist(), ["steps", "line"]) is None


def test_the_dear_side_is_tried_on_the_last_four_quarters_alone() -> None:
    rows = past(1_200)
    found = trials(rows, {"learned": by_learning({"line": 1.0})}, {"late": by_learning({"steps": 1.0})})
    assert [("late" in one.sides) for one in found[-4:]] == [True] * len(found[-4:])
    assert all("late" not in one.sides for one in found[:-4])


@pytest.mark.parametrize(
    ("n", "lost", "last", "basis", "why"),
    [
        (19, 12, None, Basis.NONE, "few"),
        (200, 9, (0.4, 0.3), Basis.BANDS, "few_lost"),
        (40, 35, None, Basis.BANDS, "few_lost"),
        (199, 60, (0.4, 0.3), Basis.SCORE, "learned_few"),
        (400, 34, (0.4, 0.3), Basis.SCORE, "learned_few"),
        (200, 35, None, Basis.SCORE, "untested"),
        (200, 35, (0.40, 0.41), Basis.SCORE, "worse"),
        (200, 35, (0.40, 0.40), Basis.LEARNED, "learned"),
    ],
)
def test_what_may_be_told_goes_by_the_counts_and_the_last_quarter(
    n: int, lost: int, last: tuple[float, float] | None, basis: Basis, why: str
) -> None:
    found = verdict(n, lost, last)
    assert (found.basis, found.why) == (basis, why)


def test_when_there_will_be_enough_follows_from_the_dues_to_come() -> None:
    dues = [date(2026, 1, 1) + timedelta(days=place) for place in range(60)]
    assert enough_on(dues, 180, 34, closes_after=31) == dues[19] + timedelta(days=31)
    assert enough_on(dues[:10], 180, 34) is None
    assert enough_on(dues, 200, 35) is None
    assert enough_on(dues, 180, 0) is None
