"""Traits as columns of the files `accounts` and `seats`: what senders call them, and what they are here. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from accounts.tracking.calls import GROUP

THERE: Final = "external_id"
MAX_CHARS: Final = 500
_OF_ACCOUNT: Final = {
    "name": "name", "industry": "industry", "employees": "employees", "plan": "plan", "tier": "tier", "region": "region",
    "country": "country", "domain": "domain", "currency": "currency", "timezone": "timezone", "stage": "lifecycle_stage",
    "lifecycle_stage": "lifecycle_stage", "annual_revenue": "annual_revenue", "annualRevenue": "annual_revenue", "website": "domain",
    "onboarded_on": "onboarded_on", "onboardedOn": "onboarded_on", "went_live_on": "went_live_on", "wentLiveOn": "went_live_on",
    "csm_email": "csm_email", "csmEmail": "csm_email", "parent_external_id": "parent_external_id", "team": "team",
}  # fmt: skip
_OF_PERSON: Final = {
    "email": "email", "name": "name", "persona": "persona", "kind": "kind", "unit": "unit", "is_executive": "is_executive",
    "isExecutive": "is_executive", "activated_on": "activated_on", "activatedOn": "activated_on", "createdAt": "activated_on",
    "created_at": "activated_on", "deactivated_on": "deactivated_on", "deactivatedOn": "deactivated_on",
}  # fmt: skip
_DAYS: Final = {"onboarded_on", "went_live_on", "activated_on", "deactivated_on"}


def traits_of(kind: str, traits: Mapping[str, Any]) -> dict[str, str]:
    """Columns and their texts; always with THERE, which says that the account or person exists. Traits of other names are left alone.

    Of two names for one column the one that stands in the files wins. What no column can hold is left to the checks of the load.
    """
    names = _OF_ACCOUNT if kind == GROUP else _OF_PERSON
    found: dict[str, str] = {THERE: ""}
    for name, column in names.items():
        if name in traits and (column not in found or name == column):
            text = _text(traits[name], column)
            if text is not None:
                found[column] = text
    if kind != GROUP and "name" not in found:
        parts = [_text(traits.get(part), "name") for part in ("firstName", "lastName")]
        if any(parts):
            found["name"] = " ".join(part for part in parts if part)
    return found


def _text(value: Any, column: str) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return None
    text = ("true" if value else "false") if isinstance(value, bool) else str(value).strip()
    if column in _DAYS:
        text = _day(text)
    if column == "domain":
        text = text.removeprefix("https://").removeprefix("http://").split("/")[0]
    return " ".join(text.split())[:MAX_CHARS]


def _day(text: str) -> str:
    """The day of an instant as it was written; anything else as it is."""
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return text
