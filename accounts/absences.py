"""Who is away and who covers: entered with an end, ended early, put back, withdrawn.

While an absence is in force its cover sees what the absent one owns (`accounts.querysets.visible_accounts`), and nothing else of theirs:
not the accounts the absent one only co-owns, nor those they cover for a third. `in_force` follows the portal's day: `keep` writes it each
minute and with every change made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.assigning import assignable_to
from accounts.edit_values import NotSaved, Refused, line
from accounts.edits import UNDO_FOR
from accounts.models import Absence, User
from accounts.types import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_NOTE = 500
# Longer than any leave that is only covered: then the accounts are to be given to somebody.
MOST_DAYS = 365
ENDED_SHOWN_DAYS = 30


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody (`person`, `cover`: e-mails) is away from `starts_on` (None: today) to the day before `ends_on`."""

    person: str
    cover: str
    ends_on: date | None
    starts_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Away:
    """Whom somebody covers for now: their name, and the first day on which they are back."""

    user_id: int
    name: str
    until: date


def people_of(user: User) -> QuerySet[User]:
    """The active people whose absence `user` may enter: oneself, the managed teams, for admins everybody. By name."""
    people: QuerySet[User] = User.objects.visible_to(user).filter(is_active=True)
    return people.order_by("name", "email")


def covers_of(user: User) -> QuerySet[User]:
    """The people `user` may ask to cover: those they may give accounts to."""
    return assignable_to(user)


@transaction.atomic
def enter(user: User, wish: Wish, at: datetime, today: date) -> Absence:
    """Write down an absence; it is in force at once where it begins today. Raises NotSaved.

    The same again changes nothing: a person is away once at a time.
    """
    person = people_of(user).filter(email__iexact=wish.person.strip()).first() if "\0" not in wish.person else None
    cover = covers_of(user).filter(email__iexact=wish.cover.strip()).first() if "\0" not in wish.cover else None
    start = wish.starts_on or today
    problems = _day_problems(start, wish.ends_on, today)
    if person is None:
        problems["person"] = _("Choose who is away: yourself, or somebody of the teams you manage.")
    if cover is None:
        problems["cover"] = _("Choose who covers: somebody active in your team or, for a manager, in the teams you manage.")
    if person is not None and cover is not None and person.pk == cover.pk:
        problems["cover"] = _("Nobody covers for themselves; right would be a colleague.")
    note = ""
    try:
        note = line(wish.note, MAX_NOTE)
    except Refused as refused:
        problems["note"] = str(refused)
    if problems or person is None or cover is None or wish.ends_on is None:
        raise NotSaved(problems)
    # A second hand waits here, so that two forms sent at once do not make two absences.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    other = _overlapping(person.pk, start, wish.ends_on)
    if other is not None:
        if (other.cover_id, other.starts_on, other.ends_on, other.note) == (cover.pk, start, wish.ends_on, note):
            return other
        raise NotSaved({"starts_on": _taken(other)})
    made: Absence = Absence.objects.create(
        user=person, cover=cover, starts_on=start, ends_on=wish.ends_on, note=note, entered_by=user, entered_at=at
    )
    keep(today)
    made.refresh_from_db()
    return made


@transaction.atomic
def withdraw(user: User, pk: int, at: datetime, today: date) -> Absence | None:
    """Take back what one has entered oneself in the last day; None: there is no such absence of theirs."""
    row = _locked(user).filter(pk=pk, entered_by=user, withdrawn_at__isnull=True, entered_at__gt=at - UNDO_FOR).first()
    if row is None:
        return None
    row.withdrawn_at, row.in_force = at, False
    row.save(update_fields=["withdrawn_at", "in_force"])
    return row


@transaction.atomic
def end_early(user: User, pk: int, at: datetime, today: date) -> Absence | None:
    """They are back today: the cover sees their accounts no more. What has not begun before today never was; None: no such absence."""
    row = _mine_to_change(user).filter(pk=pk, withdrawn_at__isnull=True, ends_on__gt=today).first()
    if row is None:
        return None
    row.in_force = False
    if row.starts_on >= today:
        row.withdrawn_at = at
    else:
        row.ends_on = today
    row.save(update_fields=["in_force", "withdrawn_at", "ends_on"])
    return row


