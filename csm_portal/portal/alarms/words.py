"""Drop alarms and notices in words, for every place that tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from csm_portal.portal import words

if TYPE_CHECKING:
    from churn.alarms.notices import Spell

WEEKDAYS = (
    gettext_lazy("Mon"),
    gettext_lazy("Tue"),
    gettext_lazy("Wed"),
    gettext_lazy("Thu"),
    gettext_lazy("Fri"),
    gettext_lazy("Sat"),
    gettext_lazy("Sun"),
)
WEEK, TWO_WEEKS = "week", "two_weeks"


def weekday(day: date) -> str:
    """A day with its weekday: `Tue 4 Nov`."""
    return _("%(weekday)s %(day)s") % {"weekday": WEEKDAYS[day.weekday()], "day": words.short_day(day)}


def drop(facts: Mapping[str, Any]) -> str:
    """What dropped, in one sentence: the low days or the two weeks of an alarm, each beside its usual."""
    days = facts.get("days") or []
    if facts.get("unit") == TWO_WEEKS and days:
        text = _("%(value)s key actions in the two weeks from %(day)s (usual %(usual)s)")
        return text % {"day": words.short_day(date.fromisoformat(days[0]["day"])), **_numbers(days[0])}
    if facts.get("unit") == WEEK and days:
        text = _("%(value)s key actions in the week from %(day)s (usual %(usual)s)")
        return text % {"day": words.short_day(date.fromisoformat(days[0]["day"])), **_numbers(days[0])}
    told = [one for one in days if one["z"] is not None and one["z"] < 0]
    lowest = sorted(sorted(told, key=lambda one: one["z"])[:3], key=lambda one: one["day"])
    parts = [
        pgettext("drop", "%(day)s %(value)s (usual %(usual)s)") % {"day": weekday(date.fromisoformat(one["day"])), **_numbers(one)}
        for one in lowest
    ]
    return _("Key actions far under the usual weekday: %(days)s") % {"days": ", ".join(parts)}


def notice(spell: Spell) -> str:
    """What a notice about ourselves says."""
    text = ngettext(
        "On %(first)s %(share)s of accounts (%(dropped)s of %(accounts)s) did far less than usual.",
        "On %(days)s days from %(first)s to %(last)s up to %(share)s of accounts (%(dropped)s of %(accounts)s) did far less than usual.",
        spell.days,
    )
    return text % {
        "first": words.short_day(spell.first),
        "last": words.short_day(spell.last),
        "days": spell.days,
        "share": words.percent(spell.share),
        "dropped": words.number(spell.dropped),
        "accounts": words.number(spell.accounts),
    }


def border(z: float) -> str:
    """A border as it is spoken of: `z = −1.7`."""
    return _("z = %(z)s") % {"z": words.number(z, 2).replace("-", "−")}


def _numbers(one: Mapping[str, Any]) -> dict[str, str]:
    return {"value": words.number(one["value"]), "usual": words.number(one["usual"])}
