"""The losses of the viewer's book that wait for a reason: a line of the first page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings

from churn.as_of import Basis
from churn.losses import listed
from csm_portal.portal import words
from csm_portal.portal.reasons.lines import LossLine, line
from csm_portal.web import remembered_of

if TYPE_CHECKING:
    from accounts.models import User

# The dearest; the number beside them leads to all.
SHOWN = 2


@dataclass(frozen=True)
class Waiting:
    """How many losses wait, what they were worth a month, and the dearest of them."""

    n: int
    amount: str
    lines: list[LossLine]


def waiting(user: User, today: date, basis: Basis) -> Waiting | None:
    """The line, remembered for a minute; None where nothing waits. One query."""
    found = remembered_of(user, "waiting-losses", lambda: listed(user, basis, chosen="waiting", order="amount", limit=SHOWN))
    if not found.n:
        return None
    lines = [line(loss, today, basis.renewals.renewal_grace_days) for loss in found.rows]
    return Waiting(found.n, words.money(found.total, settings.REPORTING_CURRENCY), lines)
