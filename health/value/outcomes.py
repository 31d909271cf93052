"""Desired outcomes as people define, move up, settle and withdraw them: checked, dated, and taken back by their author.

Every change is a version of its own, dated with the portal's day; the database keeps them all. Health takes a change up with the next
night, lists show the status at once. A file that is loaded again undoes none of it (accounts/loading/kept_entries.py). What one action
changed stands in the log of changes under `outcome:<key>`, which is what an undo goes by.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from accounts.edit_values import MAX_WORD, NotSaved, Refused, line
from accounts.edits import UNDO_FOR
from accounts.loading.kept_entries import kept_after
from accounts.models import Account, AccountEdit, Source, User
from accounts.touch import SOURCE
from health.models import Outcome, OutcomeProof
from health.value.outcomes_fresh import refresh_outcomes
from health.value.outcomes_values import ACHIEVED, COLUMNS, OPEN, PROOF, OutcomeValues, checked, values_of

FIELD = "outcome:"
LOGGED = (*COLUMNS, "withdrawn_on", "kept")
_DAYS = ("due_on", "achieved_on", "withdrawn_on")


@dataclass(frozen=True, slots=True)
class Saved:
    """What one action left. `batch` takes it back; None: it changed nothing."""

    outcome: Outcome
    batch: uuid.UUID | None
    new: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """Who acts, when, and on which day of the portal."""

    user: User
    at: datetime
    today: date


@transaction.atomic
def define(act: Moment, account: Account, values: OutcomeValues, *, key: uuid.UUID | None = None) -> Saved:
    """Write down what an account that the user sees wants. Raises NotSaved. The same `key` again is the same outcome."""
    clean = checked(values, act.today)
    _lock(account)
    known = Outcome.objects.filter(source=_portal(), external_id=str(key)).first() if key else None
    if known is not None:
        if known.account_id != account.pk or known.entered_by_id != act.user.pk:
            raise NotSaved({"": _("This form was used already; open it anew.")})
        return Saved(known, None)
    return _create(act, account, clean, str(key or uuid.uuid4()))


@transaction.atomic
def change(act: Moment, pk: int, values: OutcomeValues) -> Saved:
    """Give an outcome that the user sees new values, as a new version from today; one that was withdrawn is wanted again.

    Raises NotSaved, and Outcome.DoesNotExist for what is not theirs. What was proved before the target moved up is kept as achieved.
    """
    row = _held(act.user, pk)
    clean = checked(values, act.today, values_of(row))
    return _changed(act, row, asdict(clean) | {"withdrawn_on": None})


@transaction.atomic
def withdraw(act: Moment, pk: int) -> Saved:
    """They want it no more: from today on it counts for nothing. Raises Outcome.DoesNotExist for what is not theirs."""
    row = _held(act.user, pk)
    return _changed(act, row, {"withdrawn_on": row.withdrawn_on or act.today})


@transaction.atomic
def put(act: Moment, account: Account, values: OutcomeValues, *, external_id: str = "", withdrawn: bool = False) -> Saved:
    """Like a row of the file: the outcome of this id is made or brought to these values. Raises NotSaved.

    Without an id each call makes one. The id of an outcome that a file brought is that outcome; the same call again changes nothing.
    `withdrawn`: they want it no more; without it one that was withdrawn is wanted again.
    """
    try:
        external_id = line(external_id, MAX_WORD)
    except Refused as problem:
        raise NotSaved({"external_id": str(problem)}) from problem
    _lock(account)
    known = _of_id(account, external_id) if external_id else None
    if known is None and withdrawn:
        raise NotSaved({"external_id": _("There is no outcome of this id, so none can be withdrawn.")})
    if known is None:
        return _create(act, account, checked(values, act.today), external_id or str(uuid.uuid4()))
    clean = checked(values, act.today, values_of(known))
    gone = (known.withdrawn_on or act.today) if withdrawn else None
    return _changed(act, known, asdict(clean) | {"withdrawn_on": gone})


@transaction.atomic
def undo(act: Moment, batch: uuid.UUID) -> Account | None:
    """Take back the user's own action of the last day; the account, None: there is no such action. Raises Refused where more came after it.

    A new outcome then never counted; a changed one is as before from the day of the change on.
    """
    edits = AccountEdit.objects.select_for_update(of=("self",)).select_related("account")
    edit = edits.filter(batch=batch, author=act.user, field__startswith=FIELD, edited_at__gt=act.at - UNDO_FOR, undone_at=None).first()
    if edit is None or not act.user.is_active:
        return None
    _lock(edit.account)
    row = Outcome.objects.select_for_update().get(pk=int(edit.field.removeprefix(FIELD)))
    if _logged(row) != edit.new:
        raise Refused(_("It has been changed since, so it stays as it is."))
    since = row.since or act.today
    before = {"withdrawn_on": since} if edit.old is None else _unlogged(edit.old)
    _write(row, before, since)
    AccountEdit.objects.filter(pk=edit.pk).update(undone_at=act.at)
    refresh_outcomes([row.account_id], act.today)
    account: Account = edit.account
    return account


def _create(act: Moment, account: Account, values: OutcomeValues, external_id: str) -> Saved:
    row = Outcome.objects.create(
        source=_portal(),
        external_id=external_id,
        account=account,
        entered_by=act.user,
        recorded_at=act.at,
        since=act.today,
        **asdict(values),
    )
    return Saved(row, _log(act, row, None), new=True)


def _changed(act: Moment, row: Outcome, wanted: dict[str, Any]) -> Saved:
    old = {name: getattr(row, name) for name in wanted}
    if old == wanted:
        return Saved(row, None)
    before = _logged(row)
    columns = {name: value for name, value in wanted.items() if name in COLUMNS}
    kept = row.kept if row.source.name == SOURCE else kept_after(row.kept, {name: old[name] for name in columns}, columns)
    _keep_proved(row, wanted, act.today)
    _write(row, wanted | {"kept": kept, "entered_by": act.user}, act.today)
    return Saved(row, _log(act, row, before))


def _keep_proved(row: Outcome, wanted: dict[str, Any], today: date) -> None:
    """A target that was reached stays reached when the next one is set: a version of its own says so."""
    if row.status not in OPEN or all(wanted.get(name, getattr(row, name)) == getattr(row, name) for name in PROOF):
        return
    proven_on = OutcomeProof.objects.filter(outcome=row).values_list("proven_on", flat=True).first()
    if proven_on is not None:
        status, achieved_on = row.status, row.achieved_on
        _write(row, {"status": ACHIEVED, "achieved_on": proven_on}, today)
        row.status, row.achieved_on = status, achieved_on


def _write(row: Outcome, values: dict[str, Any], since: date) -> None:
    """One more version. A second one of a day is told from the first by its day being given anew."""
    Outcome.objects.filter(pk=row.pk, since=since).update(since=None)
    for name, value in (values | {"since": since}).items():
        setattr(row, name, value)
    row.save()


def _log(act: Moment, row: Outcome, before: dict[str, Any] | None) -> uuid.UUID:
    batch = uuid.uuid4()
    AccountEdit.objects.create(
        batch=batch,
        account_id=row.account_id,
        field=f"{FIELD}{row.pk}",
        old=before,
        new=_logged(row),
        author=act.user,
        edited_at=act.at,
    )
    refresh_outcomes([row.account_id], act.today)
    return batch


def _logged(row: Outcome) -> dict[str, Any]:
    """The row as the log keeps it: days as text."""
    values: dict[str, Any] = json.loads(json.dumps({name: getattr(row, name) for name in LOGGED}, cls=DjangoJSONEncoder))
    return values


def _unlogged(values: dict[str, Any]) -> dict[str, Any]:
    return {name: parse_date(value) if name in _DAYS and value else value for name, value in values.items()}


def _of_id(account: Account, external_id: str) -> Outcome | None:
    """The portal's own outcome of this id, else the only one of the account that a file gave it. Raises NotSaved."""
    rows = list(Outcome.objects.select_for_update(of=("self",)).select_related("source").filter(external_id=external_id))
    own = next((row for row in rows if row.source.name == SOURCE), None)
    if own is not None and own.account_id != account.pk:
        raise NotSaved({"external_id": _("This id is taken by another outcome; right would be one of your own.")})
    loaded = [row for row in rows if row.account_id == account.pk]
    return own or (loaded[0] if len(loaded) == 1 else None)


def _held(user: User, pk: int) -> Outcome:
    """The outcome as it is now, its account locked against a second hand."""
    seen: Outcome = Outcome.objects.visible_to(user).select_related("account").get(pk=pk)
    _lock(seen.account)
    row: Outcome = Outcome.objects.select_related("source").get(pk=pk)
    return row


def _lock(account: Account) -> None:
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)


def _portal() -> Source:
    return Source.objects.get_or_create(name=SOURCE)[0]
