"""Colleagues named in notes: who is meant, who may be told, and how the text is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.edit_values import Refused
from accounts.mentions import named_in, offers, parts, people_who_see
from accounts.models import Account, Mention, Note, User
from accounts.touch import add_note, remove_note
from accounts.types import Role
from tests.factories import AccountFactory, TeamFactory, UserFactory

AT = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.fixture
def owner(db: None) -> User:
    return UserFactory.make(email="owner@example.com", name="Olga Owner")


@pytest.fixture
def account(owner: User) -> Account:
    made = AccountFactory.make(owner=owner)
    found: Account = Account.objects.select_related("owner__team", "team").get(pk=made.pk)
    return found


def admin(email: str, name: str = "") -> User:
    return UserFactory.make(email=email, name=name, role=Role.ADMIN)


def names(text: str, account: Account) -> list[str]:
    return [person.email for person in named_in(text, account)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Wang Li please call", "wang.li@example.com"),
        ("please, @wangli: call", "wang.li@example.com"),
        ("(@wang.li)", "wang.li@example.com"),
        ("@wang.li@example.com.", "wang.li@example.com"),
        ("请@王丽跟进", "wanglili@example.com"),
        ("see @王丽。", "wanglili@example.com"),
        ("@ANNA.", "anna@example.com"),
        ("@annabel!", "annabel@other.example.com"),
    ],
)
def test_a_colleague_is_named_in_any_usual_way(account: Account, text: str, named: str) -> None:
    admin("wang.li@example.com", "Wang Li")
    admin("wanglili@example.com", "王丽")
    admin("anna@example.com", "Anna")
    admin("annabel@other.example.com", "Annabel")
    assert names(text, account) == [named]


@pytest.mark.parametrize("text", ["", "no sign", "mail me at x@y.com", "3 @ 5 each", "ends with @"])
def test_a_sign_that_names_nobody_costs_no_query(
    account: Account, text: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(0):
        assert names(text, account) == []


def test_each_is_named_once_in_two_queries(account: Account, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    admin("b@example.com", "Bea")
    with django_assert_max_num_queries(2):
        assert names("@bea and @owner and @Bea again", account) == ["b@example.com", "owner@example.com"]


def test_who_is_unknown_or_several_or_may_not_see_is_said(account: Account) -> None:
    admin("bea@example.com", "Bea")
    admin("b2@example.com", "Bea")
    UserFactory.make(email="blind@example.com", name="Blind Bob")
    UserFactory.make(email="gone@example.com", name="Gone", is_active=False, role=Role.ADMIN)
    for text, says in (
        ("@nobody-here", "Nobody here is called “@nobody-here”"),
        ("@gone", "Nobody here is called"),
        ("@Bea", "b2@example.com"),
        ("@blind bob", "Blind Bob may not see this account"),
        ("@bea@example.com.org", "Nobody here is called"),
    ):
        with pytest.raises(Refused, match=says):
            named_in(text, account)
    assert names("@bea@example.com", account) == ["bea@example.com"]


def test_a_note_tells_whom_it_names_and_its_undo_untells(account: Account, owner: User) -> None:
    bea = admin("bea@example.com", "Bea")
    note = add_note(owner, account, "@bea call them", AT)
    assert list(Mention.objects.visible_to(bea).values_list("note", flat=True)) == [note.pk]
    assert add_note(owner, account, "@bea call them", AT) == note
    assert Mention.objects.count() == 1
    remove_note(owner, note.pk, AT)
    assert not Mention.objects.exists()


def test_a_note_that_names_the_wrong_one_is_not_kept(account: Account, owner: User) -> None:
    UserFactory.make(email="blind@example.com")
    with pytest.raises(Refused):
        add_note(owner, account, "@blind look", AT)
    assert not Note.objects.exists()


def test_people_who_see_are_those_to_whom_it_is_visible(db: None) -> None:
    root = TeamFactory.make(name="EMEA", path="EMEA/")
    low = TeamFactory.make(name="DACH", path="EMEA/DACH/", parent=root)
    other = TeamFactory.make(name="APAC", path="APAC/")
    people = [UserFactory.make(role=Role.ADMIN), UserFactory.make(role=Role.ADMIN, is_active=False), UserFactory.make()]
    people += [UserFactory.make(role=role, team=team) for role in (Role.CSM, Role.MANAGER) for team in (None, root, low, other)]
    people += [UserFactory.make(role=Role.MANAGER, manages=team) for team in (root, low, other)]
    people += [UserFactory.make(role=Role.CSM, manages=root)]
    owners = [None, people[2], *(person for person in people if person.role == Role.CSM and person.team)]
    for owner in owners:
        for co_owner in (None, people[2]):
            for team in (None, root, low):
                account = AccountFactory.make(owner=owner, co_owner=co_owner, team=team)
                seeing = {person.pk for person in people if Account.objects.visible_to(person).filter(pk=account.pk).exists()}
                assert set(people_who_see(account).values_list("pk", flat=True)) == seeing


def test_colleagues_are_offered_by_what_was_begun(
    account: Account, owner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    admin("bea@example.com", "Bea Li")
    admin("b2@example.com", "Bea Li")
    me = admin("li.wei@example.com", "Li Wei")
    UserFactory.make(email="libby@example.com", name="Libby who is blind")
    with django_assert_max_num_queries(1):
        found = offers(account, "li", me)
    assert [(one.write, one.name) for one in found] == [("@b2@example.com", "Bea Li"), ("@bea@example.com", "Bea Li")]
    assert [one.write for one in offers(account, "OWN", me)] == ["@Olga Owner"]
    for offer in offers(account, "", owner):
        assert len(names(f"{offer.write} hello", account)) == 1


PEOPLE = [("Wang Li", "wang.li@example.com"), ("王丽", "wl@example.com"), ("", "bare@example.com")]


@given(st.lists(st.sampled_from(["@", "Wang Li", "王丽", "bare", "wl@example.com", " ", "<b>", ".", "x", "\n"])).map("".join))
def test_the_pieces_of_a_text_put_together_are_the_text(text: str) -> None:
    found = parts(text, PEOPLE)
    assert "".join(part.text for part in found) == text
    assert all(part.text.startswith("@") for part in found if part.named)
    assert all(part.text for part in found)


def test_only_those_who_were_named_are_marked() -> None:
    found = parts("@Wang Li and @other, mail@wl", PEOPLE)
    assert [(part.text, part.named) for part in found] == [("@Wang Li", True), (" and @other, mail@wl", False)]
    assert [part.named for part in parts("@Wang Li", [])] == [False]
