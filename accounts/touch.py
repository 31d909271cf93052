"""What colleagues write down: notes, and interactions with the customer; saved once, and taken back by their author."""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.edit_values import MAX_WORD, NotSaved, Refused, check_characters, line
from accounts.edits import UNDO_FOR
from accounts.mentions import named_in, people_who_see
from accounts.models import Account, Contact, Interaction, Mention, Note, Source, User

T = TypeVar("T")
SOURCE = "portal"
KINDS = ("call", "meeting", "email", "visit", "training", "interview")
MAX_NOTE = 5_000
EARLIEST = date(2000, 1, 1)
# A form sent twice by an impatient finger is one note.
SAME_NOTE = timedelta(minutes=1)


def text_of(value: str, *, needed: bool) -> str:
    """The text of a note, its line ends kept. Raises Refused."""
    text = value.replace("\r\n", "\n").strip()
    check_characters(text)
    if needed and not text:
        raise Refused(_("The note is empty; right would be a sentence."))
    if len(text) > MAX_NOTE:
        raise Refused(
            ngettext(
                "This text has %(n)d character; right would be at most %(most)d.",
                "This text has %(n)d characters; right would be at most %(most)d.",
                len(text),
            )
            % {"n": len(text), "most": MAX_NOTE}
        )
    return text


@transaction.atomic
def add_note(user: User, account: Account, text: str, at: datetime) -> Note:
    """Keep a note on an account that the user sees, for the colleagues it names too. Raises Refused.

    The same text again within a minute is the same note.
    """
    text = text_of(text, needed=True)
    named = named_in(text, account)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    twin = Note.objects.filter(account=account, author=user, text=text, written_at__gt=at - SAME_NOTE).first()
    if twin is not None:
        return twin
    note = Note.objects.create(account=account, author=user, text=text, written_at=at)
    Mention.objects.bulk_create([Mention(note=note, user=person) for person in named])
    return note


def remove_note(user: User, pk: int, at: datetime) -> Account | None:
    """Take back the user's own note of the last day; the account it was on, None: there is no such note (any more)."""
    note = Note.objects.filter(pk=pk, author=user, written_at__gt=at - UNDO_FOR).select_related("account").first()
    if note is None:
        return None
    account: Account = note.account
    note.delete()
    return account


@transaction.atomic
def add_interaction(  # noqa: PLR0917 - who, where, what, when, with whom, and the words of it
    user: User, account: Account, kind: str, on: date | None, contact_id: int | None, note: str, *, today: date, at: datetime, home: str,
    key: uuid.UUID | None = None,
) -> Interaction:  # fmt: skip
    """Keep a touchpoint of the user on an account that they see. Raises Refused. The same `key` again is the same touchpoint.

    `today` is the portal's day, `home` the zone of an account that names none. What happened today happened at `at`, else at local noon.
    """
    if kind not in KINDS:
        raise Refused(_("Choose what it was: %(kinds)s.") % {"kinds": ", ".join(KINDS)})
    if on is None:
        raise Refused(_("The date cannot be read; right would be YYYY-MM-DD."))
    if on > today:
        raise Refused(_("%(day)s lies in the future; right would be today (%(today)s) or earlier.") % {"day": on, "today": today})
    if on < EARLIEST:
        raise Refused(_("%(day)s is too long ago; right would be %(first)s or later.") % {"day": on, "first": EARLIEST})
    contact = None
    if contact_id is not None:
        contact = Contact.objects.filter(account=account, pk=contact_id).first()
        if contact is None:
            raise Refused(_("This person is no contact of the account; right would be one of the list, or nobody."))
    written = text_of(note, needed=False)
    made, _new = Interaction.objects.get_or_create(
        source=Source.objects.get_or_create(name=SOURCE)[0],
        external_id=str(key or uuid.uuid4()),
        defaults={
            "account": account,
            "kind": kind,
            "happened_at": _instant(on, at, zoneinfo.ZoneInfo(account.timezone or home)),
            "by": user,
            "contact": contact,
            "note": written,
            "recorded_at": at,
        },
    )
    if made.account_id != account.pk or made.by_id != user.pk:
        raise Refused(_("This form was used already; open it anew."))
    return made


