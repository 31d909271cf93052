"""Who works here: users with a role, in a tree of teams."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.querysets import PeopleQuerySet, TeamQuerySet
from accounts.types import Role


class Team(models.Model):
    """One team. `EMEA/DACH` in a file is the team DACH below the team EMEA."""

    name = models.TextField()
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.TextField(
        unique=True, help_text="Names from the root, each closed by a slash: `EMEA/DACH/`. A sub-team starts with its parent's."
    )

    objects = TeamQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(name__contains="/"), name="team_name_is_one_level"),
            models.CheckConstraint(condition=Q(path__endswith="/"), name="team_path_is_closed"),
        ]

    def __str__(self) -> str:
        return self.path.rstrip("/")


class UserManager(BaseUserManager["User"].from_queryset(PeopleQuerySet)):  # type: ignore[misc]
    """Users are known by e-mail, kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A saved user; without password the account cannot sign in by password."""
        user: User = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get(self, *args: Any, **kwargs: Any) -> User:
        """One user with both teams: a page looks its viewer up this way, and needs the teams to say what they may see."""
        user: User = self.get_queryset().select_related("team", "manages").get(*args, **kwargs)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An admin of the portal."""
        return self.create_user(email, password, role=Role.ADMIN, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in: a CSM, a manager or an admin."""

    email = models.EmailField(_("e-mail"))
    name = models.TextField(_("name"), blank=True)
    role = models.TextField(_("role"), default=Role.CSM, choices=[(r.value, r.value) for r in Role])
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="members")
    manages = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="managers", help_text="A manager sees this team and all below."
    )
    language = models.TextField(_("language"), blank=True, help_text="`en` or `zh-hans`; empty: the browser's.")
    timezone = models.TextField(_("time zone"), blank=True, help_text="IANA name; empty: the installation's.")
    preferences: Any = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text="How they like their tables: {page: {columns, density}}.",
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(condition=Q(role__in=[r.value for r in Role]), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Name, or the e-mail where no name is known."""
        return self.name or self.email
