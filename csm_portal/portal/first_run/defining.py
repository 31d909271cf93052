"""From the choice made on the page to a published definition, through the same service as `manage.py define`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count

from accounts.models import Account, CalendarDefinition, RenewalDefinition
from csm_portal.portal.sample.definition import DEFINITION
from health.models import ActivityDefinition, HealthModel, QuestionSet

STANDARD = {"health": HealthModel, "ratings": QuestionSet, "renewals": RenewalDefinition, "calendar": CalendarDefinition}


@dataclass
class Choice:
    """What somebody ticked: weight per key action, logins, passive actions, and from which level on a day is active."""

    keys: dict[str, Decimal] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)
    passive: list[str] = field(default_factory=list)
    active_from: str = "low"


def current() -> ActivityDefinition | None:
    """The newest definition."""
    return ActivityDefinition.objects.order_by("-version").first()


def section_of(choice: Choice, before: Mapping[str, Any] | None, known: set[str]) -> dict[str, Any]:
    """The `[activity]` section: the choice laid over the newest definition, which keeps its scenarios, profiles and bars.

    `known` are the actions that the page offered; what it did not offer (nothing of it came in lately) stays as it was.
    """
    kept = {name: value for name, value in (before or {}).items() if name not in ("key_actions", "login_actions", "passive_actions")}
    old: Mapping[str, Any] = before or {}
    keys = {name: Decimal(str(weight)) for name, weight in old.get("key_actions", {}).items() if name not in known}
    logins = [name for name in old.get("login_actions", []) if name not in known]
    passive = [name for name in old.get("passive_actions", []) if name not in known]
    return {
        **kept,
        "key_actions": {**keys, **choice.keys},
        "login_actions": [*logins, *choice.logins],
        "passive_actions": [*passive, *choice.passive],
        "active_from": choice.active_from,
    }


def standard_missing() -> list[str]:
    """Sections of which no version exists; a health score needs a model, a rating needs questions."""
    looks = ", ".join(f"EXISTS (SELECT FROM {model._meta.db_table})" for model in STANDARD.values())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {looks}")
        found = cursor.fetchone()
    return [name for name, exists in zip(STANDARD, found, strict=True) if not exists]


def standard_sections(names: list[str]) -> dict[str, Any]:
    """The usual contents of those sections: the defaults of the methods pages, and the country that most accounts are in."""
    usual = tomllib.loads(DEFINITION, parse_float=Decimal)
    usual["health"].pop("profiles", None)
    usual["health"].pop("effective_from", None)
    countries = Account.objects.exclude(country="").values_list("country").annotate(n=Count("pk")).order_by("-n", "country")
    most = countries.first()
    usual["calendar"] = {"default_timezone": settings.TIME_ZONE, "week_starts": "monday", **({"default_country": most[0]} if most else {})}
    return {name: usual[name] for name in names}


def as_file(section: Mapping[str, Any], effective_from: date) -> str:
    """The same definition for `manage.py define`, as far as this page sets it."""
    pairs = ", ".join(f"{_quoted(name)} = {_number(weight)}" for name, weight in section["key_actions"].items())
    lines = [f"[activity]\neffective_from = {effective_from.isoformat()}", f"key_actions = {{ {pairs} }}"]
    lists = {name: ", ".join(_quoted(action) for action in section[name]) for name in ("login_actions", "passive_actions")}
    lines += [f"{name} = [{listed}]" for name, listed in lists.items()]
    lines.append(f'active_from = "{section["active_from"]}"')
    return "\n".join(lines)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'


def _number(weight: Any) -> str:
    exact = Decimal(str(weight)).normalize()
    return f"{exact:f}"
