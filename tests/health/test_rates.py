"""Active rates: worked months, cuts, the visible book, pace and what is counted beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from health.activity_reads import account_activity
from health.rates import activity_rates
from tests import factories as make
from tests.health.march import APRIL, MARCH, published, worked

pytestmark = pytest.mark.django_db


def admin() -> User:
    return make.UserFactory.make(role="admin")


def month(user: User, **options: Any) -> list[dict[str, Any]]:
    return activity_rates(user, "month", MARCH, APRIL, **options)


def test_the_monthly_rate_is_active_of_paying_with_the_unknown_in_it_and_beside_it() -> None:
    make.define_activity()
    active, idle = worked(12), worked(11)
    worked(20, mrr=0)
    blind = make.AccountFactory.make()
    make.ContractFactory.make(account=blind)
    new = make.AccountFactory.make()
    make.ContractFactory.make(account=new, starts_on=date(2026, 3, 20), seats=1)
    published()
    (row,) = month(admin(), detail=True)
    assert {key: row[key] for key in ("period", "group", "paying", "active", "rate", "unknown", "joined", "provisional", "pace")} == {
        "period": "2026-03",
        "group": "all",
        "paying": 4,
        "active": 1,
        "rate": 0.25,
        "unknown": 1,
        "joined": 1,
        "provisional": False,
        "pace": None,
    }
    assert (row["as_of"], row["version"]) == (date(2026, 3, 31), 1)
    assert row["ids"] == {
        "active": [active.external_id],
        "not_active": sorted([idle.external_id, new.external_id]),
        "unknown": [blind.external_id],
        "joined": [new.external_id],
    }


def test_a_running_month_is_provisional_and_shows_the_pace() -> None:
    make.define_activity()
    worked(12), worked(11), worked(2)
    published(date(2026, 3, 24))
    (row,) = month(admin())
    assert (row["provisional"], row["pace"], row["active"]) == (True, {"undecided": 2, "can_reach": 1}, 1)


def test_a_week_needs_three_days_and_days_count_levels() -> None:
    make.define_activity()
    worked(4), worked(3)
    published()
    weeks = activity_rates(admin(), "week", MARCH, APRIL)
    assert [(row["period"], row["active"]) for row in weeks] == [(f"2026-W{week}", int(week == 10)) for week in range(10, 15)]
    assert activity_rates(admin(), "week", date(2026, 2, 23), MARCH)[0]["levels"]["low"] == 2
    days = activity_rates(admin(), "day", date(2026, 3, 3), date(2026, 3, 6))
    assert [(row["period"], row["active"], row["levels"]["low"], row["levels"]["zero"]) for row in days] == [
        ("2026-03-03", 2, 2, 0),
        ("2026-03-04", 1, 1, 1),
        ("2026-03-05", 0, 0, 2),
    ]


@pytest.mark.parametrize("grain", ["day", "month"])
@pytest.mark.parametrize("by", ["csm", "team", "product", "plan", "tier", "industry", "region", "size", "stage"])
def test_groups_add_up_to_the_whole(by: str, grain: str) -> None:
    make.define_activity()
    team = make.TeamFactory.make(name="EMEA", path="EMEA/")
    ann = make.UserFactory.make(email="ann@example.com", team=team)
    one = worked(12, plan="p", tier="t", industry="i", region="r", lifecycle_stage="s", employees=10)
    make.own(one, ann)
    worked(3)
    published()
    user = admin()
    (whole,) = activity_rates(user, grain, MARCH, APRIL)[:1]
    groups = [row for row in activity_rates(user, grain, MARCH, APRIL, by=by) if row["period"] == whole["period"]]
    assert sum(row["paying"] for row in groups) == whole["paying"] == 2
    assert sum(row["active"] for row in groups) == whole["active"]
    names = {"csm": "ann@example.com", "team": "EMEA", "size": "1-49", "product": "default"}
    assert groups[0]["group"] == names.get(by, by[0])
    if by not in {"size", "product"}:
        assert groups[-1]["group"] is None


def test_filters_narrow_and_several_values_are_alternatives() -> None:
    make.define_activity()
    for tier in ("gold", "silver", "bronze"):
        worked(12, tier=tier)
    published()
    user = admin()
    assert month(user, filters={"tier": ["gold", "silver"]})[0]["paying"] == 2
    assert month(user, filters={"tier": ["gold"], "product": ["default"], "csm": ["-"], "team": ["-"]})[0]["paying"] == 1
    empty = month(user, filters={"tier": ["lead"]})[0]
    assert (empty["paying"], empty["rate"], empty["levels"]["zero"]) == (0, None, 0)


def test_only_the_visible_book_is_counted() -> None:
    make.define_activity()
    ann = make.UserFactory.make()
    make.own(worked(12), ann)
    worked(1)
    published()
    assert (month(ann)[0]["paying"], month(ann)[0]["rate"]) == (1, 1.0)
    assert month(make.UserFactory.make())[0]["paying"] == 0
    assert month(make.UserFactory.make(is_active=False))[0]["paying"] == 0


def test_a_team_filter_brings_the_teams_below_it() -> None:
    make.define_activity()
    top = make.TeamFactory.make(name="EMEA", path="EMEA/")
    below = make.TeamFactory.make(name="DACH", path="EMEA/DACH/", parent=top)
    worked(12, team=below)
    worked(12)
    published()
    assert month(admin(), filters={"team": ["EMEA"]})[0]["paying"] == 1
    assert [row["group"] for row in month(admin(), by="team")] == ["EMEA/DACH", None]


def test_a_scenario_has_its_own_active_rate() -> None:
    make.define_activity(scenarios=[{"name": "S", "actions": ["work"], "expected_days_per_month": 5}, {"name": "T", "actions": ["other"]}])
    worked(5), worked(4)
    published()
    user = admin()
    assert [(row["group"], row["paying"], row["active"]) for row in month(user, by="scenario")] == [("S", 2, 1), ("T", 2, 0)]
    assert [month(user, filters={"scenario": [name]})[0]["paying"] for name in ("S", "T", "U")] == [2, 2, 0]


@pytest.mark.parametrize("grain", ["day", "week", "month"])
def test_one_query_answers_whatever_the_cut(grain: str) -> None:
    make.define_activity()
    worked(12)
    published()
    user = admin()
    with CaptureQueriesContext(connection) as queries:
        activity_rates(user, grain, MARCH, APRIL, by="csm", filters={"tier": ["x"], "scenario": ["y"]}, detail=True)
    assert len(queries) == 1


def test_periods_that_begin_in_the_span_are_answered() -> None:
    make.define_activity()
    worked(12)
    published()
    assert activity_rates(admin(), "month", date(2026, 3, 2), date(2026, 5, 1)) == []


def test_an_accounts_activity_has_every_published_day_and_its_periods() -> None:
    make.define_activity()
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account, starts_on=date(2026, 3, 4), seats=10)
    seat = make.SeatFactory.make(account=account)
    make.event(account, date(2026, 3, 4), seat=seat, quantity="1.5")
    published(date(2026, 3, 24))
    found = account_activity(account, date(2026, 3, 3), APRIL)
    first, second = found["days"][:2]
    assert len(found["days"]) == 22
    assert (first["level"], first["seats"], first["version"], first["flags"]) == ("unknown", None, None, [])
    assert {key: second[key] for key in ("day", "key_actions", "active_seats", "seats", "level", "activation_rate", "version")} == {
        "day": date(2026, 3, 4),
        "key_actions": 1.5,
        "active_seats": 1,
        "seats": 1,
        "level": "medium",
        "activation_rate": 0.1,
        "version": 1,
    }
    assert second["flags"] == ["default_calendar"]
    assert [row["period"] for row in found["weeks"]] == ["2026-W11", "2026-W12", "2026-W13"]
    assert found["months"] == []
    (row,) = account_activity(account, MARCH, APRIL)["months"]
    assert (row["period"], row["active_days"], row["working_days"], row["active"], row["provisional"]) == ("2026-03", 1, 22, False, True)
    assert row["pace"] == {"needed": 11, "left": 5, "can_reach": False}
