"""Who sees which rows: one rule, `visible_to(user)`, that every page, API route and export goes through.

A CSM sees the accounts they own or co-own, a manager also those whose owner sits in the managed team or below it, an admin all.
An account without an owner belongs to its team (members and the managers above it); one without team either, to admins alone.
Who covers for an absent colleague sees what that colleague owns, while the absence is in force (accounts/absences.py).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from accounts.types import Role, SharedWith

if TYPE_CHECKING:
    from accounts.models import User


M = TypeVar("M", bound=models.Model)


def visible_accounts(user: User | AnonymousUser, prefix: str = "") -> Q | None:
    """Condition on the account at `prefix` (`"account__"`, empty for the account itself); None means nothing at all."""
    if not user.is_active:
        return None
    if user.role == Role.ADMIN:
        return Q()
    seen = Q(**{f"{prefix}owner": user}) | Q(**{f"{prefix}co_owner": user})
    if user.team_id is not None:
        seen |= Q(**{f"{prefix}owner__isnull": True, f"{prefix}team": user.team_id})
    if user.role == Role.MANAGER and user.manages is not None:
        path = user.manages.path
        seen |= Q(**{f"{prefix}owner__team__path__startswith": path})
        seen |= Q(**{f"{prefix}owner__isnull": True, f"{prefix}team__path__startswith": path})
    # The session's person comes with the keys (accounts/sign_in_backends.py), and most cover nobody: their statements stay as they were.
    covered = getattr(user, "covered_ids", None)
    if covered is None:
        seen |= Q(**{f"{prefix}owner__in": user.covers.filter(in_force=True).values("user")})
    elif covered:
        seen |= Q(**{f"{prefix}owner__in": covered})
    return seen


class AccountBoundQuerySet(models.QuerySet[M]):
    """Rows that hang on an account are seen by whoever sees the account."""

    account_path = "account__"

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Rows whose account the user may see; nothing for the anonymous and the deactivated."""
        seen = visible_accounts(user, self.account_path)
        return self.none() if seen is None else self.filter(seen)


class PublicQuerySet(models.QuerySet[M]):
    """Installation-wide facts that every signed-in user may read: rates, annotations, definitions, runs."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """All rows for an active user, nothing otherwise."""
        return self.all() if user.is_active and user.is_authenticated else self.none()


class AdminQuerySet(models.QuerySet[M]):
    """The machine room: sources, imports and jobs may hold rows of any book, so admins alone read them."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """All rows for an active admin, nothing otherwise."""
        return self.all() if user.is_active and user.role == Role.ADMIN else self.none()


class AccountQuerySet(AccountBoundQuerySet[Any]):
    """Paying accounts."""

    account_path = ""


class TermQuerySet(AccountBoundQuerySet[Any]):
    """Contracts, half-open terms."""

    def running_on(self, day: date) -> Self:
        """Terms that cover the day; an open end covers every later day."""
        return self.filter(Q(ends_on__gt=day) | Q(ends_on__isnull=True), starts_on__lte=day)


class TeamQuerySet(models.QuerySet[Any]):
    """Teams form a tree by `path`."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Own team and what one manages, with everything below; all for admins."""
        if not user.is_active:
            return self.none()
        if user.role == Role.ADMIN:
            return self.all()
        seen = Q(pk=user.team_id)
        if user.role == Role.MANAGER and user.manages is not None:
            seen |= Q(path__startswith=user.manages.path)
        return self.filter(seen)


class PeopleQuerySet(models.QuerySet[Any]):
    """Users, seen by themselves, by the managers above their team, and by admins."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The people whose book the user may read."""
        if not user.is_active:
            return self.none()
        if user.role == Role.ADMIN:
            return self.all()
        seen = Q(pk=user.pk)
        if user.role == Role.MANAGER and user.manages is not None:
            seen |= Q(team__path__startswith=user.manages.path)
        return self.filter(seen)


class TargetQuerySet(models.QuerySet[Any]):
    """Targets of a person or a team, seen by who sees that person or team."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Own targets and those of the own team; a manager's with everything below."""
        if not user.is_active:
            return self.none()
        if user.role == Role.ADMIN:
            return self.all()
        seen = Q(user=user) | Q(team=user.team_id, team__isnull=False)
        if user.role == Role.MANAGER and user.manages is not None:
            seen |= Q(user__team__path__startswith=user.manages.path) | Q(team__path__startswith=user.manages.path)
        return self.filter(seen)


class AbsenceQuerySet(models.QuerySet[Any]):
    """Absences, seen by whom they concern, by the managers above the absent one, and by admins."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """One's own, those one covers, and those of the people below."""
        if not user.is_active:
            return self.none()
        if user.role == Role.ADMIN:
            return self.all()
        seen = Q(user=user) | Q(cover=user)
        if user.role == Role.MANAGER and user.manages is not None:
            seen |= Q(user__team__path__startswith=user.manages.path)
        return self.filter(seen)


class OwnQuerySet(models.QuerySet[M]):
    """What belongs to one person alone."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The person's own rows; nothing for the anonymous and the deactivated."""
        return self.filter(user=user) if user.is_active else self.none()


class ViewQuerySet(models.QuerySet[Any]):
    """Saved views: one's own, and those shared with one's team or with everybody."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """A view shared with a team is seen in the owner's team and below it, and by the managers above."""
        if not user.is_active:
            return self.none()
        seen = Q(owner=user) | Q(shared=SharedWith.ALL)
        if user.team is not None:
            parts = user.team.path.split("/")[:-1]
            above = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
            seen |= Q(shared=SharedWith.TEAM, owner__team__path__in=above)
        if user.role == Role.MANAGER and user.manages is not None:
            seen |= Q(shared=SharedWith.TEAM, owner__team__path__startswith=user.manages.path)
        if user.role == Role.ADMIN:
            seen |= Q(shared=SharedWith.TEAM)
        return self.filter(seen)
