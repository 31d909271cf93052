"""Overrides: the band that a person sets for an account, with a reason and an end. Checked, shown at once, ended early, taken back.

A dated fact `[starts_on, ends_on)` that every night heeds and none changes. What is withdrawn never held.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.edit_values import NotSaved, Refused, line
from accounts.edits import UNDO_FOR
from accounts.models import Account, AccountEdit
from health.judging.override_bands import correct_now
from health.models import Override
from health.types import Band

if TYPE_CHECKING:
    from accounts.models import User

# What a person may set; an unknown score is not theirs to wish for.
BANDS = (Band.RED, Band.AMBER, Band.GREEN)
MAX_REASON = 1_000
# Longer, and nobody remembers why: it is to be entered anew then.
MOST_DAYS = 365
# Those that end within this are listed, so that somebody looks before the band changes by itself.
ENDING_DAYS = 7
FIELD = "override:"
# A form sent twice by an impatient finger is one override.
SAME = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """A band from `starts_on` (None: today) to the day before `ends_on`."""

    band: str
    ends_on: date | None
    reason: str
    starts_on: date | None = None


def problems_of(wish: Wish, today: date) -> dict[str, str]:
    """What keeps it from being saved, by field, with what would be right."""
    found: dict[str, str] = {}
    start = wish.starts_on or today
    if wish.band not in set(BANDS):
        found["band"] = _("Choose the band: red, amber or green.")
    if start < today:
        found["starts_on"] = _("An override cannot begin in the past: what was shown then stays. Right would be today or later.")
    if wish.ends_on is None:
        found["ends_on"] = _("An override needs an end: the day from which score and caps count again.")
    elif wish.ends_on <= today or wish.ends_on <= start:
        found["ends_on"] = _("The end has to lie after today and after the start; right would be %(day)s or later.") % {
            "day": (max(start, today) + timedelta(days=1)).isoformat()
        }
    elif (wish.ends_on - start).days > MOST_DAYS:
        found["ends_on"] = ngettext("An override runs for at most %(n)d day.", "An override runs for at most %(n)d days.", MOST_DAYS) % {
            "n": MOST_DAYS
        }
    try:
        if not line(wish.reason, MAX_REASON):
            found["reason"] = _("Say why: whoever reads the band later sees nothing else.")
    except Refused as problem:
        found["reason"] = str(problem)
    return found


@transaction.atomic
def enter(user: User, account: Account, wish: Wish, at: datetime, today: date) -> Override:
    """Set the band of an account that the user sees; of several in force the one entered last counts. Raises NotSaved.

    The current row shows it at once where it begins today. The same again within a minute is the same override. Raises
    Account.DoesNotExist for an account that is not theirs.
    """
    held = _held(user, account.pk)
    problems = problems_of(wish, today)
    if held.counts_for_id is not None:
        problems[""] = _(
            "This account has no contract of its own and no health of its own: it counts for %(name)s. Set the band there."
        ) % {"name": held.counts_for.name if held.counts_for else ""}
    if problems:
        raise NotSaved(problems)
    wanted = {
        "band": wish.band,
        "starts_on": wish.starts_on or today,
        "ends_on": wish.ends_on,
        "reason": line(wish.reason, MAX_REASON),
    }
    before = Override.objects.filter(account=held, author=user, withdrawn_at__isnull=True, recorded_at__gt=at - SAME, **wanted).first()
    if before is not None:
        return before
    made = Override.objects.create(account=held, author=user, recorded_at=at, **wanted)
    correct_now([held.pk], today)
    return made


@transaction.atomic
def withdraw(user: User, pk: int, at: datetime, today: date) -> Override | None:
    """Take back one's own override of the last day, as if it had never been; None: there is none of theirs."""
    rows = Override.objects.select_for_update(of=("self",)).select_related("account")
    row = rows.filter(pk=pk, author=user, withdrawn_at__isnull=True, recorded_at__gt=at - UNDO_FOR).first()
    if row is None or not user.is_active:
        return None
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    correct_now([row.account_id], today)
    found: Override = row
    return found


@transaction.atomic
def end_early(user: User, pk: int, at: datetime, today: date) -> Override | None:
    """End an override that runs, or take one back that has not held a day yet, on any account the user sees; None: no such override.

    What it was before stays in the log of changes, so that who ended it can resume it within a day.
    """
    row = _seen(user, pk).filter(withdrawn_at__isnull=True, ends_on__gt=today).first()
    if row is None:
        return None
    old = {"ends_on": row.ends_on.isoformat(), "withdrawn": False}
    if row.starts_on >= today:
        row.withdrawn_at = at
    else:
        row.ends_on = today
    row.save(update_fields=["withdrawn_at", "ends_on"])
    new = {"ends_on": row.ends_on.isoformat(), "withdrawn": row.withdrawn_at is not None}
    named = {"account_id": row.account_id, "field": f"{FIELD}{row.pk}", "old": old, "new": new}
    AccountEdit.objects.create(batch=uuid.uuid4(), **named, author=user, edited_at=at)
    correct_now([row.account_id], today)
    found: Override = row
    return found


@transaction.atomic
def resume(user: User, pk: int, at: datetime, today: date) -> Override | None:
    """Undo one's own early end of the last day; None: there is no such end of theirs. Again: nothing is left to do."""
    mine = AccountEdit.objects.select_for_update().filter(field=f"{FIELD}{pk}", author=user, edited_at__gt=at - UNDO_FOR)
    edit = mine.filter(undone_at__isnull=True).order_by("-edited_at").first()
    row = Override.objects.select_for_update(of=("self",)).select_related("account").filter(pk=pk).first()
    if edit is None or row is None or not user.is_active:
        return None
    old: Any = edit.old
    row.ends_on, row.withdrawn_at = date.fromisoformat(old["ends_on"]), None
    row.save(update_fields=["withdrawn_at", "ends_on"])
    edit.undone_at = at
    edit.save(update_fields=["undone_at"])
    correct_now([row.account_id], today)
    found: Override = row
    return found


def running(user: User, today: date) -> QuerySet[Override]:
    """Overrides of visible accounts in force today or later, the next to end first."""
    return _listed(user).filter(ends_on__gt=today).order_by("ends_on", "pk")


def ending(user: User, today: date) -> QuerySet[Override]:
    """Of these, those in force that end within a week."""
    return running(user, today).filter(starts_on__lte=today, ends_on__lte=today + timedelta(days=ENDING_DAYS))


def ended(user: User, today: date, days: int = 30) -> QuerySet[Override]:
    """Overrides that ended by themselves or early in the last `days` days, the latest first."""
    return _listed(user).filter(ends_on__lte=today, ends_on__gt=today - timedelta(days=days)).order_by("-ends_on", "-pk")


def _listed(user: User) -> QuerySet[Override]:
    rows: QuerySet[Override] = Override.objects.visible_to(user).filter(withdrawn_at__isnull=True)
    return rows.select_related("account", "account__state", "account__owner", "author")


def _seen(user: User, pk: int) -> QuerySet[Override]:
    rows: QuerySet[Override] = Override.objects.select_for_update(of=("self",)).select_related("account")
    return rows.filter(pk=pk, account__in=Account.objects.visible_to(user).values("pk"))


def _held(user: User, pk: int) -> Account:
    """The account, locked against a second hand."""
    seen: Account = Account.objects.visible_to(user).get(pk=pk)
    held: Account = Account.objects.select_for_update(of=("self",), no_key=True).select_related("counts_for").get(pk=seen.pk)
    return held
