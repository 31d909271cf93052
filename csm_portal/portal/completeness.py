"""What the book still lacks before its figures can be complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.models import Account, Contract, Event, Seat, UsageDaily

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Lack:
    """How many accounts lack one thing, and what follows from it."""

    key: str
    name: str
    count: int
    total: int
    follows: str


def completeness(user: User, today: date) -> list[Lack]:
    """Counts over the accounts the viewer may see, in one query. An account that counts for another needs no contract of its own."""
    own = OuterRef("pk")
    counts = (
        Account.objects.visible_to(user)
        .annotate(
            has_contract=Exists(Contract.objects.filter(account=own).running_on(today)),
            has_events=Exists(Event.objects.filter(account=own)) | Exists(UsageDaily.objects.filter(account=own)),
            has_seats=Exists(Seat.objects.filter(account=own)),
        )
        .aggregate(
            total=Count("pk"),
            owner=Count("pk", filter=Q(owner__isnull=True)),
            contract=Count("pk", filter=Q(has_contract=False, counts_for__isnull=True)),
            events=Count("pk", filter=Q(has_events=False)),
            seats=Count("pk", filter=Q(has_seats=False)),
        )
    )
    return [
        Lack("owner", _("No owner"), counts["owner"], counts["total"], _("Nobody's book holds them; only the team or an admin sees them.")),
        Lack(
            "contract",
            _("No running contract"),
            counts["contract"],
            counts["total"],
            _("Their level is unknown and they count in no rate."),
        ),
        Lack("events", _("No events"), counts["events"], counts["total"], _("Their activity is zero, or unknown without seats.")),
        Lack("seats", _("No seats"), counts["seats"], counts["total"], _("Purchased seats stand in; adoption is unknown.")),
    ]
