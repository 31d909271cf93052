"""Query parameters: declared once, read with all faults at once, and shown in the schema.

A name that is not declared is refused too: a misspelt filter would otherwise widen the answer without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail, ValidationError

from accounts.cuts import BY, CUTS


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter. `read` turns a text into a value or raises ValueError; `right` says what would be right.

    `shape` is its type in the schema, or a JSON schema of its own; a text where there is none.
    """

    name: str
    right: Any
    read: Callable[[str], Any] = str
    default: Any = None
    choices: tuple[str, ...] = ()
    many: bool = False
    shape: Any = None

    def value(self, texts: list[str]) -> Any:
        """The value asked for, a list of them where the parameter may be repeated."""
        read = [self._one(text) for text in texts if text != ""]
        if self.many:
            return read
        return read[-1] if read else self.default

    def _one(self, text: str) -> Any:
        # No stored text holds it, and the database refuses to look for it.
        if "\0" in text:
            raise ValueError(text)
        if self.choices and text not in self.choices:
            raise ValueError(text)
        return self.read(text)

    @property
    def openapi(self) -> OpenApiParameter:
        """How the schema shows it."""
        return OpenApiParameter(
            self.name,
            self.shape or str,
            OpenApiParameter.QUERY,
            description=str(self.right),
            enum=self.choices or None,
            many=self.many,
            default=self.default if isinstance(self.default, str) else None,
        )


def read_parameters(query: QueryDict, declared: Iterable[Parameter]) -> dict[str, Any]:
    """Value by name. Raises one ValidationError that names every faulty parameter and what would be right."""
    known = {parameter.name: parameter for parameter in declared}
    faults: dict[str, list[ErrorDetail]] = {}
    found: dict[str, Any] = {}
    for name in query:
        if name not in known:
            names = ", ".join(sorted(known))
            told = _("There is no parameter of this name here. Known: %(names)s.") % {"names": names}
            faults[name] = [ErrorDetail(str(told), "unknown_parameter")]

    for name, parameter in known.items():
        try:
            found[name] = parameter.value(query.getlist(name))
        except (ValueError, OverflowError):
            text = query.getlist(name)[-1][:200]
            faults[name] = [ErrorDetail(str(_("“%(text)s” is not valid: %(right)s")) % {"text": text, "right": parameter.right}, "invalid")]
    first, last = found.get("from"), found.get("to")
    if first is not None and last is not None and first >= last:
        order = _("`from` is inclusive and `to` exclusive, so `from` has to lie before `to`.")
        faults["from"] = [ErrorDetail(str(order), "from_not_before_to")]

    if faults:
        raise ValidationError(faults)
    return found


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


def read_day(text: str) -> date:
    """A day; a month, ISO week or quarter stands for its first day."""
    if _DAY.fullmatch(text):
        return date.fromisoformat(text)
    if found := _WEEK.fullmatch(text):
        return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    if found := _QUARTER.fullmatch(text):
        return date(int(found[1]), int(found[2]) * 3 - 2, 1)
    return read_month(text)


def read_month(text: str) -> date:
    """First day of a month written YYYY-MM."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return date(int(found[1]), int(found[2]), 1)


FLAGS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def read_flag(text: str) -> bool:
    """1, true, yes, 0, false or no."""
    if text.lower() not in FLAGS:
        raise ValueError(text)
    return FLAGS[text.lower()]


def read_size(text: str) -> int:
    """Rows of a page, 1 … 1000."""
    size = int(text)
    if not 1 <= size <= MAX_PAGE:
        raise ValueError(text)
    return size


MAX_PAGE = 1000
# What may stand there, for the schema; `read_day` and `read_flag` judge.
DAY: dict[str, Any] = {"type": "string", "pattern": r"^\d{4}-(?:\d{2}-\d{2}|\d{2}|W\d{2}|Q[1-4])$"}
FLAG: dict[str, Any] = {"type": "string", "enum": list(FLAGS)}
DAY_FORMS = _("a day YYYY-MM-DD; a month YYYY-MM, week YYYY-Www or quarter YYYY-Qn stands for its first day")
FROM = Parameter("from", _("First day, inclusive: %(forms)s.") % {"forms": DAY_FORMS}, read_day, shape=DAY)
TO = Parameter("to", _("End, exclusive: %(forms)s.") % {"forms": DAY_FORMS}, read_day, shape=DAY)
MONTH = Parameter(
    "month",
    _("A month YYYY-MM; without it the month of the latest published day."),
    read_month,
    shape={"type": "string", "pattern": r"^\d{4}-\d{2}$"},
)
AS_OF = Parameter("as_of", _("A day YYYY-MM-DD; without it the latest published one."), read_day, shape=DAY)
DETAIL = Parameter("detail", _("1 adds the external ids behind each number; 0 does not."), read_flag, default=False, shape=FLAG)
CURSOR = Parameter("cursor", _("Where the page starts: as found in `next` and `previous` of a page."))
PAGE = Parameter("page_size", _("Rows of a page, 1 … 1000."), read_size, shape={"type": "integer", "minimum": 1, "maximum": MAX_PAGE})
FORMAT = Parameter("format", _("`json`, or `csv` for the whole list as a file."), choices=("json", "csv"))
FILTERS = tuple(Parameter(name, _("Only rows whose %(name)s is this; repeat for several.") % {"name": name}, many=True) for name in CUTS)
ACCOUNT_BY = Parameter("by", _("One of %(choices)s.") % {"choices": ", ".join(BY)}, default="all", choices=BY)


def fault(name: str, told: Any, code: str = "invalid") -> ValidationError:
    """The error of one parameter, with what would be right."""
    return ValidationError({name: [ErrorDetail(told, code)]})


def choice(name: str, choices: tuple[str, ...]) -> Parameter:
    """A filter on a few known words, several of them by repeating it."""
    return Parameter(name, _("One of %(names)s; repeat for several.") % {"names": ", ".join(choices)}, choices=choices, many=True)


def filters_in(asked: dict[str, Any]) -> dict[str, list[str]]:
    """The cuts asked for with the values let through; cuts without value are left out."""
    return {name: asked[name] for name in CUTS if asked.get(name)}


def span_in(asked: dict[str, Any], *, default_days: int, until: date) -> tuple[date, date]:
    """[from, to): `to` is `until` by default, `from` lies `default_days` before `to`."""
    last: date = asked["to"] or until
    first: date = asked["from"] or last - timedelta(days=default_days)
    if first >= last:
        raise fault("from", _("Lies at or after the last published day; give `to` as well."), "from_not_before_to")

    return first, last
