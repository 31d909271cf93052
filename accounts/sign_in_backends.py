"""Who is signed in, read with their teams and whom they cover for: what a person may see depends on it, so every page would ask next."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from accounts.models import Absence, User

COVERED = ArraySubquery(Absence.objects.filter(cover=OuterRef("pk"), in_force=True).order_by("user").values("user"))


class WithTeams(ModelBackend):
    """Reads the person of a session, the own and the managed team, and as `covered_ids` whom they cover for, in one query."""

    def get_user(self, user_id: int) -> User | None:
        """The person; None where there is none or they were deactivated."""
        found = User.objects.select_related("team", "manages").annotate(covered_ids=COVERED).filter(pk=user_id).first()
        return found if found is not None and self.user_can_authenticate(found) else None


class SignInPage(WithTeams, AuthenticationBackend):
    """The sign-in page's checks, with what it adds to a password."""
