"""Interventions: what was tried at an account to change its course, entered by people and taken back by their author."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved, Refused
from accounts.edits import UNDO_FOR
from accounts.models import Account
from accounts.touch import EARLIEST, text_of
from churn.models import ActionItem, Intervention
from churn.types import InterventionKind

if TYPE_CHECKING:
    from accounts.models import User

KINDS = tuple(kind.value for kind in InterventionKind)
# A form sent twice by an impatient finger is one intervention.
SAME = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Tried:
    """One intervention as told. `began_on` None: the day could not be read. `item`: the item of the day's list that led to it."""

    kind: str
    began_on: date | None
    note: str = ""
    item: int | None = None


@transaction.atomic
def enter(user: User, account: Account, told: Tried, at: datetime, today: date) -> tuple[Intervention, bool]:
    """Keep what was tried at an account that the user sees; the row, and whether it is new. Raises NotSaved.

    The same words again within a minute are the same intervention.
    """
    problems: dict[str, str] = {}
    note = ""
    try:
        note = text_of(told.note, needed=False)
    except Refused as problem:
        problems["note"] = str(problem)
    if told.kind not in KINDS:
        problems["kind"] = _("Choose what was tried: %(kinds)s.") % {"kinds": ", ".join(KINDS)}
    if told.began_on is None:
        problems["began_on"] = _("The date cannot be read; right would be YYYY-MM-DD.")
    elif not EARLIEST <= told.began_on <= today:
        told_span = _("It began between %(first)s and today (%(today)s); what is only planned is a task.")
        problems["began_on"] = told_span % {"first": EARLIEST, "today": today}
    item = ActionItem.objects.filter(account=account, pk=told.item, held_back=False).first() if told.item is not None else None
    if told.item is not None and item is None:
        problems["item"] = _("The account has no such item on the day's list.")
    if problems or told.began_on is None:
        raise NotSaved(problems)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    said = {"account": account, "author": user, "kind": told.kind, "began_on": told.began_on, "note": note, "item": item}
    twin = Intervention.objects.filter(**said, withdrawn_at__isnull=True, entered_at__gt=at - SAME).first()
    if twin is not None:
        return twin, False
    return Intervention.objects.create(**said, entered_at=at), True


def withdraw(user: User, pk: int, at: datetime) -> Account | None:
    """Take back the user's own intervention of the last day; its account, None: there is no such intervention (any more)."""
    rows = Intervention.objects.filter(pk=pk, author=user, withdrawn_at__isnull=True, entered_at__gt=at - UNDO_FOR)
    made = rows.select_related("account").first()
    if made is None or not user.is_active or not rows.update(withdrawn_at=at):
        return None
    account: Account = made.account
    return account
