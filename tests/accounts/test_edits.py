"""Changes by hand: who may, what becomes of the history of owners, undo, and texts that try to break out."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.edit_values import MAX_SENTENCE, Mode, Refused, Tags, line, tags_of
from accounts.edits import UNDO_FOR, Batch, Undone, change, undo
from accounts.models import Account, AccountEdit, DirtyDay, JobRun, Ownership, Team, User
from accounts.types import JobState, Role
from tests.factories import AccountFactory, ContractFactory, TeamFactory, UserFactory, define_activity, own

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
DAY = date(2026, 11, 1)
EVER = date(1, 1, 1)


@pytest.fixture
def dach() -> Team:
    emea = TeamFactory.make(name="EMEA", path="EMEA/")
    return TeamFactory.make(name="DACH", path="EMEA/DACH/", parent=emea)


@pytest.fixture
def anna(dach: Team) -> User:
    return UserFactory.make(email="anna@example.com", name="Anna", team=dach)


@pytest.fixture
def ben(dach: Team) -> User:
    return UserFactory.make(email="ben@example.com", name="Ben", team=dach)


@pytest.fixture
def boss(dach: Team) -> User:
    return UserFactory.make(email="boss@example.com", role=Role.MANAGER, team=dach.parent, manages=dach.parent)


def edit(user: User, field: str, value: Any, *accounts: Account, on: date = DAY, at: datetime = AT, mode: str = "set") -> Batch:
    wanted = Account.objects.filter(pk__in=[account.pk for account in accounts])
    return change(user, wanted, field, value, at, on=on, mode=mode)


def owners(account: Account, role: str = "owner") -> list[tuple[str, date, date | None]]:
    rows = Ownership.objects.filter(account=account, role=role).order_by("starts_on")
    return [(row.user.email, row.starts_on, row.ends_on) for row in rows]


def fresh(account: Account) -> Account:
    return Account.objects.get(pk=account.pk)


def test_a_text_is_changed_logged_and_undone(anna: User) -> None:
    account = AccountFactory.make(owner=anna, next_step="call")
    batch = edit(anna, "next_step", "  send\n the offer ", account)
    assert (batch.seen, batch.changed, batch.held) == (1, 1, 0)
    assert fresh(account).next_step == "send the offer"
    row = AccountEdit.objects.get(batch=batch.id)
    assert (row.field, row.old, row.new, row.author, row.edited_at) == ("next_step", "call", "send the offer", anna, AT)
    done = undo(anna, batch.id, AT, on=DAY)
    assert done == Undone(batch.field, 1, account=account.pk)
    assert fresh(account).next_step == "call"
    assert AccountEdit.objects.get(batch=batch.id).undone_at == AT


def test_the_same_again_changes_and_logs_nothing(anna: User) -> None:
    account = AccountFactory.make(owner=anna)
    edit(anna, "tier", "gold", account)
    again = edit(anna, "tier", "gold", account)
    assert (again.seen, again.changed) == (1, 0)
    assert AccountEdit.objects.count() == 1
    assert undo(anna, again.id, AT) is None


def test_what_is_not_visible_is_left_alone_and_not_counted_as_seen(anna: User) -> None:
    mine, hers = AccountFactory.make(owner=anna), AccountFactory.make(owner=UserFactory.make())
    batch = edit(anna, "tier", "gold", mine, hers)
    assert (batch.seen, batch.changed) == (1, 1)
    assert fresh(hers).tier == ""


def test_an_owner_given_today_begins_today_and_the_last_one_ends(anna: User, ben: User) -> None:
    account = AccountFactory.make(owner=anna)
    own(account, anna, starts_on=date(2025, 1, 1))
    edit(anna, "owner", "BEN@example.com", account)
    assert fresh(account).owner == ben
    assert owners(account) == [("anna@example.com", date(2025, 1, 1), DAY), ("ben@example.com", DAY, None)]
    logged = AccountEdit.objects.get()
    assert (logged.old, logged.new) == ({"id": anna.pk, "name": "Anna"}, {"id": ben.pk, "name": "Ben"})


def test_an_owner_whose_history_is_not_on_file_counts_since_ever(anna: User, ben: User) -> None:
    account = AccountFactory.make(owner=anna)
    edit(anna, "owner", "ben@example.com", account)
    assert owners(account) == [("anna@example.com", EVER, DAY), ("ben@example.com", DAY, None)]


def test_two_changes_on_one_day_leave_only_the_last(anna: User, ben: User, boss: User) -> None:
    account = AccountFactory.make(owner=anna)
    own(account, anna)
    edit(boss, "owner", "ben@example.com", account)
    edit(boss, "owner", "boss@example.com", account)
    assert owners(account) == [("anna@example.com", EVER, DAY), ("boss@example.com", DAY, None)]
    edit(boss, "owner", "anna@example.com", account)
    assert owners(account) == [("anna@example.com", EVER, None)]


def test_nobody_owns_it_and_then_somebody_does(anna: User, boss: User) -> None:
    account = AccountFactory.make(owner=anna)
    own(account, anna)
    edit(boss, "owner", "", account)
    assert fresh(account).owner is None
    assert owners(account) == [("anna@example.com", EVER, DAY)]
    account.refresh_from_db()
    Account.objects.filter(pk=account.pk).update(team=anna.team)
    edit(boss, "owner", "anna@example.com", account, on=DAY + timedelta(days=3))
    assert owners(account)[-1] == ("anna@example.com", DAY + timedelta(days=3), None)


def test_undo_of_an_assignment_on_the_day_leaves_the_history_as_it_was(anna: User, ben: User) -> None:
    account = AccountFactory.make(owner=anna)
    own(account, anna, starts_on=date(2025, 1, 1))
    before = owners(account)
    batch = edit(anna, "owner", "ben@example.com", account)
    assert not Account.objects.visible_to(anna).exists()
    assert undo(anna, batch.id, AT, on=DAY) == Undone(batch.field, 1, account=account.pk)
    assert fresh(account).owner == anna
    assert owners(account) == before


def test_the_first_owner_of_an_account_taken_back_leaves_no_history(boss: User, ben: User) -> None:
    account = AccountFactory.make(team=boss.team)
    batch = edit(boss, "owner", "ben@example.com", account)
    assert owners(account) == [("ben@example.com", DAY, None)]
    undo(boss, batch.id, AT, on=DAY)
    assert owners(account) == []


def test_undo_leaves_what_was_changed_since_and_names_it(anna: User) -> None:
    kept, changed = AccountFactory.make(owner=anna, name="Kept"), AccountFactory.make(owner=anna, name="Changed")
    batch = edit(anna, "tier", "gold", kept, changed)
    edit(anna, "tier", "silver", changed)
    assert undo(anna, batch.id, AT) == Undone(batch.field, 1, ("Changed",), kept.pk)
    assert (fresh(kept).tier, fresh(changed).tier) == ("", "silver")
    assert undo(anna, batch.id, AT) == Undone(batch.field, 0, ("Changed",))


def test_undo_is_for_who_did_it_and_for_a_day(anna: User, ben: User, boss: User) -> None:
    account = AccountFactory.make(owner=anna)
    batch = edit(anna, "tier", "gold", account)
    assert undo(ben, batch.id, AT) is None
    assert undo(boss, batch.id, AT) is None
    assert undo(anna, uuid.uuid4(), AT) is None
    assert undo(anna, batch.id, AT + UNDO_FOR) is None
    assert fresh(account).tier == "gold"
    assert undo(anna, batch.id, AT + UNDO_FOR - timedelta(minutes=1)) is not None


def test_a_csm_gives_away_the_own_accounts_inside_the_own_team(anna: User, ben: User) -> None:
    outside = UserFactory.make(email="far@example.com", team=TeamFactory.make(name="APAC"))
    gone = UserFactory.make(email="gone@example.com", team=anna.team, is_active=False)
    account = AccountFactory.make(owner=anna)
    for email in (outside.email, gone.email, "who@example.com", "a\0@example.com", "<script>"):
        with pytest.raises(Refused, match="right would be the e-mail of somebody active in your team"):
            edit(anna, "owner", email, account)
    with pytest.raises(Refused, match="Only a manager leaves an account without an owner"):
        edit(anna, "owner", "", account)
    assert edit(anna, "owner", "ben@example.com", account).changed == 1


def test_a_co_owner_changes_texts_but_gives_nothing_away(anna: User, ben: User) -> None:
    account = AccountFactory.make(owner=ben, co_owner=anna)
    with pytest.raises(Refused, match="Only its owner or a manager"):
        edit(anna, "owner", "anna@example.com", account)
    mine = AccountFactory.make(owner=anna)
    batch = edit(anna, "owner", "ben@example.com", account, mine)
    assert (batch.seen, batch.changed, batch.held) == (2, 1, 1)
    assert edit(anna, "next_step", "call", account).changed == 1


def test_a_csm_takes_what_the_own_team_leaves_unowned(anna: User) -> None:
    account = AccountFactory.make(team=anna.team)
    edit(anna, "owner", "anna@example.com", account)
    assert fresh(account).owner == anna


def test_a_manager_gives_to_the_managed_teams_and_an_admin_to_anybody(anna: User, boss: User) -> None:
    outside = UserFactory.make(email="far@example.com", team=TeamFactory.make(name="APAC"))
    account = AccountFactory.make(owner=anna)
    with pytest.raises(Refused, match="in the teams you manage"):
        edit(boss, "owner", outside.email, account)
    admin = UserFactory.make(role=Role.ADMIN)
    edit(admin, "owner", outside.email, account)
    assert fresh(account).owner == outside


def test_an_owner_is_no_co_owner_of_the_same_account(anna: User, ben: User) -> None:
    account = AccountFactory.make(owner=anna)
    with pytest.raises(Refused, match="the owner already"):
        edit(anna, "co_owner", "anna@example.com", account)
    edit(anna, "co_owner", "ben@example.com", account)
    assert owners(account, "co_owner") == [("ben@example.com", DAY, None)]
    edit(anna, "co_owner", "", account)
    assert fresh(account).co_owner is None
    assert owners(account, "co_owner") == []


def test_tags_are_set_added_and_removed(anna: User) -> None:
    one, two = AccountFactory.make(owner=anna, tags=["a", "b"]), AccountFactory.make(owner=anna)
    batch = edit(anna, "tags", "c, a；d", one, two, mode="add")
    assert (fresh(one).tags, fresh(two).tags) == (["a", "b", "c", "d"], ["c", "a", "d"])
    edit(anna, "tags", Tags(("b",), Mode.REMOVE), one, two)
    assert fresh(one).tags == ["a", "c", "d"]
    assert undo(anna, batch.id, AT) == Undone(batch.field, 1, (one.name,), two.pk)
    assert fresh(two).tags == []
    edit(anna, "tags", "", one)
    assert fresh(one).tags == []


def test_days_become_stale_where_a_profile_names_the_old_or_the_new_value(anna: User) -> None:
    account = AccountFactory.make(owner=anna)
    ContractFactory.make(account=account, starts_on=date(2026, 10, 25))
    JobRun.objects.create(job="published_through", message="2026-10-31", state=JobState.SUCCEEDED, due_at=AT)
    define_activity(profiles=[{"when": {"stage": ["live"], "tier": ["gold"]}, "week_days": 2}])
    week = [date(2026, 10, 25) + timedelta(n) for n in range(7)]
    for field, value, stale in (
        ("next_step", "live", []),
        ("lifecycle_stage", "trial", []),
        ("tier", "live", []),
        ("lifecycle_stage", "live", week),
        ("lifecycle_stage", "lost", week),
        ("tier", "gold", week),
    ):
        DirtyDay.objects.all().delete()
        edit(anna, field, value, account)
        assert list(DirtyDay.objects.order_by("day").values_list("day", flat=True)) == stale, (field, value)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("next_step", "x" * 10_000, "10000 characters; right would be at most 500"),
        ("tier", "y" * 101, "at most 100"),
        ("tier", "a\0b", r"control character U\+0000"),
        ("tags", "x" * 51, "at most 50"),
        ("tags", ",".join(str(n) for n in range(31)), "31 tags; right would be at most 30"),
        ("lifecycle_stage", "a\x1bb", "U\\+001B"),
        ("name", "x", "right would be one of: owner, co_owner, tags"),
    ],
)
def test_a_bad_value_says_what_would_be_right_and_changes_nothing(anna: User, field: str, value: str, says: str) -> None:
    account = AccountFactory.make(owner=anna)
    before = Account.objects.values().get(pk=account.pk)
    with pytest.raises(Refused, match=says):
        edit(anna, field, value, account)
    assert Account.objects.values().get(pk=account.pk) == before


def test_tags_want_a_known_mode_and_a_name(anna: User) -> None:
    with pytest.raises(Refused, match="Name at least one tag"):
        tags_of(" , ", "add")
    with pytest.raises(Refused, match="set, add, remove"):
        tags_of("x", "swap")
    account = AccountFactory.make(owner=anna, tags=[str(n) for n in range(30)])
    with pytest.raises(Refused, match="31 tags"):
        edit(anna, "tags", "new", account, mode="add")


@given(st.text(max_size=60))
def test_any_text_is_kept_as_one_line_or_refused(text: str) -> None:
    try:
        kept = line(text, MAX_SENTENCE)
    except Refused:
        return
    assert kept == " ".join(text.split())
    assert line(kept, MAX_SENTENCE) == kept


@given(st.lists(st.sampled_from("abcde")), st.lists(st.sampled_from("abcde"), min_size=1), st.sampled_from(Mode))
def test_a_change_of_tags_twice_is_the_change_once(before: list[str], names: list[str], mode: Mode) -> None:
    tags = Tags(tuple(dict.fromkeys(names)), mode)
    once = tags.applied_to(before)
    assert tags.applied_to(once) == once


def test_markup_and_quotes_are_text_like_any_other(anna: User) -> None:
    text = """<script>alert('x')</script> "quoted" & 中文"""
    account = AccountFactory.make(owner=anna)
    for field in ("next_step", "tier", "lifecycle_stage"):
        batch = edit(anna, field, text, account)
        assert getattr(fresh(account), field) == text
        undo(anna, batch.id, AT)
        assert getattr(fresh(account), field) == ""


@pytest.mark.parametrize(("field", "value"), [("owner", "ben@example.com"), ("tags", "x"), ("tier", "gold")])
def test_hundreds_of_accounts_cost_as_many_queries_as_one(
    boss: User, ben: User, field: str, value: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(300):
        AccountFactory.create(team=ben.team, tags=[str(n)])
    with django_assert_max_num_queries(14):
        batch = edit(boss, field, value, *Account.objects.all(), mode="add")
    assert batch.changed == 300
    with django_assert_max_num_queries(14):
        assert undo(boss, batch.id, AT, on=DAY) == Undone(batch.field, 300)
