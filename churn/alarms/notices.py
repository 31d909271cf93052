"""Notices about ourselves: days on which many accounts dropped at once, told together where they hang together, closed with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.edit_values import MAX_SENTENCE, NotSaved, Refused, line
from accounts.models import User
from churn.alarms import policy
from churn.models import SystemNotice

GAP = timedelta(days=policy.SPELL_GAP_DAYS)
LONGEST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Spell:
    """Days, not more than four apart, on which many dropped. `dropped` of `accounts` is the worst of them; `pk` that of the first day.

    `closed_by` and `reason` are of the one closed last; empty while a day of it is open.
    """

    pk: int
    first: date
    last: date
    days: int
    dropped: int
    accounts: int
    share: float
    is_open: bool
    closed_at: datetime | None
    closed_by: str
    reason: str


def spells(last: date) -> list[Spell]:
    """All spells of the year up to a day, the newest first; one query."""
    rows = SystemNotice.objects.filter(day__gt=last - LONGEST, day__lte=last).select_related("closed_by").order_by("day")
    return [_spell(rows) for rows in _together(list(rows))][::-1]


def open_spells(last: date) -> list[Spell]:
    """Spells with a day that nobody has closed; one query."""
    return [spell for spell in spells(last) if spell.is_open]


@transaction.atomic
def close(user: User, pk: int, reason: str, at: datetime) -> list[int]:
    """Close every open day of the spell that the notice is of, with what it was; their keys. Raises NotSaved, SystemNotice.DoesNotExist."""
    days = [one.pk for one in _of(pk) if one.closed_at is None]
    try:
        told = line(reason, MAX_SENTENCE)
    except Refused as refused:
        raise NotSaved({"reason": str(refused)}) from refused
    if not told:
        raise NotSaved({"reason": _("What was it? A few words are needed, such as “tracking was down” or “a holiday”.")})
    SystemNotice.objects.filter(pk__in=days).update(closed_at=at, closed_by=user, reason=told)
    return days


@transaction.atomic
def reopen(pk: int) -> int:
    """Open the days again that were closed together with the notice; days opened. Raises SystemNotice.DoesNotExist."""
    own = SystemNotice.objects.get(pk=pk)
    return SystemNotice.objects.filter(closed_at=own.closed_at, closed_by=own.closed_by_id, closed_at__isnull=False).update(
        closed_at=None, closed_by=None, reason=""
    )


def _of(pk: int) -> Sequence[SystemNotice]:
    """The rows of the spell, locked."""
    own = SystemNotice.objects.get(pk=pk)
    rows = SystemNotice.objects.select_for_update().filter(day__range=(own.day - LONGEST, own.day + LONGEST)).order_by("day")
    return next(rows for rows in _together(list(rows)) if any(one.pk == pk for one in rows))


def _together(rows: Sequence[SystemNotice]) -> list[list[SystemNotice]]:
    found: list[list[SystemNotice]] = []
    for one in rows:
        if found and one.day - found[-1][-1].day <= GAP:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _spell(rows: Sequence[SystemNotice]) -> Spell:
    worst = max(rows, key=lambda one: one.facts["share"])
    is_open = any(one.closed_at is None for one in rows)
    closed = None if is_open else max(rows, key=lambda one: one.closed_at or datetime.min)  # noqa: DTZ901 - all are closed here
    return Spell(
        pk=rows[0].pk,
        first=rows[0].day,
        last=rows[-1].day,
        days=len(rows),
        dropped=worst.facts["dropped"],
        accounts=worst.facts["accounts"],
        share=worst.facts["share"],
        is_open=is_open,
        closed_at=closed.closed_at if closed else None,
        closed_by=closed.closed_by.get_full_name() if closed and closed.closed_by else "",
        reason=closed.reason if closed else "",
    )
