"""Changes that people make to accounts by hand: checked, logged, in one transaction, and undone as a whole.

Only what the person sees is touched. A later `load` keeps a hand-made change while the file still brings the value from before it
(accounts/loading/kept_edits.py).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.assigning import may_give, person
from accounts.dirty import mark_days
from accounts.edit_values import LENGTHS, PEOPLE, Field, Refused, Tags, field_of, line, tags_of, too_many
from accounts.models import Account, AccountEdit, User
from accounts.owning import keep_ownership
from accounts.regrading import deciding_values

# Long enough for a second look the same day, too short to take back by it what others have built on.
UNDO_FOR = timedelta(days=1)
# How a value that comes as JSON becomes one of the column.
AS_COLUMN = {
    Field.OWNER: "(v.value #>> '{}')::bigint",
    Field.CO_OWNER: "(v.value #>> '{}')::bigint",
    Field.TAGS: "ARRAY(SELECT jsonb_array_elements_text(v.value))",
}
AS_TEXT = "v.value #>> '{}'"
New = Callable[[Account], Any]
Change = tuple[Account, Any, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """One action. Counts are accounts: `seen` those asked for that the person sees, `changed` of them, `held` refused by the rules.

    What is neither changed nor held was so already. `seen` less than asked for: the others are not theirs, or not there.
    """

    id: uuid.UUID
    field: Field
    seen: int
    changed: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo put back, and the names of accounts that others have changed since: those stay. `account`: its key where it is one."""

    field: Field
    put_back: int
    stayed: tuple[str, ...] = ()
    account: int | None = None


@transaction.atomic
def change(
    user: User, accounts: QuerySet[Account], field: str, value: str | Tags, at: datetime, *, on: date | None = None, mode: str = "set"
) -> Batch:
    """Give the field of these accounts the value (an e-mail, tags or a text; empty: none), as far as the user sees them.

    `on` is the portal's day, from which a new owner counts (default: the local day of `at`). Raises Refused, and then nothing changes;
    among several accounts those that the rules hold are left out and counted.
    """
    known = field_of(field)
    new, held_why = _new_value(user, known, value, mode)
    seen = accounts.filter(pk__in=Account.objects.visible_to(user).values("pk"))
    rows = list(seen.select_for_update(of=("self",)).only("owner_id", "co_owner_id", PEOPLE.get(known, known.value)).order_by("pk"))
    held = [reason for row in rows if (reason := held_why(row))]
    if held and len(held) == len(rows):
        raise Refused(held[0])
    found = [(row, _value(row, known), new(row)) for row in rows if not held_why(row)]
    changes = [(row, old, wanted) for row, old, wanted in found if old != wanted]
    batch = Batch(uuid.uuid4(), known, len(rows), len(changes), len(held))
    _apply(known, changes, on or timezone.localtime(at).date())
    words = _in_words(known, [value for _row, old, wanted in changes for value in (old, wanted)])
    AccountEdit.objects.bulk_create(
        [
            AccountEdit(batch=batch.id, account=row, field=known, old=words(old), new=words(wanted), author=user, edited_at=at)
            for row, old, wanted in changes
        ],
        batch_size=2_000,
    )
    return batch


@transaction.atomic
def undo(user: User, batch: uuid.UUID, at: datetime, *, on: date | None = None) -> Undone | None:
    """Put back what the user's own action of the last day changed and nobody has changed since; None: there is no such action.

    It works also on what the user no longer sees: giving an account away is undone by who gave it. Again: nothing is left to do.
    """
    edits = list(
        AccountEdit.objects.select_for_update()
        .filter(batch=batch, author=user, field__in=list(Field), edited_at__gt=at - UNDO_FOR)
        .order_by("account_id")
    )
    if not edits or not user.is_active:
        return None
    field = Field(edits[0].field)
    open_edits = {edit.account_id: edit for edit in edits if edit.undone_at is None}
    rows = Account.objects.select_for_update(of=("self",)).filter(pk__in=list(open_edits)).order_by("pk")
    still: list[Change] = []
    stayed: list[str] = []
    for row in rows:
        edit = open_edits[row.pk]
        if (now := _value(row, field)) == _plain(edit.new):
            still.append((row, now, _plain(edit.old)))
        else:
            stayed.append(row.name)
    _apply(field, still, on or timezone.localtime(at).date())
    AccountEdit.objects.filter(batch=batch, account__in=[row.pk for row, _old, _new in still]).update(undone_at=at)
    return Undone(field, len(still), tuple(stayed), still[0][0].pk if len(still) == 1 else None)


def _new_value(user: User, field: Field, value: str | Tags, mode: str) -> tuple[New, Callable[[Account], str]]:
    """What an account gets, and why one may not get it (empty: it may). Raises Refused for a value that fits none."""
    if field in PEOPLE:
        chosen = person(user, field, str(value))
        wanted = chosen.pk if chosen else None

        def held(row: Account) -> str:
            if not may_give(user, row):
                return _("Only its owner or a manager gives an account to somebody else.")
            if field is Field.CO_OWNER and wanted is not None and wanted == row.owner_id:
                return _("This person is the owner already; right would be another one as co-owner.")
            return ""

        return (lambda _row: wanted), held
    if field is Field.TAGS:
        tags = value if isinstance(value, Tags) else tags_of(value, mode)

        def tagged(row: Account) -> list[str]:
            names = tags.applied_to(row.tags)
            if len(names) > len(row.tags):
                too_many(names)
            return names

        return tagged, lambda _row: ""
    text = line(str(value), LENGTHS[field])
    return (lambda _row: text), lambda _row: ""


def _in_words(field: Field, values: Iterable[Any]) -> Callable[[Any], Any]:
    """How the log keeps a value: as it is, a person as `{id, name}`, so that it can be read when they have left."""
    if field not in PEOPLE:
        return lambda value: value
    people = {person.pk: person.get_full_name() for person in User.objects.filter(pk__in={value for value in values if value})}
    return lambda value: value and {"id": value, "name": people.get(value, "")}


def _plain(logged: Any) -> Any:
    """A value as the account has it, from the log."""
    return logged["id"] if isinstance(logged, dict) else logged


def _value(row: Account, field: Field) -> Any:
    """What the account has: people by their key, tags as a list."""
    found = getattr(row, PEOPLE.get(field, field.value))
    return list(found) if field is Field.TAGS else found


def _apply(field: Field, changes: Sequence[Change], day: date) -> None:
    """Write the third of each into the account, in a number of statements that does not grow with the accounts."""
    if not changes:
        return
    _write(field, {row.pk: value for row, _old, value in changes})
    if field in PEOPLE:
        keep_ownership(field.value, [(row.pk, old) for row, old, _new in changes], day)
    if deciding := deciding_values(field):
        # A profile of the definition may hold now, or no more: the days of the account no longer stand (as after a load).
        mark_days([row.pk for row, old, new in changes if {old, new} & deciding], None, None)


def _write(field: Field, values: Mapping[int, Any]) -> None:
    column = PEOPLE.get(field, field.value)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE accounts_account a SET {column} = {AS_COLUMN.get(field, AS_TEXT)}"  # noqa: S608 - names of our own
            " FROM unnest(%s::bigint[], %s::text[]) AS q(id, value) CROSS JOIN LATERAL (SELECT q.value::jsonb AS value) v"
            " WHERE a.id = q.id",
            [list(values), [json.dumps(value, ensure_ascii=False) for value in values.values()]],
        )
