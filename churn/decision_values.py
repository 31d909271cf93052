"""What people enter about a renewal, read from a form or a REST body: every fault at once, by field, with what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved, Refused, line
from accounts.terms import DueState
from accounts.touch import text_of
from churn.types import CheckKind, ForecastCategory

MAX_REASON = 1_000
LARGEST = Decimal(10) ** 16
FORECAST = ("amount", "expansion", "probability", "category", "reason")
OUTCOME = ("state", "renewed_mrr", "decided_on", "note")
CHECK = ("kind", "done")
DECIDED = (DueState.RENEWED.value, DueState.LOST.value)
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")
_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False}
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class ForecastValues:
    """A forecast: MRR expected to be renewed and on top of it, in the due's currency; probability 0 … 1."""

    amount: Decimal
    expansion: Decimal
    probability: Decimal
    category: ForecastCategory
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeValues:
    """An outcome. `renewed_mrr` in the due's currency; None: as the contracts say, else as before, and always for a loss."""

    state: DueState
    renewed_mrr: Decimal | None
    decided_on: date
    note: str = ""


def read_forecast(given: Mapping[str, Any]) -> ForecastValues:
    """The forecast that was written. Without `expansion` none is expected. Raises NotSaved."""
    reader = _Reader(given, FORECAST)
    found = {
        "amount": reader.read("amount", _amount),
        "expansion": reader.read("expansion", _amount, default=Decimal(0)),
        "probability": reader.read("probability", _share),
        "category": reader.read("category", _one_of(ForecastCategory)),
        "reason": reader.read("reason", _sentence, default=""),
    }
    category = found["category"]
    if category is not None and category is not ForecastCategory.COMMIT and not found["reason"] and "reason" not in reader.problems:
        reader.problems["reason"] = _("A renewal that is not committed needs a reason: say in a few words what it hangs on.")
    reader.done()
    return ForecastValues(**found)


def read_outcome(given: Mapping[str, Any], today: date) -> OutcomeValues:
    """The outcome that was written; without `decided_on` it was decided today. Raises NotSaved."""
    reader = _Reader(given, OUTCOME)
    state = reader.read("state", _one_of(DueState, DECIDED))
    amount = reader.read("renewed_mrr", _amount, default=None)
    decided_on = reader.read("decided_on", _day, default=today)
    note = reader.read("note", lambda value: text_of(str(value), needed=False), default="")
    if state is DueState.LOST and amount:
        reader.problems["renewed_mrr"] = _("A lost renewal has no amount; right would be empty.")
    elif state is DueState.RENEWED and amount == 0:
        reader.problems["renewed_mrr"] = _("Paying nothing is no renewal; right would be more than 0, or empty for the amount as before.")
    if decided_on is not None and decided_on > today:
        told = _("%(day)s lies in the future; right would be today (%(today)s) or earlier.")
        reader.problems["decided_on"] = told % {"day": decided_on, "today": today}
    reader.done()
    return OutcomeValues(state, amount if state is DueState.RENEWED else None, decided_on, note)


def read_check(given: Mapping[str, Any]) -> tuple[CheckKind, bool]:
    """Which step, and whether it is done (without `done`: it is). Raises NotSaved."""
    reader = _Reader(given, CHECK)
    kind, done = reader.read("kind", _one_of(CheckKind)), reader.read("done", _flag, default=True)
    reader.done()
    return kind, done


class _Reader:
    """Reads fields and collects what is wrong with them; an unknown name is wrong too, for a misspelt one would be lost silently."""

    def __init__(self, given: Mapping[str, Any], names: Iterable[str]) -> None:
        self.given = given
        known = tuple(names)
        told = _("There is no field of this name here. Known: %(names)s.") % {"names": ", ".join(known)}
        self.problems = {str(name): told for name in given if name not in known}

    def read(self, name: str, into: Callable[[Any], V], **default: Any) -> Any:
        """The value, or `default` where the field is empty; None after noting a problem."""
        value = self.given.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if "default" in default:
                return default["default"]
            self.problems[name] = _("This is missing.")
            return None
        try:
            return into(value)
        except Refused as problem:
            self.problems[name] = str(problem)
            return None

    def done(self) -> None:
        """Raises NotSaved where anything is wrong."""
        if self.problems:
            raise NotSaved(self.problems)


def _number(value: Any) -> Decimal | None:
    text = str(value).strip()
    if isinstance(value, bool):
        return None
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _amount(value: Any) -> Decimal:
    number = _number(value)
    if number is None or not 0 <= number < LARGEST or number != number.quantize(Decimal("0.01")):
        raise Refused(_("This is no amount; right would be a number from 0 on, with at most two decimals, such as 1250.50."))
    return number.quantize(Decimal("0.01"))


def _share(value: Any) -> Decimal:
    """0 … 1 with four decimals, also written as a percentage."""
    text = str(value).strip().replace("％", "%")
    number = _number(text.removesuffix("%")) if not isinstance(value, bool) else None
    if number is not None and text.endswith("%"):
        number /= 100
    if number is None or not 0 <= number <= 1:
        raise Refused(_("This is no probability; right would be a number from 0 to 1, such as 0.8, or 80%."))
    return round(number, 4)


def _one_of(words: Any, among: Iterable[str] = ()) -> Callable[[Any], Any]:
    allowed = tuple(among) or tuple(words)

    def read(value: Any) -> Any:
        if value not in allowed:
            raise Refused(_("This is not a choice here; right would be one of: %(choices)s.") % {"choices": ", ".join(allowed)})
        return words(value)

    return read


def _day(value: Any) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise Refused(_("The date cannot be read; right would be YYYY-MM-DD.")) from None


def _flag(value: Any) -> bool:
    found = _FLAGS.get(str(value).strip().lower())
    if found is None:
        raise Refused(_("This is neither yes nor no; right would be one of: %(choices)s.") % {"choices": ", ".join(_FLAGS)})
    return found


def _sentence(value: Any) -> str:
    return line(str(value), MAX_REASON)
