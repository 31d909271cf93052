"""Who may give which account to whom.

An admin gives any account to anybody. A manager gives the accounts they see to people of the managed teams, or takes them.
A CSM gives away the own accounts, and those of the own team that nobody owns, inside the own team and the teams below it.
Nobody but managers and admins leaves an account without an owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.edit_values import Field, Refused
from accounts.models import User
from accounts.types import Role

if TYPE_CHECKING:
    from accounts.models import Account


def assignable_to(user: User) -> QuerySet[User]:
    """Active people to whom `user` may give accounts, by name."""
    people: QuerySet[User] = User.objects.filter(is_active=True)
    if user.role != Role.ADMIN:
        path = _path(user)
        people = people.filter(Q(pk=user.pk) | Q(team__path__startswith=path)) if path else people.filter(pk=user.pk)
    return people.order_by("name", "email")


def person(user: User, field: Field, email: str) -> User | None:
    """The colleague with this e-mail, None for nobody. Raises Refused."""
    email = email.strip()
    if not email:
        if field is Field.OWNER and user.role == Role.CSM:
            raise Refused(_("Only a manager leaves an account without an owner; right would be a colleague of your team."))
        return None
    found = assignable_to(user).filter(email__iexact=email).first() if "\0" not in email else None
    if found is None:
        allowed = {
            Role.ADMIN: _("the e-mail of anybody active here"),
            Role.MANAGER: _("the e-mail of somebody active in the teams you manage"),
        }.get(Role(user.role), _("the e-mail of somebody active in your team"))
        shown = email.replace("\0", "")[:100]
        raise Refused(_("You cannot give accounts to “%(email)s”; right would be %(right)s.") % {"email": shown, "right": allowed})
    return found


def may_give(user: User, account: Account) -> bool:
    """Whether `user`, who sees the account, may change its owner and co-owner."""
    return user.role != Role.CSM or account.owner_id in {user.pk, None}


def _path(user: User) -> str:
    """Root of the teams whose people the user may choose from; empty: none."""
    team = user.manages if user.role == Role.MANAGER and user.manages is not None else user.team
    return team.path if team is not None else ""
