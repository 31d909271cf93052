"""The calls of a Monday's list: what came of each, and taking it back. A result is a row of its own; the latest that stands counts."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved, Refused
from accounts.edits import UNDO_FOR
from accounts.models import Account, Interaction
from accounts.touch import SOURCE, add_interaction, text_of
from churn.models import AtRisk, CampaignCall

if TYPE_CHECKING:
    from accounts.models import User


class CallResult(StrEnum):
    """What came of a call."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    NOT_NEEDED = "not_needed"


# A key pressed twice by an impatient finger is one call.
SAME_CALL = timedelta(minutes=1)
_TOUCHES = uuid.UUID("6f0d2a37-6a52-4c3c-9a5e-0f6d3c1f2b11")


@transaction.atomic
def enter(user: User, entry: AtRisk, result: str, note: str, at: datetime, *, today: date, home: str) -> CampaignCall:
    """Keep what came of calling an account that the user sees. Raises NotSaved.

    Whom one reached was touched: a touchpoint of kind `call` is kept with it. The same again within a minute is the same call. `today` is
    the portal's day, `home` the zone of an account that names none.
    """
    if result not in set(CallResult):
        raise NotSaved({"result": _("Choose one of: %(choices)s.") % {"choices": ", ".join(CallResult)}})
    try:
        text = text_of(note, needed=False)
    except Refused as problem:
        raise NotSaved({"note": str(problem)}) from problem
    account = Account.objects.select_for_update(no_key=True).get(pk=entry.account_id)
    standing = CampaignCall.objects.filter(at_risk=entry, withdrawn_at__isnull=True).order_by("-called_at", "-pk").first()
    if standing and standing.called_at > at - SAME_CALL and (standing.author_id, standing.result, standing.note) == (user.pk, result, text):
        return standing
    call = CampaignCall.objects.create(at_risk=entry, account=account, result=result, note=text, author=user, called_at=at)
    if result == CallResult.REACHED:
        add_interaction(user, account, "call", today, None, text, today=today, at=at, home=home, key=_touch_key(call.pk))
    return call


@transaction.atomic
def withdraw(user: User, pk: int, at: datetime) -> Account | None:
    """Take back the user's own result of the last day, with its touchpoint; the account, None: there is no such result (any more).

    What was entered before it counts again.
    """
    rows = CampaignCall.objects.visible_to(user).filter(pk=pk, author=user, withdrawn_at__isnull=True, called_at__gt=at - UNDO_FOR)
    call = rows.select_for_update(of=("self",)).select_related("account").first()
    if call is None:
        return None
    call.withdrawn_at = at
    call.save(update_fields=["withdrawn_at"])
    Interaction.objects.filter(source__name=SOURCE, external_id=str(_touch_key(call.pk))).delete()
    account: Account = call.account
    return account


def _touch_key(call: int) -> uuid.UUID:
    return uuid.uuid5(_TOUCHES, str(call))
