"""Quiet periods by hand: checked, marked for the night, taken back, and left alone by the next load."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from accounts.dirty import set_built_through
from accounts.edit_values import NotSaved
from accounts.models import Account, DirtyDay, QuietPeriod, User
from accounts.quiet import Closure, add, remove, undo
from tests import factories as make
from tests.accounts.loading.folders import load, report_of, write

pytestmark = pytest.mark.django_db
AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SUMMER = Closure(date(2026, 5, 20), date(2026, 6, 3), "summer break")


@pytest.fixture
def csm() -> User:
    return make.UserFactory.make()


@pytest.fixture
def account(csm: User) -> Account:
    account: Account = make.AccountFactory.make()
    make.own(account, csm)
    make.ContractFactory.make(account=account)
    set_built_through(date(2026, 6, 15))
    return account


def dirty() -> tuple[date, date, int]:
    days = sorted(DirtyDay.objects.values_list("day", flat=True))
    return days[0], days[-1], len(days)


def test_a_closure_makes_the_built_days_of_its_months_stale(csm: User, account: Account) -> None:
    add(csm, account, SUMMER, AT)
    row = QuietPeriod.objects.get()
    assert (row.starts_on, row.ends_on, row.reason) == (SUMMER.starts_on, SUMMER.ends_on, "summer break")
    assert dirty() == (date(2026, 5, 1), date(2026, 6, 15), 46)


def test_an_undo_of_either_step_puts_back_what_was_and_marks_the_days_again(csm: User, account: Account) -> None:
    batch = add(csm, account, SUMMER, AT)
    DirtyDay.objects.all().delete()
    assert undo(csm, batch, AT + timedelta(minutes=1)) == account
    assert not QuietPeriod.objects.exists()
    assert dirty()[2] == 46
    add(csm, account, SUMMER, AT)
    _account, gone = remove(csm, QuietPeriod.objects.get().pk, AT)
    assert not QuietPeriod.objects.exists()
    assert undo(csm, gone, AT) == account
    assert QuietPeriod.objects.get().reason == "summer break"
    assert undo(csm, gone, AT) is None


def test_only_its_author_takes_a_step_back_and_only_within_a_day(csm: User, account: Account) -> None:
    batch = add(csm, account, SUMMER, AT)
    assert undo(make.UserFactory.make(role="admin"), batch, AT) is None
    assert undo(csm, batch, AT + DAY) is None
    assert undo(csm, uuid.uuid4(), AT) is None


@pytest.mark.parametrize(
    ("closure", "field"),
    [
        (Closure(SUMMER.starts_on, SUMMER.starts_on, "x"), "to"),
        (Closure(SUMMER.starts_on, SUMMER.starts_on + 400 * DAY, "x"), "to"),
        (Closure(date(1999, 1, 1), date(1999, 1, 2), "x"), "from"),
        (Closure(SUMMER.starts_on, SUMMER.ends_on, "  "), "reason"),
        (Closure(SUMMER.starts_on, SUMMER.ends_on, "a\0"), "reason"),
    ],
)
def test_days_that_cannot_be_are_refused_with_a_sentence(csm: User, account: Account, closure: Closure, field: str) -> None:
    with pytest.raises(NotSaved) as refused:
        add(csm, account, closure, AT)
    assert set(refused.value.problems) == {field}
    assert not QuietPeriod.objects.exists()


def test_the_same_days_twice_are_refused(csm: User, account: Account) -> None:
    add(csm, account, SUMMER, AT)
    with pytest.raises(NotSaved):
        add(csm, account, SUMMER, AT)


def test_nobody_removes_what_is_not_theirs(csm: User, account: Account) -> None:
    add(csm, account, SUMMER, AT)
    with pytest.raises(QuietPeriod.DoesNotExist):
        remove(make.UserFactory.make(), QuietPeriod.objects.get().pk, AT)


def test_what_was_removed_by_hand_stays_away_when_the_file_comes_again(tmp_path: Path) -> None:
    def folder(name: str) -> Path:
        return write(
            tmp_path / name,
            accounts="external_id,name\nx,X",
            quiet_periods="account_external_id,from,to,reason\nx,2026-05-20,2026-06-03,break\nx,2026-08-01,2026-08-05,fair",
        )

    load(folder("a"))
    admin = make.UserFactory.make(role="admin")
    _account, batch = remove(admin, QuietPeriod.objects.order_by("starts_on")[0].pk, AT)
    again = report_of(load(folder("b")), "quiet_periods")
    assert (QuietPeriod.objects.get().reason, again.created, again.unchanged, again.codes) == ("fair", 0, 2, {"kept_edit": 1})
    undo(admin, batch, AT)
    assert report_of(load(folder("c")), "quiet_periods").codes == {}
    assert QuietPeriod.objects.count() == 2
