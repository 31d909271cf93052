"""Rules at the door: what a source's calls have wrong is corrected before they are judged. docs/reference/intake.md.

`rename_event` and `ignore_event` hold for every call of their name. `move_field` and `set_field` fill a field that a call lacks, and
replace it only where the call as it was sent is refused for that field: what is right already is left alone. Pure, but for `rules_of`.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from accounts.models import IntakeRule
from accounts.tracking.calls import Call, Fault
from accounts.tracking.saying import MADE

RENAME, MOVE, SET, IGNORE = "rename_event", "move_field", "set_field", "ignore_event"
KINDS = (RENAME, MOVE, SET, IGNORE)
# A rule made in another process holds here after this many seconds at the latest.
REMEMBERED_SECONDS: Final = 5.0
NAMING = ("event", "type", "action")
Said = Mapping[str, Any]
Judge = Callable[[Said], Call | Fault]


@dataclass(frozen=True, slots=True)
class Rule:
    """One correction. `name`: the event, or kind of call, it is for (empty: all); `field`: dotted path that is written.

    `value`: the new name (rename), the dotted path it is taken from (move) or the text it becomes (set).
    """

    kind: str
    name: str = ""
    field: str = ""
    value: str = ""


class Ignored:
    """A rule says that this call is not wanted: it counts as accepted and leaves no trace."""


IGNORED: Final = Ignored()
_known: dict[int, tuple[float, tuple[Rule, ...]]] = {}


def rules_of(source: int) -> tuple[Rule, ...]:
    """The rules that hold for a source, in the order they were made; read anew every few seconds. At most one query."""
    now = time.monotonic()
    found = _known.get(source)
    if found is None or found[0] <= now:
        rows = IntakeRule.objects.filter(source=source, removed_at__isnull=True).order_by("made_at", "pk")
        found = now + REMEMBERED_SECONDS, tuple(Rule(*row) for row in rows.values_list("kind", "name", "field", "value"))
        _known[source] = found
    return found[1]


def forget_rules() -> None:
    """Read every source's rules anew: after a change in this process, and in tests."""
    _known.clear()


def judged(said: Said, rules: Sequence[Rule], judge: Judge, implied: str = "") -> Call | Fault | Ignored:
    """What the call means once the rules have been applied. `judge` reads a call; `implied` is the kind that the address names.

    A call that was fine before keeps the digest it had, so that the same again, stored before the rule, is a repeat and no conflict.
    """
    meant = [rule for rule in rules if _is_for(rule, said, implied)]
    if not meant:
        return judge(said)
    if any(rule.kind == IGNORE for rule in meant):
        return IGNORED
    before = judge(said)
    after, changed = _corrected(said, meant, judge, before)
    if not changed or isinstance(after, Fault) or isinstance(before, Fault):
        return after
    made = before.message_id.startswith(MADE) and after.message_id.startswith(MADE)
    return replace(after, digest=before.digest, message_id=before.message_id if made else after.message_id)


def corrected(said: Said, rules: Sequence[Rule], judge: Judge, implied: str = "") -> Said:
    """The call as the rules leave it, to be shown; ignored ones as they are."""
    mended: dict[str, Any] = copy.deepcopy(dict(said))
    _apply(mended, [rule for rule in rules if _is_for(rule, said, implied)], judge, judge(said))
    return mended


def name_of(said: Said) -> str:
    """What a call goes by in lists: its event, else the kind it names."""
    named = next((said[key] for key in NAMING if said.get(key)), "")
    return named if isinstance(named, str) else ""


def value_at(said: Any, path: str) -> Any:
    """What stands at a dotted path; None where nothing does."""
    for step in path.split("."):
        if not isinstance(said, Mapping) or step not in said:
            return None
        said = said[step]
    return said


def _is_for(rule: Rule, said: Said, implied: str) -> bool:
    return not rule.name or rule.name == implied or any(said.get(key) == rule.name for key in NAMING)


def _corrected(said: Said, rules: Sequence[Rule], judge: Judge, before: Call | Fault) -> tuple[Call | Fault, bool]:
    mended: dict[str, Any] = copy.deepcopy(dict(said))
    return _apply(mended, rules, judge, before)


def _apply(mended: dict[str, Any], rules: Sequence[Rule], judge: Judge, before: Call | Fault) -> tuple[Call | Fault, bool]:
    """Apply in place: names, then what is missing, then field by field what it is refused for, each rule once."""
    writing = [rule for rule in rules if rule.kind in {MOVE, SET}]
    used = {rule for rule in writing if _is_empty(value_at(mended, rule.field)) and _write(mended, rule)}
    renamed = [rule for rule in rules if rule.kind == RENAME and mended.get("event") == rule.name]
    if renamed:
        mended["event"] = renamed[0].value
    changed = bool(used or renamed)
    found = judge(mended) if changed else before
    while isinstance(found, Fault):
        helps = next((rule for rule in writing if rule not in used and _concerns(rule, found) and _write(mended, rule)), None)
        if helps is None:
            break
        used.add(helps)
        changed, found = True, judge(mended)
    return found, changed


def _concerns(rule: Rule, fault: Fault) -> bool:
    """A fault in `context` is also one of `context.groupId`, and the other way round."""
    field = fault.field
    return bool(field) and (rule.field == field or rule.field.startswith(f"{field}.") or field.startswith(f"{rule.field}."))


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _write(mended: dict[str, Any], rule: Rule) -> bool:
    """Write the field; False where there is nothing to be taken."""
    value: Any = rule.value
    if rule.kind == MOVE:
        value = value_at(mended, rule.value)
        if _is_empty(value) or rule.value == rule.field:
            return False
        _take_away(mended, rule.value)
    *steps, last = rule.field.split(".")
    place = mended
    for step in steps:
        inner = place.get(step)
        if not isinstance(inner, dict):
            inner = place[step] = {}
        place = inner
    place[last] = value
    return True


def _take_away(mended: dict[str, Any], path: str) -> None:
    *steps, last = path.split(".")
    place: Any = mended
    for step in steps:
        place = place[step]
    del place[last]
