"""The parts that every tracker's call has: names, instants, numbers, and what tells a repeat from another body. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any

import msgspec

from accounts.tracking.calls import Fault
from accounts.tracking.policy import (
    FIRST_YEAR,
    FUTURE_AFTER,
    LAST_YEAR,
    MAX_ID_BYTES,
    MAX_ID_CHARS,
    MAX_MESSAGE_ID_CHARS,
    MAX_QUANTITY,
    MAX_VALUE,
    SKEW_AFTER,
)

# How an id begins that a sender left out and that is made of the content.
MADE = "made:"
_DIGEST_BYTES = 8
# Control characters, which also part the values of a column (`columns`), and what stands for a character that is none.
_UNPRINTABLE = re.compile("[\x00-\x1f\ufffd]")
ONE = Decimal(1)
_QUANTITY_STEP, _VALUE_STEP = Decimal("0.000001"), Decimal("0.0001")
_ENCODER = msgspec.json.Encoder(order="sorted")


class Refused(Exception):
    """The call cannot be taken; `fault` says why."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(code, field, message)


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a request came in, and when its sender says it was sent by the sender's clock (None: it did not say)."""

    received_at: datetime
    sent_at: datetime | None = None

    @classmethod
    def of(cls, received_at: datetime, sent_at: Any) -> Arrival:
        """With the instant that the body names; one that cannot be read counts as not named."""
        try:
            return cls(received_at, instant(sent_at, "sentAt") if sent_at else None)
        except Refused:
            return cls(received_at)

    def placed(self, said: datetime | None) -> tuple[datetime, bool]:
        """When a thing happened by our clock, never later than received; and whether it claimed to be in the future."""
        if said is None:
            return self.received_at, False
        at = said
        received = self.received_at
        if self.sent_at is not None and abs(received - self.sent_at) > SKEW_AFTER:
            at = said + (received - self.sent_at)
        return (at, False) if at <= received else (received, at > received + FUTURE_AFTER)


def text_id(value: Any, field: str, longest: int = MAX_ID_CHARS) -> str:
    """An id as text: a word or a whole number; empty where there is none. Raises Refused."""
    if value is None:
        return ""
    # Mostly it is a short word that needs nothing.
    if type(value) is str and len(value) <= longest and value.isascii() and value.isprintable():
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Refused("bad_id", field, f"{field} is a text or a whole number.")
    found = str(value).strip()
    if len(found) <= longest and found.isascii() and found.isprintable():
        return found
    if len(found) > longest:
        raise Refused("value_too_long", field, f"{field} has {len(found):,} characters; at most {longest} are taken.")
    if not found.isascii() and (size := len(found.encode())) > MAX_ID_BYTES:
        raise Refused("value_too_long", field, f"{field} has {size:,} bytes; at most {MAX_ID_BYTES:,} are taken.")
    if _UNPRINTABLE.search(found):
        raise Refused("bad_id", field, f"{field} holds a character that cannot be printed.")
    return found


def object_of(value: Any, field: str) -> Mapping[str, Any]:
    """An object, empty where there is none. Raises Refused."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused("not_an_object", field, f"{field} is an object of names and values.")
    return value


def instant(value: Any, field: str) -> datetime:
    """An ISO 8601 instant in UTC; without offset it is taken as UTC. Raises Refused."""
    if not isinstance(value, str):
        raise Refused("bad_instant", field, f"{field} is an instant such as 2026-03-02T09:15:00Z.")
    try:
        found = datetime.fromisoformat(value.strip())
        if found.tzinfo is not UTC:
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("bad_instant", field, f"{field} {value[:40]!r} is no instant such as 2026-03-02T09:15:00Z.") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Refused("year_out_of_range", field, f"{field} lies in the year {found.year}; {FIRST_YEAR} to {LAST_YEAR} are taken.")
    return found


def quantity_of(properties: Mapping[str, Any]) -> Decimal:
    """How often or how much: 1 where nothing is said, at most 6 decimals. Raises Refused."""
    if "quantity" not in properties:
        return ONE
    found = _number(properties["quantity"], "properties.quantity", MAX_QUANTITY, _QUANTITY_STEP)
    if found is None:
        return ONE
    if found < 0:
        raise Refused("quantity_below_zero", "properties.quantity", "properties.quantity is 0 or more.")
    return found


def value_of(properties: Mapping[str, Any]) -> Decimal | None:
    """Money that goes with the event, at most 4 decimals; None where nothing is said. Raises Refused."""
    return _number(properties["value"], "properties.value", MAX_VALUE, _VALUE_STEP) if "value" in properties else None


def _number(value: Any, field: str, limit: int, step: Decimal) -> Decimal | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Refused("bad_number", field, f"{field} is a number.")
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise Refused("bad_number", field, f"{field} {str(value)[:40]!r} is no number.") from None
    if not found.is_finite():
        raise Refused("bad_number", field, f"{field} {str(value)[:40]!r} is no number.")
    # Twice: what cannot be rounded with so many digits, and what rounding lifts over the edge of the column.
    if abs(found) >= limit or abs(found := found.quantize(step)) >= limit:
        raise Refused("number_too_big", field, f"{field} is below {limit:,}.")
    return found


def message_id(value: Any, field: str, said: Any, received_at: datetime | None) -> str:
    """The sender's id of the message, or one made of what it said; of a message without a time of its own, of the time it came in too."""
    given = text_id(value, field, MAX_MESSAGE_ID_CHARS)
    if given:
        return given
    seed = _ENCODER.encode([said, received_at])
    return f"{MADE}{hashlib.sha256(seed).hexdigest()}"


def digest_of(said: Any) -> int:
    """64 bits of what was said, equal for equal content in whatever order of names."""
    return int.from_bytes(blake2b(_ENCODER.encode(said), digest_size=_DIGEST_BYTES).digest(), "big", signed=True)
