"""Rules of the day's list about use and health: when each holds, and when not."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Account, QuietPeriod
from churn.models import DropAlarm, RiskRule, RuleMatch
from churn.types import RuleState
from health.models import AccountDay, HealthScore, Override, ScenarioPeriod, ScenarioStep
from tests.churn.acting_book import AS_OF, DAY, NIGHT, TODAY, opened, quiet, refreshed, rules
from tests.factories import RECORDED, UserFactory
from tests.health.graded import define_questions, rating
from tests.portal.shown_book import published_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return quiet(UserFactory.make(), "acme")


def levels(account: Account, letters: str) -> None:
    """Open days up to the as-of day, one letter each: Z L M H; weekends are days off at zero."""
    day, left = AS_OF, list(letters)
    while left:
        open_day = day.weekday() < 5
        level = "ZLMH".index(left.pop()) if open_day else 0
        AccountDay.objects.create(
            run=published_run(), account=account, day=day, level=level, key_actions=1, active_seats=1, seats=1, paying=True,
            active=level > 0, working=open_day, version=1,
        )  # fmt: skip
        day -= DAY


def scored(account: Account, day: date, band: str, key_seats: int | None = None) -> None:
    facets = {} if key_seats is None else {"adoption": {"value": 50, "weight": 10, "evidence": {"key_seats": key_seats}}}
    HealthScore.objects.create(
        run=published_run(), account=account, day=day, score=Decimal(50), band=band, coverage=Decimal(1), facets=facets, version=1
    )


@pytest.mark.parametrize(
    ("letters", "told"),
    [
        ("HHHHHHHHHZ", True),  # to zero
        ("HHHHHHHHHL", True),  # by two levels
        ("HHHHHHHHHM", False),  # one lower day is every fifth account
        ("HHHHHHHHMM", True),  # the second in a row
        ("HHHHHHMMMM", False),  # it fell earlier: nothing new
        ("HHHHHZ", False),  # too few days to say what is usual
        ("ZZZZZZZZZZ", False),
        ("LLLLLLLLLH", False),
    ],
)
def test_a_level_fell_where_the_last_open_day_lies_clearly_below_the_usual_one(account: Account, letters: str, told: bool) -> None:
    levels(account, letters)
    assert ("level_fell" in rules(account)) is told


def test_a_fallen_level_says_from_where_and_is_silent_in_a_quiet_period(account: Account) -> None:
    levels(account, "MMMMMMMMMZ")
    refreshed()
    assert opened()["level_fell"].facts == {"from": 2, "to": 0, "day": AS_OF.isoformat(), "usual_days": 9}
    QuietPeriod.objects.create(account=account, starts_on=AS_OF, ends_on=TODAY + DAY, reason="closed", recorded_at=RECORDED)
    assert rules(account, NIGHT) == set()


def test_a_drop_against_the_own_weekday_is_told_for_two_weeks(account: Account) -> None:
    DropAlarm.objects.create(account=account, day=AS_OF - 13 * DAY, z=-1.6, facts={"unit": "day", "days": [{"z": -3}]})
    refreshed()
    assert opened()["usage_drop"].facts["days"] == [{"z": -3}]
    assert rules(account, NIGHT.later(1)) == set()


@pytest.mark.parametrize(("then", "now", "told"), [(10, 7, True), (10, 8, False), (4, 2, False), (100, 75, False), (100, 70, True)])
def test_seats_are_lost_where_three_and_three_tenths_fewer_do_a_key_action(account: Account, then: int, now: int, told: bool) -> None:
    scored(account, AS_OF - timedelta(days=28), "green", then)
    _facets(account, {"adoption": {"value": 50, "weight": 10, "evidence": {"key_seats": now}}})
    assert ("seats_lost" in rules(account)) is told


def test_a_scenario_behind_what_the_month_gone_by_would_need_is_told_until_a_step_is_taken(account: Account) -> None:
    month = AS_OF.replace(day=1)
    for name, days, expected in (("Approvals", 0, 9), ("Orders", 7, 12), ("Fine", 8, 12), ("Nothing expected", 0, None)):
        ScenarioPeriod.objects.create(
            run=published_run(), account=account, starts_on=month, scenario=name, days=days, expected_days=expected, seats=1, version=1
        )
    # 19 of 30 days are over: of 9 days 5 would be done, of 12 days 7.
    assert rules(account) == {"scenario_gap"}
    found = opened()["scenario_gap"].facts
    assert (found["scenario"], found["step"], found["expected_days"], found["scenarios"]) == ("Approvals", "explore", 9, 1)
    ScenarioStep.objects.create(
        account=account, scenario="Approvals", kind="explore", author=UserFactory.make(), taken_on=AS_OF, recorded_at=NIGHT.now
    )
    assert rules(account) == set()


def test_before_the_middle_of_a_month_the_month_before_is_judged(account: Account) -> None:
    ScenarioPeriod.objects.create(
        run=published_run(), account=account, starts_on=date(2026, 11, 1), scenario="Orders", days=3, expected_days=12, seats=1, version=1
    )
    early = NIGHT.later(-10)
    assert rules(account, early) == set()
    assert rules(account, NIGHT) == {"scenario_gap"}


def test_a_band_that_got_worse_stays_until_it_is_back(account: Account) -> None:
    for back in range(30):
        scored(account, AS_OF - back * DAY, "green" if back >= 5 else "amber")
    refreshed()
    item = opened()["band_worse"]
    assert item.facts == {"from": "green", "to": "amber", "day": (AS_OF - 4 * DAY).isoformat()}
    run = published_run()
    later = NIGHT.later(20)
    for on in range(1, 21):
        scored(account, AS_OF + on * DAY, "amber")
    _published(run, later.as_of)
    assert rules(account, later) == {"band_worse"}
    HealthScore.objects.filter(day=later.as_of).update(band="green")
    assert rules(account, later) == set()


def test_a_band_that_a_person_has_set_is_no_reason(account: Account) -> None:
    for back in range(30):
        scored(account, AS_OF - back * DAY, "green" if back >= 5 else "red")
    Override.objects.create(
        account=account, band="green", starts_on=AS_OF, ends_on=TODAY + 5 * DAY, reason="known", author=UserFactory.make(),
        recorded_at=RECORDED,
    )  # fmt: skip
    assert rules(account) == set()


@pytest.mark.parametrize(("machine", "human", "way"), [(80, 60, "machine"), (30, 75, "human"), (80, 61, None), (80, None, None)])
def test_system_and_csm_disagree_from_twenty_points_on(account: Account, machine: int, human: int | None, way: str | None) -> None:
    state: Any = account
    state.state.machine, state.state.human = machine, human
    state.state.save()
    refreshed()
    found = opened().get("disagreement")
    assert (found.facts["way"] if found else None) == way


def test_a_rating_is_due_as_the_queue_says(account: Account) -> None:
    define_questions(core="ratings")
    rating(account, AS_OF - timedelta(days=30), 4)
    assert rules(account) == set()
    assert rules(account, NIGHT.later(60)) == {"rating_due"}
    assert opened()["rating_due"].facts["rated_on"] == (AS_OF - timedelta(days=30)).isoformat()


def test_the_strongest_validated_combination_speaks_for_all_that_match(account: Account) -> None:
    for key, low, state, near in (
        ("weak", 0.2, RuleState.VALIDATED, False),
        ("strong", 0.4, RuleState.VALIDATED, False),
        ("near", 0.9, RuleState.VALIDATED, True),
        ("unproven", 0.9, RuleState.UNPROVEN, False),
    ):
        rule = RiskRule.objects.create(
            key=key, conditions=[], state=state, figures={"holdout_low": low, "holdout_rate": low + 0.1}, found_on=AS_OF, searched_on=AS_OF
        )
        RuleMatch.objects.create(rule=rule, account=account, as_of=AS_OF, near=near, facts=[{"met": True}])
    assert rules(account) == {"combination"}
    item = opened()["combination"]
    assert (item.signal, item.facts["low"], item.facts["rules"]) == ("strong", 0.4, 2)
    RiskRule.objects.update(retired_on=AS_OF)
    assert rules(account) == set()


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"seats_active": 90}, {"seats_full"}),
        ({"seats_active": 89}, set()),
        ({"seats_active": 90, "seats_purchased": 0}, set()),
        ({"north_star": Decimal(5), "north_star_crossed_on": AS_OF - timedelta(days=29)}, {"star_crossed"}),
        ({"north_star": Decimal(5), "north_star_crossed_on": AS_OF - timedelta(days=30)}, set()),
        ({"facets": {"activity": {"evidence": {"high": 16, "open_days": 20}}}}, {"sustained_high"}),
        ({"facets": {"activity": {"evidence": {"high": 15, "open_days": 20}}}}, set()),
        ({"facets": {"activity": {"evidence": {"high": 14, "open_days": 14}}}}, set()),
    ],
)
def test_growth_is_told_from_its_border_on(state: dict[str, Any], told: set[str]) -> None:
    assert rules(quiet(UserFactory.make(), "grows", **state)) == told


def _facets(account: Account, facets: dict[str, Any]) -> None:
    state: Any = account
    state.state.facets = facets
    state.state.save()


def _published(run: Any, until: date) -> None:
    from health.models import PublishedSlice
    from health.types import Grain

    PublishedSlice.objects.bulk_create(
        [PublishedSlice(grain=Grain.HEALTH, starts_on=AS_OF + on * DAY, run=run) for on in range(1, (until - AS_OF).days + 1)]
    )
