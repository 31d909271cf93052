"""The forms for a desired outcome and for a quiet period: what they place, and what was sent with them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.edit_values import MAX_SENTENCE, MAX_WORD
from accounts.quiet import Closure
from csm_portal.portal import words
from csm_portal.portal.account import wants_words
from health.value.outcomes_values import ACHIEVED, STATUSES, OutcomeValues
from health.value.proofs_target import METRICS

if TYPE_CHECKING:
    from accounts.models import Account
    from health.models import Outcome

ACTION, METRIC = "action:", "metric:"
Choice = tuple[str, str, bool]


@dataclass(frozen=True)
class OutcomeForm:
    """What `portal/_outcome_form.html` places. `problems` by field, under "" what concerns all; `actions` are the names known."""

    account: Account
    outcome: Outcome | None
    data: QueryDict
    key: str
    today: date
    actions: list[str]
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def problem(self) -> str:
        """What is wrong with all of it."""
        return self.problems.get("", "")

    @property
    def proof_problem(self) -> str:
        """What is wrong with the proof."""
        return self.problems.get("action") or self.problems.get("metric") or ""

    @property
    def most(self) -> int:
        """Characters that fit into the statement."""
        return MAX_SENTENCE

    @property
    def most_word(self) -> int:
        """Characters that fit into a word."""
        return MAX_WORD

    @property
    def statement(self) -> str:
        """What they want, so far."""
        return self._held("statement")

    @property
    def stage(self) -> str:
        """The stage: as sent, as it stands, else the account's."""
        return self._held("stage") if self.outcome else self.data.get("stage", self.account.lifecycle_stage)

    @property
    def target(self) -> str:
        """How much of it proves the outcome."""
        return self._held("target")

    @property
    def due_on(self) -> str:
        """The due day as the input holds it."""
        return self._held("due_on")

    @property
    def achieved_on(self) -> str:
        """The day it was reached as the input holds it."""
        return self._held("achieved_on")

    @property
    def statuses(self) -> list[Choice]:
        """Where it stands."""
        chosen = self._held("status") or STATUSES[0]
        return [(one, words.outcome(one), one == chosen) for one in STATUSES]

    @property
    def proofs(self) -> list[tuple[str, list[Choice]]]:
        """What may prove it: metrics, and the actions that events have brought; one of a file that is neither stays to be chosen."""
        chosen = self._chosen
        metrics = [(f"{METRIC}{name}", wants_words.metric(name), f"{METRIC}{name}" == chosen) for name in METRICS]
        actions = [(f"{ACTION}{name}", name, f"{ACTION}{name}" == chosen) for name in self.actions]
        groups = [
            (_("An action, added up from today") if self.outcome is None else _("An action, added up"), actions),
            (_("A metric"), metrics),
        ]
        if chosen and not any(mark for _name, group in groups for _value, _word, mark in group):
            groups.append((_("As it was loaded"), [(chosen, chosen.partition(":")[2], True)]))
        return groups

    @property
    def withdrawn(self) -> bool:
        """They want it no more; saving makes it count again."""
        return self.outcome is not None and self.outcome.withdrawn_on is not None

    @property
    def _chosen(self) -> str:
        if "proof" in self.data or self.outcome is None:
            return self.data.get("proof", "").replace("\0", "")
        row = self.outcome
        return f"{ACTION}{row.action}" if row.action else f"{METRIC}{row.metric}" if row.metric else ""

    def _held(self, name: str) -> str:
        if name in self.data:
            return self.data.get(name, "").replace("\0", "")
        value = getattr(self.outcome, name, None)
        return value.isoformat() if isinstance(value, date) else value or ""


def outcome_in(data: QueryDict) -> tuple[OutcomeValues, dict[str, str]]:
    """What was sent, and what of it could not be read, by field. The day it was reached counts only where it is achieved."""
    problems: dict[str, str] = {}
    proof, status = data.get("proof", ""), data.get("status", "")
    return OutcomeValues(
        statement=data.get("statement", ""),
        stage=data.get("stage", ""),
        action=proof.removeprefix(ACTION) if proof.startswith(ACTION) else "",
        metric=proof.removeprefix(METRIC) if proof.startswith(METRIC) else "",
        target=data.get("target", ""),
        due_on=_day(data, "due_on", problems),
        status=status,
        achieved_on=_day(data, "achieved_on", problems) if status == ACHIEVED else None,
    ), problems


@dataclass(frozen=True)
class QuietForm:
    """What `portal/_quiet_form.html` places."""

    account: Account
    data: QueryDict
    today: date
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def problem(self) -> str:
        """What is wrong with all of it."""
        return self.problems.get("", "")

    @property
    def starts_problem(self) -> str:
        """What is wrong with the first day."""
        return self.problems.get("from", "")

    @property
    def ends_problem(self) -> str:
        """What is wrong with the day they open again."""
        return self.problems.get("to", "")

    @property
    def reason_problem(self) -> str:
        """What is wrong with the reason."""
        return self.problems.get("reason", "")

    @property
    def starts_on(self) -> str:
        """First closed day, as the input holds it."""
        return self.data.get("from", self.today.isoformat())

    @property
    def ends_on(self) -> str:
        """First day open again."""
        return self.data.get("to", "")

    @property
    def reason(self) -> str:
        """Why, so far."""
        return self.data.get("reason", "").replace("\0", "")

    @property
    def most(self) -> int:
        """Characters that fit into the reason."""
        return MAX_SENTENCE


def closure_in(data: QueryDict, today: date) -> tuple[Closure, dict[str, str]]:
    """What was sent, and what of it could not be read, by field."""
    problems: dict[str, str] = {}
    days = {name: _day(data, name, problems) for name in ("from", "to")}
    for name, day in days.items():
        if day is None and name not in problems:
            problems[name] = _("This is missing.")
    return Closure(days["from"] or today, days["to"] or today, data.get("reason", "")), problems


def _day(data: QueryDict, name: str, problems: dict[str, str]) -> date | None:
    text = data.get(name, "").strip()
    if not text:
        return None
    with contextlib.suppress(ValueError):
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the account's calendar
    problems[name] = _("The date cannot be read; right would be YYYY-MM-DD.")
    return None
