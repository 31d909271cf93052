"""What the filters offer: the values that occur among the renewals a user may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Max, Q, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.utils.translation import gettext as _

from churn.models import RenewalCase
from csm_portal.portal import words
from csm_portal.portal.renewals import said
from csm_portal.portal.renewals.asked import BY, IN_LINE, STATES, Asked

if TYPE_CHECKING:
    from accounts.models import User

_TEXT = TextField()
_EMPTY = Value("", _TEXT)
# Cannot stand in an e-mail address or a name, so it parts the two in one value.
BETWEEN = "\x1f"
NOBODY = "-"
_COLUMNS: dict[str, Any] = {
    "csm": Concat(Cast(F("account__owner__email"), _TEXT), Value(BETWEEN, _TEXT), F("account__owner__name")),
    "team": Coalesce(F("account__owner__team__path"), F("account__team__path"), _EMPTY),
    "product": F("product"),
    "plan": Coalesce(NullIf(F("account__state__plan"), _EMPTY), F("account__plan")),
    "tier": F("account__tier"),
    "industry": F("account__industry"),
    "region": F("account__region"),
    "size": F("account__size"),
    "stage": F("account__lifecycle_stage"),
}


@dataclass(frozen=True)
class Choice:
    """One value on offer."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True)
class Filter:
    """One select of the page."""

    name: str
    label: str
    choices: list[Choice]

    @property
    def set(self) -> bool:
        """Whether it narrows the list."""
        return any(choice.chosen for choice in self.choices)


@dataclass(frozen=True)
class Options:
    """Values by cut, and the day the figures beside the dues are of; None: nothing is published, or no due is known."""

    values: dict[str, list[Choice]]
    as_of: date | None


def options(user: User) -> Options:
    """Values by cut among all renewals that the user sees, decided ones too, since the page lists those as well; one query."""
    columns = RenewalCase.objects.visible_to(user).order_by().annotate(**{f"cut_{name}": column for name, column in _COLUMNS.items()})
    found = columns.aggregate(
        nobody=Count("pk", filter=Q(account__owner=None)),
        as_of=Max("account__state__as_of"),
        **{name: _distinct(f"cut_{name}") for name in _COLUMNS},
    )
    made = {name: _choices(name, found[name]) for name in BY}
    if found["nobody"]:
        made["csm"].append(Choice(NOBODY, _("nobody")))
    return Options(made, found["as_of"])


def _distinct(column: str) -> ArrayAgg:
    return ArrayAgg(column, distinct=True, filter=Q(**{f"{column}__isnull": False}), default=Value([]))


def labels(offered: dict[str, list[Choice]]) -> dict[tuple[str, str], str]:
    """Names of values that only the book knows: an owner's for the address."""
    return {("csm", choice.value): choice.label for choice in offered["csm"]}


def filters(asked: Asked, offered: dict[str, list[Choice]]) -> tuple[list[Filter], list[Filter]]:
    """The selects in line, and those under “More”. A cut with one value only narrows nothing and is left out unless it is asked for."""
    fixed = [
        _filter(asked, "needs", [Choice(key, str(label)) for key, label in said.NEEDS.items()]),
        _filter(asked, "category", [Choice(key, str(label)) for key, label in said.FIXED["category"].items()]),
        _filter(asked, "band", [Choice(key, str(label)) for key, label in said.BANDS.items()]),
    ]
    cuts = {name: _filter(asked, name, offered[name]) for name in BY}
    shown = {name: one for name, one in cuts.items() if len(one.choices) > 1 or one.set}
    in_line = [one for name, one in shown.items() if name in IN_LINE]
    more = [one for name, one in shown.items() if name not in IN_LINE]
    states = _filter(asked, "state", [Choice(key, str(said.STATES[key])) for key in STATES[1:]])
    return [*fixed, *in_line], [states, *more]


def _filter(asked: Asked, name: str, choices: Iterable[Choice]) -> Filter:
    value = asked.query.get(name, "")
    made = [Choice(one.value, one.label, one.value == value) for one in choices]
    if value and not any(one.chosen for one in made):
        made.append(Choice(value, said.value_of(name, value), chosen=True))
    return Filter(name, str(said.FILTERS[name]), made)


def _choices(name: str, values: Iterable[str]) -> list[Choice]:
    known = sorted({value for value in values if value}, key=str.casefold)
    if name == "csm":
        pairs = [value.partition(BETWEEN) for value in known]
        return sorted((Choice(email, own or email) for email, _between, own in pairs if email), key=lambda one: one.label.casefold())
    if name != "team":
        return [Choice(value, words.readable(value)) for value in known]
    paths = {"/".join(parts[: depth + 1]) + "/" for path in known if (parts := path.split("/")[:-1]) for depth in range(len(parts))}
    return [Choice(path.rstrip("/"), path.rstrip("/")) for path in sorted(paths)]
