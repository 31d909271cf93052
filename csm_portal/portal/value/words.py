"""Named states in words: their names, what they mean, and the facts behind one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from csm_portal.portal import words
from health.definitions import NamedState

if TYPE_CHECKING:
    from health.models import AccountState

NAMES = {
    NamedState.BUSY.value: gettext_lazy("Busy but not achieving"),
    NamedState.QUIET.value: gettext_lazy("Quiet but fine"),
    NamedState.NARROW.value: gettext_lazy("Narrow but achieving"),
}
MEANINGS = {
    NamedState.BUSY.value: gettext_lazy(
        "They are there on many days, and hardly anything they do shows value: a threat that activity alone hides."
    ),
    NamedState.QUIET.value: gettext_lazy("Few active days, and a reason why that is no threat: do not alarm them."),
    NamedState.NARROW.value: gettext_lazy("Few features, and they reached what they wanted: do not push breadth."),
}
NEXT = {
    NamedState.BUSY.value: gettext_lazy("Ask what all the work is for, and show the action that proves it."),
    NamedState.QUIET.value: gettext_lazy("Leave them in peace; ask before the next season what comes next."),
    NamedState.NARROW.value: gettext_lazy("Ask for the story and the next outcome; a reference may come of it."),
}
ICONS = {NamedState.BUSY.value: "alert-circle", NamedState.QUIET.value: "moon", NamedState.NARROW.value: "target"}
TONES = {NamedState.BUSY.value: "red", NamedState.QUIET.value: "green", NamedState.NARROW.value: "green"}


def name(key: str) -> str:
    """A state's name."""
    return str(NAMES.get(key, words.readable(key)))


def evidence(key: str, facts: Mapping[str, Any]) -> str:
    """The facts of one state in a sentence."""
    found = {NamedState.BUSY: _busy, NamedState.QUIET: _quiet, NamedState.NARROW: _narrow}.get(NamedState(key)) if key in NAMES else None
    return found(facts) if found else ""


def of(state: AccountState) -> list[tuple[str, str, str]]:
    """The account's states: key, name, evidence in words."""
    return [(one["key"], name(one["key"]), evidence(one["key"], one["evidence"])) for one in state.named_states or ()]


def seat_signs(state: Any) -> list[str]:
    """What is wrong with who has a seat, of a state annotated with `health.value.seat_quality`; without that, nothing."""
    unopened = getattr(state, "never_activated", None)
    return [
        *([_("champion left")] if getattr(state, "champion_left", None) else []),
        *([_("boss silent")] if getattr(state, "boss_silent", None) else []),
        *([ngettext("%(n)d seat never activated", "%(n)d seats never activated", unopened) % {"n": unopened}] if unopened else []),
    ]


def taken_word(kind: str | None) -> str:
    """A step that was taken on a scenario."""
    return {"explore": _("explored"), "push": _("pushed")}.get(kind or "", "")


def last_step(kind: str, author: str, on: date, note: str, today: date) -> str:
    """The last step on a scenario: what, who, when, and what came of it."""
    told = _("%(step)s, %(author)s, %(ago)s") % {"step": taken_word(kind), "author": author, "ago": words.ago(on, today)}
    return f"{told}: {note}" if note else told


def _busy(facts: Mapping[str, Any]) -> str:
    used, keyed = int(facts.get("used_days", 0)), int(facts.get("key_days", 0))
    told = {"used": used, "days": facts.get("window_days", 28)}
    first = ngettext("Used on %(used)d of %(days)d days", "Used on %(used)d of %(days)d days", used) % told
    some = ngettext("key actions on %(n)d day", "key actions on %(n)d days", keyed) % {"n": keyed}
    second = some if keyed else _("no key action")
    status = str(facts.get("outcome", "none"))
    third = _("no outcome defined") if status == "none" else _("outcome %(status)s") % {"status": words.outcome(status)}
    return "; ".join((first, second, third))


def _quiet(facts: Mapping[str, Any]) -> str:
    active = int(facts.get("active_days", 0))
    told = {"n": active, "days": facts.get("window_days", 28)}
    parts = [ngettext("%(n)d active day of %(days)d", "%(n)d active days of %(days)d", active) % told]
    parts += [text for text in (_reached(facts),) if text]
    if "report_days" in facts:
        n = int(facts["report_days"])
        parts.append(ngettext("reports opened on %(n)d day", "reports opened on %(n)d days", n) % {"n": n})
    if "off_days" in facts:
        off = {"n": facts["off_days"], "of": facts.get("weekdays", 0), "why": facts.get("quiet_reason", "")}
        if off["why"]:
            parts.append(_("%(n)s of %(of)s weekdays off: %(why)s") % off)
        else:
            parts.append(_("%(n)s of %(of)s weekdays were holidays") % off)
    return "; ".join(parts)


def _narrow(facts: Mapping[str, Any]) -> str:
    n = int(facts.get("features", 0))
    names = ", ".join(words.readable(str(one)) for one in facts.get("names", ()))
    used = ngettext("%(n)d feature in %(days)d days: %(names)s", "%(n)d features in %(days)d days: %(names)s", n)
    parts = [used % {"n": n, "days": facts.get("window_days", 28), "names": names}, _reached(facts)]
    return "; ".join(part for part in parts if part)


def _reached(facts: Mapping[str, Any]) -> str:
    if facts.get("outcome") == "achieved":
        return _("outcome achieved")
    if facts.get("outcome") == "north_star":
        return _("north star crossed on %(day)s") % {"day": words.iso_day(facts.get("crossed_on"))}
    return ""
