"""Calls of Segment's tracking API as what they mean here. Pure; docs/reference/intake.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.tracking.calls import ALIAS, GROUP, IDENTIFY, TRACK, Call, Fault
from accounts.tracking.policy import MAX_ACTION_CHARS
from accounts.tracking.saying import Arrival, Refused, digest_of, instant, message_id, object_of, quantity_of, text_id, value_of

PAGE, SCREEN = "page", "screen"
VIEWS = (PAGE, SCREEN)
KINDS = (TRACK, IDENTIFY, GROUP, PAGE, SCREEN, ALIAS)
# Names that people copy from elsewhere, and the ones that are right.
SLIPS = {"user_id": "userId", "anonymous_id": "anonymousId", "group_id": "groupId", "message_id": "messageId", "event_name": "event"}


def understand(said: Mapping[str, Any], arrival: Arrival, implied: str = "") -> Call | Fault:
    """One call, `implied` being the kind that the address names; or why it is refused. Unknown fields are left alone."""
    try:
        return _understood(said, arrival, implied)
    except Refused as refusal:
        return refusal.fault


def _understood(said: Mapping[str, Any], arrival: Arrival, implied: str) -> Call:
    get = said.get
    kind = _kind(said, implied)
    user, anonymous, group = (text_id(get(name), name) if name in said else "" for name in ("userId", "anonymousId", "groupId"))
    context, traits = object_of(get("context"), "context"), object_of(get("traits"), "traits")
    account = group or text_id(context.get("groupId"), "context.groupId") or (_account_of(traits) if traits else "")
    if kind == GROUP and not group:
        raise Refused("missing_value", "groupId", f"A group call names its account: groupId.{_slip(said, 'groupId')}")
    if not user and not anonymous and not (kind == GROUP and group):
        raise Refused("missing_user", "userId", f"The call names nobody: userId or anonymousId.{_slip(said, 'userId')}")
    stamp = get("timestamp") or get("originalTimestamp")
    at, future = arrival.placed(instant(stamp, "timestamp") if stamp is not None else None)
    properties = object_of(get("properties"), "properties")
    action = _action(kind, said)
    content = [kind, user, anonymous, account, action, stamp, properties, traits, get("previousId"), get("name")]
    return Call(
        kind=TRACK if kind in VIEWS else kind,
        message_id=message_id(get("messageId"), "messageId", content, None if stamp else arrival.received_at),
        user_id=user,
        account_id=account,
        at=at,
        future=future,
        digest=digest_of(content),
        action=action,
        quantity=quantity_of(properties),
        value=value_of(properties),
        properties=(properties if kind == TRACK else _with_name(kind, said, properties)) or None,
        traits=traits,
        other_id=_other(said, anonymous) if kind == ALIAS else anonymous,
    )


def _kind(said: Mapping[str, Any], implied: str) -> str:
    named = said.get("type", implied or None)
    if named is None:
        slip = f" It has action: {said['action']!r} instead." if said.get("action") in KINDS else ""
        raise Refused("missing_type", "type", f"The call says no type; one of {', '.join(KINDS)}.{slip}")
    if named not in KINDS:
        raise Refused("unknown_type", "type", f"The type {str(named)[:40]!r} is none of {', '.join(KINDS)}.")
    if implied and named != implied:
        raise Refused("wrong_type", "type", f"The call says {named}, the address {implied}.")
    return str(named)


def _action(kind: str, said: Mapping[str, Any]) -> str:
    if kind != TRACK:
        return kind if kind in VIEWS else ""
    name = said.get("event")
    if not isinstance(name, str) or not name.strip():
        raise Refused("missing_value", "event", f"A track call names its event.{_slip(said, 'event')}")
    return text_id(name, "event", MAX_ACTION_CHARS)


def _with_name(kind: str, said: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties; those of a page or screen with its name and category, which stand beside them."""
    beside = {key: said[key] for key in ("name", "category") if isinstance(said.get(key), str)} if kind in VIEWS else {}
    return {**beside, **properties}


def _account_of(traits: Mapping[str, Any]) -> str:
    named = traits.get("account")
    return text_id(named.get("id") if isinstance(named, dict) else named, "traits.account")


def _other(said: Mapping[str, Any], anonymous: str) -> str:
    previous = text_id(said.get("previousId"), "previousId") or anonymous
    if not previous:
        raise Refused("missing_value", "previousId", "An alias call names the id until now: previousId.")
    return previous


def _slip(said: Mapping[str, Any], wanted: str) -> str:
    found = next((slip for slip, right in SLIPS.items() if right == wanted and slip in said), "")
    return f" It has {found}, which is written {wanted}." if found else ""
