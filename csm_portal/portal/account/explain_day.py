"""One day as its explanation shows it: the rule with its numbers, who graded it, and the events with what each added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from csm_portal.portal import words
from csm_portal.web import zone
from health.explaining.day_levels import DayCounts, tell_level
from health.explaining.level_words import conditions_in_words, graded_by, level_sentence, plain
from health.types import DayFlag, Level

if TYPE_CHECKING:
    from health.explaining.definitions import Definitions
    from health.explaining.reading import Rows
    from health.models import AccountDay

OUTCOMES = {
    "counted": pgettext_lazy("event", "counted"),
    "no_key_action": pgettext_lazy("event", "no key action"),
    "below_condition": gettext_lazy("below the least quantity"),
    "count_under_condition": gettext_lazy("a daily count cannot show that one event qualified"),
    "excluded": gettext_lazy("a bot, or a seat left out"),
    "nothing": gettext_lazy("a count of 0"),
}


@dataclass(frozen=True)
class EventLine:
    """One event or daily count."""

    at: str
    action: str
    seat: str
    source: str
    quantity: str
    value: str
    weighed: str
    outcome: str
    counts: bool


@dataclass(frozen=True)
class Day:
    """The day. `sentence` empty: the definition is not on file."""

    day: str
    level: str
    level_word: str
    sentence: str
    graded: str
    facts: list[str]
    weights: str
    events: list[EventLine]


def day_told(row: AccountDay | None, known: Definitions, rows: Rows, local: str) -> Day:
    """The day's level with its rule; `row` None: neither a contract nor an event, or not built. `local`: the account's zone."""
    events = [_event(line, local) for line in rows.lines]
    if row is None:
        sentence = _("No contract ran and nothing was graded that day, or no night has built it: the level is unknown.")
        return Day("", Level.UNKNOWN.word, words.level(Level.UNKNOWN.word), sentence, "", [], "", events)
    level, rules = Level(row.level), known.activity_rules(row.version, row.profile)
    counts = DayCounts(level, DayFlag(row.flags), row.key_actions, row.seats, row.active_seats, row.activated, row.purchased, row.paying)
    version = next((one for one in known.activity if one.version == row.version), None)
    when = conditions_in_words(version.when[row.profile - 1]) if version is not None and row.profile else ""
    return Day(
        day=words.day(row.day),
        level=level.word,
        level_word=words.level(level.word),
        sentence=level_sentence(counts, tell_level(counts, rules), rules) if rules else "",
        graded=graded_by(row.version, row.profile, rules, when) if rules else "",
        facts=_facts(row),
        weights=", ".join(f"{action} × {plain(weight)}" for action, weight in sorted(rules.key_actions.items())) if rules else "",
        events=events,
    )


def _facts(row: AccountDay) -> list[str]:
    told = [
        _("a = %(a)s key actions, weighed") % {"a": plain(row.key_actions)},
        _("n = %(n)s seats") % {"n": words.number(row.seats)},
        _("l = %(l)s of them logged in") % {"l": words.number(row.active_seats)},
    ]
    if row.purchased:
        told.append(
            _("%(activated)s of %(purchased)s purchased seats activated")
            % {"activated": words.number(row.activated), "purchased": words.number(row.purchased)}
        )
    return [
        *told,
        _("a working day") if row.working else _("a day off: it counts for weeks and months, not for the activity facet"),
        _("an active day") if row.active else _("no active day"),
        *(words.flag(word) for word in DayFlag(row.flags).words),
    ]


def _event(line: Mapping[str, Any], local: str) -> EventLine:
    at = line["occurred_at"]
    return EventLine(
        at=timezone.localtime(at, zone(local)).strftime("%H:%M:%S") if at else _("daily count"),
        action=line["action"],
        seat=" · ".join(part for part in (line["seat"], line["store"]) if part) or _("names no seat"),
        source=line["source"],
        quantity=plain(line["quantity"]),
        value="" if line["value"] is None else plain(line["value"]),
        weighed=plain(line["weighed"]),
        outcome=str(OUTCOMES[line["outcome"]]),
        counts=line["weighed"] > 0,
    )
