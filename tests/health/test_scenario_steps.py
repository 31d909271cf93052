"""Steps on scenarios and agreements about them, entered by hand: checked, kept, taken back by their author."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.dirty import set_built_through
from accounts.edit_values import NotSaved
from accounts.models import Account, AccountEdit, DirtyDay, User
from health.models import ScenarioAgreement, ScenarioStep
from health.value import agreeing, scenario_steps
from health.value.agreeing import Agreed
from health.value.scenario_steps import Taken
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 1)
AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def user() -> User:
    return make.UserFactory.make()


@pytest.fixture
def account(user: User) -> Account:
    scenarios = [{"name": "Orders", "actions": ["work"], "expected_days_per_month": 12}]
    make.define_activity(scenarios=scenarios, profiles=[{"when": {"tier": "big"}, "scenarios": [{"name": "Stock", "actions": ["work"]}]}])
    found: Account = make.AccountFactory.make(owner=user)
    make.ContractFactory.make(account=found)
    set_built_through(date(2026, 6, 30))
    return found


def agreed(**told: Any) -> Agreed:
    values = {"scenario": "Orders", "starts_on": date(2026, 5, 10), "days_per_month": 6, "seat_share": None, "reason": "two shops closed"}
    return Agreed(**{**values, **told})


def marked() -> list[date]:
    return list(DirtyDay.objects.order_by("day").values_list("day", flat=True))


def test_a_step_is_kept_with_its_author_day_and_note(user: User, account: Account) -> None:
    row = scenario_steps.take(user, account, Taken("Stock", "explore", " They count by hand. "), AT, TODAY)
    assert (row.scenario, row.kind, row.note, row.author, row.taken_on) == ("Stock", "explore", "They count by hand.", user, TODAY)
    assert scenario_steps.last_steps(user, [account.pk]) == {(account.pk, "Stock"): row}


def test_the_same_step_again_within_a_minute_is_one(user: User, account: Account) -> None:
    first = scenario_steps.take(user, account, Taken("Orders", "push"), AT, TODAY)
    assert scenario_steps.take(user, account, Taken("Orders", "push"), AT + MINUTE / 2, TODAY) == first
    assert scenario_steps.take(user, account, Taken("Orders", "push"), AT + 2 * MINUTE, TODAY) != first


@pytest.mark.parametrize(
    ("told", "field"),
    [(Taken("Nothing", "push"), "scenario"), (Taken("Orders", "shout"), "kind"), (Taken("Orders", "push", "a\x00b"), "note")],
)
def test_a_step_that_makes_no_sense_is_refused_with_its_field(user: User, account: Account, told: Taken, field: str) -> None:
    with pytest.raises(NotSaved) as refused:
        scenario_steps.take(user, account, told, AT, TODAY)
    assert list(refused.value.problems) == [field]


def test_nobody_takes_a_step_on_an_account_they_do_not_see(account: Account) -> None:
    with pytest.raises(Account.DoesNotExist):
        scenario_steps.take(make.UserFactory.make(), account, Taken("Orders", "push"), AT, TODAY)


def test_a_step_is_taken_back_by_its_author_within_a_day_and_the_one_before_counts(user: User, account: Account) -> None:
    before = scenario_steps.take(user, account, Taken("Orders", "explore"), AT - timedelta(days=3), TODAY - timedelta(days=3))
    row = scenario_steps.take(user, account, Taken("Orders", "push"), AT, TODAY)
    assert scenario_steps.withdraw(make.UserFactory.make(), row.pk, AT) is None
    assert scenario_steps.withdraw(user, before.pk, AT) is None
    assert scenario_steps.withdraw(user, row.pk, AT + MINUTE) == row
    assert scenario_steps.withdraw(user, row.pk, AT + MINUTE) is None
    assert scenario_steps.last_steps(user, [account.pk])[account.pk, "Orders"] == before
    assert ScenarioStep.objects.count() == 2


def test_an_agreement_marks_the_last_built_day_of_each_month_it_decides(user: User, account: Account) -> None:
    agreeing.agree(user, account, agreed(), AT, TODAY)
    row = ScenarioAgreement.objects.get()
    assert (row.days_per_month, row.seat_share, row.reason, row.recorded_at) == (6, None, "two shops closed", AT)
    assert marked() == [date(2026, 5, 31), date(2026, 6, 30)]


def test_an_agreement_decides_until_the_next_one(user: User, account: Account) -> None:
    agreeing.agree(user, account, agreed(starts_on=date(2026, 6, 15), days_per_month=0), AT, TODAY)
    DirtyDay.objects.all().delete()
    agreeing.agree(user, account, agreed(), AT, TODAY)
    assert marked() == [date(2026, 5, 31)]


def test_undo_of_an_agreement_puts_back_what_it_replaced(user: User, account: Account) -> None:
    agreeing.agree(user, account, agreed(seat_share=Decimal("0.25")), AT, TODAY)
    batch = agreeing.agree(user, account, agreed(days_per_month=9), AT + MINUTE, TODAY)
    assert agreeing.undo(make.UserFactory.make(), batch, AT + 2 * MINUTE) is None
    assert agreeing.undo(user, batch, AT + 2 * MINUTE) == account
    row = ScenarioAgreement.objects.get()
    assert (row.days_per_month, row.seat_share, row.recorded_at) == (6, Decimal("0.25"), AT)
    assert agreeing.undo(user, batch, AT + 2 * MINUTE) is None


def test_undo_of_a_first_agreement_removes_it_and_what_came_since_stays(user: User, account: Account) -> None:
    first = agreeing.agree(user, account, agreed(), AT, TODAY)
    second = agreeing.agree(user, account, agreed(days_per_month=3), AT + MINUTE, TODAY)
    assert agreeing.undo(user, first, AT + 2 * MINUTE) is None
    assert ScenarioAgreement.objects.get().days_per_month == 3
    agreeing.undo(user, second, AT + 2 * MINUTE)
    DirtyDay.objects.all().delete()
    assert agreeing.undo(user, first, AT + 3 * MINUTE) == account
    assert not ScenarioAgreement.objects.exists()
    assert marked() == [date(2026, 5, 31), date(2026, 6, 30)]
    assert AccountEdit.objects.filter(undone_at__isnull=False).count() == 2


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"scenario": "Nothing"}, "scenario"),
        ({"starts_on": None}, "starts_on"),
        ({"starts_on": date(2020, 1, 1)}, "starts_on"),
        ({"days_per_month": 32}, "days_per_month"),
        ({"seat_share": Decimal("1.2")}, "seat_share"),
        ({"days_per_month": None}, ""),
        ({"reason": "  "}, "reason"),
    ],
)
def test_an_agreement_that_makes_no_sense_is_refused_with_its_field(user: User, account: Account, told: dict[str, Any], field: str) -> None:
    with pytest.raises(NotSaved) as refused:
        agreeing.agree(user, account, agreed(**told), AT, TODAY)
    assert list(refused.value.problems) == [field]
    assert not AccountEdit.objects.exists()
