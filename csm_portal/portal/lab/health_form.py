"""The form of `[health]`: weights with their sum, bands, caps by field and operator, profiles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csm_portal.portal import words
from csm_portal.portal.cap_words import field_in_words
from csm_portal.portal.evidence import facet_meaning
from csm_portal.portal.lab import profile_params
from csm_portal.portal.lab.form import Block, Input, Row, Typed, number
from csm_portal.portal.lab.params import Param, fill, read
from csm_portal.portal.lab.profile_form import Profiles
from health.caps import FACETS, FIELDS, OPERATORS
from health.facet_names import facet_name

CAP, WEIGHT = "caps", "weights-"
CONDITIONS = 2
CONDITION = re.compile(r"\s*([a-z_0-9]+)\s*(>=|<=|==|>|<)\s*(\S+)\s*")
COVERAGE = (
    Param("min_coverage", gettext_lazy("Least coverage"), gettext_lazy("Known share of the weight below which the score is unknown.")),
)
COMMUNITY = (
    Param(
        "community_actions",
        gettext_lazy("Community actions"),
        gettext_lazy("Actions that show someone takes part in the community, separated by commas."),
        "names",
    ),
)
BANDS = (
    Param("amber", gettext_lazy("Amber from"), gettext_lazy("Below it: red.")),
    Param("green", gettext_lazy("Green from"), gettext_lazy("Must lie above amber.")),
)


def weight_params() -> tuple[Param, ...]:
    """One input per facet."""
    return tuple(Param(key, facet_name(key)) for key in FACETS)


def _profiles() -> Profiles:
    return Profiles("health", (*COVERAGE, *profile_params.HEALTH), {"weights": weight_params(), "bands": BANDS})


def fill_form(body: Mapping[str, Any], _known: object = None) -> dict[str, str]:
    """What the inputs show of a body."""
    found = fill((*COVERAGE, *COMMUNITY), body)
    found |= fill(weight_params(), body.get("weights", {}), WEIGHT) | fill(BANDS, body.get("bands", {}), "bands-")
    caps = body.get("caps", [])
    found[f"{CAP}-rows"] = str(len(caps))
    for place, cap in enumerate(caps):
        found |= _cap_shown(cap, f"{CAP}-{place}-")
    return found | _profiles().fill(body)


def read_form(typed: Typed) -> tuple[dict[str, Any], dict[str, str]]:
    """The section typed, and which row of the page each numbered path is. Raises DefinitionError."""
    section: dict[str, Any] = read((*COVERAGE, *COMMUNITY), typed)
    section["weights"] = read(weight_params(), typed, WEIGHT)
    section["bands"] = read(BANDS, typed, "bands-")
    places: dict[str, str] = {}
    section["caps"] = []
    for place in range(typed.rows(CAP)):
        when = _cap_typed(typed, f"{CAP}-{place}-")
        if when and not typed.is_gone(CAP, place):
            section["caps"].append({"when": when, "band": typed.get(f"{CAP}-{place}-band")})
            places[f"health.caps[{len(section['caps'])}]"] = str(place)
    section["profiles"], more = _profiles().read(typed)
    return section, places | more


def blocks(typed: Typed, places: Mapping[str, str]) -> list[Block]:
    """The parts of the form."""
    weights = []
    for one in weight_params():
        made = one.input(typed, WEIGHT, "health.weights")
        made.hint = facet_meaning(one.key)
        weights.append(made)
    return [
        Block(
            "weights",
            _("Weights"),
            _("The score is the weighted mean of the known facets; a facet without weight does not count."),
            weights,
            shape="weights",
            extra={"sum": words.number(_sum(weights), 0) if _sum(weights) == int(_sum(weights)) else words.number(_sum(weights), 2)},
        ),
        Block(
            "bands",
            _("Bands and coverage"),
            "",
            [*(one.input(typed, "bands-", "health.bands") for one in BANDS), *(one.input(typed, "", "health") for one in COVERAGE)],
        ),
        _caps(typed, places),
        Block("community", _("Community"), "", [one.input(typed, "", "health") for one in COMMUNITY]),
        _profiles().block(typed, places),
    ]


def _sum(inputs: list[Input]) -> float:
    total = 0.0
    for one in inputs:
        try:
            total += float(number(one.value) or 0)
        except ValueError:
            continue
    return total


def _cap_shown(cap: Mapping[str, Any], at: str) -> dict[str, str]:
    """A cap of one or two conditions in its inputs, a longer one as text."""
    parts = [CONDITION.fullmatch(part) for part in re.split(r"\band\b", cap["when"])]
    found = {f"{at}band": str(cap["band"])}
    if len(parts) > CONDITIONS or not all(parts):
        return found | {f"{at}when": cap["when"]}
    for place, match in enumerate(parts):
        if match:
            found |= {f"{at}field{place}": match[1], f"{at}operator{place}": match[2], f"{at}number{place}": match[3]}
    return found


def _cap_typed(typed: Typed, at: str) -> str:
    if text := typed.get(f"{at}when"):
        return text
    parts = []
    for place in range(CONDITIONS):
        field, value = typed.get(f"{at}field{place}"), number(typed.get(f"{at}number{place}"))
        if field or value:
            parts.append(f"{field} {typed.get(f'{at}operator{place}') or '>='} {value}".strip())
    return " and ".join(parts)


def _caps(typed: Typed, places: Mapping[str, str]) -> Block:
    paths = {place: path for path, place in places.items() if ".caps[" in path}
    block = Block(
        CAP,
        _("Caps"),
        _("While all conditions of a cap hold, the band is at most this one; the score stays as it is. An unknown figure meets none."),
        add=_("Add a cap"),
        shape="cards",
    )
    for place in range(typed.rows(CAP)):
        at, path = f"{CAP}-{place}-", paths.get(str(place), "health.caps[new]")
        block.rows.append(Row(_("Cap %(n)d") % {"n": place + 1}, _cap_inputs(typed, at, path), f"{at}gone", typed.is_gone(CAP, place)))
    return block


def _cap_inputs(typed: Typed, at: str, path: str) -> list[Input]:
    bands = [(band, words.band(band)) for band in ("amber", "red")]
    band = Input(f"{at}band", _("At most"), typed.get(f"{at}band", "amber"), "select", f"{path}.band", choices=bands)
    if typed.get(f"{at}when"):
        return [Input(f"{at}when", _("While"), typed.raw(f"{at}when"), "text", f"{path}.when"), band]
    fields = [("", "–"), *((key, field_in_words(key, facet_name)) for key in FIELDS)]
    signs = [(sign, sign) for sign in OPERATORS]
    found = []
    for place, word in enumerate((_("While"), _("and"))):
        found.append(
            Input(f"{at}field{place}", word, typed.get(f"{at}field{place}"), "select", f"{path}.when" if not place else "", choices=fields)
        )
        found.append(Input(f"{at}operator{place}", _("is"), typed.get(f"{at}operator{place}"), "select", choices=signs))
        found.append(Input(f"{at}number{place}", _("Number"), typed.get(f"{at}number{place}"), "number"))
    return [*found, band]
