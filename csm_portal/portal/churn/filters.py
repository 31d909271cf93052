"""The set that the page is narrowed to: what is chosen, and what there is to choose from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import F, Func, TextField, Value
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Contract, Seat, User
from csm_portal.portal import words
from csm_portal.portal.churn.asked import ALL_CUTS
from csm_portal.portal.cuts import cut_values
from csm_portal.web import reader, remembered

if TYPE_CHECKING:
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


def people_named(user: User, emails: Iterable[str | None]) -> dict[str, str]:
    """Names of owners by e-mail; namesakes stand with their e-mail. One query, none where nobody is asked for."""
    wanted = {email for email in emails if email and email != NOBODY}
    if not wanted:
        return {}
    found = {one.email: one.get_full_name() for one in User.objects.visible_to(user).filter(email__in=wanted)}
    often = Counter(found.values())
    return {email: name if often[name] == 1 else f"{name} ({email})" for email, name in found.items()}


def value_name(cut: str, value: str | None, people: Mapping[str, str] | None = None) -> str:
    """A group's name as people read it, an owner's from `people`; the nameless group says so."""
    if value is None or value in ("", NOBODY):
        return {"csm": _("no owner"), "team": _("no team"), "feature": _("no feature")}.get(cut, pgettext("cut", "not known"))
    if cut == "csm":
        return (people or {}).get(value, value)
    return value if cut in NAMES else words.readable(value)


def chips(user: User, asked: Asked) -> list[Chip]:
    """What the set is narrowed to. One query where that is owners, else none."""
    names, people = cut_names(), people_named(user, asked.by_cut.get("csm", []))
    made = []
    for name, values in asked.filters:
        for value in values:
            rest = [(name, other) for other in values if other != value]
            made.append(Chip(names[name], value_name(name, value, people), asked.query(*rest, without=(name,))))
    return made


def fields(user: User, asked: Asked) -> list[Field]:
    """Every cut with its values in what the user may see, which are remembered for a minute. Five queries, or one for the owners' names."""
    found = remembered(f"cut-values:{reader(user)}", lambda: values_of_cuts(user))
    names, chosen = cut_names(), asked.by_cut
    people = people_named(user, [*found["csm"], *chosen.get("csm", [])])
    made = []
    for name in ALL_CUTS:
        values = [*found[name], *([NOBODY] if name in ("csm", "team") else [])]
        values += [value for value in chosen.get(name, []) if value not in values]
        if values:
            texts = [(value, value_name(name, value, people), value in chosen.get(name, [])) for value in values]
            made.append(Field(name, names[name], sorted(texts, key=lambda one: one[1].casefold()) if name == "csm" else texts))
    return made


def values_of_cuts(user: User) -> dict[str, list[str]]:
    """The values of every cut in what the user may see. Four queries."""
    found = {cut: list(values) for cut, values in cut_values(user).items()}
    # One statement for both: the page keeps to its eight.
    features = Contract.objects.visible_to(user).order_by().annotate(found=Func(F("features"), function="unnest", output_field=TextField()))
    personas = Seat.objects.visible_to(user).exclude(persona="").order_by().annotate(found=F("persona"))
    told = [
        one.annotate(cut=Value(cut)).values_list("cut", "found").distinct() for cut, one in (("feature", features), ("persona", personas))
    ]
    both = list(told[0].union(told[1]))
    found |= {cut: sorted(name for kind, name in both if kind == cut) for cut in ("feature", "persona")}
    return found
