"""What is decided about a rule of the day's list: retired as noise, brought back, or a share of its items held back to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.edit_values import MAX_SENTENCE, NotSaved, Refused, line
from accounts.types import Role
from churn.acting.triggers import TRIGGERS
from churn.models import TriggerSetting

if TYPE_CHECKING:
    from accounts.models import User

MOST_HELD_BACK: Final = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the rule works, why, and which share 0 … 0.5 of its new items is not shown."""

    retired: bool
    reason: str = ""
    hold_back: Decimal = Decimal(0)


def may_decide(user: User) -> bool:
    """Rules are the same for everybody, so whoever leads decides."""
    return user.is_active and user.role in {Role.MANAGER, Role.ADMIN}


@transaction.atomic
def decide(user: User, rule: str, told: Decision, now: datetime) -> TriggerSetting:
    """Keep the decision; the night after goes by it. Raises NotSaved (`rule`, `reason`, `hold_back`, or "" for who may not).

    Telling back what was so before is the undo: nothing is lost, since items of a retired rule are cleared and open again.
    """
    if problems := _problems(user, rule, told):
        raise NotSaved(problems)
    before = TriggerSetting.objects.select_for_update(of=("self",)).filter(rule=rule).first()
    since = before.retired_at if before is not None and before.retired_at is not None else now
    setting, _made = TriggerSetting.objects.update_or_create(
        rule=rule,
        defaults={
            "retired_at": since if told.retired else None,
            "reason": line(told.reason, MAX_SENTENCE),
            "hold_back": told.hold_back,
            "changed_by": user,
            "changed_at": now,
        },
    )
    return setting


def _problems(user: User, rule: str, told: Decision) -> dict[str, str]:
    found: dict[str, str] = {}
    if not may_decide(user):
        found[""] = _("Rules are the same for everybody: a manager or an admin decides about them.")
    if rule not in TRIGGERS:
        found["rule"] = _("There is no rule of this name.")
    try:
        reason = line(told.reason, MAX_SENTENCE)
    except Refused as problem:
        found["reason"], reason = str(problem), told.reason
    if (told.retired or told.hold_back) and not reason:
        found["reason"] = _("Say why, in a few words.")
    if not told.hold_back.is_finite() or not 0 <= told.hold_back <= MOST_HELD_BACK:
        found["hold_back"] = _("Right would be a share from 0% to 50%.")
    return found
