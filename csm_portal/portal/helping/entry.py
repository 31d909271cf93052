"""The form for an intervention: what it places, and what was sent with it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.http import QueryDict

from accounts.touch import MAX_NOTE
from churn.helping.interventions import KINDS, Tried
from csm_portal.portal.helping import words as say

if TYPE_CHECKING:
    from accounts.models import Account

LONGEST_KEY = 19


@dataclass(frozen=True)
class InterventionForm:
    """What `portal/helping/_form.html` places. `problems` by field, under "" what concerns all."""

    account: Account
    data: QueryDict
    today: date
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """Characters that fit into the note."""
        return MAX_NOTE

    @property
    def problem(self) -> str:
        """What is wrong with no single field."""
        return self.problems.get("", "") or self.problems.get("item", "")

    @property
    def kinds(self) -> list[tuple[str, str, bool]]:
        """What may be tried, the chosen one marked."""
        chosen = self.data.get("kind", KINDS[0])
        return [(one, say.kind(one), one == chosen) for one in KINDS]

    @property
    def began_on(self) -> str:
        """The day as the input holds it."""
        return self.data.get("began_on", self.today.isoformat())

    @property
    def note(self) -> str:
        """What was written so far."""
        return self.data.get("note", "").replace("\0", "")[: MAX_NOTE * 2]

    @property
    def item(self) -> str:
        """Key of the item that led to it; empty: none."""
        return self.data.get("item", "").replace("\0", "")[:LONGEST_KEY]


def tried_in(data: QueryDict) -> Tried:
    """The intervention that was sent; a key that cannot be read is no item of the account."""
    day = None
    with contextlib.suppress(ValueError):
        day = datetime.strptime(data.get("began_on", ""), "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the account's calendar
    item = data.get("item", "")
    known = int(item) if item.isascii() and item.isdigit() and len(item) < LONGEST_KEY else 0
    return Tried(data.get("kind", ""), day, data.get("note", ""), known if item else None)
