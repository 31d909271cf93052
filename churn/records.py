"""Reasons of losses as people enter them: checked, changed and taken back. A file that is loaded again undoes none of it.

Each entry is a row of its own under the source `portal`. A change withdraws the row it replaces, one of a file too, in the same instant
at which the new one is recorded: an undo finds by that instant what it has to put back.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.edit_values import MAX_WORD, NotSaved, Refused, line
from accounts.edits import UNDO_FOR
from accounts.models import Account, Source, User
from accounts.touch import EARLIEST, SOURCE, text_of
from churn.models import ChurnRecord
from churn.types import CauseSource, ChurnType


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an account left, as the columns of the file `churns` say it. `regrettable` None: by the fit as it was known."""

    churned_on: date
    type: str = ChurnType.UNKNOWN
    cause: str = ""
    cause_source: str = ""
    note: str = ""
    regrettable: bool | None = None


@transaction.atomic
def enter(
    user: User, account: Account, reason: Reason, at: datetime, today: date, *, key: uuid.UUID | None = None, replaces: int | None = None
) -> ChurnRecord:
    """Keep the reason for a loss of an account that the user sees. Raises NotSaved.

    `replaces` is the record that it takes the place of. The same `key` again is the same record.
    """
    clean = checked(reason, today)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    known = ChurnRecord.objects.filter(source=_portal(), external_id=str(key)).first() if key else None
    if known is not None:
        if known.account_id != account.pk or known.entered_by_id != user.pk:
            raise NotSaved({"": _("This form was used already; open it anew.")})
        return known
    if replaces is not None:
        ChurnRecord.objects.filter(account=account, pk=replaces, withdrawn_at__isnull=True).update(withdrawn_at=at)
    return _create(user, account, clean, at, str(key or uuid.uuid4()))


@transaction.atomic
def put(user: User, account: Account, reason: Reason, at: datetime, today: date, *, external_id: str = "") -> tuple[ChurnRecord, bool]:
    """Like a row of the file: the record of this id is made or brought to these values. Returns it, and whether it is new. Raises NotSaved.

    Without an id each call makes a record. The same call again changes nothing; one that was taken back counts again.
    """
    clean = checked(reason, today)
    external_id = _id(external_id)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    known = ChurnRecord.objects.select_for_update().filter(source=_portal(), external_id=external_id).first() if external_id else None
    if known is None:
        return _create(user, account, clean, at, external_id or str(uuid.uuid4())), True
    if known.account_id != account.pk:
        raise NotSaved({"external_id": _("This id is taken by another record; right would be one of your own.")})
    if known.withdrawn_at is None and Reason(**{name: getattr(known, name) for name in asdict(clean)}) == clean:
        return known, False
    for name, value in asdict(clean).items():
        setattr(known, name, value)
    known.entered_by, known.recorded_at, known.withdrawn_at = user, at, None
    known.save()
    return known, False


@transaction.atomic
def withdraw(user: User, pk: int, at: datetime) -> Account | None:
    """Take back the user's own record of the last day, and put back what it replaced; the account, None: there is no such record."""
    rows = ChurnRecord.objects.filter(pk=pk, entered_by=user, withdrawn_at__isnull=True, recorded_at__gt=at - UNDO_FOR)
    record = rows.select_for_update(of=("self",)).select_related("account").first()
    if record is None or not user.is_active:
        return None
    ChurnRecord.objects.filter(account=record.account, withdrawn_at=record.recorded_at).update(withdrawn_at=None)
    record.withdrawn_at = at
    record.save(update_fields=["withdrawn_at"])
    account: Account = record.account
    return account


def checked(reason: Reason, today: date) -> Reason:
    """The reason with clean texts. Raises NotSaved with a sentence for every field that is wrong."""
    problems: dict[str, str] = {}
    cause, note = "", ""
    if reason.churned_on > today:
        problems["churned_on"] = _("%(day)s lies in the future; right would be today (%(today)s) or earlier.") % {
            "day": reason.churned_on,
            "today": today,
        }
    elif reason.churned_on < EARLIEST:
        problems["churned_on"] = _("%(day)s is too long ago; right would be %(first)s or later.") % {
            "day": reason.churned_on,
            "first": EARLIEST,
        }
    if reason.type not in set(ChurnType):
        problems["type"] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(ChurnType)}
    if reason.cause_source not in {"", *CauseSource}:
        problems["cause_source"] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(CauseSource)}
    try:
        cause = line(reason.cause, MAX_WORD)
    except Refused as problem:
        problems["cause"] = str(problem)
    if cause and reason.cause_source == CauseSource.REFUSED:
        problems["cause"] = _("The customer refused to say, so no cause is to be named; right would be an empty one.")
    try:
        note = text_of(reason.note, needed=False)
    except Refused as problem:
        problems["note"] = str(problem)
    if problems:
        raise NotSaved(problems)
    return Reason(reason.churned_on, reason.type, cause, reason.cause_source, note, reason.regrettable)


def _id(external_id: str) -> str:
    try:
        return line(external_id, MAX_WORD)
    except Refused as problem:
        raise NotSaved({"external_id": str(problem)}) from problem


def _create(user: User, account: Account, reason: Reason, at: datetime, external_id: str) -> ChurnRecord:
    return ChurnRecord.objects.create(
        source=_portal(), external_id=external_id, account=account, entered_by=user, recorded_at=at, **asdict(reason)
    )


def _portal() -> Source:
    return Source.objects.get_or_create(name=SOURCE)[0]
