"""Quiet periods as people enter them: days on which an account is closed, so that no working day is asked of it.

Each step stands in the log of changes under `quiet:<from>:<to>`, which is what an undo goes by. A file that is loaded again does not bring
back what was removed by hand (`keep_removed`). Days already built are marked, and done again by the next night.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.dirty import mark_days
from accounts.edit_values import MAX_SENTENCE, NotSaved, Refused, line
from accounts.edits import UNDO_FOR
from accounts.models import Account, AccountEdit, QuietPeriod, User
from accounts.touch import EARLIEST

FIELD = "quiet:"
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Closure:
    """Days `[starts_on, ends_on)`: `ends_on` is the first day open again."""

    starts_on: date
    ends_on: date
    reason: str


@transaction.atomic
def add(user: User, account: Account, closure: Closure, at: datetime) -> uuid.UUID:
    """Enter a quiet period of an account that the user sees; the batch takes it back. Raises NotSaved."""
    clean = checked(closure)
    _lock(account)
    if QuietPeriod.objects.filter(account=account, starts_on=clean.starts_on, ends_on=clean.ends_on).exists():
        raise NotSaved({"": _("These days are on file already.")})
    QuietPeriod.objects.create(
        account=account, starts_on=clean.starts_on, ends_on=clean.ends_on, reason=clean.reason, recorded_at=at, loaded_by=None
    )
    return _log(user, account, clean, at, old=None, new={"reason": clean.reason})


@transaction.atomic
def remove(user: User, pk: int, at: datetime) -> tuple[Account, uuid.UUID]:
    """Take a quiet period away: its working days count again. Raises QuietPeriod.DoesNotExist for what is not theirs."""
    row: QuietPeriod = QuietPeriod.objects.visible_to(user).select_related("account").get(pk=pk)
    _lock(row.account)
    row.delete()
    closure = Closure(row.starts_on, row.ends_on, row.reason)
    return row.account, _log(user, row.account, closure, at, old={"reason": row.reason}, new=None)


@transaction.atomic
def undo(user: User, batch: uuid.UUID, at: datetime) -> Account | None:
    """Take back the user's own step of the last day; the account, None: there is no such step (any more)."""
    edits = AccountEdit.objects.select_for_update(of=("self",)).select_related("account")
    edit = edits.filter(batch=batch, author=user, field__startswith=FIELD, edited_at__gt=at - UNDO_FOR, undone_at=None).first()
    if edit is None or not user.is_active:
        return None
    _lock(edit.account)
    starts_on, ends_on = (date.fromisoformat(day) for day in edit.field.removeprefix(FIELD).split(":"))
    if edit.old is None:
        QuietPeriod.objects.filter(account=edit.account, starts_on=starts_on, ends_on=ends_on).delete()
    else:
        QuietPeriod.objects.get_or_create(
            account=edit.account, starts_on=starts_on, ends_on=ends_on, defaults={"reason": edit.old["reason"], "recorded_at": at}
        )
    AccountEdit.objects.filter(pk=edit.pk).update(undone_at=at)
    _mark(edit.account, Closure(starts_on, ends_on, ""))
    account: Account = edit.account
    return account


def checked(closure: Closure) -> Closure:
    """The closure with a clean reason. Raises NotSaved with a sentence for every field that is wrong."""
    problems: dict[str, str] = {}
    reason = ""
    if closure.starts_on < EARLIEST:
        told = _("%(day)s is too long ago; right would be %(first)s or later.")
        problems["from"] = told % {"day": closure.starts_on, "first": EARLIEST}
    if closure.ends_on <= closure.starts_on:
        told = _("They open again after they close; right would be a day after %(day)s.")
        problems["to"] = told % {"day": closure.starts_on}
    elif closure.ends_on - closure.starts_on > LONGEST:
        problems["to"] = _("A quiet period lasts a year at most; right would be %(day)s or earlier.") % {"day": closure.starts_on + LONGEST}
    try:
        reason = line(closure.reason, MAX_SENTENCE)
        if not reason:
            problems["reason"] = _("Why are they closed? A few words are needed.")
    except Refused as problem:
        problems["reason"] = str(problem)
    if problems:
        raise NotSaved(problems)
    return Closure(closure.starts_on, closure.ends_on, reason)


def _log(user: User, account: Account, closure: Closure, at: datetime, *, old: Any, new: Any) -> uuid.UUID:
    batch = uuid.uuid4()
    field = f"{FIELD}{closure.starts_on.isoformat()}:{closure.ends_on.isoformat()}"
    AccountEdit.objects.create(batch=batch, account=account, field=field, old=old, new=new, author=user, edited_at=at)
    _mark(account, closure)
    return batch


def _mark(account: Account, closure: Closure) -> None:
    """The built days of the months it touches: the bar of a month hangs on its working days."""
    first = closure.starts_on.replace(day=1)
    last = (closure.ends_on.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    mark_days([account.pk], first, last)


def _lock(account: Account) -> None:
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
