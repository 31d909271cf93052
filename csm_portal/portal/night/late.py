"""What late data changed in days that were shown before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts.models import User
from csm_portal.portal.addresses import account_address
from health.models import LevelChange, Run


@dataclass(frozen=True, slots=True)
class LateChange:
    """One day of one account as it was shown and as it is now. None: there was, or is, no row."""

    account: str
    href: str
    day: date
    level_before: int | None
    level_after: int | None
    key_actions_before: Decimal | None
    key_actions_after: Decimal | None


def late_count(user: User, run: Run) -> int:
    """How many account-days of the user's book the run changed after they were shown."""
    return LevelChange.objects.visible_to(user).filter(run=run).count()


def late_changes(user: User, run: Run, *, first: int = 0, most: int = 100) -> list[LateChange]:
    """Account-days of the user's book that the run changed, the latest day first; `most` of them from the place `first` on."""
    rows = LevelChange.objects.visible_to(user).filter(run=run).order_by("-day", "account__name", "account")
    fields = ("account__name", "account__external_id", "day", "level_before", "level_after", "key_actions_before", "key_actions_after")
    return [
        LateChange(name or external_id, account_address(external_id), *facts)
        for name, external_id, *facts in rows.values_list(*fields)[first : first + most]
    ]
