"""The outbox: what was written in the transaction of its cause, done once by a worker. A message only wakes one.

Like `jobs`, but for small things of which there may be many: they are tried again with growing pauses, and kept with their error when
the last try has failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from accounts.models import Outbox
from accounts.policy import OUTBOX_ATTEMPTS
from csm_portal.nightly import leases
from csm_portal.nightly.leases import LEASE

MAX_ATTEMPTS = OUTBOX_ATTEMPTS
# After the n-th failure the next try waits 2^n minutes.
_LONGEST_WAIT = timedelta(hours=4)
# As many as one tick wakes: the rest is due a minute later.
BATCH = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """How rows of one kind are done: the work with the row's body, and what to do when the last try has failed."""

    work: Callable[[Mapping[str, Any]], None]
    give_up: Callable[[Mapping[str, Any], str], None]


def due(now: datetime) -> list[int]:
    """Keys of rows to be done now, the oldest first, those of dead workers too."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    rows = Outbox.objects.filter(free, done_at__isnull=True, due_at__lte=now, attempts__lt=MAX_ATTEMPTS)
    return list(rows.order_by("due_at", "pk").values_list("pk", flat=True)[:BATCH])


def run(pk: int, kinds: Mapping[str, Kind], clock: Callable[[], datetime]) -> bool:
    """Do one row unless another has it or it is done, and write down how it went; True when it succeeded."""
    row = _claim(pk, clock())
    if row is None:
        return False
    kind = kinds[row.kind]
    mine = Outbox.objects.filter(pk=pk, attempts=row.attempts, done_at__isnull=True)
    try:
        with leases.kept(row, row.attempts, clock):
            kind.work(row.body)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the row has to say it
        error = f"{type(problem).__name__}: {problem}"[:2000]
        wait = min(timedelta(minutes=2 ** min(row.attempts, 10)), _LONGEST_WAIT)
        written = mine.update(error=error, due_at=clock() + wait, lease_until=None)
        if written and row.attempts >= MAX_ATTEMPTS:
            kind.give_up(row.body, error)
        return False
    return bool(mine.update(done_at=clock(), lease_until=None, error=""))


def _claim(pk: int, now: datetime) -> Outbox | None:
    """Take the row for this process; one statement, so that two workers cannot both get it."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    rows = Outbox.objects.filter(free, pk=pk, done_at__isnull=True, due_at__lte=now, attempts__lt=MAX_ATTEMPTS)
    taken = rows.update(lease_until=now + LEASE, attempts=F("attempts") + 1)
    return Outbox.objects.get(pk=pk) if taken else None
