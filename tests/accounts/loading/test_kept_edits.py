"""A load after a change by hand: the old value of the file does not undo it, a new one does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from accounts.edits import change, undo
from accounts.models import Account, Ownership, RejectedRow, User
from accounts.types import Role
from tests.accounts.loading.folders import load, report_of, write
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

AT = datetime(2024, 7, 1, 9, tzinfo=UTC)
DAY = date(2024, 7, 1)


@pytest.fixture
def admin() -> User:
    return UserFactory.make(role=Role.ADMIN)


def accounts_file(folder: Path, **cells: str) -> Path:
    columns = {"csm_email": "anna@example.com", "tier": "small", "tags": "a;b", "lifecycle_stage": "live", **cells}
    return write(
        folder,
        users="email,role\nanna@example.com,csm\nben@example.com,csm\ncleo@example.com,csm",
        accounts=f"external_id,name,{','.join(columns)}\nx,X,{','.join(columns.values())}\ny,Y,{','.join(columns.values())}",
    )


def edit(admin: User, field: str, value: str, minute: int = 0) -> Any:
    return change(admin, Account.objects.filter(external_id="x"), field, value, AT.replace(minute=minute), on=DAY)


def kept(tmp_path: Path, **cells: str) -> int:
    return report_of(load(accounts_file(tmp_path / "again", **cells), on=DAY), "accounts").codes.get("kept_edit", 0)


def value(field: str) -> Any:
    account = Account.objects.get(external_id="x")
    return account.owner.email if field == "owner" and account.owner else getattr(account, field)


@pytest.mark.parametrize(
    ("field", "column", "by_hand", "third"),
    [
        ("owner", "csm_email", "ben@example.com", "cleo@example.com"),
        ("tier", "tier", "mid", "big"),
        ("tags", "tags", "z", "q"),
        ("lifecycle_stage", "lifecycle_stage", "lost", "onboarding"),
    ],
)
def test_the_old_value_of_the_file_loses_and_a_third_one_wins(  # noqa: PLR0917 - the columns of the table above
    tmp_path: Path, admin: User, field: str, column: str, by_hand: str, third: str
) -> None:
    stands, then = ([by_hand], [third]) if field == "tags" else (by_hand, third)
    load(accounts_file(tmp_path / "first"))
    edit(admin, field, by_hand)
    assert kept(tmp_path) == 1
    assert value(field) == stands
    assert kept(tmp_path) == 1
    assert kept(tmp_path, **{column: third}) == 0
    assert value(field) == then
    # The file has won: from here on it is believed again, whatever it brings.
    assert kept(tmp_path) == 0
    assert value(field) not in (stands, then)


def test_the_list_of_rejects_says_what_was_kept_and_the_others_are_loaded(tmp_path: Path, admin: User) -> None:
    load(accounts_file(tmp_path / "first"))
    edit(admin, "tier", "mid")
    report = report_of(load(accounts_file(tmp_path / "again", lifecycle_stage="lost"), on=DAY), "accounts")
    assert (report.updated, report.unchanged, report.flagged, report.rejected) == (2, 0, 1, 0)
    row = RejectedRow.objects.get(code="kept_edit")
    assert (row.line, row.column, row.value, row.flagged) == (2, "tier", "small", True)
    assert "the change stays" in row.reason
    assert Account.objects.filter(tier="small", lifecycle_stage="lost").count() == 1


def test_several_changes_in_a_row_are_one_long_one(tmp_path: Path, admin: User) -> None:
    load(accounts_file(tmp_path / "first"))
    edit(admin, "tier", "mid", 1)
    edit(admin, "tier", "big", 2)
    assert kept(tmp_path) == 1
    assert kept(tmp_path, tier="mid") == 1
    assert value("tier") == "big"


def test_what_the_file_has_overruled_is_no_change_any_more(tmp_path: Path, admin: User) -> None:
    load(accounts_file(tmp_path / "first"))
    edit(admin, "tier", "mid", 1)
    kept(tmp_path, tier="third")
    edit(admin, "tier", "big", 2)
    assert kept(tmp_path) == 0
    assert value("tier") == "small"


def test_an_undone_change_holds_nothing(tmp_path: Path, admin: User) -> None:
    load(accounts_file(tmp_path / "first", tier=""))
    batch = edit(admin, "tier", "mid")
    undo(admin, batch.id, AT, on=DAY)
    assert kept(tmp_path, tier="small") == 0
    assert value("tier") == "small"


def test_an_owner_who_stays_has_no_new_spell(tmp_path: Path, admin: User) -> None:
    load(accounts_file(tmp_path / "first"))
    edit(admin, "owner", "ben@example.com")
    before = list(Ownership.objects.order_by("id").values())
    assert kept(tmp_path) == 1
    assert list(Ownership.objects.order_by("id").values()) == before


def test_a_file_without_the_column_says_nothing(tmp_path: Path, admin: User) -> None:
    load(accounts_file(tmp_path / "first"))
    edit(admin, "tier", "mid")
    report = report_of(load(write(tmp_path / "thin", accounts="external_id,name\nx,X"), on=DAY), "accounts")
    assert report.codes == {}
    assert value("tier") == "mid"