@dataclass(frozen=True, slots=True)
class Touch:
    """One touchpoint, as the columns of the file `interactions` say it. `by` empty: whoever enters it; `contact` empty: nobody named."""

    kind: str
    happened_at: datetime
    by: str = ""
    contact: str = ""
    note: str = ""


@transaction.atomic
def put_interaction(
    user: User, account: Account, told: Touch, at: datetime, today: date, *, home: str, external_id: str = ""
) -> tuple[Interaction, bool]:
    """Like a row of the file: the touchpoint of this id is made or brought to these values. Returns it, and whether it is new.

    Raises NotSaved. Without an id each call makes one; the same call again changes nothing. `home` is the zone of an account without one.
    """
    problems: dict[str, str] = {}
    local = told.happened_at.astimezone(zoneinfo.ZoneInfo(account.timezone or home)).date()
    if local > today:
        problems["happened_at"] = _("%(day)s lies in the future; right would be today (%(today)s) or earlier.") % {
            "day": local,
            "today": today,
        }
    elif local < EARLIEST:
        problems["happened_at"] = _("%(day)s is too long ago; right would be %(first)s or later.") % {"day": local, "first": EARLIEST}
    if told.kind not in KINDS:
        problems["kind"] = _("Choose what it was: %(kinds)s.") % {"kinds": ", ".join(KINDS)}
    values = {
        "kind": told.kind,
        "happened_at": told.happened_at,
        "by": _or_problem(problems, "by_email", lambda: _colleague(account, told.by)) if told.by else user,
        "contact": _or_problem(problems, "contact_external_id", lambda: _contact(account, told.contact)) if told.contact else None,
        "note": _or_problem(problems, "note", lambda: text_of(told.note, needed=False)),
        "external_id": _or_problem(problems, "external_id", lambda: line(external_id, MAX_WORD)),
    }
    if problems:
        raise NotSaved(problems)
    return _put(account, values, at)


def _or_problem(problems: dict[str, str], name: str, read: Callable[[], T]) -> T | None:
    """What was read; None where it is refused, which is written down."""
    try:
        return read()
    except Refused as problem:
        problems[name] = str(problem)
        return None


def _put(account: Account, values: dict[str, Any], at: datetime) -> tuple[Interaction, bool]:
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    source, external_id = Source.objects.get_or_create(name=SOURCE)[0], values.pop("external_id")
    known = Interaction.objects.select_for_update().filter(source=source, external_id=external_id).first() if external_id else None
    if known is None:
        known = Interaction(source=source, external_id=external_id or str(uuid.uuid4()), account=account, recorded_at=at, **values)
        known.save()
        return known, True
    if known.account_id != account.pk:
        raise NotSaved({"external_id": _("This id is taken by another record; right would be one of your own.")})
    if any(getattr(known, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(known, name, value)
        known.recorded_at = at
        known.save()
    return known, False


def _colleague(account: Account, email: str) -> User:
    person: User | None = people_who_see(account).filter(email__iexact=email.strip()).first()
    if person is None:
        told = _("“%(email)s” may not see this account; right would be the e-mail of somebody who does.")
        raise Refused(told % {"email": email[:100]})
    return person


def _contact(account: Account, external_id: str) -> Contact:
    rows = Contact.objects.filter(account=account, external_id=external_id).order_by("pk")
    found: Contact | None = rows.first()
    if found is None:
        raise Refused(_("This person is no contact of the account; right would be one of the list, or nobody."))
    return found


def remove_interaction(user: User, pk: int, at: datetime) -> Account | None:
    """Take back the user's own touchpoint of the last day; the account it was on, None: there is no such one (any more)."""
    rows = Interaction.objects.filter(pk=pk, by=user, source__name=SOURCE, recorded_at__gt=at - UNDO_FOR)
    row = rows.select_related("account").first()
    if row is None:
        return None
    account: Account = row.account
    row.delete()
    return account


def _instant(on: date, at: datetime, zone: zoneinfo.ZoneInfo) -> datetime:
    return at if at.astimezone(zone).date() == on else datetime.combine(on, time(12), tzinfo=zone)
