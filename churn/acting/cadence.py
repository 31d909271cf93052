"""How often a customer is to hear of us: days per tier, as `[states]` of the day says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from health.definitions.states import OTHER
from health.versions import states_on


def contact_days(day: date) -> Mapping[str, int]:
    """Days without contact by tier in small letters; the empty name is every tier that is not named."""
    return {"" if tier == OTHER else tier: days for tier, days in states_on(day).rules.contact_days}
