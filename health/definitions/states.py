"""`[states]`: from where on an account is busy but not achieving, quiet but fine, narrow but achieving, or has not heard of us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from csm_portal.lib.checked import Checker, Field, share, whole

DEFAULTS: Mapping[str, Any] = {
    "window_days": 28,
    "busy_days": 8,
    "busy_key_days": 0,
    "quiet_days": 3,
    "report_days": 4,
    "off_share": "0.5",
    "narrow_features": 2,
    "min_known_share": "0.5",
    "contact_days": ["enterprise 14", "mid 30", "other 60"],
}
# Name of every tier that is not named.
OTHER = "other"


def cadence() -> Field:
    """A list of tiers, each with the days after which its customers are to hear of us; `other` is among them."""
    days = whole(1, 365)

    def read(checker: Checker, value: Any, path: str) -> list[str] | None:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            checker.fault(path, value, 'must be a list such as ["enterprise 14", "other 60"]')
            return None
        found: dict[str, int] = {}
        for item in value:
            tier, _space, number = item.strip().rpartition(" ")
            told = days(checker, int(number) if number.isascii() and number.isdigit() else number, f"{path}.{tier or item}")
            if not tier.strip() or tier.strip().lower() in found:
                checker.fault(path, item, "must name each tier once, with its days behind it")
            elif told is not None:
                found[tier.strip().lower()] = told
        if OTHER not in found:
            checker.fault(path, value, f'must say the days of the tiers not named, such as "{OTHER} 60"')
        return [f"{tier} {number}" for tier, number in found.items()]

    return read


STATES: Mapping[str, Field] = {
    "window_days": whole(7, 92),
    "busy_days": whole(1, 92),
    "busy_key_days": whole(0, 92),
    "quiet_days": whole(0, 92),
    "report_days": whole(1, 92),
    "off_share": share(),
    "narrow_features": whole(1, 100),
    "min_known_share": share(),
    "contact_days": cadence(),
}
# Days that cannot be more than the window has.
INSIDE = ("busy_days", "busy_key_days", "quiet_days", "report_days")


class NamedState(StrEnum):
    """What activity and outcome say together. An account may be in several, or in none."""

    BUSY = "busy_not_achieving"
    QUIET = "quiet_but_fine"
    NARROW = "narrow_but_achieving"


@dataclass(frozen=True, slots=True)
class StateRules:
    """Bars of the named states, all over the last `window_days` days.

    Busy: used on at least `busy_days` days, key actions on at most `busy_key_days`. Quiet: at most `quiet_days` active days, and fine
    because of the outcome, of reports opened on `report_days` days without a login, or of days off on `off_share` (0 … 1) of the weekdays.
    Narrow: at most `narrow_features` different actions besides logins. No name is given where less than `min_known_share` (0 … 1) of the
    days have a level. `contact_days`: per tier (small letters) the days after which a customer is to hear of us, `other` among them.
    """

    window_days: int = 28
    busy_days: int = 8
    busy_key_days: int = 0
    quiet_days: int = 3
    report_days: int = 4
    off_share: Fraction = Fraction(1, 2)
    narrow_features: int = 2
    min_known_share: Fraction = Fraction(1, 2)
    contact_days: tuple[tuple[str, int], ...] = (("enterprise", 14), ("mid", 30), (OTHER, 60))


@dataclass(frozen=True, slots=True)
class StateVersion:
    """One published `[states]`; version None: the defaults, which hold until something is published."""

    version: int | None
    effective_from: date
    rules: StateRules


def check_states(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section as canonical JSON, completed with the defaults. Raises DefinitionError with every problem found."""
    checker = Checker()
    body = {**DEFAULTS, **checker.table(section, "states", STATES)}
    for key in INSIDE:
        if body[key] > body["window_days"]:
            checker.fault(f"states.{key}", body[key], f"must not be more than window_days ({body['window_days']})")
    if body["busy_key_days"] >= body["busy_days"]:
        checker.fault("states.busy_key_days", body["busy_key_days"], f"must be below busy_days ({body['busy_days']})")
    checker.done()
    return body


def parse_states(section: Mapping[str, Any], *, version: int | None = None, effective_from: date = date.min) -> StateVersion:
    """The section as rules. Raises DefinitionError."""
    body = check_states(section)
    shares = {key: Fraction(body[key]) for key in ("off_share", "min_known_share")}
    pairs = (item.rpartition(" ") for item in body["contact_days"])
    told = tuple((tier, int(days)) for tier, _space, days in pairs)
    return StateVersion(version, effective_from, StateRules(**{**body, **shares, "contact_days": told}))
