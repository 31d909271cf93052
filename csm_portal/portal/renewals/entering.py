"""The forms of one due: what they hold, and how what is written in them is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.terms import DueState
from churn.decision_values import FORECAST, MAX_REASON, OUTCOME
from csm_portal.portal import words
from csm_portal.portal.renewals import said

if TYPE_CHECKING:
    from churn.models import RenewalCase

FORECAST_FORM, OUTCOME_FORM = "forecast", "outcome"
FIELDS = {FORECAST_FORM: FORECAST, OUTCOME_FORM: OUTCOME}


@dataclass(frozen=True)
class Entry:
    """A form as it is placed. `values` by field, `problems` by field ("" concerns all). `inline`: it stands in its row.

    `undo`: where the entry that stands is taken back; empty: there is none, or it is not theirs to take back (any more).
    """

    kind: str
    case: RenewalCase
    values: Mapping[str, str]
    back: str
    today: date
    inline: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)
    undo: str = ""

    @property
    def title(self) -> str:
        """What the form is about."""
        words_of = {FORECAST_FORM: _("Forecast for %(account)s"), OUTCOME_FORM: _("Outcome for %(account)s")}
        return words_of[self.kind] % {"account": self.case.account.name}

    @property
    def due(self) -> str:
        """What falls due, and when."""
        return _("%(mrr)s a month, %(product)s, term ends %(day)s") % {
            "mrr": words.money(self.case.due_mrr, self.case.currency, 2),
            "product": words.readable(self.case.product),
            "day": words.day(self.case.ends_on),
        }

    @property
    def problem(self) -> str:
        """What concerns the whole form, fields that it does not show among it."""
        known = FIELDS[self.kind]
        return " ".join(text for name, text in self.problems.items() if name not in known)

    @property
    def told(self) -> Mapping[str, str]:
        """What is wrong by field. The box of the probability holds percent, so what would be right is said in percent too."""
        right = {"probability": _("This is no probability; right would be a number from 0 to 100, such as 80.")}
        return {name: right.get(name, text) for name, text in self.problems.items()}

    @property
    def choice(self) -> str:
        """The field that is chosen among buttons."""
        return "category" if self.kind == FORECAST_FORM else "state"

    @property
    def choice_problem(self) -> str:
        """What is wrong with that choice."""
        return self.problems.get(self.choice, "")

    @property
    def focus(self) -> str:
        """The field that the focus goes to: the first with a problem, else the choice; among its buttons the chosen one."""
        field = next((name for name in FIELDS[self.kind] if name in self.problems), self.choice)
        if field != self.choice:
            return field
        chosen = [key for key, _word, chosen in self.choices if chosen]
        return (chosen or [self.choices[0][0]])[0]

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Categories or outcomes: value, word, whether it is chosen."""
        if self.kind == FORECAST_FORM:
            return [(key, str(word), key == self.values.get(self.choice)) for key, word in said.CATEGORIES.items()]
        states = (DueState.RENEWED.value, DueState.LOST.value)
        return [(key, str(said.STATES[key]), key == self.values.get(self.choice)) for key in states]

    @property
    def most(self) -> int:
        """Characters of a reason that fit."""
        return MAX_REASON


def held(kind: str, case: Any, today: date) -> dict[str, str]:
    """What the form begins with: the latest entry, else what the contract says. `case` is one of `churn.cases.listed`."""
    if kind == FORECAST_FORM:
        told = case.forecast_id is not None
        return {
            "amount": _plain(case.forecast_amount if told else case.due_mrr),
            "expansion": _plain(case.forecast_expansion if told else Decimal(0)),
            "probability": _plain(case.forecast_probability * 100) if told else "",
            "category": case.forecast_category or "",
            "reason": case.forecast_reason or "",
        }
    if case.outcome_id is None:
        return {"state": "", "renewed_mrr": "", "decided_on": today.isoformat(), "note": ""}
    return {
        "state": case.outcome_state,
        "renewed_mrr": _plain(case.outcome_mrr),
        "decided_on": case.outcome_on.isoformat(),
        "note": case.outcome_note,
    }


def written(kind: str, data: Mapping[str, Any]) -> dict[str, str]:
    """The fields of the form as they were sent."""
    return {name: str(data.get(name, "")).replace("\0", "")[: 2 * MAX_REASON] for name in FIELDS[kind]}


def given(kind: str, values: Mapping[str, str]) -> dict[str, str]:
    """The same for the service: the box of the probability holds percent, so `80` is 80%."""
    if kind != FORECAST_FORM:
        return dict(values)
    chance = values["probability"].strip()
    return {**values, "probability": f"{chance}%" if _is_number(chance) else chance}


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _plain(value: Decimal | None) -> str:
    """A number as a box holds it: no separators, no trailing zeros."""
    return "" if value is None else f"{value:.2f}".removesuffix(".00")
