"""What people write down about a desired outcome: every fault at once, by field, with what would be right."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from accounts.edit_values import MAX_SENTENCE, MAX_WORD, NotSaved, Refused, line
from accounts.models import Action
from accounts.touch import EARLIEST
from health.value.proofs_target import METRICS, goal

ON_TRACK, BEHIND, ACHIEVED, MISSED = STATUSES = ("on_track", "behind", "achieved", "missed")
OPEN: Final = (ON_TRACK, BEHIND)
# Columns of the file `outcomes`, and of the table.
COLUMNS: Final = ("statement", "stage", "action", "metric", "target", "due_on", "status", "achieved_on")
PROOF: Final = ("action", "metric", "target")
_SIMILAR = 3


@dataclass(frozen=True, slots=True)
class OutcomeValues:
    """A desired outcome as the columns of its file say it. `achieved_on` may be left out: then it was reached today."""

    statement: str
    stage: str = ""
    action: str = ""
    metric: str = ""
    target: str = ""
    due_on: date | None = None
    status: str = ON_TRACK
    achieved_on: date | None = None


def checked(values: OutcomeValues, today: date, before: OutcomeValues | None = None) -> OutcomeValues:
    """The values with clean texts. Raises NotSaved with a sentence per field.

    `before` is what stands there already: a fault of a file that nobody touches does not keep the rest from being changed.
    """
    problems: dict[str, str] = {}
    texts = {name: _line(problems, name, getattr(values, name)) for name in ("statement", "stage", *PROOF)}
    clean = OutcomeValues(**texts, due_on=values.due_on, status=values.status, achieved_on=values.achieved_on)
    if not clean.statement and "statement" not in problems:
        problems["statement"] = _("What do they want to reach? One sentence is needed.")
    if not problems and (before is None or _proof(clean) != _proof(before)):
        problems |= _proof_problems(clean)
    problems |= _day_problems(clean, today, before)
    if problems:
        raise NotSaved(problems)
    reached = clean.status == ACHIEVED and clean.achieved_on is None and (before is None or before.status != ACHIEVED)
    return replace(clean, achieved_on=today) if reached else clean


def _proof(values: OutcomeValues) -> tuple[str, ...]:
    return values.action, values.metric, values.target


def _line(problems: dict[str, str], name: str, text: str) -> str:
    try:
        return line(text, MAX_SENTENCE if name == "statement" else MAX_WORD)
    except Refused as problem:
        problems[name] = str(problem)
        return ""


def _proof_problems(values: OutcomeValues) -> dict[str, str]:
    """An outcome needs a proof that can be measured: an action or a metric, with a target."""
    if values.action and values.metric:
        return {"metric": _("An outcome is proved by an action or by a metric; right would be one of them.")}
    if not values.action and not values.metric:
        return {
            "action": _("An outcome needs a proof: an action or a metric with a target. Without one nobody can say that it is reached.")
        }
    if values.metric and values.metric not in METRICS:
        return {"metric": _("This metric is not known; right would be one of: %(choices)s.") % {"choices": ", ".join(METRICS)}}
    if values.action and (similar := _unknown_action(values.action)) is not None:
        told = _("No event of this action has come yet; check how it is written.")
        if similar:
            told += " " + _("Similar: %(names)s.") % {"names": ", ".join(similar)}
        return {"action": told}
    if not values.target:
        return {"target": _("How much of it proves the outcome? Right would be a number, such as 120.")}
    if goal(values.target, values.metric) is None:
        return {"target": _target_problem(values.metric)}
    return {}


def _unknown_action(name: str) -> list[str] | None:
    """None: the action is known; else the names that look like it."""
    if Action.objects.filter(name=name).exists():
        return None
    return difflib.get_close_matches(name, list(Action.objects.order_by("name").values_list("name", flat=True)), _SIMILAR)


def _target_problem(metric: str) -> str:
    if not metric:
        return _("This is no figure to reach; right would be a number, such as 120, or with what is added up: 80000 value, 30 quantity.")
    if METRICS[metric].percent:
        return _("This is no figure to reach; right would be a number or a percentage, such as 95 %.")
    return _("This is no figure to reach; right would be a number, such as 12.")


def _day_problems(values: OutcomeValues, today: date, before: OutcomeValues | None) -> dict[str, str]:
    problems: dict[str, str] = {}
    if values.due_on and (before is None or values.due_on != before.due_on) and values.due_on < today:
        told = _("%(day)s is past; right would be today (%(today)s) or later.")
        problems["due_on"] = told % {"day": values.due_on, "today": today}
    if values.status not in STATUSES:
        problems["status"] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(STATUSES)}
    elif values.status == MISSED and values.due_on and values.due_on > today and (before is None or before.status != MISSED):
        told = _("It is due on %(day)s only; right would be behind, or an earlier due date.")
        problems["status"] = told % {"day": values.due_on}
    if values.achieved_on is None or (before is not None and values.achieved_on == before.achieved_on and values.status == before.status):
        return problems
    if values.status != ACHIEVED:
        problems["achieved_on"] = _("Only what is achieved has a day on which it was; right would be empty.")
    elif values.achieved_on > today:
        told = _("%(day)s lies in the future; right would be today (%(today)s) or earlier.")
        problems["achieved_on"] = told % {"day": values.achieved_on, "today": today}
    elif values.achieved_on < EARLIEST:
        told = _("%(day)s is too long ago; right would be %(first)s or later.")
        problems["achieved_on"] = told % {"day": values.achieved_on, "first": EARLIEST}
    return problems


def values_of(row: Any) -> OutcomeValues:
    """What an outcome, or a version of one, says."""
    return OutcomeValues(**{name: getattr(row, name) for name in COLUMNS})
