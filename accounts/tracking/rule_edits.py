"""Rules of the intake's door as people make and remove them: checked, one per source, kind, name and field, kept when removed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved, Refused, check_characters
from accounts.edits import UNDO_FOR
from accounts.models import IntakeRule, Source, User
from accounts.tracking.policy import MAX_ACTION_CHARS, MAX_DEPTH, MAX_ID_CHARS
from accounts.tracking.rules import IGNORE, KINDS, MOVE, RENAME, SET, Rule, forget_rules

MAX_PATH: Final = 200
# What tells one call from the next cannot be the same for all.
IDENTITY: Final = ("messageId", "uuid")
_PATH = re.compile(r"[^\x00-\x1f.]+(\.[^\x00-\x1f.]+)*")


def checked(rule: Rule) -> Rule:
    """The rule as it is stored: what its kind has no use for left out. Raises NotSaved with what is wrong per field."""
    problems: dict[str, str] = {}
    rule = Rule(rule.kind, rule.name.strip(), "" if rule.kind in {RENAME, IGNORE} else rule.field.strip(), rule.value.strip())
    if rule.kind == IGNORE:
        rule = Rule(IGNORE, rule.name)
    if rule.kind not in KINDS:
        problems["kind"] = _("Choose what the rule does.")
    for name, text in (("name", rule.name), ("field", rule.field), ("value", rule.value)):
        try:
            check_characters(text)
        except Refused as problem:
            problems[name] = str(problem)
    if len(rule.name) > MAX_ACTION_CHARS:
        problems["name"] = _("A name has at most %(most)d characters.") % {"most": MAX_ACTION_CHARS}
    if rule.kind in {RENAME, IGNORE} and not rule.name:
        problems["name"] = _("Say which event it is.")
    if rule.kind == RENAME and not (0 < len(rule.value) <= MAX_ACTION_CHARS and rule.value != rule.name):
        problems["value"] = _("Say what it is called from now on.")
    if rule.kind in {MOVE, SET}:
        problems |= _field_problems(rule)
    if problems:
        raise NotSaved(problems)
    return rule


def make(user: User, source: int, rule: Rule, now: datetime) -> IntakeRule:
    """The rule holds from now on, within seconds in every process. Raises NotSaved, and DoesNotExist for a source that is not theirs."""
    rule, row = checked(rule), Source.objects.visible_to(user).get(pk=source)
    try:
        with transaction.atomic():
            made: IntakeRule = IntakeRule.objects.create(
                source=row, kind=rule.kind, name=rule.name, field=rule.field, value=rule.value, made_by=user, made_at=now
            )
    except IntegrityError as problem:
        raise NotSaved({"": _("There is a rule of this kind for the same event and field already; remove that one first.")}) from problem
    forget_rules()
    return made


def remove(user: User, pk: int, now: datetime) -> IntakeRule | None:
    """The rule holds no longer; what it mended stays as it is. None: there is no such rule that holds."""
    if not IntakeRule.objects.visible_to(user).filter(pk=pk, removed_at__isnull=True).update(removed_at=now):
        return None
    forget_rules()
    return IntakeRule.objects.select_related("source").get(pk=pk)


def restore(user: User, pk: int, now: datetime) -> IntakeRule | None:
    """Undo of a removal, for a day. Raises NotSaved where another rule has taken its place."""
    rows = IntakeRule.objects.visible_to(user).filter(pk=pk, removed_at__gt=now - UNDO_FOR)
    try:
        with transaction.atomic():
            if not rows.update(removed_at=None):
                return None
    except IntegrityError as problem:
        raise NotSaved({"": _("Another rule for the same event and field has taken its place.")}) from problem
    forget_rules()
    return IntakeRule.objects.select_related("source").get(pk=pk)


def _field_problems(rule: Rule) -> dict[str, str]:
    problems = {}
    if not _is_path(rule.field):
        problems["field"] = _("A field is a path such as userId or properties.quantity.")
    elif rule.kind == SET and rule.field in IDENTITY:
        problems["field"] = _("Every call needs an id of its own; it cannot be the same for all.")
    if rule.kind == MOVE and (not _is_path(rule.value) or rule.value == rule.field):
        problems["value"] = _("Say where in the call it stands, by a path such as user_id or properties.company.id.")
    if rule.kind == SET and not 0 < len(rule.value) <= MAX_ID_CHARS:
        problems["value"] = _("Say what the field becomes, in 1 to %(most)d characters.") % {"most": MAX_ID_CHARS}
    return problems


def _is_path(text: str) -> bool:
    return len(text) <= MAX_PATH and text.count(".") < MAX_DEPTH and _PATH.fullmatch(text) is not None
