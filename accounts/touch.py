"""What colleagues write down: notes, and interactions with the customer; saved once, and taken back by their author."""

from __future__ import annotations

import uuid
import zoneinfo
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.edit_values import Refused, check_characters
from accounts.edits import UNDO_FOR
from accounts.mentions import named_in
from accounts.models import Account, Contact, Interaction, Mention, Note, Source, User

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
