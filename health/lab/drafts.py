"""Drafts of definitions: made, saved by several people at once, brought back, discarded, published. Nothing counts by a draft.

A draft holds only the sections somebody changes in it. Every save is a revision kept for ever; one that takes a section in names the
published version it began from (`activity@3` among its keys, 0: none), so that what is published meanwhile is never overwritten unseen.
Two editors of one revision are merged key by key; the same key set to two values is refused with both values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.definitions import Change
from accounts.edit_values import MAX_WORD, NotSaved, Refused, check_characters
from accounts.edits import UNDO_FOR
from accounts.models import User
from accounts.models.definitions import VersionedDefinition
from accounts.types import Role
from csm_portal.lib.checked import DefinitionError, Problem
from csm_portal.lib.versions import version_on
from health.lab.draft_merge import Conflict, Difference, Merged, differences, merged
from health.lab.publish_definitions import SECTIONS, Draft, check_draft, checked_body, publish_draft
from health.models import DefinitionDraft, DraftRevision

Prefer = Literal["", "mine", "theirs"]
FIRST = 1


class Conflicted(ValueError):
    """Somebody else saved the same keys meanwhile, or what both wrote does not fit together. Nothing was saved.

    `problems`: what is wrong with both changes laid over each other; empty where keys conflict.
    """

    def __init__(self, conflicts: Sequence[Conflict], by: str, revision: int, problems: Sequence[Problem] = ()) -> None:
        super().__init__(", ".join(conflict.path for conflict in conflicts))
        self.conflicts, self.by, self.revision, self.problems = tuple(conflicts), by, revision, tuple(problems)


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft as it stands after a save. `keys`: what this save changed; `taken`: what others had changed meanwhile, and stays."""

    draft: DefinitionDraft
    keys: tuple[str, ...]
    taken: tuple[Difference, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """One section as somebody wants it, who began from revision `base`.

    Where another one set the same key, `prefer` says who wins; it counts only while the draft stands at the revision `seen`, the one whose
    values were shown.
    """

    section: str
    body: Mapping[str, Any]
    base: int
    prefer: Prefer = ""
    seen: int = 0


@dataclass(frozen=True, slots=True)
class _Other:
    """What stands against an edit: the section as others left it, who they are, and whose values win."""

    body: Mapping[str, Any]
    by: str
    revision: int
    prefer: Prefer


@transaction.atomic
def create(user: User, name: str, at: datetime) -> DefinitionDraft:
    """An empty draft of an admin. Raises NotSaved for a name that is none."""
    if not user.is_active or user.role != Role.ADMIN:
        raise DefinitionDraft.DoesNotExist
    draft = DefinitionDraft.objects.create(name=_name(name), author=user, created_at=at)
    DraftRevision.objects.create(draft=draft, number=FIRST, author=user, saved_at=at)
    return draft


@transaction.atomic
def rename(user: User, pk: int, name: str) -> DefinitionDraft:
    """Give the draft another name. Raises NotSaved."""
    draft = _held(user, pk)
    draft.name = _name(name)
    draft.save(update_fields=["name"])
    return draft


@transaction.atomic
def save(user: User, pk: int, edit: Edit, at: datetime) -> Saved:
    """Save one section; what others saved meanwhile is kept beside it. Raises DefinitionError, Conflicted, NotSaved."""
    draft, section = _held(user, pk), edit.section
    mine = checked_body(SECTIONS[section], edit.body)
    first = _revision(draft, edit.base)
    start = first.sections.get(section)
    theirs, newest = draft.sections.get(section), newest_version(section)
    current = theirs if theirs is not None else newest.body if newest else {}
    other = _Other(current, _others(draft, edit.base), draft.revision, edit.prefer if edit.seen == draft.revision else "")
    both = _both(section, start if start is not None else _as_of(section, first.saved_at), mine, other)
    changed = differences(current, both.body)
    if theirs is not None and not changed:
        return Saved(draft, (), both.taken, other.by)
    marks = () if theirs is not None else (_mark(section, newest.version if newest else 0),)
    keys = tuple(f"{section}.{one.path}" for one in changed)
    _write(draft, {**draft.sections, section: both.body}, (*marks, *keys), user, at)
    return Saved(draft, keys, both.taken, other.by)


@transaction.atomic
def drop(user: User, pk: int, section: str, at: datetime) -> DefinitionDraft:
    """Take a section out of the draft: it stays as published. The revision before has it still."""
    draft = _held(user, pk)
    if section in draft.sections:
        rest = {name: body for name, body in draft.sections.items() if name != section}
        _write(draft, rest, (section,), user, at)
    return draft


@transaction.atomic
def restore(user: User, pk: int, number: int, at: datetime) -> DefinitionDraft:
    """Make the draft what it was at a revision, as a new one. Raises NotSaved."""
    draft = _held(user, pk)
    old = _revision(draft, number)
    if old.sections != draft.sections:
        started = _began(draft, number)
        marks = [_mark(name, started[name]) for name in old.sections if name in started]
        keys = [one.path for one in differences(draft.sections, old.sections)]
        _write(draft, dict(old.sections), (*marks, *keys), user, at)
    return draft


@transaction.atomic
def catch_up(user: User, pk: int, section: str, at: datetime, *, prefer: Prefer = "", seen: int = 0) -> Saved:
    """Take into the draft what was published of the section since it began. Raises Conflicted, NotSaved."""
    draft = _held(user, pk)
    newest, mine = newest_version(section), draft.sections.get(section)
    if newest is None or mine is None:
        return Saved(draft, ())
    start = _version(section, _began(draft, draft.revision).get(section, 0))
    base = start.body if start else {}
    other = _Other(newest.body, str(newest.published_by or ""), draft.revision, prefer if seen == draft.revision else "")
    both = _both(section, base, mine, other)
    keys = tuple(f"{section}.{one.path}" for one in differences(mine, both.body))
    _write(draft, {**draft.sections, section: both.body}, (_mark(section, newest.version), *keys), user, at)
    return Saved(draft, keys, both.taken, other.by)


@transaction.atomic
def discard(user: User, pk: int, at: datetime) -> DefinitionDraft:
    """Put the draft away. Its revisions stay."""
    draft = _held(user, pk)
    draft.discarded_at = at
    draft.save(update_fields=["discarded_at"])
    return draft


@transaction.atomic
def bring_back(user: User, pk: int, at: datetime) -> DefinitionDraft | None:
    """Undo of a discard, for a day; None: there is no such draft to be brought back."""
    found = DefinitionDraft.objects.visible_to(user).select_for_update().filter(pk=pk, discarded_at__gt=at - UNDO_FOR).first()
    if found is not None:
        found.discarded_at = None
        found.save(update_fields=["discarded_at"])
    return found


def outdated(draft: DefinitionDraft) -> dict[str, VersionedDefinition]:
    """Sections of which a version was published since the draft took them in, with the newest one."""
    started = _began(draft, draft.revision)
    newest = {name: newest_version(name) for name in draft.sections}
    return {name: row for name, row in newest.items() if row is not None and row.version > started.get(name, 0)}


def checked(draft: DefinitionDraft, effective_from: date) -> Draft:
    """The sections of the draft that differ from what is in force on that day, checked. Raises DefinitionError.

    A draft in which nothing differs yields a Draft without changes.
    """
    sections = {}
    for name, body in draft.sections.items():
        now = version_on(_rows(name), effective_from)
        if now is None or differences(now.body, body):
            sections[name] = {**body, "effective_from": effective_from}
    return check_draft(sections) if sections else Draft((), (), logins_only=False)


@transaction.atomic
def publish(user: User, pk: int, revision: int, effective_from: date, *, at: datetime, confirmed: Sequence[str] = ()) -> tuple[Change, ...]:
    """Publish what differs, from a day on. Raises DefinitionError, and NotSaved with what must be done or confirmed (`logins`, `past`)."""
    draft = _held(user, pk)
    if revision != draft.revision:
        raise NotSaved({"": _("Somebody has saved this draft meanwhile; look at it again before you publish it.")})
    if behind := outdated(draft):
        told = _("Published meanwhile: %(names)s. Take the changes into this draft first.")
        raise NotSaved({"": told % {"names": ", ".join(f"[{name}]" for name in behind)}})
    found = checked(draft, effective_from)
    if not found.new:
        raise NotSaved({"": _("Nothing in this draft differs from what is in force on that day.")})
    problems = {}
    if found.logins_only and "logins" not in confirmed:
        problems["logins"] = _("The only key actions are logins. They show presence, not value: name another, or confirm.")
    redone = found.redone
    if redone is not None and "past" not in confirmed:
        told = ngettext(
            "%(n)d day that is published already will be redone; every level that changes is logged. Confirm, or choose a later day.",
            "%(n)d days that are published already will be redone; every level that changes is logged. Confirm, or choose a later day.",
            redone.days,
        )
        problems["past"] = told % {"n": redone.days}
    if problems:
        raise NotSaved(problems)
    changes = publish_draft(found, at=at, by=user)
    draft.published_at, draft.published_by = at, user
    draft.save(update_fields=["published_at", "published_by"])
    return changes


def newest_version(section: str) -> VersionedDefinition | None:
    """The version of a section published last; None where there is none."""
    return max(_rows(section), key=lambda row: row.version, default=None)


def is_mark(key: str) -> bool:
    """Whether a key of a revision names the version that a section began from, not a change."""
    name, at, _number = key.partition("@")
    return bool(at) and name in SECTIONS


def began(keys_of_revisions: Iterable[Sequence[str]]) -> dict[str, int]:
    """Published version that each section began from (0: none), by the keys of the revisions in their order."""
    return {key.partition("@")[0]: int(key.partition("@")[2]) for keys in keys_of_revisions for key in keys if is_mark(key)}


def _rows(section: str) -> list[VersionedDefinition]:
    return list(SECTIONS[section].model._default_manager.select_related("published_by"))


def _version(section: str, number: int) -> VersionedDefinition | None:
    return next((row for row in _rows(section) if row.version == number), None)


def _as_of(section: str, at: datetime) -> Mapping[str, Any]:
    known = [row for row in _rows(section) if row.published_at <= at]
    row = max(known, key=lambda one: one.version, default=None)
    return row.body if row else {}


def _both(section: str, base: Mapping[str, Any], mine: Mapping[str, Any], other: _Other) -> Merged:
    both = merged(base, mine, other.body, prefer_theirs=other.prefer == "theirs")
    if both.conflicts and not other.prefer:
        raise Conflicted(both.conflicts, other.by, other.revision)
    try:
        SECTIONS[section].check(both.body)
    except DefinitionError as error:
        raise Conflicted((), other.by, other.revision, error.problems) from error
    return both


def _held(user: User, pk: int) -> DefinitionDraft:
    """The draft, locked, of somebody who may change it. Raises DoesNotExist, and NotSaved for one that is closed."""
    draft: DefinitionDraft = DefinitionDraft.objects.visible_to(user).select_for_update(of=("self",)).get(pk=pk)
    if draft.published_at is not None:
        raise NotSaved({"": _("This draft is published; begin a new one for the next change.")})
    if draft.discarded_at is not None:
        raise NotSaved({"": _("This draft was discarded; bring it back to go on with it.")})
    return draft


def _revision(draft: DefinitionDraft, number: int) -> DraftRevision:
    found = draft.revisions.filter(number=number).first()
    if found is None:
        raise NotSaved({"": _("This draft has no revision of that number.")})
    row: DraftRevision = found
    return row


def _write(draft: DefinitionDraft, sections: dict[str, Any], keys: Sequence[str], user: User, at: datetime) -> None:
    draft.sections, draft.revision = sections, draft.revision + 1
    draft.save(update_fields=["sections", "revision"])
    DraftRevision.objects.create(draft=draft, number=draft.revision, sections=sections, keys=list(keys), author=user, saved_at=at)


def _mark(section: str, version: int) -> str:
    return f"{section}@{version}"


def _began(draft: DefinitionDraft, number: int) -> dict[str, int]:
    return began(draft.revisions.filter(number__lte=number).order_by("number").values_list("keys", flat=True))


def _others(draft: DefinitionDraft, base: int) -> str:
    """Who saved after revision `base`."""
    later = draft.revisions.filter(number__gt=base).select_related("author").order_by("number")
    return ", ".join(dict.fromkeys(str(row.author) for row in later))


def _name(text: str) -> str:
    name = " ".join(text.split())
    try:
        check_characters(name)
    except Refused as problem:
        raise NotSaved({"name": str(problem)}) from problem
    if not name or len(name) > MAX_WORD:
        raise NotSaved({"name": _("A draft needs a name of 1 to %(most)d characters.") % {"most": MAX_WORD}})
    return name
