"""What the filters of the book offer: the values that occur among the accounts the viewer may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import gettext as _

from csm_portal.portal.book.quick import NOBODY
from health.models import AccountState

if TYPE_CHECKING:
    from accounts.models import User

Options = dict[str, list[tuple[str, str]]]
# Cannot stand in an e-mail address or a name, so it parts the two in one aggregated value.
BETWEEN = "\x1f"


def filter_options(user: User) -> Options:
    """Choices per filter as (value, label), sorted by label; one query whatever the size of the book."""
    text = TextField()
    found = (
        AccountState.objects.visible_to(user)
        .order_by()
        .aggregate(
            owners=ArrayAgg(Concat(Cast(F("account__owner__email"), text), Value(BETWEEN, text), F("account__owner__name")), distinct=True),
            teams=ArrayAgg(Coalesce("account__owner__team__path", "account__team__path", Value("", text)), distinct=True),
            plans=ArrayAgg("plan", distinct=True),
            tiers=ArrayAgg("account__tier", distinct=True),
            industries=ArrayAgg("account__industry", distinct=True),
        )
    )
    owners = sorted((_owner(value) for value in found["owners"] or []), key=lambda choice: (choice[0] == NOBODY, choice[1].casefold()))
    teams = sorted(path for path in found["teams"] or [] if path)
    return {
        "owner": owners,
        "team": [(path, path.rstrip("/")) for path in teams],
        "plan": _plain(found["plans"]),
        "tier": _plain(found["tiers"]),
        "industry": _plain(found["industries"]),
    }


def _owner(value: str) -> tuple[str, str]:
    email, _between, name = value.partition(BETWEEN)
    return (email, name or email) if email else (NOBODY, _("nobody"))


def _plain(values: list[str] | None) -> list[tuple[str, str]]:
    return [(value, value) for value in sorted(values or [], key=str.casefold) if value]
