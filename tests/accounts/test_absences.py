"""Absences: what a cover sees before, during and after, who may enter and end one, and that nothing else opens by it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import DjangoAssertNumQueries

from accounts import absences
from accounts.absences import Wish
from accounts.edit_values import NotSaved
from accounts.mentions import people_who_see
from accounts.models import Absence, Account, Contract, Team, User
from accounts.sign_in_backends import WithTeams
from accounts.types import Role
from health.books import visible_book
from tests.factories import AccountFactory, ContractFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def team() -> Team:
    return TeamFactory.make(name="DACH", path="EMEA/DACH/")


@pytest.fixture
def anna(team: Team) -> User:
    return UserFactory.make(email="anna@example.com", name="Anna", team=team)


@pytest.fixture
def ben(team: Team) -> User:
    return UserFactory.make(email="ben@example.com", name="Ben", team=team)


def away(anna: User, ben: User, starts: int = 0, ends: int = 7, by: User | None = None) -> Absence:
    wish = Wish(anna.email, ben.email, TODAY + ends * DAY, TODAY + starts * DAY, "two renewals are due")
    return absences.enter(by or anna, wish, NOW, TODAY)


def seen(user: User) -> set[str]:
    """Account ids by every way that the rule is asked: fresh, as the session's person, and as SQL."""
    fresh = User.objects.get(pk=user.pk)
    session = WithTeams().get_user(user.pk)
    assert session is not None
    found = [set(Account.objects.visible_to(one).values_list("external_id", flat=True)) for one in (fresh, session)]
    sql, _params = visible_book(session)
    assert found[0] == found[1]
    assert "SELECT" in sql
    return found[0]


def test_a_cover_sees_what_the_absent_one_owns_during_the_absence_alone(anna: User, ben: User) -> None:
    acme = AccountFactory.make(external_id="acme", owner=anna)
    ContractFactory.make(account=acme)
    away(anna, ben, starts=2, ends=5)
    for days, wanted in ((0, set()), (1, set()), (2, {"acme"}), (4, {"acme"}), (5, set()), (9, set())):
        absences.keep(TODAY + days * DAY)
        assert seen(ben) == wanted, days
        assert Contract.objects.visible_to(ben).count() == len(wanted)
        assert (ben in people_who_see(acme)) is bool(wanted)
    assert seen(anna) == {"acme"}


def test_an_absence_that_begins_today_is_in_force_at_once_and_its_withdrawal_ends_it_at_once(anna: User, ben: User) -> None:
    AccountFactory.make(external_id="acme", owner=anna)
    row = away(anna, ben)
    assert row.in_force
    assert seen(ben) == {"acme"}
    assert absences.withdraw(anna, row.pk, NOW, TODAY) is not None
    assert seen(ben) == set()
    assert absences.withdraw(anna, row.pk, NOW, TODAY) is None
    absences.keep(TODAY)
    assert seen(ben) == set()


def test_a_cover_does_not_see_what_is_only_shared_or_covered_for_a_third(anna: User, ben: User) -> None:
    carl = UserFactory.make(email="carl@example.com", team=anna.team)
    AccountFactory.make(external_id="shared", owner=carl, co_owner=anna)
    AccountFactory.make(external_id="third", owner=carl)
    AccountFactory.make(external_id="own", owner=anna)
    away(carl, anna)
    away(anna, ben)
    assert seen(anna) == {"shared", "third", "own"}
    assert seen(ben) == {"own"}


def test_the_deactivated_and_the_anonymous_cover_nobody(anna: User, ben: User) -> None:
    AccountFactory.make(external_id="acme", owner=anna)
    away(anna, ben)
    ben.is_active = False
    ben.save()
    assert not Account.objects.visible_to(User.objects.get(pk=ben.pk)).exists()
    assert not Account.objects.visible_to(AnonymousUser()).exists()
    assert WithTeams().get_user(ben.pk) is None


