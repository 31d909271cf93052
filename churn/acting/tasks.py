"""Tasks: something somebody is to do at an account by a day. Made, changed, done, opened again, talked about, taken back.

A task without an owner is the account owner's, whoever that is. What is withdrawn is kept, and shown nowhere.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved, Refused, line
from accounts.edits import UNDO_FOR
from accounts.mentions import people_who_see
from accounts.models import Account, AccountEdit
from accounts.touch import text_of
from churn.models import ActionItem, Task, TaskComment

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User

MAX_TITLE = 300
# A plan further off than this is a wish.
MOST_DAYS = 3 * 365
FIELD = "task:"
# A form sent twice by an impatient finger is one task.
SAME = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a task is to be. `owner` is an e-mail; empty: whoever owns the account. No `due_on`: some day."""

    title: str
    owner: str = ""
    due_on: date | None = None


@transaction.atomic
def create(user: User, account: Account, wish: Wish, at: datetime, today: date, *, item: int | None = None) -> Task:
    """A task at an account that the user sees, from the item of the day's list where one is named. Raises NotSaved.

    The same again within a minute is the same task. Raises ActionItem.DoesNotExist for an item of another account.
    """
    title, owner = _checked(wish, account, today, None)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    from_item = ActionItem.objects.get(pk=item, account=account) if item is not None else None
    wanted = {"account": account, "title": title, "owner": owner, "due_on": wish.due_on, "item": from_item, "created_by": user}
    twin = Task.objects.filter(withdrawn_at__isnull=True, done_at__isnull=True, created_at__gt=at - SAME, **wanted).first()
    if twin is not None:
        return twin
    if from_item is not None and from_item.first_acted_at is None:
        # Somebody has begun: the signal waits no longer.
        from_item.first_acted_at = at
        from_item.save(update_fields=["first_acted_at"])
    made: Task = Task.objects.create(created_at=at, **wanted)
    return made


@transaction.atomic
def change(user: User, pk: int, wish: Wish, at: datetime, today: date) -> uuid.UUID | None:
    """Give a task another title, owner or day; the key by which that is undone. None: no such task. Raises NotSaved.

    What it was stays in the log of changes; nothing changed, nothing logged.
    """
    task = _open_to(user, pk)
    if task is None:
        return None
    title, owner = _checked(wish, task.account, today, task)
    old = _values(task)
    task.title, task.owner, task.due_on = title, owner, wish.due_on
    batch = uuid.uuid4()
    if _values(task) != old:
        task.save(update_fields=["title", "owner", "due_on"])
        AccountEdit.objects.create(
            batch=batch, account=task.account, field=f"{FIELD}{pk}", old=old, new=_values(task), author=user, edited_at=at
        )
    return batch


@transaction.atomic
def undo_change(user: User, batch: uuid.UUID, at: datetime) -> Task | None:
    """Put back what the user's own change of the last day replaced; None: there is no such change, or somebody changed it since."""
    mine = AccountEdit.objects.select_for_update().filter(batch=batch, author=user, field__startswith=FIELD, undone_at__isnull=True)
    edit = mine.filter(edited_at__gt=at - UNDO_FOR).first()
    task = _open_to(user, int(edit.field.removeprefix(FIELD))) if edit is not None else None
    if edit is None or task is None or _values(task) != edit.new:
        return None
    old: Mapping[str, Any] = edit.old
    task.title, task.owner_id = old["title"], old["owner"]
    task.due_on = date.fromisoformat(old["due_on"]) if old["due_on"] else None
    task.save(update_fields=["title", "owner", "due_on"])
    edit.undone_at = at
    edit.save(update_fields=["undone_at"])
    return task


@transaction.atomic
def done(user: User, pk: int, at: datetime) -> Task | None:
    """It is done. Again: nothing changes. None: no such task. The item it came from counts as acted on."""
    task = _open_to(user, pk)
    if task is None:
        return None
    if task.done_at is None:
        task.done_at, task.done_by = at, user
        task.save(update_fields=["done_at", "done_by"])
        if task.item_id is not None:
            ActionItem.objects.filter(pk=task.item_id, first_acted_at__isnull=True).update(first_acted_at=at)
    return task


