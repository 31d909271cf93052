"""Profiles of a section: for whom one holds, and what it changes; what has no input of its own is typed as TOML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from csm_portal.lib.checked import DefinitionError
from csm_portal.portal.lab.form import Block, Input, Row, Typed
from csm_portal.portal.lab.params import WHEN, Param, fill, read
from health.lab.definition_text import inline, read_inline

PREFIX = "profiles"
MORE = "more"


@dataclass(frozen=True)
class Profiles:
    """Profiles of one section: keys with an input, and tables of numbers (`weights`, `bands`) by their keys."""

    section: str
    params: Sequence[Param]
    tables: Mapping[str, Sequence[Param]]
    more_hint: str | Promise = ""

    def fill(self, body: Mapping[str, Any]) -> dict[str, str]:
        """What the inputs show of a body's profiles."""
        profiles = body.get("profiles", [])
        found = {f"{PREFIX}-rows": str(len(profiles))}
        own = {param.key for param in self.params} | {"when", *self.tables}
        for place, profile in enumerate(profiles):
            at = f"{PREFIX}-{place}-"
            found |= fill(WHEN, profile["when"], f"{at}when-") | fill(self.params, profile, at)
            for name, params in self.tables.items():
                found |= fill(params, profile.get(name, {}), f"{at}{name}-")
            found[f"{at}{MORE}"] = inline({key: value for key, value in profile.items() if key not in own})
        return found

    def read(self, typed: Typed) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """The profiles typed, and the place on the page of each path. Raises DefinitionError for TOML that is none."""
        found: list[dict[str, Any]] = []
        places: dict[str, str] = {}
        for place in range(typed.rows(PREFIX)):
            at = f"{PREFIX}-{place}-"
            profile = self._one(typed, at)
            if typed.is_gone(PREFIX, place) or not any(profile.values()):
                continue
            found.append(profile)
            places[f"{self.section}.profiles[{len(found)}]"] = str(place)
        return found, places

    def block(self, typed: Typed, places: Mapping[str, str]) -> Block:
        """The cards of the profiles."""
        paths = {place: path for path, place in places.items()}
        block = Block(
            PREFIX,
            _("Profiles"),
            _("The first profile that fits an account lies over the definition. What is left empty stays as above."),
            add=_("Add a profile"),
            shape="cards",
        )
        for place in range(typed.rows(PREFIX)):
            path = paths.get(str(place), f"{self.section}.{PREFIX}[new]")
            block.rows.append(self._row(typed, place, path))
        return block

    def _one(self, typed: Typed, at: str) -> dict[str, Any]:
        profile: dict[str, Any] = {"when": read(WHEN, typed, f"{at}when-"), **read(self.params, typed, at)}
        for name, params in self.tables.items():
            if table := read(params, typed, f"{at}{name}-"):
                profile[name] = table
        try:
            return profile | read_inline(typed.raw(f"{at}{MORE}"), f"{self.section}.profiles")
        except DefinitionError as error:
            raise DefinitionError(error.problems) from error

    def _row(self, typed: Typed, place: int, path: str) -> Row:
        at, same = f"{PREFIX}-{place}-", _("as above")
        groups = [(_("Holds for accounts of"), [one.input(typed, f"{at}when-", f"{path}.when") for one in WHEN])]
        groups.append((_("and sets"), [one.input(typed, at, path, same) for one in self.params]))
        titles = {"weights": _("Weights, all of them anew"), "bands": _("Bands")}
        for name, params in self.tables.items():
            groups.append((titles.get(name, name), [one.input(typed, f"{at}{name}-", f"{path}.{name}") for one in params]))
        more = Input(f"{at}{MORE}", _("Other keys, as TOML"), typed.raw(f"{at}{MORE}"), "area", path, str(self.more_hint))
        title = _("Profile %(n)d") % {"n": place + 1}
        # Every key of such a profile has its input; only what a file brought besides is shown.
        rest = [more] if self.more_hint or more.value else []
        return Row(title, rest, f"{at}gone", typed.is_gone(PREFIX, place), groups)
