"""What people entered about reviews and their feedback, as it was before and after: an undo puts back what nobody has changed since.

Each action leaves a batch in the log of changes (`AccountEdit`): field `review:<key>` or `feedback:<key of its review>`, with the whole
row before and after as JSON; null where there was none, or is none any more.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from accounts.edits import UNDO_FOR
from accounts.models import Account, AccountEdit, User
from health.fresh_states import refresh_touched
from health.models import FeedbackCare, Review

REVIEW, CARE = "review:", "feedback:"
# What people write; the rest of a row says where it comes from.
COLUMNS = ("kind", "planned_on", "held_on", "executive_attended", "landed", "fell_flat", "feedback", "next_on")
CARE_COLUMNS = ("themes", "owner_id", "answer", "answered_on", "answered_by_id")
Row = dict[str, Any]


@dataclass
class Log:
    """The changes of one action, to be kept by `save`."""

    user: User
    at: datetime
    batch: uuid.UUID = field(default_factory=uuid.uuid4)
    edits: list[AccountEdit] = field(default_factory=list)

    def add(self, name: str, account_id: int, old: Row | None, new: Row | None) -> None:
        """One row before and after; nothing where it is the same."""
        if old != new:
            known = {"batch": self.batch, "author": self.user, "edited_at": self.at}
            self.edits.append(AccountEdit(**known, account_id=account_id, field=name, old=old, new=new))

    def save(self) -> uuid.UUID | None:
        """Keep them; the batch, None: nothing has changed."""
        AccountEdit.objects.bulk_create(self.edits)
        return self.batch if self.edits else None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an undo met: the account, and whether all of the action was put back (else somebody has changed it since)."""

    account: Account
    whole: bool


def row_of(row: Review | FeedbackCare | None) -> Row | None:
    """The row as the log keeps it; None where there is none."""
    if row is None:
        return None
    values = {column.attname: getattr(row, column.attname) for column in row._meta.concrete_fields}
    plain: Row = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
    return plain


@transaction.atomic
def undo(user: User, batch: uuid.UUID, at: datetime, today: date) -> TakenBack | None:
    """Take back the user's own action of the last day; None: there is no such action (any more).

    It works also on what the user no longer sees. A row that was changed since stays as it is.
    """
    own = AccountEdit.objects.select_for_update(of=("self",)).select_related("account")
    edits = list(own.filter(batch=batch, author=user, undone_at__isnull=True, edited_at__gt=at - UNDO_FOR).order_by("-pk"))
    edits = [edit for edit in edits if edit.field.startswith((REVIEW, CARE))]
    if not edits or not user.is_active:
        return None
    Account.objects.select_for_update(no_key=True).get(pk=edits[0].account_id)
    # Care hangs on its review: of a review that goes it goes first, to one that comes back it comes last.
    edits.sort(key=lambda edit: edit.field.startswith(CARE) == (edit.old is not None))
    done = [edit.pk for edit in edits if _put_back(edit)]
    AccountEdit.objects.filter(pk__in=done).update(undone_at=at)
    refresh_touched({edit.account_id for edit in edits}, today)
    return TakenBack(edits[0].account, len(done) == len(edits))


def _put_back(edit: AccountEdit) -> bool:
    kind, _sign, key = edit.field.partition(":")
    model: type[Review] | type[FeedbackCare] = Review if f"{kind}:" == REVIEW else FeedbackCare
    columns: Sequence[str] = COLUMNS if model is Review else CARE_COLUMNS
    now: Any = model._default_manager.select_for_update().filter(pk=int(key)).first()
    present = row_of(now)
    if (present is None) != (edit.new is None):
        return False
    if present is not None and any(present[column] != edit.new[column] for column in columns):
        return False
    if edit.old is None:
        if isinstance(now, Review) and FeedbackCare.objects.filter(review=now).exists():
            return False  # a colleague takes care of its feedback by now
        if now is not None:
            now.delete()
        return True
    values = {column.attname: column.to_python(edit.old[column.attname]) for column in model._meta.concrete_fields}
    _save(model(**values), new=now is None)
    return True


def _save(row: models.Model, *, new: bool) -> None:
    row.save(force_insert=new, force_update=not new)
