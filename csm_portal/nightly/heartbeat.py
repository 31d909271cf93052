"""Signs of life by round trip. Beat signs when it sends, whatever becomes of the message; a worker signs when it has come.

So beat, broker and worker each show by themselves: an old sign of beat's means that beat is away; a young one of beat's and an old one of
the workers' that broker or workers are.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry
from django.db import Error, close_old_connections

from accounts.models import Heartbeat
from accounts.types import Sign

log = logging.getLogger(__name__)
# The entry of CELERY_BEAT_SCHEDULE whose one argument is the moment of sending.
ENTRY = "heartbeat"


def sign(name: Sign, sent_at: datetime, seen_at: datetime) -> None:
    """Keep the latest sign of one part, in one statement."""
    row = Heartbeat(name=name, sent_at=sent_at, seen_at=seen_at)
    Heartbeat.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=["sent_at", "seen_at"])


class SigningScheduler(PersistentScheduler):
    """Beat's own schedule, which signs each time it sends the heartbeat."""

    def apply_async(self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **more: Any) -> Any:
        """Send an entry; of the heartbeat with the moment at which it leaves."""
        if entry.name == ENTRY:
            now = datetime.now(UTC)
            self._sign(now)
            entry.args = (now.isoformat(),)
        return super().apply_async(entry, producer=producer, advance=advance, **more)

    def _sign(self, now: datetime) -> None:
        close_old_connections()
        try:
            sign(Sign.BEAT, now, now)
        except (Error, OSError) as away:
            # Beat goes on: nothing but the page's word about it depends on this row.
            log.warning("The heartbeat was not written: %s", type(away).__name__)
