"""What to bring up in a QBR, each with what speaks for it: read off the pack, so that nobody prepares from memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csm_portal.portal import words
from health.value.scenario_reads import Step

if TYPE_CHECKING:
    from csm_portal.portal.qbr.pack import Pack
    from health.models import AccountState
    from health.value.scenario_reads import ScenarioLine

# Fewer opened seats than this share of those bought are worth a question.
OPENED = 0.6
DECISION_DAYS = 120
MOST_OWED = 3


@dataclass(frozen=True)
class Ask:
    """One thing to ask or to tell: an icon, the sentence, and the evidence behind it."""

    icon: str
    text: str
    because: str


def asks(found: Pack, state: AccountState | None, lines: list[ScenarioLine]) -> list[Ask]:
    """The list, what we owe them first."""
    return [*_owed(found), *_outcomes(found), *_use(state, lines), *_people(found, state), *_renewal(state)]


def _owed(found: Pack) -> list[Ask]:
    # The same words said again are one thing to answer.
    waiting = {" ".join(one.feedback.split()): one for one in reversed(found.open_feedback)}
    made = [
        Ask("message-circle", _("Answer what they said: “%(text)s”") % {"text": _short(text)}, _since(one.when, one.carer))
        for text, one in list(waiting.items())[::-1][:MOST_OWED]
    ]
    if escalated := [one for one in found.tickets if one.late]:
        n = len(escalated)
        text = ngettext("Say where their open ticket stands", "Say where their %(n)d open tickets stand", n) % {"n": n}
        made.append(Ask("ticket", text, "; ".join(one.what for one in escalated[:3])))
    return made


def _outcomes(found: Pack) -> list[Ask]:
    open_ones = [wish for wish in found.wants.wishes if wish.status in {"behind", "on_track"}]
    if not found.wants.wishes:
        return [Ask("target", _("Agree on what they want to reach, by when, and what would prove it"), _("no outcome is defined"))]
    made = [
        Ask("target", _("What keeps “%(goal)s” from its date?") % {"goal": wish.statement}, f"{wish.status_word}, {wish.note}")
        for wish in open_ones
        if wish.status == "behind" or wish.late
    ]
    if not open_ones:
        made.append(Ask("target", _("Ask what comes next"), _("every outcome on file is decided")))
    return made[:3]


def _use(state: AccountState | None, lines: list[ScenarioLine]) -> list[Ask]:
    made = []
    for line in lines:
        if line.step is Step.EXPLORE:
            made.append(Ask("bulb", _("Find out why “%(name)s” is not used") % {"name": line.name}, _("expected, and not used this month")))
        elif line.step is Step.PUSH:
            told = _("%(days)s of %(expected)s days this month") % {
                "days": words.number(line.days),
                "expected": words.number(line.expected_days),
            }
            made.append(Ask("trending-up", _("Offer help with “%(name)s”: they have begun") % {"name": line.name}, told))
    bought, opened = (state.seats_purchased, state.seats_activated) if state else (0, 0)
    if bought and opened < OPENED * bought:
        told = _("%(opened)s of %(bought)s seats are opened") % {"opened": words.number(opened), "bought": words.number(bought)}
        made.append(Ask("users", _("Who is still missing, and what keeps them?"), told))
    return made[:4]


def _people(found: Pack, state: AccountState | None) -> list[Ask]:
    if state is None or not state.paying or found.covered:
        return []
    last = found.last
    told = _("last one %(ago)s, %(who)s") % {"ago": last.when, "who": last.executive_word} if last else _("none was held yet")
    return [Ask("crown", _("Get an executive to the table"), told)]


def _renewal(state: AccountState | None) -> list[Ask]:
    if state is None or state.renewal_on is None:
        return []
    # With a long notice the customer decides months before the term ends.
    decision_on = state.decision_on or state.renewal_on
    if (decision_on - state.as_of).days > DECISION_DAYS:
        return []
    told = _("to be decided by %(day)s, the term ends %(end)s") % {"day": words.day(decision_on), "end": words.day(state.renewal_on)}
    return [Ask("calendar-due", _("Ask who decides about the renewal, and what they need for it"), told)]


def _since(when: str, carer: str) -> str:
    return (
        _("said %(ago)s; %(name)s answers") % {"ago": when, "name": carer}
        if carer
        else _("said %(ago)s; nobody answers it yet") % {"ago": when}
    )


def _short(text: str, most: int = 90) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
