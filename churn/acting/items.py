"""What people do about an item of the day's list: done, snoozed, dismissed, given to a colleague; each taken back by its author.

Every step is kept (`ItemStep`) with what the item was before it, and an undo is marked, so nothing is lost. docs/methods/actions.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.edit_values import MAX_SENTENCE, NotSaved, Refused, line
from accounts.edits import UNDO_FOR
from accounts.mentions import people_who_see
from accounts.models import Account
from churn.models import ActionItem, ItemStep
from churn.types import ItemState

if TYPE_CHECKING:
    from accounts.models import User

DONE, SNOOZED, DISMISSED, ASSIGNED = "done", "snoozed", "dismissed", "assigned"
STATES: Final[Mapping[str, ItemState]] = {DONE: ItemState.DONE, SNOOZED: ItemState.SNOOZED, DISMISSED: ItemState.DISMISSED}
WAITING: Final = (ItemState.OPEN.value, ItemState.SNOOZED.value)
# Longer than a quarter nothing is put off: by then it is another matter.
LONGEST_SNOOZE = timedelta(days=92)
# A button pressed twice is one step.
SAME_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says about an item. `kind`: done, snoozed (`until`, first day it shows again, and a reason), dismissed (reason)."""

    kind: str
    reason: str = ""
    until: date | None = None


@transaction.atomic
def close(user: User, item_id: int, told: Told, now: datetime, today: date) -> ItemStep:
    """Take an item that the user sees off the list: done, dismissed, or snoozed until a day.

    Raises NotSaved (fields `kind`, `reason`, `until`, or "" where it was closed already) and ActionItem.DoesNotExist for what is not
    theirs. The same step of the same person again within a minute is the same step.
    """
    item = _held(user, item_id)
    told = Told(told.kind, told.reason.strip(), told.until if told.kind == SNOOZED else None)
    if problems := problems_of(told, today):
        raise NotSaved(problems)
    if item.state not in WAITING:
        if (same := _same(user, item, told, now)) is not None:
            return same
        raise NotSaved({"": _("This item is closed already; see its history on the page of the account.")})
    step = _step(user, item, told.kind, now, reason=told.reason, until=told.until)
    item.state, item.snoozed_until = STATES[told.kind].value, told.until
    item.closed_at = None if told.kind == SNOOZED else now
    item.save(update_fields=["state", "snoozed_until", "closed_at", "first_acted_at"])
    return step


@transaction.atomic
def assign(user: User, item_id: int, owner: str, now: datetime) -> ItemStep:
    """Give an item to a colleague who may see the account, by e-mail; empty: back to the account's owner. Raises as `close` does."""
    item = _held(user, item_id)
    if item.state not in WAITING:
        raise NotSaved({"": _("This item is closed already; see its history on the page of the account.")})
    person = _colleague(item.account, owner)
    step = _step(user, item, ASSIGNED, now)
    item.owner = person
    item.save(update_fields=["owner", "first_acted_at"])
    return step


@transaction.atomic
def undo(user: User, step_id: int, now: datetime) -> ActionItem | None:
    """Take back one's own step of the last day where it is the item's latest; the item as it is then, None: there is no such step.

    Raises NotSaved where the rule has opened a new item at the account since.
    """
    found: Any = ItemStep.objects.filter(pk=step_id, author=user, undone_at__isnull=True, taken_at__gt=now - UNDO_FOR).first()
    if found is None or not user.is_active:
        return None
    item: ActionItem = ActionItem.objects.select_for_update(of=("self",)).select_related("account").get(pk=found.item_id)
    latest: Any = item.steps.filter(undone_at__isnull=True).order_by("-taken_at", "-pk").first()
    if latest is None or latest.pk != found.pk:
        return None
    _put_back(item, found.before)
    try:
        with transaction.atomic():
            item.save(update_fields=["state", "snoozed_until", "owner", "first_acted_at", "closed_at"])
    except IntegrityError as fault:
        raise NotSaved({"": _("The same reason has come up again since; please work on the new item.")}) from fault
    ItemStep.objects.filter(pk=found.pk).update(undone_at=now)
    return item


def problems_of(told: Told, today: date) -> dict[str, str]:
    """What keeps a step from being taken, by field, with what would be right."""
    found: dict[str, str] = {}
    if told.kind not in STATES:
        found["kind"] = _("Right would be one of: %(known)s.") % {"known": ", ".join(STATES)}
    try:
        line(told.reason, MAX_SENTENCE)
    except Refused as problem:
        found["reason"] = str(problem)
    if told.kind in {SNOOZED, DISMISSED} and not told.reason:
        found["reason"] = _("Say why, in a few words: it is how noisy rules are found.")
    if told.kind == SNOOZED:
        latest = today + LONGEST_SNOOZE
        if told.until is None or not today < told.until <= latest:
            span = {"first": (today + timedelta(days=1)).isoformat(), "last": latest.isoformat()}
            found["until"] = _("Until which day? Right would be %(first)s to %(last)s.") % span
    return found


def _held(user: User, item_id: int) -> ActionItem:
    """The item as it is now, locked against a second hand. Raises ActionItem.DoesNotExist for what is not theirs."""
    if not ActionItem.objects.visible_to(user).filter(pk=item_id, held_back=False).exists():
        raise ActionItem.DoesNotExist
    item: ActionItem = ActionItem.objects.select_for_update(of=("self",)).select_related("account", "account__owner__team").get(pk=item_id)
    return item


def _step(user: User, item: ActionItem, kind: str, now: datetime, *, reason: str = "", until: date | None = None) -> ItemStep:
    """Keep the step with what the item was, and that somebody has looked at it."""
    acted = item.first_acted_at
    before = {
        "state": item.state,
        "snoozed_until": item.snoozed_until.isoformat() if item.snoozed_until else None,
        "owner": item.owner_id,
        "first_acted_at": acted.isoformat() if acted else None,
    }
    item.first_acted_at = acted or now
    return ItemStep.objects.create(item=item, kind=kind, reason=reason, until=until, before=before, author=user, taken_at=now)


def _put_back(item: ActionItem, before: Mapping[str, Any]) -> None:
    until, acted = before["snoozed_until"], before["first_acted_at"]
    item.state, item.owner_id, item.closed_at = before["state"], before["owner"], None
    item.snoozed_until = date.fromisoformat(until) if until else None
    item.first_acted_at = datetime.fromisoformat(acted) if acted else None


def _same(user: User, item: ActionItem, told: Told, now: datetime) -> ItemStep | None:
    same: Any = item.steps.filter(
        author=user, kind=told.kind, reason=told.reason, undone_at__isnull=True, taken_at__gt=now - SAME_STEP
    ).last()
    found: ItemStep | None = same
    return found


def _colleague(account: Account, email: str) -> User | None:
    email = email.strip()
    if not email:
        return None
    found = people_who_see(account).filter(email__iexact=email).first() if "\0" not in email else None
    if found is None:
        told = _("“%(email)s” may not see this account; right would be the e-mail of somebody who does.")
        raise NotSaved({"owner": told % {"email": email.replace("\0", "")[:100]}})
    return found
