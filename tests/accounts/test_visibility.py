"""Who sees which rows: every model answers, and the rule agrees with an oracle on random organisations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Account, Contract, Source, Target, Team, User
from accounts.types import Role
from tests.factories import AccountFactory, ContractFactory, SourceFactory, TeamFactory, UserFactory

OUR_APPS = ("accounts", "health", "churn")


def test_every_model_says_who_sees_its_rows() -> None:
    models = [model for app in OUR_APPS for model in apps.get_app_config(app).get_models()]
    assert len(models) > 30
    assert [model.__name__ for model in models if not hasattr(model._default_manager, "visible_to")] == []


@pytest.mark.django_db
def test_the_anonymous_and_the_deactivated_see_no_row_of_any_model() -> None:
    gone = UserFactory.make(role=Role.ADMIN, is_active=False)
    ContractFactory.make()
    for app in OUR_APPS:
        for model in apps.get_app_config(app).get_models():
            rows: Any = model._default_manager
            for nobody in (gone, AnonymousUser()):
                assert not rows.visible_to(nobody).exists(), model.__name__


@pytest.mark.django_db
def test_rows_below_an_account_are_seen_with_it() -> None:
    mine, hers = UserFactory.make(), UserFactory.make()
    contract = ContractFactory.make(account=AccountFactory.make(owner=hers))
    assert list(Contract.objects.visible_to(hers)) == [contract]
    assert list(Contract.objects.visible_to(mine)) == []


@pytest.mark.django_db
def test_the_machine_room_is_for_admins() -> None:
    source = SourceFactory.make()
    manager = UserFactory.make(role=Role.MANAGER, manages=TeamFactory.make())
    assert list(Source.objects.visible_to(manager)) == []
    assert list(Source.objects.visible_to(UserFactory.make(role=Role.ADMIN))) == [source]


@pytest.mark.django_db
def test_people_teams_and_targets_follow_the_tree() -> None:
    emea, dach = TeamFactory.make(name="EMEA", path="EMEA/"), TeamFactory.make(name="DACH", path="EMEA/DACH/")
    other = TeamFactory.make(name="EMEA2", path="EMEA2/")
    manager = UserFactory.make(role=Role.MANAGER, team=emea, manages=emea)
    csm, stranger = UserFactory.make(team=dach), UserFactory.make(team=other)
    assert set(User.objects.visible_to(manager)) == {manager, csm}
    assert set(User.objects.visible_to(csm)) == {csm}
    assert set(Team.objects.visible_to(manager)) == {emea, dach}
    assert set(Team.objects.visible_to(csm)) == {dach}
    own = Target.objects.create(user=csm, month="2026-01-01", metric="nps", value=1)
    theirs = Target.objects.create(user=stranger, month="2026-01-01", metric="nps", value=1)
    assert set(Target.objects.visible_to(manager)) == set(Target.objects.visible_to(csm)) == {own}
    assert set(Target.objects.visible_to(stranger)) == {theirs}


@dataclass(frozen=True)
class Person:
    """Someone in a random organisation; teams are numbers, None is no team."""

    role: Role
    team: int | None
    manages: int | None
    is_active: bool = True


@dataclass(frozen=True)
class Customer:
    """An account by the numbers of its people and its team."""

    owner: int | None
    co_owner: int | None
    team: int | None


@dataclass(frozen=True)
class Organisation:
    """`parents[i]` is the team above team i; it always has a smaller number."""

    parents: list[int | None]
    people: list[Person]
    customers: list[Customer] = field(default_factory=list)

    def below(self, team: int | None, top: int | None) -> bool:
        """Whether `team` is `top` or stands under it."""
        while team is not None:
            if team == top:
                return True
            team = self.parents[team]
        return False

    def sees(self, number: int, customer: Customer) -> bool:
        """The rule once more, by walking: own or shared; of a managed team; without owner by the account's team."""
        person = self.people[number]
        if not person.is_active:
            return False
        if person.role == Role.ADMIN or number in (customer.owner, customer.co_owner):
            return True
        place = customer.team if customer.owner is None else self.people[customer.owner].team
        if customer.owner is None and place is not None and place == person.team:
            return True
        return person.role == Role.MANAGER and person.manages is not None and self.below(place, person.manages)


@st.composite
def organisations(draw: st.DrawFn) -> Organisation:
    """Up to five teams in any tree, five people in any role and place, six accounts."""
    n_teams = draw(st.integers(1, 5))
    parents: list[int | None] = [draw(st.sampled_from([None, *range(number)])) for number in range(n_teams)]
    team = st.sampled_from([None, *range(n_teams)])
    people = draw(
        st.lists(st.builds(Person, st.sampled_from(Role), team, team, st.sampled_from([True, True, True, False])), min_size=2, max_size=5)
    )
    someone = st.sampled_from([None, *range(len(people))])
    return Organisation(parents, people, draw(st.lists(st.builds(Customer, someone, someone, team), max_size=6)))


class OrganisationTests(TestCase):
    """Hypothesis needs a transaction per example, which this base gives."""

    @given(organisations())
    def test_the_rule_agrees_with_the_oracle(self, organisation: Organisation) -> None:
        """Exactly the accounts that the oracle names, for everyone."""
        teams: list[Team] = []
        for number, parent in enumerate(organisation.parents):
            # Names that begin alike: a prefix of a name is not a prefix of a path.
            name = "T" * (number + 1)
            above = teams[parent] if parent is not None else None
            teams.append(Team.objects.create(name=name, parent=above, path=(above.path if above else "") + name + "/"))
        place = [*teams, None]
        people = [
            User.objects.create(
                email=f"p{number}@example.com",
                role=person.role,
                team=place[-1 if person.team is None else person.team],
                manages=place[-1 if person.manages is None else person.manages],
                is_active=person.is_active,
            )
            for number, person in enumerate(organisation.people)
        ]
        staff = [*people, None]
        for number, customer in enumerate(organisation.customers):
            AccountFactory.make(
                external_id=str(number),
                owner=staff[-1 if customer.owner is None else customer.owner],
                co_owner=staff[-1 if customer.co_owner is None else customer.co_owner],
                team=place[-1 if customer.team is None else customer.team],
            )
        for number, user in enumerate(people):
            seen = set(Account.objects.visible_to(user).values_list("external_id", flat=True))
            assert seen == {str(at) for at, customer in enumerate(organisation.customers) if organisation.sees(number, customer)}
