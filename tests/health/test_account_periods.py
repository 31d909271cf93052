"""Weeks and months in PostgreSQL: counts, bars, cuts, provisional and the run they read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Account
from csm_portal.lib.periods import days_in
from health.account_days import build_account_days
from health.account_periods import build_periods, starts_touched
from health.models import AccountDay, AccountPeriod, ScenarioPeriod
from health.rollup.run import roll_up
from tests import factories as make

pytestmark = pytest.mark.django_db
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def months(as_of: date = date(2026, 3, 31), *, grain: str = "month", starts: Iterable[date] = (MARCH,)) -> dict[int, AccountPeriod]:
    """Build March 2026 up to `as_of`; rows of the periods by account."""
    run = make.open_run(as_of)
    make.claim(run)
    days = [day for day in days_in(MARCH, APRIL) if day <= as_of]
    roll_up(run.pk, MARCH, days[-1])
    build_account_days(run.pk, days)
    build_periods(run.pk, grain, list(starts), as_of)
    return {row.account_id: row for row in AccountPeriod.objects.filter(run=run, grain=grain, starts_on__in=list(starts))}


def worked_on(*numbers: int, **fields: object) -> Account:
    """A paying account with one seat that works on these days of March."""
    account = make.AccountFactory.make(**fields)
    make.ContractFactory.make(account=account)
    seat = make.SeatFactory.make(account=account)
    for number in numbers:
        make.event(account, date(2026, 3, number), seat=seat)
    return account


def test_twelve_active_days_make_the_month_and_days_off_count() -> None:
    make.define_activity()
    twelve, eleven = worked_on(*range(1, 13)), worked_on(*range(1, 12))
    rows = months()
    assert (rows[twelve.pk].active_days, rows[twelve.pk].bar, rows[twelve.pk].active) == (12, 12, True)
    assert (rows[eleven.pk].active_days, rows[eleven.pk].active, rows[eleven.pk].provisional) == (11, False, False)
    assert rows[eleven.pk].levels == [20, 11, 0, 0, 0]


def test_by_share_of_working_days_with_the_country_calendar_and_quiet_periods() -> None:
    make.define_activity(month_workday_share="3/5")
    make.define_calendar("CN")
    plain, quiet, closed = worked_on(*range(1, 14)), worked_on(*range(1, 8)), worked_on(1)
    make.QuietPeriodFactory.make(account=quiet, starts_on=date(2026, 3, 16), ends_on=APRIL)
    make.QuietPeriodFactory.make(account=closed, starts_on=date(2026, 2, 1), ends_on=date(2026, 5, 1))
    rows = months()
    assert (rows[plain.pk].working_days, rows[plain.pk].bar, rows[plain.pk].active) == (22, 14, False)
    assert (rows[quiet.pk].working_days, rows[quiet.pk].bar, rows[quiet.pk].active) == (10, 6, True)
    assert (rows[closed.pk].working_days, rows[closed.pk].bar, rows[closed.pk].active) == (0, None, None)


def test_a_running_month_has_the_full_bar_and_says_whether_it_can_be_reached() -> None:
    make.define_activity()
    six, five = worked_on(*range(16, 22)), worked_on(*range(16, 21))
    rows = months(date(2026, 3, 23))
    assert (rows[six.pk].active, rows[six.pk].provisional, rows[six.pk].can_reach, rows[six.pk].bar) == (False, True, True, 12)
    assert not rows[five.pk].can_reach
    assert rows[six.pk].working_days == 22


def test_days_after_the_as_of_day_do_not_enter() -> None:
    make.define_activity()
    account = worked_on(1, 2, 20)
    assert months(date(2026, 3, 10))[account.pk].active_days == 2


def test_three_days_make_a_week_and_a_week_may_begin_on_sunday() -> None:
    make.define_activity()
    account = worked_on(8, 9, 10)
    assert not months(grain="week", starts=[date(2026, 3, 9)])[account.pk].active
    make.define_calendar(week_starts="sunday")
    row = months(grain="week", starts=[date(2026, 3, 8)])[account.pk]
    assert (row.starts_on, row.active, row.working_days) == (date(2026, 3, 8), True, 5)


def test_paying_is_that_of_the_last_day_and_unknown_stays_unknown() -> None:
    make.define_activity()
    left, trial = make.AccountFactory.make(), make.AccountFactory.make()
    make.ContractFactory.make(account=left, seats=1, ends_on=date(2026, 3, 31))
    make.ContractFactory.make(account=trial, seats=1, mrr=0)
    blind = make.AccountFactory.make()
    make.ContractFactory.make(account=blind)
    rows = months()
    assert (rows[left.pk].paying, rows[left.pk].active) == (False, False)
    assert (rows[trial.pk].paying, rows[trial.pk].active) == (False, None)
    assert (rows[blind.pk].paying, rows[blind.pk].active, rows[blind.pk].levels) == (True, None, [0, 0, 0, 0, 31])


def test_joined_is_the_month_of_the_first_paying_day_ever() -> None:
    make.define_activity()
    new, back, tried = (make.AccountFactory.make() for _ in range(3))
    make.ContractFactory.make(account=new, starts_on=date(2026, 3, 10), seats=1)
    make.ContractFactory.make(account=back, starts_on=date(2025, 1, 1), ends_on=date(2025, 6, 1), seats=1)
    make.ContractFactory.make(account=back, starts_on=date(2026, 3, 10), seats=1)
    make.ContractFactory.make(account=tried, starts_on=date(2025, 1, 1), ends_on=date(2026, 3, 1), mrr=0, seats=1)
    make.ContractFactory.make(account=tried, starts_on=date(2026, 3, 1), seats=1)
    rows = months()
    assert [rows[account.pk].joined for account in (new, back, tried)] == [True, False, True]


def test_cuts_stand_as_at_the_end_of_the_period() -> None:
    make.define_activity()
    team = make.TeamFactory.make()
    before, after = make.UserFactory.make(team=team), make.UserFactory.make(team=team)
    account = worked_on(1, plan="basic", tier="gold", industry="retail", region="EU", lifecycle_stage="live", employees=60)
    make.own(account, before, ends_on=date(2026, 3, 31))
    make.own(account, after, starts_on=date(2026, 3, 31))
    make.ContractFactory.make(account=account, plan="pro", mrr=500, product="shop")
    make.ContractFactory.make(account=account, plan="max", mrr=900, ends_on=date(2026, 3, 31))
    row = months()[account.pk]
    assert (row.csm_id, row.team_id, row.plan, row.products) == (after.pk, team.pk, "pro", ["default", "shop"])
    assert (row.tier, row.industry, row.region, row.stage, row.size) == ("gold", "retail", "EU", "live", "50-249")
    assert months(date(2026, 3, 30))[account.pk].csm_id == before.pk


def test_without_contract_plan_and_owner_the_accounts_own_stand_in() -> None:
    make.define_activity()
    team = make.TeamFactory.make()
    account = worked_on(1, plan="basic", team=team)
    row = months()[account.pk]
    assert (row.plan, row.csm_id, row.team_id) == ("basic", None, team.pk)


def test_a_month_takes_its_bar_from_the_version_of_its_last_day() -> None:
    make.define_activity(month_days=12)
    make.define_activity(date(2026, 3, 31), month_days=3, profiles=[{"when": {"tier": "gold"}, "month_days": 2}])
    plain, gold = worked_on(1, 2), worked_on(1, 2, tier="gold")
    rows = months()
    assert [(rows[a.pk].bar, rows[a.pk].active, rows[a.pk].version) for a in (plain, gold)] == [(3, False, 2), (2, True, 2)]
    assert months(date(2026, 3, 30))[plain.pk].bar == 12


def test_days_of_other_runs_are_read_only_where_published() -> None:
    make.define_activity()
    account = worked_on(*range(1, 13))
    published = make.open_run(date(2026, 3, 20))
    make.claim(published)
    roll_up(published.pk, MARCH, date(2026, 3, 20))
    build_account_days(published.pk, list(days_in(MARCH, date(2026, 3, 21))))
    make.publish(published, days=list(days_in(MARCH, date(2026, 3, 21))))
    stray = make.open_run(date(2026, 3, 21))
    build_account_days(stray.pk, list(days_in(MARCH, date(2026, 3, 21))))
    run = make.open_run(date(2026, 3, 31))
    build_account_days(run.pk, list(days_in(date(2026, 3, 12), APRIL)))
    AccountDay.objects.filter(run=run, day=date(2026, 3, 12)).update(active=False)
    build_periods(run.pk, "month", [MARCH], date(2026, 3, 31))
    row = AccountPeriod.objects.get(run=run, account=account)
    assert (row.active_days, sum(row.levels)) == (11, 31)


def test_levels_add_up_to_the_days_with_a_row() -> None:
    make.define_activity()
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account, seats=2, starts_on=date(2026, 3, 10))
    for number, times in ((12, 1), (13, 3), (14, 5)):
        make.usage(account, date(2026, 3, number), quantity=times, distinct=2)
    row = months()[account.pk]
    assert row.levels == [19, 1, 1, 1, 0]
    assert (sum(row.levels), row.known_days, row.active_days) == (22, 22, 3)


def test_an_unpublished_calendar_makes_the_month_provisional() -> None:
    make.define_activity()
    make.define_calendar("CN")
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account, seats=1)
    run = make.open_run(date(2035, 1, 31))
    build_account_days(run.pk, list(days_in(date(2035, 1, 1), date(2035, 2, 1))))
    build_periods(run.pk, "month", [date(2035, 1, 1)], date(2035, 1, 31))
    assert AccountPeriod.objects.get(run=run).provisional


def test_periods_touched_are_those_of_the_days_that_have_begun() -> None:
    days = [date(2026, 3, 1), date(2026, 3, 2), date(2026, 4, 30)]
    assert starts_touched("month", days, date(2026, 3, 2)) == [MARCH]
    assert starts_touched("week", days, date(2026, 4, 30)) == [date(2026, 2, 23), date(2026, 3, 2), date(2026, 4, 27)]


def test_twice_the_same_periods_gives_the_same_rows() -> None:
    make.define_activity(scenarios=[{"name": "S", "actions": ["work"], "expected_days_per_month": 2}])
    worked_on(1, 2, 3)
    months()
    before = list(AccountPeriod.objects.values()), list(ScenarioPeriod.objects.values())
    months()
    assert (list(AccountPeriod.objects.values()), list(ScenarioPeriod.objects.values())) == before


def scenario_rows() -> dict[int, ScenarioPeriod]:
    """March's rows of the one scenario, by account."""
    months()
    return {row.account_id: row for row in ScenarioPeriod.objects.filter(starts_on=MARCH)}


