"""Named states: busy but not achieving, quiet but fine, narrow but achieving, each with its facts and for paying accounts alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Account, Contract, Seat
from csm_portal.lib.periods import days_in
from health.account_days import build_account_days
from health.models import AccountState, StateDefinition
from health.rollup.run import roll_up
from health.states import merge_states, stage_states
from tests import factories as make
from tests.health.graded import AS_OF, outcome

pytestmark = pytest.mark.django_db
FIRST = date(2026, 6, 1)
WINDOW = date(2026, 6, 3)


@pytest.fixture
def seat() -> Seat:
    """A seat of a paying account whose definition knows logins and mailed reports."""
    make.define_activity(key_actions={"order": 1, "invoice": 1, "stock": 1}, login_actions=["login"], passive_actions=["report"])
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account)
    return make.SeatFactory.make(account=account)


def does(seat: Seat, action: str, days: int, **fields: Any) -> None:
    """The seat does it on so many of the last days."""
    for back in range(days):
        make.event(seat.account, AS_OF - timedelta(days=back), action, seat=seat, **fields)


def names(account: Account) -> dict[str, dict[str, Any]]:
    """The night of AS_OF: key -> evidence."""
    run = make.open_run(AS_OF)
    make.claim(run)
    roll_up(run.pk, FIRST, AS_OF)
    build_account_days(run.pk, list(days_in(FIRST, AS_OF + timedelta(days=1))))
    with transaction.atomic():
        stage_states(run.pk, AS_OF)
        merge_states()
    found: Any = AccountState.objects.get(account=account)
    return {one["key"]: one["evidence"] for one in found.named_states}


def define_states(**body: Any) -> None:
    """Publish the next `[states]`."""
    version = StateDefinition.objects.count() + 1
    StateDefinition.objects.create(
        version=version, effective_from=date(2000, 1, 1), body=body, digest=str(version), published_at=make.RECORDED
    )


def test_logins_without_a_key_action_are_busy_and_not_achieving(seat: Seat) -> None:
    does(seat, "login", 8)
    outcome(seat.account, "behind")
    found = names(seat.account)
    assert found == {"busy_not_achieving": {"window_days": 28, "first_on": str(WINDOW), "used_days": 8, "key_days": 0, "outcome": "behind"}}


def test_a_day_less_of_logins_or_one_key_action_is_not_busy(seat: Seat) -> None:
    does(seat, "login", 7)
    assert names(seat.account) == {}
    make.event(seat.account, WINDOW, "login", seat=seat)
    make.event(seat.account, AS_OF, "order", seat=seat)
    assert names(seat.account) == {}


def test_a_login_before_the_window_counts_for_nothing(seat: Seat) -> None:
    does(seat, "login", 7)
    make.event(seat.account, WINDOW - timedelta(days=1), "login", seat=seat)
    assert names(seat.account) == {}


def test_who_reached_what_they_wanted_is_not_busy_but_quiet_and_fine(seat: Seat) -> None:
    does(seat, "login", 10)
    outcome(seat.account, "achieved")
    found = names(seat.account)
    assert list(found) == ["quiet_but_fine"]
    assert (found["quiet_but_fine"]["active_days"], found["quiet_but_fine"]["outcome"]) == (0, "achieved")


def test_the_north_star_stands_for_an_outcome_where_none_is_defined(seat: Seat) -> None:
    make.define_north_star(action="order", measure="count", threshold=2)
    does(seat, "order", 2)
    assert names(seat.account)["quiet_but_fine"]["crossed_on"] == str(AS_OF)
    outcome(seat.account, "on_track")
    assert names(seat.account) == {}


def test_reports_opened_without_a_login_are_value_in_a_quiet_account(seat: Seat) -> None:
    does(seat, "report", 4)
    found = names(seat.account)["quiet_but_fine"]
    assert (found["report_days"], found["active_days"]) == (4, 0)
    assert "outcome" not in found


def test_a_shutdown_over_half_of_the_weekdays_is_fine_and_tells_its_reason(seat: Seat) -> None:
    make.QuietPeriodFactory.make(account=seat.account, starts_on=date(2026, 6, 17), ends_on=date(2026, 7, 20), reason="school holidays")
    found = names(seat.account)["quiet_but_fine"]
    assert (found["off_days"], found["weekdays"], found["quiet_reason"]) == (10, 20, "school holidays")


def test_a_shorter_shutdown_does_not_make_silence_fine(seat: Seat) -> None:
    make.QuietPeriodFactory.make(account=seat.account, starts_on=date(2026, 6, 18), ends_on=date(2026, 7, 20))
    assert names(seat.account) == {}


def test_silence_alone_has_no_name(seat: Seat) -> None:
    assert names(seat.account) == {}


def test_few_features_with_the_outcome_reached_are_narrow_and_achieving(seat: Seat) -> None:
    outcome(seat.account, "achieved")
    does(seat, "order", 5)
    does(seat, "login", 6)
    does(seat, "report", 1)
    make.usage(seat.account, AS_OF, "stock")
    bot = make.SeatFactory.make(account=seat.account, kind="bot")
    does(bot, "invoice", 3)
    found = names(seat.account)
    assert list(found) == ["narrow_but_achieving"]
    assert found["narrow_but_achieving"]["names"] == ["order", "stock"]
    does(seat, "invoice", 1)
    assert names(seat.account) == {}


def test_a_stores_use_counts_for_the_brand_that_pays(seat: Seat) -> None:
    store = make.AccountFactory.make(parent=seat.account, counts_for=seat.account)
    outcome(seat.account, "achieved")
    does(make.SeatFactory.make(account=store), "order", 5)
    assert names(seat.account)["narrow_but_achieving"]["features"] == 1
    assert AccountState.objects.get(account=store).named_states == []


def test_who_pays_nothing_or_joined_lately_has_no_name(seat: Seat) -> None:
    outcome(seat.account, "achieved")
    Contract.objects.update(starts_on=date(2026, 6, 18))
    assert names(seat.account) == {}  # 13 of 28 days are known
    Contract.objects.update(starts_on=date(2026, 6, 17))
    assert list(names(seat.account)) == ["quiet_but_fine"]
    Contract.objects.update(ends_on=AS_OF)
    assert names(seat.account) == {}


def test_published_bars_take_the_place_of_the_defaults_and_are_told_by_version(seat: Seat) -> None:
    does(seat, "login", 3)
    define_states(busy_days=3, window_days=14)
    found = names(seat.account)
    assert found["busy_not_achieving"]["window_days"] == 14
    assert AccountState.objects.get(account=seat.account).states_version == 1


def test_the_same_night_again_names_the_same(seat: Seat) -> None:
    does(seat, "login", 9)
    first = names(seat.account)
    assert names(seat.account) == first
    assert AccountState.objects.get(account=seat.account).states_version is None
