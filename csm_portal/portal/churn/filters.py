"""The set that the page is narrowed to: what is chosen, and what there is to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import F, Func, TextField
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Contract, Seat
from csm_portal.portal import words
from csm_portal.portal.churn.asked import ALL_CUTS
from csm_portal.portal.cuts import cut_values

if TYPE_CHECKING:
    from accounts.models import User
    from csm_portal.portal.churn.asked import Asked

NOBODY = "-"
# Cuts whose values people chose as names.
NAMES = ("csm", "team")


@dataclass(frozen=True, slots=True)
class Chip:
    """One value that the set is narrowed to, and the address without it."""

    cut: str
    value: str
    href: str


@dataclass(frozen=True, slots=True)
class Field:
    """One cut to narrow by, with its values; `chosen` are in force."""

    cut: str
    name: str
    values: list[tuple[str, str, bool]]

    @property
    def is_set(self) -> bool:
        """Whether it narrows the set now."""
        return any(chosen for _value, _text, chosen in self.values)


def cut_names() -> dict[str, str]:
    """What the cuts are called."""
    return {
        "csm": _("Owner"),
        "team": _("Team"),
        "product": _("Product"),
        "plan": _("Plan"),
        "tier": _("Tier"),
        "industry": _("Industry"),
        "region": _("Region"),
        "size": _("Size"),
        "stage": _("Stage"),
        "scenario": _("Scenario"),
        "feature": _("Feature"),
        "persona": _("Persona"),
    }


def value_name(cut: str, value: str | None) -> str:
    """A group's name as people read it; the nameless group says so."""
    if value is None or value in ("", NOBODY):
        return {"csm": _("no owner"), "team": _("no team"), "feature": _("no feature")}.get(cut, pgettext("cut", "not known"))
    return value if cut in NAMES else words.readable(value)


def chips(asked: Asked) -> list[Chip]:
    """What the set is narrowed to."""
    names = cut_names()
    made = []
    for name, values in asked.filters:
        for value in values:
            rest = [(name, other) for other in values if other != value]
            made.append(Chip(names[name], value_name(name, value), asked.query(*rest, without=(name,))))
    return made


def fields(user: User, asked: Asked) -> list[Field]:
    """Every cut with its values in what the user may see. Five queries."""
    found = dict(cut_values(user))
    features = Contract.objects.visible_to(user).order_by().annotate(name=Func(F("features"), function="unnest", output_field=TextField()))
    found["feature"] = sorted(set(features.values_list("name", flat=True).distinct()))
    personas = Seat.objects.visible_to(user).exclude(persona="").order_by()
    found["persona"] = sorted(personas.values_list("persona", flat=True).distinct())
    names, chosen = cut_names(), asked.by_cut
    made = []
    for name in ALL_CUTS:
        values = [*found[name], *([NOBODY] if name in ("csm", "team") else [])]
        values += [value for value in chosen.get(name, []) if value not in values]
        if values:
            made.append(Field(name, names[name], [(value, value_name(name, value), value in chosen.get(name, [])) for value in values]))
    return made
