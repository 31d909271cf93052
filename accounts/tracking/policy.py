"""Limits of the intake, as data. Sizes count after inflation; docs/reference/intake.md says them to users."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

MAX_BODY_BYTES: Final = 500 * 1024
MAX_CALL_BYTES: Final = 32 * 1024
# Read from the socket in pieces of this size, so that a liar about its length costs no more than one of them.
PIECE_BYTES: Final = 64 * 1024
MAX_ID_CHARS: Final = 500
# An index row of at most 2,704 bytes holds two ids, and one that is too long would fail its whole batch, again and again.
MAX_ID_BYTES: Final = 1000
MAX_MESSAGE_ID_CHARS: Final = 500
MAX_ACTION_CHARS: Final = 500
MAX_DEPTH: Final = 32
# A sender's clock is corrected by `sentAt` when it is off by more than an hour's slack; below that, delays look the same.
SKEW_AFTER: Final = timedelta(minutes=55)
# Later than this after it was received it cannot have happened: stored at the received time, and flagged.
FUTURE_AFTER: Final = timedelta(hours=24)
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
# An event holds at most numeric(18, 6) and numeric(18, 4).
MAX_QUANTITY: Final = 10**12
MAX_VALUE: Final = 10**14
