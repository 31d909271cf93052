"""Who may send over HTTP: write keys with what came by them, revoked and allowed again, and how much each may send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved, Refused, check_characters
from accounts.edits import UNDO_FOR
from accounts.keys import NewKey, new_write_key
from accounts.models import IntakeMinute, PendingEvent, RefusedCall, Source, User

MAX_NAME: Final = 100
# No sender needs more in a minute than a hundred million calls; the column holds two thousand million.
MOST_CALLS: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class Sender:
    """One source with a write key. Calls are those counted against its limit, refused and waiting ones those still open."""

    pk: int
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    calls_per_minute: int | None
    last_hour: int
    last_day: int
    refused: int
    waiting: int


def senders(user: User, now: datetime) -> list[Sender]:
    """Every source that has or had a key, the last used first. Four queries."""
    rows = Source.objects.visible_to(user).exclude(key_sha256="")
    minutes = IntakeMinute.objects.visible_to(user).filter(minute__gt=now - timedelta(days=1)).values("source_id")
    hour = Q(minute__gt=now - timedelta(hours=1))
    calls: dict[int, Any] = {row["source_id"]: row for row in minutes.annotate(hour=Sum("calls", filter=hour), day=Sum("calls")).order_by()}
    open_calls = RefusedCall.objects.visible_to(user).filter(settled_at__isnull=True, flagged=False)
    refused = dict(open_calls.values_list("source_id").annotate(n=Count("pk")).order_by())
    waiting = dict(PendingEvent.objects.visible_to(user).values_list("source_id").annotate(n=Count("message_id")).order_by())
    found = [
        Sender(
            row.pk, row.name, row.key_prefix, row.created_at, row.last_used_at, row.revoked_at, row.calls_per_minute,
            calls.get(row.pk, {}).get("hour") or 0, calls.get(row.pk, {}).get("day") or 0, refused.get(row.pk, 0), waiting.get(row.pk, 0),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.revoked_at is not None, -(one.last_used_at or one.created_at).timestamp(), one.name))


def make_key(user: User, name: str) -> NewKey:
    """A new key for the source of that name, made where there is none; an older key of it stops at once. Raises NotSaved."""
    name = " ".join(name.split())
    try:
        check_characters(name)
    except Refused as problem:
        raise NotSaved({"name": str(problem)}) from problem
    if not name or len(name) > MAX_NAME:
        raise NotSaved({"name": _("A source needs a name of 1 to %(most)d characters, such as web or app.") % {"most": MAX_NAME}})
    if Source.objects.visible_to(user).query.is_empty():
        raise Source.DoesNotExist
    return new_write_key(name)


def revoke(user: User, pk: int, now: datetime) -> Source | None:
    """Take the key back: the next request with it is refused. None: there is no such key that still holds."""
    rows = Source.objects.visible_to(user).filter(pk=pk, revoked_at__isnull=True).exclude(key_sha256="")
    return Source.objects.get(pk=pk) if rows.update(revoked_at=now) else None


def allow_again(user: User, pk: int, now: datetime) -> Source | None:
    """Undo of a revocation, for a day: the same key holds again."""
    rows = Source.objects.visible_to(user).filter(pk=pk, revoked_at__gt=now - UNDO_FOR).exclude(key_sha256="")
    return Source.objects.get(pk=pk) if rows.update(revoked_at=None) else None


def set_limit(user: User, pk: int, text: str) -> tuple[Source, int | None]:
    """Calls a minute that the source may send, empty for the installation's; with what held before. Raises NotSaved, DoesNotExist."""
    row = Source.objects.visible_to(user).exclude(key_sha256="").get(pk=pk)
    text = text.strip().replace(",", "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_CALLS)) and 0 < int(text) <= MOST_CALLS):
        raise NotSaved({"limit": _("A limit is a whole number of calls a minute from 1 to %(most)s.") % {"most": f"{MOST_CALLS:,}"}})
    before, row.calls_per_minute = row.calls_per_minute, int(text) if text else None
    row.save(update_fields=["calls_per_minute"])
    return row, before
