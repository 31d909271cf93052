"""What the pages of the lab place: sections with their versions, drafts with what they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Action, User
from csm_portal.lib.checked import DefinitionError, Problem
from csm_portal.lib.versions import version_on
from csm_portal.portal.first_run.actions import MOST_ACTIONS
from csm_portal.portal.first_run.sentences import told as said
from csm_portal.portal.lab.sections import ORDER, WORDS, Words
from csm_portal.portal.lab.told import Changed, changes_in_words, path_in_words
from health.lab.definition_reads import Published, published_versions
from health.lab.draft_merge import Thing, differences
from health.lab.drafts import began, is_mark
from health.lab.publish_definitions import SECTIONS
from health.models import DefinitionDraft, DraftRevision

# More changes than this are folded.
SHOWN_CHANGES = 12
Versions = Mapping[str, Sequence[Published]]


@dataclass(frozen=True)
class SectionLine:
    """One section on the overview: the version of the day, and one that is published for a later day."""

    name: str
    words: Words
    now: Published | None
    later: Published | None

    @property
    def has_defaults(self) -> bool:
        """Whether something counts although nothing is published."""
        return self.name in {"states", "calendar", "renewals"}


@dataclass(frozen=True)
class VersionLine:
    """One version of a section with what it changed of the one before it; `until`: the first day of the one that followed it."""

    row: Published
    changes: list[Changed]
    until: date | None
    current: bool


@dataclass(frozen=True)
class DraftSection:
    """One section of a draft: what it changes of the newest published version, and a version published since."""

    name: str
    words: Words
    changes: list[Changed]
    newer: Published | None
    published: Published | None


@dataclass(frozen=True)
class RevisionLine:
    """One revision of a draft; `what`: the keys it changed, in words."""

    row: DraftRevision
    what: list[str]
    current: bool


def section_lines(user: User, today: date) -> list[SectionLine]:
    """Every section; one query."""
    versions = published_versions(user)
    found = []
    for name in ORDER:
        rows = versions[name]
        later = [row for row in rows if row.effective_from > today]
        found.append(SectionLine(name, WORDS[name], version_on(rows, today), max(later, key=lambda row: row.version, default=None)))
    return found


def version_lines(rows: Sequence[Published], shown: Published) -> list[VersionLine]:
    """The versions of a section, the newest first."""
    found = []
    for place, row in enumerate(rows):
        before = rows[place - 1].body if place else {}
        later = [other.effective_from for other in rows[place + 1 :]]
        changes = changes_in_words(differences(before, row.body)) if place else []
        found.append(VersionLine(row, changes, min(later, default=None), row.version == shown.version))
    return found[::-1]


def draft_sections(draft: DefinitionDraft, revisions: Sequence[DraftRevision], versions: Versions) -> list[DraftSection]:
    """What the draft changes, section by section."""
    started = began(row.keys for row in sorted(revisions, key=lambda row: row.number))
    found = []
    for name in (name for name in ORDER if name in draft.sections):
        newest = versions[name][-1] if versions[name] else None
        if draft.published_at is not None:
            # What it changed then, not what differs since.
            newest = next((row for row in versions[name] if row.version == started.get(name)), None)
        changes = changes_in_words(differences(newest.body if newest else {}, draft.sections[name]))
        newer = newest if newest is not None and newest.version > started.get(name, 0) else None
        found.append(DraftSection(name, WORDS[name], changes, newer, newest))
    return found


def revision_lines(draft: DefinitionDraft, revisions: Sequence[DraftRevision]) -> list[RevisionLine]:
    """The revisions, the newest first."""
    rows = sorted(revisions, key=lambda row: -row.number)
    return [RevisionLine(row, [key_in_words(key) for key in row.keys if not is_mark(key)], row.number == draft.revision) for row in rows]


def key_in_words(key: str) -> str:
    """A dotted key with its section: `activity.share` is Activity › Share of the seats in the bars."""
    section, _dot, rest = key.partition(".")
    name = str(WORDS[section].name) if section in WORDS else section
    return f"{name} › {path_in_words(steps_of(rest))}" if rest else _("%(name)s taken out") % {"name": name}


def steps_of(path: str) -> tuple[str, ...]:
    """The steps of a dotted path, for words alone: a name with a dot in it comes apart."""
    steps: list[str] = []
    for part in path.split("."):
        name, bracket, inside = part.partition("[")
        if name:
            steps.append(name)
        steps += [Thing(one.rstrip("]")) for one in inside.split("[")] if bracket else []
    return tuple(steps)


def problem_in_words(problem: Problem) -> str:
    """A fault with its place in the reader's words."""
    _section, _dot, rest = problem.path.partition(".")
    reason = said(problem.reason)
    where = path_in_words(steps_of(rest)) if rest else ""
    # A whole table would stand there as code, and the form shows it beside the sentence anyway.
    told = problem.value and not problem.value.startswith(("{", "["))
    value = _("(found %(value)s)") % {"value": problem.value} if told else ""
    return " ".join(part for part in (f"{where}:" if where else "", reason, value) if part)


def warning_in_words(sentence: str) -> str:
    """A warning of the lint (`path: sentence`) with its place in the reader's words."""
    path, _colon, reason = sentence.partition(": ")
    return problem_in_words(Problem(path, "", reason))


def starting_body(section: str, draft: DefinitionDraft, newest: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the form of a section begins with: the draft's, else the published, else the defaults where it has all of them."""
    found = draft.sections.get(section)
    if found is not None:
        return dict(found)
    if newest is not None:
        return dict(newest)
    try:
        return SECTIONS[section].check({})
    except DefinitionError:
        return {}


def known_actions() -> list[str]:
    """Names of the actions in the data."""
    return list(Action.objects.order_by("name").values_list("name", flat=True)[:MOST_ACTIONS])


def redone_in_words(days: int) -> str:
    """What publishing from a day of the past does."""
    return ngettext(
        "%(n)d published day will be redone in the next night; every level that changes is logged.",
        "%(n)d published days will be redone in the next night; every level that changes is logged.",
        days,
    ) % {"n": days}


def draft_url(draft: DefinitionDraft) -> str:
    """The page of a draft."""
    return reverse("portal:draft", args=[draft.pk])
