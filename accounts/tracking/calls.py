"""What a tracker's call may be once it is understood, and what may be wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

TRACK, IDENTIFY, GROUP, ALIAS = "track", "identify", "group", "alias"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one call was refused: `field` is the path inside the call, `message` says what would be right."""

    code: str
    field: str
    message: str


class Call(msgspec.Struct, frozen=True):
    """One call: an event (`track`), a person (`identify`), an account (`group`) or two names of one person (`alias`).

    `message_id` is the sender's, or made of the body where it sent none. `user_id` is empty where nobody is named, `account_id` where no
    account is. `at` is corrected for a wrong clock and never after it was received; `future`: it claimed to be. `digest` tells a repeat
    from another body under the same id: of what was said, not of when it was sent. `body` is what was sent, for the list of the refused.
    """

    kind: str
    message_id: str
    user_id: str
    account_id: str
    at: datetime
    future: bool
    digest: int
    action: str = ""
    product: str = ""
    quantity: Decimal = Decimal(1)
    value: Decimal | None = None
    properties: Mapping[str, Any] | None = None
    traits: Mapping[str, Any] | None = None
    other_id: str = ""
