"""Users, teams and tokens."""

import pytest
from knox.models import AuthToken

from accounts.models import Team, User
from accounts.people import Refused, make_team, make_user, new_token
from accounts.types import Role
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_new_user_gets_a_generated_password_that_works() -> None:
    made = make_user(" Anna@Example.com ", Role.CSM)
    assert made.created
    assert made.user.email == "anna@example.com"
    assert made.user.check_password(made.password)


def test_a_given_password_is_not_shown_again() -> None:
    made = make_user("anna@example.com", Role.CSM, password="correct horse battery")
    assert made.password == ""
    assert made.user.check_password("correct horse battery")


def test_changing_the_role_keeps_the_password_and_the_team() -> None:
    make_user("anna@example.com", Role.CSM, team="EMEA/DACH", password="correct horse battery")
    made = make_user("anna@example.com", Role.MANAGER)
    assert not made.created
    assert made.password == ""
    assert made.user.check_password("correct horse battery")
    assert str(made.user.manages) == "EMEA/DACH"
    assert make_user("anna@example.com", Role.CSM).user.manages is None


def test_a_user_from_a_file_has_no_password_and_gets_one() -> None:
    User.objects.create_user("anna@example.com")
    assert make_user("anna@example.com", Role.CSM).password


def test_only_admins_reach_the_admin_pages() -> None:
    assert make_user("anna@example.com", Role.ADMIN).user.is_staff
    assert not make_user("anna@example.com", Role.CSM).user.is_superuser


@pytest.mark.parametrize(("email", "password"), [("not an address", None), ("anna@example.com", "123")])
def test_a_bad_address_or_password_makes_nobody(email: str, password: str | None) -> None:
    with pytest.raises(Refused):
        make_user(email, Role.CSM, password=password)
    assert not User.objects.exists()


def test_a_team_path_makes_the_teams_above_it_once() -> None:
    assert make_team("EMEA/DACH").parent == make_team(" EMEA ")
    assert Team.objects.count() == 2


def test_a_path_without_names_is_no_team() -> None:
    with pytest.raises(Refused):
        make_team(" / ")


def test_each_token_is_new_and_only_its_hash_is_stored() -> None:
    user = UserFactory.make()
    first, second = new_token(user.email.upper()), new_token(user.email)
    assert first != second
    stored = AuthToken.objects.filter(user=user)
    assert stored.count() == 2
    assert not any(first in str(vars(row)) for row in stored)


def test_nobody_and_the_deactivated_get_no_token() -> None:
    UserFactory.make(email="gone@example.com", is_active=False)
    for email in ("gone@example.com", "nobody@example.com"):
        with pytest.raises(Refused):
            new_token(email)
