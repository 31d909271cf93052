"""People: made by an admin, let in by a link that sets their password once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from accounts.people import make_user
from accounts.types import Role

if TYPE_CHECKING:
    from django.http import HttpRequest

ROLES = {Role.CSM: _("CSM"), Role.MANAGER: _("Manager"), Role.ADMIN: _("Admin")}


class InviteForm(forms.Form):
    """Who is to come in, and what they will see."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"class": "form-control", "autocomplete": "off"})
    )
    name = forms.CharField(
        label=_("Name"), max_length=200, required=False, widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=[(role.value, name) for role, name in ROLES.items()], widget=forms.Select(attrs={"class": "form-select"})
    )
    team = forms.CharField(
        label=_("Team"),
        max_length=300,
        required=False,
        help_text=_("A team below another is written EMEA/DACH. A manager sees the team and all below it."),
        widget=forms.TextInput(attrs={"class": "form-control", "list": "teams", "autocomplete": "off"}),
    )

    def clean_team(self) -> str:
        """Names between slashes, or nothing."""
        team: str = "/".join(part.strip() for part in self.cleaned_data["team"].split("/") if part.strip())
        return team

    def clean(self) -> dict[str, object]:
        """A manager without a team would manage nothing."""
        cleaned: dict[str, object] = super().clean() or {}
        if cleaned.get("role") == Role.MANAGER and not cleaned.get("team"):
            self.add_error("team", _("Name the team that this manager manages."))
        return cleaned


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who may come in. `link` is shown once: the portal keeps no copy."""

    user: User
    created: bool
    link: str


@transaction.atomic
def invite(form: InviteForm, request: HttpRequest) -> Invited:
    """Make the user with a password that nobody knows, or give an existing one this role and team; either way a link to set a password.

    Raises accounts.people.Refused where the address or team is unfit.
    """
    given = form.cleaned_data
    exists = User.objects.filter(email=given["email"].strip().lower()).exists()
    secret = None if exists else secrets.token_urlsafe(32)
    made = make_user(given["email"], Role(given["role"]), team=given["team"], password=secret)
    if given["name"]:
        made.user.name = given["name"]
        made.user.save(update_fields=["name"])
    return Invited(made.user, made.created, link_for(made.user, request))


def link_for(user: User, request: HttpRequest) -> str:
    """Address at which the user sets a new password. It works once and for three days; a new sign-in or password ends it."""
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return request.build_absolute_uri(path)


def people() -> list[User]:
    """Everybody, by team and e-mail."""
    return list(User.objects.select_related("team", "manages").order_by("team__path", "email"))


def team_paths() -> list[str]:
    """Teams to choose from, as they are written in a file."""
    return [path.rstrip("/") for path in Team.objects.order_by("path").values_list("path", flat=True)]