def test_who_is_covered_comes_with_the_session_in_one_query(
    anna: User, ben: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    away(anna, ben)
    with django_assert_num_queries(1):
        session = WithTeams().get_user(ben.pk)
    assert session is not None
    assert vars(session)["covered_ids"] == [anna.pk]
    assert absences.covering(session) == {anna.pk: absences.Away(anna.pk, "Anna", TODAY + 7 * DAY)}
    nobody = WithTeams().get_user(anna.pk)
    assert nobody is not None
    with django_assert_num_queries(0):
        assert absences.covering(nobody) == {}


def test_ended_early_the_cover_sees_nothing_and_the_end_can_be_put_back(anna: User, ben: User) -> None:
    AccountFactory.make(external_id="acme", owner=anna)
    row = away(anna, ben)
    Absence.objects.filter(pk=row.pk).update(starts_on=TODAY - 3 * DAY)
    ended = absences.end_early(anna, row.pk, NOW, TODAY)
    assert ended is not None
    assert ended.ends_on == TODAY
    assert seen(ben) == set()
    assert absences.run_on(anna, row.pk, TODAY + 7 * DAY, TODAY) is not None
    assert seen(ben) == {"acme"}


def test_the_cover_can_neither_end_nor_prolong_what_lets_them_see(anna: User, ben: User) -> None:
    row = away(anna, ben)
    assert absences.end_early(ben, row.pk, NOW, TODAY) is None
    assert absences.run_on(ben, row.pk, TODAY + 99 * DAY, TODAY) is None
    assert absences.withdraw(ben, row.pk, NOW, TODAY) is None
    assert not absences.may_change(ben, row)
    assert Absence.objects.get().ends_on == TODAY + 7 * DAY


def test_a_manager_enters_absences_of_the_team_below_and_nobody_elses(anna: User, ben: User) -> None:
    emea = TeamFactory.make(name="EMEA", path="EMEA/")
    apac = TeamFactory.make(name="APAC", path="APAC/")
    ours = UserFactory.make(role=Role.MANAGER, team=emea, manages=emea)
    theirs = UserFactory.make(role=Role.MANAGER, team=apac, manages=apac)
    with pytest.raises(NotSaved) as refused:
        away(anna, ben, by=theirs)
    assert set(refused.value.problems) == {"person", "cover"}
    row = away(anna, ben, by=ours)
    assert absences.may_change(ours, row)
    assert not absences.may_change(theirs, row)
    assert list(Absence.objects.visible_to(theirs)) == []
    assert absences.end_early(theirs, row.pk, NOW, TODAY) is None
    assert absences.end_early(ours, row.pk, NOW, TODAY) is not None


def test_a_colleague_may_not_be_sent_on_leave_by_a_colleague(anna: User, ben: User) -> None:
    with pytest.raises(NotSaved) as refused:
        away(anna, ben, by=ben)
    assert "person" in refused.value.problems


@pytest.mark.parametrize(
    ("starts", "ends", "field"), [(-1, 5, "starts_on"), (0, 0, "ends_on"), (3, 2, "ends_on"), (0, 366, "ends_on"), (400, 400, "ends_on")]
)
def test_days_that_make_no_absence_are_refused_with_what_would_be_right(anna: User, ben: User, starts: int, ends: int, field: str) -> None:
    with pytest.raises(NotSaved) as refused:
        away(anna, ben, starts, ends)
    assert field in refused.value.problems
    assert not Absence.objects.exists()


def test_nobody_covers_for_themselves_and_an_end_is_needed(anna: User) -> None:
    with pytest.raises(NotSaved) as refused:
        absences.enter(anna, Wish(anna.email, anna.email, None), NOW, TODAY)
    assert set(refused.value.problems) == {"cover", "ends_on"}
    with pytest.raises(NotSaved) as refused:
        absences.enter(anna, Wish("a\0b", "\0", TODAY + DAY), NOW, TODAY)
    assert set(refused.value.problems) == {"person", "cover"}


def test_the_same_absence_again_is_the_same_and_another_in_its_days_is_refused(anna: User, ben: User) -> None:
    assert away(anna, ben).pk == away(anna, ben).pk
    with pytest.raises(NotSaved, match="is away already"):
        away(anna, ben, starts=3, ends=9)
    away(anna, ben, starts=7, ends=9)
    assert Absence.objects.count() == 2


def test_an_end_is_not_put_back_over_a_newer_absence(anna: User, ben: User) -> None:
    row = away(anna, ben, ends=5)
    Absence.objects.filter(pk=row.pk).update(starts_on=TODAY - DAY)
    absences.end_early(anna, row.pk, NOW, TODAY)
    away(anna, ben, starts=1, ends=3)
    assert absences.run_on(anna, row.pk, TODAY + 5 * DAY, TODAY) is None


class KeepTests(TestCase):
    """`keep` follows the days alone."""

    @given(spans=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5), st.booleans()), max_size=6), day=st.integers(0, 15))
    def test_exactly_those_of_the_day_are_in_force_and_doing_it_again_changes_nothing(
        self, spans: list[tuple[int, int, bool]], day: int
    ) -> None:
        people = [UserFactory.make(), UserFactory.make()]
        rows = [
            Absence.objects.create(
                user=people[0],
                cover=people[1],
                starts_on=TODAY + start * DAY,
                ends_on=TODAY + (start + length) * DAY,
                entered_by=people[0],
                entered_at=NOW,
                withdrawn_at=NOW if gone else None,
            )
            for start, length, gone in spans
        ]
        absences.keep(TODAY + day * DAY)
        wanted = {row.pk for row, (start, length, gone) in zip(rows, spans, strict=True) if start <= day < start + length and not gone}
        assert set(Absence.objects.filter(in_force=True).values_list("pk", flat=True)) == wanted
        assert absences.keep(TODAY + day * DAY) == 0
