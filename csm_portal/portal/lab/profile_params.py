"""Keys of a profile that hold several things, each in one input: what is left empty stays as above, a dash says none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from csm_portal.portal.lab.form import Input, Kind, Typed, listed, names_in, number
from csm_portal.portal.lab.params import Param

NONE = "-"


@dataclass(frozen=True)
class Several(Param):
    """A list of names."""

    @property
    def kind(self) -> Kind:
        """One line."""
        return "list"

    def show(self, value: Any) -> str:
        """The value in one line; None: left as above."""
        if value is None:
            return ""
        return self.write(value) if value else NONE

    def read(self, text: str) -> Any:
        """The value typed."""
        return self.parse("" if text == NONE else text)

    def write(self, value: Any) -> str:
        """A value that is not empty."""
        return listed(value)

    def parse(self, text: str) -> Any:
        """What a text says."""
        return names_in(text)

    def input(self, typed: Typed, prefix: str, path: str, blank: str = "") -> Input:
        """The input; its hint stays in a profile, where it says how several are written."""
        made = super().input(typed, prefix, path, blank)
        made.hint = str(self.hint)
        return made


@dataclass(frozen=True)
class Weights(Several):
    """Names with a number each: `order = 1, approve = 2`; a name alone counts 1."""

    def write(self, value: Any) -> str:
        """Name and number."""
        return listed(f"{name} = {self.of(one)}" for name, one in value.items())

    def parse(self, text: str) -> Any:
        """A table of names."""
        found = {}
        for entry in names_in(text):
            name, sign, told = entry.rpartition("=")
            found[name.strip() if sign else entry] = self.made(number(told.strip()) if sign else "1")
        return found

    def of(self, one: Any) -> Any:
        """The number of one name."""
        return one

    def made(self, told: str) -> Any:
        """What the table holds of one name."""
        return told


@dataclass(frozen=True)
class Least(Weights):
    """Actions with the quantity that one event must have at least: `watch = 60`."""

    def of(self, one: Any) -> Any:
        """The least quantity."""
        return one["min_quantity"]

    def made(self, told: str) -> Any:
        """A condition."""
        return {"min_quantity": told}


@dataclass(frozen=True)
class Caps(Several):
    """Caps, one in a line: `invoice_overdue_days >= 60: amber`."""

    @property
    def kind(self) -> Kind:
        """Several lines."""
        return "area"

    def write(self, value: Any) -> str:
        """A line each."""
        return "\n".join(f"{cap['when']}: {cap['band']}" for cap in value)

    def parse(self, text: str) -> Any:
        """A list of caps."""
        found = []
        for line in filter(None, (part.strip() for part in text.splitlines())):
            when, _sign, band = line.rpartition(":")
            found.append({"when": when.strip() or line, "band": band.strip() if when else ""})
        return found


AS_ABOVE = _("Empty: as above; a dash: none.")
ACTIVITY = (
    Weights("key_actions", _("Key actions"), _("With their weights: order = 1, approve = 2. Empty: as above; a dash: none.")),
    Least("conditions", _("Least quantity of an event"), _("Per action: watch = 60. Empty: as above; a dash: none.")),
    Several("login_actions", _("Login actions"), AS_ABOVE),
    Several("passive_actions", _("Passive actions"), AS_ABOVE),
    Several("excluded_personas", _("Personas left out"), AS_ABOVE),
    Several("excluded_email_domains", _("E-mail domains left out"), AS_ABOVE),
)
HEALTH = (
    Several("community_actions", _("Community actions"), AS_ABOVE),
    Caps("caps", _("Caps"), _("One in a line: invoice_overdue_days >= 60: amber. Empty: as above; a dash: none.")),
)
