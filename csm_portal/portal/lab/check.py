"""What is typed or drafted, checked: faults, or what it would say, change, redo and warn of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from csm_portal.lib.checked import DefinitionError
from csm_portal.portal import words
from csm_portal.portal.first_run.actions import Seen
from csm_portal.portal.lab.editing import Editor
from csm_portal.portal.lab.page import problem_in_words, redone_in_words, warning_in_words
from csm_portal.portal.lab.told import Changed, Fact, changes_in_words, told
from health.lab.definition_reads import Published
from health.lab.draft_merge import differences
from health.lab.drafts import checked
from health.lab.publish_definitions import SECTIONS, check_draft, checked_body
from health.models import DefinitionDraft


@dataclass(frozen=True)
class Checked:
    """The outcome. `problems` keep from saving, `warnings` do not; `nothing`: no key differs from what is published."""

    problems: Sequence[str] = ()
    warnings: Sequence[str] = ()
    facts: Sequence[Fact] = ()
    changes: Sequence[Changed] = ()
    redone: str = ""
    nothing: bool = False
    whole: bool = field(default=False)


def of_section(editor: Editor, rows: Sequence[Published], today: date) -> Checked:
    """One section as typed, against its newest version."""
    try:
        body = checked_body(SECTIONS[editor.section], editor.body())
        draft = check_draft({editor.section: {**body, "effective_from": today}})
    except DefinitionError as error:
        return Checked(problems=[problem_in_words(one) for one in error.problems])
    found = differences(rows[-1].body if rows else {}, body)
    facts = told(editor.section, body) if editor.section == "activity" else []
    levels = [fact for fact in facts if fact.label in {_("Levels of a day"), _("Active")}]
    changes = changes_in_words(found) if rows else []
    return Checked(warnings=list(map(warning_in_words, draft.warnings)), facts=levels, changes=changes, nothing=bool(rows) and not found)


def of_draft(draft: DefinitionDraft, effective_from: date) -> Checked:
    """A whole draft, as it would be published from that day on."""
    try:
        found = checked(draft, effective_from)
    except DefinitionError as error:
        return Checked(problems=[problem_in_words(one) for one in error.problems], whole=True)
    redone = found.redone
    said = redone_in_words(redone.days) if redone else ""
    return Checked(warnings=list(map(warning_in_words, found.warnings)), redone=said, nothing=not found.new, whole=True)


def counts(seen: Seen | None) -> dict[str, list[Any]]:
    """Times, accounts, seats and last day by action, as the page writes them."""
    if seen is None:
        return {}
    return {
        one.name: [words.number(one.times), words.number(one.accounts), words.number(one.seats), words.day(one.last_on)]
        for one in seen.actions
    }


def span(seen: Seen | None) -> str:
    """The days counted."""
    if seen is None:
        return _("No action has been seen yet.")
    told_span = _("Counted from %(first)s to %(last)s.") % {"first": words.day(seen.first), "last": words.day(seen.until)}
    return told_span if not seen.shortened else _("%(span)s So much came in that only one day was counted.") % {"span": told_span}
