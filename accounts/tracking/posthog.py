"""Calls of PostHog's capture API as what they mean here. Pure; docs/reference/intake.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.tracking.calls import ALIAS, GROUP, IDENTIFY, TRACK, Call, Fault
from accounts.tracking.policy import MAX_ACTION_CHARS
from accounts.tracking.saying import Arrival, Refused, digest_of, instant, message_id, object_of, quantity_of, text_id, value_of

IDENTIFYING = ("$identify", "$set", "$set_once")
GROUPING, ALIASING = "$groupidentify", "$create_alias"
# Of several groups of an event the first of these names the paying account; a single group is it whatever its type.
ACCOUNT_GROUPS = ("account", "company", "organization", "customer", "workspace", "team")


def understand(said: Mapping[str, Any], arrival: Arrival) -> Call | Fault:
    """One event of a batch, or why it is refused."""
    try:
        return _understood(said, arrival)
    except Refused as refusal:
        return refusal.fault


def _understood(said: Mapping[str, Any], arrival: Arrival) -> Call:
    name = said.get("event")
    if not isinstance(name, str) or not name.strip():
        raise Refused("missing_value", "event", "An event has a name: event.")
    action = text_id(name, "event", MAX_ACTION_CHARS)
    properties = object_of(said.get("properties"), "properties")
    person = text_id(said.get("distinct_id", properties.get("distinct_id")), "distinct_id")
    kind = GROUP if action == GROUPING else IDENTIFY if action in IDENTIFYING else ALIAS if action == ALIASING else TRACK
    if not person and kind != GROUP:
        raise Refused("missing_user", "distinct_id", "The event names nobody: distinct_id.")
    stamp = said.get("timestamp", properties.get("timestamp"))
    at, future = _clock(said, properties, arrival).placed(instant(stamp, "timestamp") if stamp is not None else None)
    content = [kind, person, action, stamp, properties, said.get("$set"), said.get("$set_once")]
    own = {key: value for key, value in properties.items() if not key.startswith("$")}
    return Call(
        kind=kind,
        message_id=message_id(said.get("uuid") or properties.get("$insert_id"), "uuid", content, None if stamp else arrival.received_at),
        # The distinct id of a group's properties is made up: nobody sits there.
        user_id="" if kind == GROUP else person,
        account_id=_group_of(properties) if kind == GROUP else _account_of(properties),
        at=at,
        future=future,
        digest=digest_of(content),
        action=action if kind == TRACK else "",
        quantity=quantity_of(properties),
        value=value_of(properties),
        properties=own or None,
        traits=_traits(kind, said, properties),
        other_id=text_id(properties.get("alias") if kind == ALIAS else properties.get("$anon_distinct_id"), "properties.alias"),
    )


def _clock(said: Mapping[str, Any], properties: Mapping[str, Any], arrival: Arrival) -> Arrival:
    """The arrival without the sender's clock, where the sender says that its timestamps are right as they are."""
    options = object_of(said.get("options"), "options")
    right = properties.get("$ignore_sent_at", options.get("disable_skew_correction"))
    return Arrival(arrival.received_at) if right is True else arrival


def _group_of(properties: Mapping[str, Any]) -> str:
    found = text_id(properties.get("$group_key"), "properties.$group_key")
    if not found:
        raise Refused("missing_value", "properties.$group_key", "A group's properties name it: properties.$group_key.")
    return found


def _account_of(properties: Mapping[str, Any]) -> str:
    groups = object_of(properties.get("$groups"), "properties.$groups")
    wanted = next((kind for kind in ACCOUNT_GROUPS if kind in groups), None)
    if wanted is None and len(groups) == 1:
        wanted = next(iter(groups))
    return text_id(groups.get(wanted), f"properties.$groups.{wanted}") if wanted is not None else ""


def _traits(kind: str, said: Mapping[str, Any], properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if kind == GROUP:
        return object_of(properties.get("$group_set"), "properties.$group_set")
    if kind != IDENTIFY:
        return None
    parts = (
        object_of(source.get(key), where + key)
        for key in ("$set_once", "$set")
        for source, where in ((properties, "properties."), (said, ""))
    )
    return {name: value for part in parts for name, value in part.items()}