@transaction.atomic
def reopen(user: User, pk: int) -> Task | None:
    """It is to be done after all. None: no such task."""
    task = _open_to(user, pk)
    if task is not None and task.done_at is not None:
        task.done_at, task.done_by = None, None
        task.save(update_fields=["done_at", "done_by"])
    return task


@transaction.atomic
def withdraw(user: User, pk: int, at: datetime) -> Task | None:
    """Nobody is to do it any more. None: no such task."""
    task = _open_to(user, pk)
    if task is not None:
        task.withdrawn_at = at
        task.save(update_fields=["withdrawn_at"])
    return task


@transaction.atomic
def restore(user: User, pk: int, at: datetime) -> Task | None:
    """Undo a withdrawal of the last day. None: no such task."""
    task: Task | None = _locked(user).filter(pk=pk, withdrawn_at__gt=at - UNDO_FOR).first()
    if task is not None:
        task.withdrawn_at = None
        task.save(update_fields=["withdrawn_at"])
    return task


@transaction.atomic
def comment(user: User, pk: int, text: str, at: datetime) -> TaskComment | None:
    """Write about a task that the user sees; None: no such task. Raises Refused. The same again within a minute is the same comment."""
    task = _open_to(user, pk)
    if task is None:
        return None
    words = text_of(text, needed=True)
    same: Any = TaskComment.objects.filter(task=task, author=user, text=words, written_at__gt=at - SAME, withdrawn_at__isnull=True)
    twin: TaskComment | None = same.first()
    made: Any = twin or TaskComment.objects.create(task=task, author=user, text=words, written_at=at)
    kept: TaskComment = made
    return kept


@transaction.atomic
def take_comment_back(user: User, pk: int, at: datetime) -> Task | None:
    """Withdraw one's own comment of the last day; the task it was on. None: there is none of theirs."""
    rows: Any = TaskComment.objects.select_for_update(of=("self",)).filter(task__in=Task.objects.visible_to(user).values("pk"))
    row = rows.filter(pk=pk, author=user, withdrawn_at__isnull=True, written_at__gt=at - UNDO_FOR).first()
    if row is None:
        return None
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    task: Task = Task.objects.select_related("account").get(pk=row.task_id)
    return task


def _checked(wish: Wish, account: Account, today: date, task: Task | None) -> tuple[str, User | None]:
    """Title and owner as they are kept. Raises NotSaved."""
    problems: dict[str, str] = {}
    title, owner = "", None
    try:
        title = line(wish.title, MAX_TITLE)
        if not title:
            problems["title"] = _("Say what is to be done.")
    except Refused as refused:
        problems["title"] = str(refused)
    if wish.owner.strip():
        email = wish.owner.strip()
        # Who had it before keeps it, though they may have left or no longer see the account.
        if task is not None and task.owner is not None and task.owner.email.casefold() == email.casefold():
            owner = task.owner
        else:
            owner = people_who_see(account).filter(email__iexact=email).first() if "\0" not in email else None
        if owner is None:
            problems["owner"] = _("Nobody who sees this account has this e-mail; right would be a colleague of the list, or nobody.")
    kept = task is not None and task.due_on == wish.due_on
    if wish.due_on is not None and not kept and not today <= wish.due_on <= today + timedelta(days=MOST_DAYS):
        problems["due_on"] = _("A task is due today or later, within three years.")
    if problems:
        raise NotSaved(problems)
    return title, owner


def _values(task: Task) -> dict[str, Any]:
    return {"title": task.title, "owner": task.owner_id, "due_on": task.due_on.isoformat() if task.due_on else None}


def _open_to(user: User, pk: int) -> Task | None:
    """The task, locked, where the user sees its account and nobody withdrew it."""
    found: Task | None = _locked(user).filter(pk=pk, withdrawn_at__isnull=True).first()
    return found


def _locked(user: User) -> QuerySet[Task]:
    rows: QuerySet[Task] = Task.objects.select_for_update(of=("self",)).select_related("account__owner__team", "account__team", "owner")
    return rows.filter(account__in=Account.objects.visible_to(user).values("pk"))