@transaction.atomic
def run_on(user: User, pk: int, until: date, today: date) -> Absence | None:
    """Give an absence the end `until` (the undo of an early end, or a longer leave); None: no such absence, or another stands there now.

    Raises NotSaved for an end that no absence may have.
    """
    row = _mine_to_change(user).filter(pk=pk).first()
    if row is None:
        return None
    if problems := _day_problems(max(row.starts_on, today), until, today):
        raise NotSaved(problems)
    if _overlapping(row.user_id, row.starts_on, until, but=pk) is not None:
        return None
    row.ends_on, row.withdrawn_at = until, None
    row.save(update_fields=["ends_on", "withdrawn_at"])
    keep(today)
    row.refresh_from_db()
    return row


def keep(today: date) -> int:
    """Bring `in_force` of every absence to the portal's day; the rows that changed. Again: none."""
    holds = Q(withdrawn_at__isnull=True, starts_on__lte=today, ends_on__gt=today)
    rows = Absence.objects.filter((holds & Q(in_force=False)) | (~holds & Q(in_force=True)))
    changed: int = rows.update(in_force=Case(When(holds, then=Value(True)), default=Value(False)))
    return changed


def covering(user: User) -> dict[int, Away]:
    """For whom `user` covers now, by the key of the absent one; asks nothing where the session's person covers nobody."""
    if getattr(user, "covered_ids", None) == []:
        return {}
    rows = Absence.objects.filter(cover=user, in_force=True).select_related("user")
    return {row.user_id: Away(row.user_id, row.user.get_full_name(), row.ends_on) for row in rows}


def current(user: User, today: date) -> QuerySet[Absence]:
    """Absences that `user` may see, running or still to come, the next to begin first."""
    return _listed(user).filter(ends_on__gt=today).order_by("starts_on", "pk")


def ended(user: User, today: date) -> QuerySet[Absence]:
    """Those that ended in the last 30 days, the latest first."""
    since = today - timedelta(days=ENDED_SHOWN_DAYS)
    return _listed(user).filter(ends_on__lte=today, ends_on__gt=since).order_by("-ends_on", "-pk")


def may_change(user: User, row: Absence) -> bool:
    """Whether `user` may end the absence or give it another end. The one who covers may not: it is what lets them see."""
    if user.role == Role.ADMIN or row.user_id == user.pk:
        return True
    team, managed = row.user.team, user.manages
    return user.role == Role.MANAGER and managed is not None and team is not None and team.path.startswith(managed.path)


def _listed(user: User) -> QuerySet[Absence]:
    rows: QuerySet[Absence] = Absence.objects.visible_to(user).filter(withdrawn_at__isnull=True)
    return rows.select_related("user__team", "cover", "entered_by")


def _locked(user: User) -> QuerySet[Absence]:
    rows: QuerySet[Absence] = Absence.objects.visible_to(user).select_for_update(of=("self",)).select_related("user", "cover")
    return rows


def _mine_to_change(user: User) -> QuerySet[Absence]:
    """Absences of those whose absence the user may enter, whether they are still active or not."""
    return _locked(user).filter(user__in=User.objects.visible_to(user).values("pk"))


def _overlapping(person: int, start: date, end: date, but: int | None = None) -> Absence | None:
    rows = Absence.objects.filter(user=person, withdrawn_at__isnull=True, starts_on__lt=end, ends_on__gt=F("starts_on"))
    found: Absence | None = rows.filter(ends_on__gt=start).exclude(pk=but).select_related("user", "cover").first()
    return found


def _taken(row: Absence) -> str:
    return _("%(name)s is away already from %(start)s to %(end)s, covered by %(cover)s; end that one first.") % {
        "name": row.user.get_full_name(),
        "start": row.starts_on.isoformat(),
        "end": row.ends_on.isoformat(),
        "cover": row.cover.get_full_name(),
    }


def _day_problems(start: date, end: date | None, today: date) -> dict[str, str]:
    found: Mapping[str, str] = {}
    if start < today:
        found = {"starts_on": _("An absence cannot begin in the past; right would be today or later.")}
    elif end is None:
        found = {"ends_on": _("An absence needs an end: the first day on which they are back.")}
    elif end <= start:
        found = {"ends_on": _("The end has to lie after the start; right would be %(day)s or later.") % {"day": start + timedelta(days=1)}}
    elif (end - start).days > MOST_DAYS:
        text = ngettext("An absence runs for at most %(n)d day.", "An absence runs for at most %(n)d days.", MOST_DAYS)
        found = {"ends_on": text % {"n": MOST_DAYS}}
    return dict(found)
