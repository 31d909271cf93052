"""Who is signed in, read with their teams: what a person may see depends on them, so every page would ask for them next."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend

from accounts.models import User


class WithTeams(ModelBackend):
    """Reads the person of a session, the own and the managed team in one query."""

    def get_user(self, user_id: int) -> User | None:
        """The person; None where there is none or they were deactivated."""
        found = User.objects.select_related("team", "manages").filter(pk=user_id).first()
        return found if found is not None and self.user_can_authenticate(found) else None


class SignInPage(WithTeams, AuthenticationBackend):
    """The sign-in page's checks, with what it adds to a password."""
