"""What is to be done at an account: its reasons to act, its tasks, and the plays that run there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.absences import covering
from churn.acting.listing import Asked, day_list
from csm_portal.portal.acting import lines as listed
from csm_portal.portal.plays import page as played
from csm_portal.portal.todo import page as asked

if TYPE_CHECKING:
    from accounts.models import Account, User

MOST = 20


@dataclass(frozen=True)
class Acting:
    """Open items, those of growth apart, open tasks, plays with something left to do."""

    items: list[listed.Line]
    good: list[listed.Line]
    n: int
    tasks: list[asked.Line]
    runs: list[played.Run]


def acting(account: Account, user: User, today: date) -> Acting:
    """The part of the page; three queries. The account comes from `visible_to`."""
    found = day_list(user, today, Asked(mine=False, account=account.external_id, limit=MOST, limit_good=MOST))
    currency, covered = settings.REPORTING_CURRENCY, covering(user)
    return Acting(
        items=listed.lines(found.rows, today, currency, covered),
        good=listed.lines(found.good, today, currency, covered),
        n=found.n,
        tasks=asked.of_account(account, user, today),
        runs=played.of_account(user, account, today),
    )
