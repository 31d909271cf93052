"""Making users and their API tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from knox.models import AuthToken

from accounts.models import Team, User
from accounts.types import Role

PASSWORD_BYTES = 12


class Refused(ValueError):
    """Why a user or token was not made, in words for the person who asked."""


@dataclass(frozen=True, slots=True)
class MadeUser:
    """A user made or changed. `password` is the generated one, to be shown once; empty where none was generated."""

    user: User
    created: bool
    password: str


@transaction.atomic
def make_user(email: str, role: Role, *, team: str = "", password: str | None = None) -> MadeUser:
    """Make the user, or give an existing one this role and team; a manager manages the team.

    Without a password given, one is generated for whoever has none yet; an existing password stays as it is.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Refused(f"{email!r} is not an e-mail address") from None
    user = User.objects.select_for_update().filter(email=email).first()
    created = user is None
    user = user or User(email=email)
    user.role, user.is_active = role, True
    user.is_staff = user.is_superuser = role == Role.ADMIN
    if team:
        user.team = make_team(team)
    user.manages = user.team if role == Role.MANAGER else None
    generated = ""
    if password is None and (created or not user.has_usable_password()):
        password = generated = secrets.token_urlsafe(PASSWORD_BYTES)
    if password is not None:
        check_password(password, user)
        user.set_password(password)
    user.save()
    return MadeUser(user, created, generated)


def check_password(password: str, user: User) -> None:
    """Raises Refused with every rule that the password breaks."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from None


def make_team(path: str) -> Team:
    """The team of a path like `EMEA/DACH`, made with its parents where they are missing."""
    names = [name.strip() for name in path.split("/") if name.strip()]
    if not names:
        raise Refused(f"{path!r} names no team")
    team: Team | None = None
    for depth, name in enumerate(names, start=1):
        team = Team.objects.get_or_create(path="".join(f"{each}/" for each in names[:depth]), defaults={"name": name, "parent": team})[0]
    assert team is not None  # noqa: S101  # there is at least one name
    return team


def new_token(email: str) -> str:
    """A new API token of the user, to be shown once: only its hash is stored. Earlier tokens stay valid."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise Refused(f"There is no active user {email!r}. Make one with `manage.py user {email} --role csm`.")
    _row, token = AuthToken.objects.create(user=user)
    return str(token)