def test_a_scenario_counts_days_and_counted_seats_against_what_is_expected() -> None:
    approvals = {"name": "Approvals", "actions": ["start", "approve"], "expected_days_per_month": 2, "expected_seat_share": "0.5"}
    make.define_activity(scenarios=[{"name": "Other", "actions": ["browse"]}, approvals])
    account = worked_on()
    first = account.seats.get()
    second = make.SeatFactory.make(account=account, deactivated_on=date(2026, 3, 20))
    make.SeatFactory.make(account=account, kind="bot")
    make.event(account, date(2026, 3, 3), "start", seat=first)
    make.event(account, date(2026, 3, 3), "approve", seat=second)
    make.event(account, date(2026, 3, 25), "approve", seat=second)
    make.event(account, date(2026, 3, 26), "browse", seat=first)
    months()
    row = ScenarioPeriod.objects.get(scenario="Approvals")
    assert (row.days, row.seats, row.seat_share, row.met) == (2, 2, Decimal(2), True)
    other = ScenarioPeriod.objects.get(scenario="Other")
    assert (other.days, other.expected_days, other.met) == (1, None, None)


def test_expected_personas_narrow_the_share_on_both_sides() -> None:
    section = {"name": "S", "actions": ["approve"], "personas": ["admin"], "expected_seat_share": "0.5"}
    make.define_activity(scenarios=[section])
    account = worked_on()
    admins = [make.SeatFactory.make(account=account, persona="admin") for _ in range(3)]
    basic = make.SeatFactory.make(account=account, persona="basic")
    for seat in (admins[0], basic):
        make.event(account, date(2026, 3, 3), "approve", seat=seat)
    row = scenario_rows()[account.pk]
    assert (row.days, row.seats, str(row.seat_share), row.met) == (1, 1, "0.333333", False)


def test_a_share_of_no_seats_is_unknown() -> None:
    make.define_activity(scenarios=[{"name": "S", "actions": ["approve"], "expected_seat_share": "0.5"}])
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account)
    row = scenario_rows()[account.pk]
    assert (row.seat_share, row.met) == (None, None)


def test_a_day_under_an_older_version_counts_for_the_scenario_of_the_same_name() -> None:
    make.define_activity(scenarios=[{"name": "Old", "actions": ["x"]}, {"name": "S", "actions": ["work"]}])
    make.define_activity(date(2026, 3, 10), scenarios=[{"name": "S", "actions": ["work"], "expected_days_per_month": 2}])
    account = worked_on(5, 15)
    row = scenario_rows()[account.pk]
    assert (row.scenario, row.days, row.met) == ("S", 2, True)
