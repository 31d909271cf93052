"""Faults of calls, rules and reasons for waiting, in words: what is wrong and what would be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.tracking.rules import IGNORE, MOVE, RENAME, SET, Rule
from accounts.types import Waiting


@dataclass(frozen=True)
class FaultWords:
    """What is wrong with a call, and what would be right."""

    title: str
    right: str


_FAULTS = {
    "bad_json": (gettext_lazy("No JSON"), gettext_lazy("One call is a JSON object in UTF-8; NaN and Infinity are no JSON.")),
    "not_an_object": (gettext_lazy("No object"), gettext_lazy('Here an object of names and values belongs, such as {"id": "acme"}.')),
    "too_large": (gettext_lazy("Too large"), gettext_lazy("A call has at most 32 KB; leave out what no figure needs.")),
    "too_deep": (gettext_lazy("Nested too deep"), gettext_lazy("Objects lie in each other at most 32 levels deep.")),
    "missing_type": (gettext_lazy("No type"), gettext_lazy("A call says its type: track, identify, group, page, screen or alias.")),
    "unknown_type": (gettext_lazy("Unknown type"), gettext_lazy("The type is track, identify, group, page, screen or alias.")),
    "wrong_type": (gettext_lazy("Type against address"), gettext_lazy("The type in the call and the address it was sent to say the same.")),
    "missing_user": (gettext_lazy("Nobody named"), gettext_lazy("A call names its person: userId or anonymousId; PostHog: distinct_id.")),
    "missing_value": (gettext_lazy("Something is missing"), gettext_lazy("This field has to be filled for a call of this type.")),
    "bad_id": (gettext_lazy("No id"), gettext_lazy("An id is a text or a whole number, in characters that can be printed.")),
    "value_too_long": (gettext_lazy("Too long"), gettext_lazy("Ids, names of events and message ids have at most 500 characters.")),
    "bad_instant": (gettext_lazy("No instant"), gettext_lazy("A time is written like 2026-03-02T09:15:00Z.")),
    "year_out_of_range": (gettext_lazy("Impossible year"), gettext_lazy("Years from 1900 to 2200 are taken.")),
    "bad_number": (gettext_lazy("No number"), gettext_lazy("A quantity and a value are numbers, without unit and currency.")),
    "quantity_below_zero": (gettext_lazy("Below zero"), gettext_lazy("A quantity is 0 or more; a return is an event of its own.")),
    "number_too_big": (gettext_lazy("Too big"), gettext_lazy("A quantity is below 10¹², a value below 10¹⁴.")),
    "conflicting_duplicate": (
        gettext_lazy("Other content under a known id"),
        gettext_lazy("The first one stays. Changed content needs a message id of its own."),
    ),
    "in_the_future": (
        gettext_lazy("From the future"),
        gettext_lazy("Taken as of the time it came in. Set the sender's clock, or send sentAt."),
    ),
    "replaced_characters": (
        gettext_lazy("Characters replaced"),
        gettext_lazy("Taken with � in place of characters that no text can hold."),
    ),
}  # fmt: skip
RULE_KINDS = {
    MOVE: gettext_lazy("Take the field from another place in the call"),
    SET: gettext_lazy("Fill the field with a fixed value"),
    RENAME: gettext_lazy("Give the event another name"),
    IGNORE: gettext_lazy("Ignore the event: answered as accepted, not stored"),
}


def fault(code: str, message: str) -> FaultWords:
    """The words of a code; of one without words the message that was sent."""
    title, right = _FAULTS.get(code, (code, message))
    return FaultWords(str(title), str(right))


def rule(one: Rule) -> str:
    """A rule as a sentence."""
    named = {"name": one.name, "field": one.field, "value": one.value}
    if one.kind == RENAME:
        return _("“%(name)s” is called “%(value)s”.") % named
    if one.kind == IGNORE:
        return _("“%(name)s” is ignored.") % named
    if one.kind == MOVE:
        text = (
            _("In “%(name)s”, %(field)s is taken from %(value)s.") if one.name else _("In every call, %(field)s is taken from %(value)s.")
        )
    else:
        text = _("In “%(name)s”, %(field)s is “%(value)s”.") if one.name else _("In every call, %(field)s is “%(value)s”.")
    return text % named


def waits_for(reason: str, account: str, person: str) -> str:
    """What an event waits for, and what would bring it."""
    named: dict[str, Any] = {"account": account, "person": person}
    if reason == Waiting.UNKNOWN_ACCOUNT:
        return _("The account “%(account)s” is not there: load it, or send a group call for it.") % named
    if reason == Waiting.AMBIGUOUS_ACCOUNT:
        return _("“%(person)s” is in several accounts: events have to name theirs in context.groupId.") % named
    if reason == Waiting.NO_ACCOUNT and person:
        return _("Nobody said which account “%(person)s” belongs to: send identify or group with the account, or load the seat.") % named
    if reason == Waiting.NO_ACCOUNT:
        return _("The events name neither a known person nor an account: send identify or alias for the anonymous id.")
    return _("Attaches by itself within a minute.")
