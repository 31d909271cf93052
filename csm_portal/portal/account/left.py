"""Why an account left: each time it stopped paying, with the reason on record or what the facts suggest, and the talks held since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Contract
from churn import policy
from churn.as_of import read_basis
from churn.losses import listed
from churn.suggest_reads import suggestions
from churn.types import ChurnType
from csm_portal.portal.reasons import words as why
from csm_portal.portal.reasons.lines import LossLine, line, talks_by_loss
from csm_portal.portal.reasons.page import talks_of

if TYPE_CHECKING:
    from datetime import date

    from accounts.models import Account, User


@dataclass(frozen=True)
class Left:
    """The account's losses, the latest first; `steps` of the path for the latest one's type while it has not come back."""

    losses: list[LossLine]
    steps: list[str]
    effort: str


def ever_left(today: date) -> Exists:
    """Whether the account stopped paying on a day up to today: a paid term ended, and no other covers that day. For an annotation."""
    paid = Contract.objects.filter(mrr__gt=0, account=OuterRef("account"))
    covers = Q(ends_on__isnull=True) | Q(ends_on__gt=OuterRef("ends_on"))
    stopped = Contract.objects.filter(account=OuterRef("pk"), mrr__gt=0, ends_on__lte=today)
    return Exists(stopped.exclude(Exists(paid.filter(covers, starts_on__lte=OuterRef("ends_on")))).order_by().values(found=F("pk")))


def left(account: Account, user: User, today: date) -> Left | None:
    """The part of the account's page, late renewals left out; None before the first night. At most four queries."""
    basis = read_basis()
    if basis is None:
        return None
    rows = [loss for loss in listed(user, basis, account=account.pk, chosen="every").rows if loss.state != "late"]
    types = suggestions(user, [loss for loss in rows if loss.record_id is None], basis.as_of)
    talks = talks_by_loss(rows, talks_of(user, rows)) if rows else {}
    grace = basis.renewals.renewal_grace_days
    lines = []
    for loss in rows:
        key = (loss.account_id, loss.lost_on)
        lines.append(line(loss, today, grace, types.get(key), talks.get(key, ())))
    latest = rows[0] if rows else None
    if latest is None or latest.back_on is not None or latest.fit_then == "poor":
        return Left(lines, [], "")
    path = policy.WIN_BACK[ChurnType(latest.type or ChurnType.UNKNOWN)]
    return Left(lines, [why.step(key) for key in path.steps], why.effort(path.effort))
