"""`[calendar]` and `[renewals]` of a definition file: whose holidays, whose midnight, and how late a renewal may be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from csm_portal.lib.checked import Checker, Field, one_of, whole
from csm_portal.lib.periods import WEEKDAYS


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """Default country (ISO alpha-2, empty: weekdays only) and zone (IANA, empty: the installation's), first day of the week."""

    default_country: str = ""
    default_timezone: str = ""
    week_starts: str = "monday"


@dataclass(frozen=True, slots=True)
class RenewalRules:
    """Days after the end within which a successor still counts, and the gap in MRR that is bridged."""

    renewal_grace_days: int = 30
    bridge_gap_days: int = 0


def _country(checker: Checker, value: Any, path: str) -> str | None:
    import holidays  # half a second; nothing but a definition or a night needs it

    code = value.strip().upper() if isinstance(value, str) else value
    if code != "" and (not isinstance(code, str) or len(code) != 2 or code not in holidays.list_supported_countries()):
        checker.fault(path, value, "must be the two-letter code of a country with a known calendar, such as CN or US")
        return None
    return code


def _zone(checker: Checker, value: Any, path: str) -> str | None:
    try:
        if value != "":
            ZoneInfo(value)
    except (KeyError, TypeError, ValueError, OSError):
        checker.fault(path, value, "must be the name of a time zone, such as Asia/Shanghai")
        return None
    return str(value)


CALENDAR: Mapping[str, Field] = {"default_country": _country, "default_timezone": _zone, "week_starts": one_of(*WEEKDAYS)}
RENEWALS: Mapping[str, Field] = {"renewal_grace_days": whole(0, 365), "bridge_gap_days": whole(0, 365)}


def check_calendar(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section as canonical JSON, completed with the defaults. Raises DefinitionError with every problem found."""
    checker = Checker()
    body = checker.table(section, "calendar", CALENDAR)
    checker.done()
    return {"default_country": "", "default_timezone": "", "week_starts": "monday", **body}


def check_renewals(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section as canonical JSON, completed with the defaults. Raises DefinitionError with every problem found."""
    checker = Checker()
    body = checker.table(section, "renewals", RENEWALS)
    checker.done()
    return {"renewal_grace_days": 30, "bridge_gap_days": 0, **body}


def parse_calendar(section: Mapping[str, Any]) -> CalendarRules:
    """The section as rules. Raises DefinitionError."""
    return CalendarRules(**check_calendar(section))


def parse_renewals(section: Mapping[str, Any]) -> RenewalRules:
    """The section as rules. Raises DefinitionError."""
    return RenewalRules(**check_renewals(section))
