"""What pages say about a night that waits, and about an account whose figures are old."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.types import Role
from csm_portal.portal import words
from csm_portal.portal.night.deciding import held_run
from health.models import AccountFault

if TYPE_CHECKING:
    from accounts.models import User
    from health.models import AccountState


@dataclass(frozen=True)
class HeldNotice:
    """That a night waits, in words, and where to decide."""

    text: str
    href: str


def held_notice(user: User) -> HeldNotice | None:
    """For `portal/night/_held.html`, for admins while a night waits; one query for them, none for the others."""
    run = held_run(user) if user.role == Role.ADMIN else None
    if run is None or run.held is None:
        return None
    text = _(
        "The night as of %(day)s is not published: %(moved)s of %(of)s scores moved more than they do in a day."
        " Everybody still sees the night before it."
    ) % {"day": words.day(run.as_of), "moved": words.number(run.held["moved"]), "of": words.number(run.held["of"])}
    return HeldNotice(text, reverse("portal:data-run", args=[run.pk]))


def stale_text(state: AccountState) -> str:
    """`figures of 30 Oct 2026, could not be computed since`; empty where they are those of the last night."""
    if state.stale_since is None:
        return ""
    return _("figures of %(day)s, could not be computed since") % {"day": words.day(state.stale_since)}


def why_stale() -> Subquery:
    """What the step said that could not compute the account last; None where all could. For an annotation of accounts."""
    still_open = AccountFault.objects.filter(account=OuterRef("pk"), resolved_at__isnull=True)
    return Subquery(still_open.order_by("-last_at", "-pk").values("reason")[:1])
