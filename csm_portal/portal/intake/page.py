"""What the page of refused calls places: groups with a sample each, rules in words, and what a rule to mend a group begins with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import IntakeRule, User
from accounts.tracking.envelope import read_call
from accounts.tracking.refused import Group, open_groups, samples
from accounts.tracking.rules import MOVE, SET, Rule, value_at
from accounts.tracking.segment import SLIPS
from csm_portal.portal.intake import words
from csm_portal.web import Page

SHOWN_GROUPS = 25
# Characters of a sample that a page shows.
SHOWN_CHARS = 4_000
# Codes that no rule can help: the call cannot be read, or what is stored already stays.
UNMENDABLE = frozenset({"bad_json", "too_large", "too_deep", "conflicting_duplicate"})
# Fields that a rule may be asked to fill.
FIELDS = (
    "userId", "anonymousId", "context.groupId", "groupId", "event", "type", "timestamp", "properties.quantity", "properties.value",
    "distinct_id", "properties.$groups.company",
)  # fmt: skip
# What people call the fields that trackers need.
ALSO = {
    "userId": ("user_id", "uid", "user.id", "distinct_id", "properties.user_id", "properties.userId"),
    "distinct_id": ("distinctId", "user_id", "userId", "properties.user_id"),
    "event": ("event_name", "name", "properties.event", "eventName"),
    "type": ("action", "kind"),
    "groupId": ("group_id", "context.groupId", "traits.account", "traits.company.id", "account_id"),
    "properties.quantity": ("properties.count", "properties.qty", "properties.amount"),
    "timestamp": ("time", "ts", "properties.timestamp", "sentAt"),
    "previousId": ("previous_id", "anonymousId"),
}


@dataclass(frozen=True)
class GroupLine:
    """A group as the page shows it: `sample` is one call as it was sent, laid out."""

    group: Group
    words: words.FaultWords
    message: str
    sample: str
    mendable: bool


@dataclass(frozen=True)
class RefusedPage:
    """Refused groups and, apart, calls that were taken with a remark."""

    refused: list[GroupLine]
    flagged: list[GroupLine]
    calls: int
    remarks: int
    page: Page


def refused_page(user: User, asked: str | None) -> RefusedPage:
    """One page of groups, largest first. Three queries."""
    groups = open_groups(user)
    refused, flagged = [one for one in groups if not one.flagged], [one for one in groups if one.flagged]
    number = int(asked) if asked and asked.isascii() and asked.isdigit() and 0 < int(asked) < 10**6 else 1
    page = Page(min(number, Page(1, len(refused), SHOWN_GROUPS).n_pages), len(refused), SHOWN_GROUPS)
    shown = [*refused[(page.number - 1) * SHOWN_GROUPS : page.number * SHOWN_GROUPS], *flagged[:SHOWN_GROUPS]]
    rows = samples(user, shown)
    lines = [
        GroupLine(one, words.fault(one.code, rows[one.sample].message), rows[one.sample].message, laid_out(rows[one.sample].body),
                  bool(one.field) and one.code not in UNMENDABLE)
        for one in shown if one.sample in rows
    ]  # fmt: skip
    return RefusedPage(
        [line for line in lines if not line.group.flagged],
        [line for line in lines if line.group.flagged],
        sum(one.count for one in refused),
        sum(one.count for one in flagged),
        page,
    )


def rules_in_force(user: User) -> list[tuple[IntakeRule, str]]:
    """Rules that hold, the newest first, as sentences. One query."""
    rows = IntakeRule.objects.visible_to(user).filter(removed_at__isnull=True).select_related("source", "made_by").order_by("-made_at")
    return [(row, words.rule(Rule(row.kind, row.name, row.field, row.value))) for row in rows]


def laid_out(body: str) -> str:
    """A call in lines, where it is JSON; else as it was sent. Cut off where it is long."""
    said, _replaced, _fault = read_call(body.encode())
    return cut(as_lines(said) if said is not None else body)


def as_lines(said: Any) -> str:
    """JSON in lines."""
    return json.dumps(said, ensure_ascii=False, indent=2)


def cut(text: str) -> str:
    """The first characters of a text."""
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def proposal(code: str, field: str, name: str, body: str) -> Rule:
    """The rule that most likely mends a call: from where people put such a thing, else a fixed value for the field."""
    said, _replaced, _fault = read_call(body.encode())
    found = next((path for path in _likely(field) if value_at(said, path) not in (None, "")), "") if said else ""
    # A call without type has no name yet that a rule could go by.
    named = "" if code in {"missing_type", "unknown_type", "missing_user"} else name
    if found:
        return Rule(MOVE, named, field, found)
    inner = value_at(said, field)
    if isinstance(inner, Mapping) and "id" in inner:
        return Rule(MOVE, named, field, f"{field}.id")
    return Rule(SET if field.startswith("properties.") else MOVE, named, field, "1" if field == "properties.quantity" else "")


def paths_of(body: str) -> list[str]:
    """Every dotted path of a call, to be offered where a rule takes something from."""
    said, _replaced, _fault = read_call(body.encode())
    return sorted(_paths(said or {}, ()))[:200]


def _likely(field: str) -> Sequence[str]:
    return (*(slip for slip, right in SLIPS.items() if right == field), *ALSO.get(field, ()))


def _paths(said: Mapping[str, Any], above: tuple[str, ...]) -> list[str]:
    found = []
    for name, value in said.items():
        if "." in name or not name:
            continue
        found.append(".".join((*above, name)))
        if isinstance(value, Mapping):
            found += _paths(value, (*above, name))
    return found
