"""Reasons of losses as people enter, change and take them back, beside what files bring."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.edit_values import NotSaved
from accounts.models import Account, User
from churn.losses import Loss, listed
from churn.models import ChurnRecord
from churn.records import Reason, enter, put, withdraw
from tests.accounts.loading.folders import load
from tests.churn.lost_book import BASIS, NOW, TODAY, admin, left, record
from tests.factories import AccountFactory, UserFactory, own

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)
HOUR = timedelta(hours=1)


@pytest.fixture
def anna() -> User:
    return UserFactory.make(name="Anna")


@pytest.fixture
def account(anna: User) -> Account:
    found = left(MARCH, external_id="acme")
    own(found, anna)
    return found


def loss() -> Loss:
    (found,) = listed(admin(), BASIS).rows
    return found


def problems(account: Account, user: User, **told: Any) -> set[str]:
    with pytest.raises(NotSaved) as refused:
        enter(user, account, Reason(**{"churned_on": MARCH, **told}), NOW, TODAY)
    assert all(refused.value.problems.values())
    return set(refused.value.problems)


def test_an_entry_shows_at_once_with_its_author_and_its_undo_takes_it_back(anna: User, account: Account) -> None:
    made = enter(anna, account, Reason(MARCH, "voluntary", "  slow   support ", "stated", "said by phone", True), NOW, TODAY)
    found = loss()
    assert (found.type, found.cause, found.cause_source, found.note, found.told, found.author) == (
        "voluntary", "slow support", "stated", "said by phone", True, "Anna",
    )  # fmt: skip
    assert withdraw(anna, made.pk, NOW + HOUR) == account
    assert loss().record_id is None
    assert withdraw(anna, made.pk, NOW + HOUR) is None


def test_only_the_author_takes_back_and_only_for_a_day(anna: User, account: Account) -> None:
    made = enter(anna, account, Reason(MARCH), NOW, TODAY)
    assert withdraw(admin(), made.pk, NOW + HOUR) is None
    assert withdraw(anna, made.pk, NOW + timedelta(days=1)) is None
    assert loss().record_id == made.pk


def test_a_change_replaces_and_its_undo_puts_back_what_a_file_had_brought(anna: User, account: Account) -> None:
    from_file = record(account, MARCH, type="unknown")
    changed = enter(anna, account, Reason(MARCH, "satisfied"), NOW, TODAY, replaces=from_file.pk)
    assert loss().type == "satisfied"
    again = enter(anna, account, Reason(MARCH, "involuntary"), NOW + HOUR, TODAY, replaces=changed.pk)
    assert loss().type == "involuntary"
    withdraw(anna, again.pk, NOW + 2 * HOUR)
    assert loss().record_id == changed.pk
    withdraw(anna, changed.pk, NOW + 2 * HOUR)
    assert loss().record_id == from_file.pk


def test_a_record_of_another_account_cannot_be_replaced(anna: User, account: Account) -> None:
    other = record(left(MARCH), MARCH)
    enter(anna, account, Reason(MARCH), NOW, TODAY, replaces=other.pk)
    other.refresh_from_db()
    assert other.withdrawn_at is None


def test_the_same_form_twice_is_one_record_and_elsewhere_it_is_refused(anna: User, account: Account) -> None:
    key = uuid.uuid4()
    first = enter(anna, account, Reason(MARCH), NOW, TODAY, key=key)
    assert enter(anna, account, Reason(MARCH), NOW, TODAY, key=key) == first
    with pytest.raises(NotSaved):
        enter(anna, AccountFactory.make(), Reason(MARCH), NOW, TODAY, key=key)


def test_every_wrong_field_is_named(anna: User, account: Account) -> None:
    assert problems(account, anna, churned_on=TODAY + timedelta(days=1)) == {"churned_on"}
    assert problems(account, anna, churned_on=date(1999, 1, 1), type="bored", cause_source="rumour", note="\x00") == {
        "churned_on", "type", "cause_source", "note",
    }  # fmt: skip
    assert problems(account, anna, cause="x" * 101) == {"cause"}


def test_nobody_is_made_to_invent_a_cause(anna: User, account: Account) -> None:
    assert problems(account, anna, cause="price", cause_source="refused") == {"cause"}
    assert enter(anna, account, Reason(MARCH, cause_source="refused"), NOW, TODAY).cause == ""


def test_put_is_idempotent_by_its_id_and_changes_what_differs(anna: User, account: Account) -> None:
    first, new = put(anna, account, Reason(MARCH, "voluntary"), NOW, TODAY, external_id="crm-1")
    assert new
    again, new = put(anna, account, Reason(MARCH, "voluntary"), NOW + HOUR, TODAY, external_id="crm-1")
    assert (again.pk, again.recorded_at, new) == (first.pk, NOW, False)
    changed, new = put(anna, account, Reason(MARCH, "satisfied"), NOW + HOUR, TODAY, external_id="crm-1")
    assert (changed.pk, changed.type, changed.recorded_at, new) == (first.pk, "satisfied", NOW + HOUR, False)
    assert ChurnRecord.objects.count() == 1
    with pytest.raises(NotSaved) as refused:
        put(anna, AccountFactory.make(), Reason(MARCH), NOW, TODAY, external_id="crm-1")
    assert set(refused.value.problems) == {"external_id"}


def test_the_same_file_again_undoes_nothing_that_people_entered(anna: User, account: Account, tmp_path: Path) -> None:
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "churns.csv").write_text("external_id,account_external_id,churned_on,type,cause\nx1,acme,2026-03-01,voluntary,price\n")
    assert load(folder).exit_code == 0
    from_file = loss()
    enter(anna, account, Reason(MARCH, "satisfied"), NOW, TODAY, replaces=from_file.record_id)
    load(folder)
    assert loss().type == "satisfied"
    assert ChurnRecord.objects.filter(withdrawn_at__isnull=True).count() == 1
    (folder / "churns.csv").write_text("external_id,account_external_id,churned_on,type,cause\nx1,acme,2026-03-01,unknown,other\n")
    load(folder)
    assert loss().type == "satisfied"
