"""The sections of a definition: their names, what they decide, and the form of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csm_portal.portal.lab import activity_form, health_form, questions_form
from csm_portal.portal.lab.form import Block, Typed, settled
from csm_portal.portal.lab.params import PLAIN, fill, read

# In the order in which somebody reads them, not in that of a file.
ORDER = ("activity", "north_star", "health", "ratings", "states", "calendar", "renewals")
Fill = Callable[[Mapping[str, Any], Sequence[str]], dict[str, str]]
Read = Callable[[Typed], tuple[dict[str, Any], dict[str, str]]]
Blocks = Callable[[Typed, Mapping[str, str]], list[Block]]


@dataclass(frozen=True)
class Form:
    """How a section's body goes into inputs and back, and how they are laid out."""

    fill: Fill
    read: Read
    blocks: Blocks


@dataclass(frozen=True)
class Words:
    """A section for people: its name, what it decides, and the methods page that computes with it."""

    name: Promise
    decides: Promise
    page: str


WORDS: Mapping[str, Words] = {
    "activity": Words(
        _("Activity"), _("What counts as activity, and how much of it makes a level, an active day, week and month."), "activity"
    ),
    "north_star": Words(_("North star"), _("The one cumulative figure whose threshold shows that value arrived."), "outcomes"),
    "health": Words(_("Health"), _("What the score is made of: weights, bands, caps, profiles."), "health"),
    "ratings": Words(_("Questions"), _("What a CSM answers about an account, with a text for every point."), "facets"),
    "states": Words(
        _("Named states"), _("From where on an account is busy but not achieving, quiet but fine, narrow but achieving."), "outcomes"
    ),
    "calendar": Words(_("Calendar"), _("Whose holidays and whose midnight count where an account says nothing."), "calendar"),
    "renewals": Words(_("Renewals"), _("How late a renewal may come, and which gap is bridged."), "renewals"),
}


def form_of(section: str) -> Form:
    """The form of a section."""
    if section == "activity":
        return Form(activity_form.fill_form, activity_form.read_form, activity_form.blocks)
    if section == "health":
        return Form(health_form.fill_form, health_form.read_form, health_form.blocks)
    if section == "ratings":
        return Form(questions_form.fill_form, questions_form.read_form, questions_form.blocks)
    params = PLAIN[section]
    return Form(
        lambda body, _known: fill(params, body),
        lambda typed: (read(params, typed), {}),
        lambda typed, _places: [Block(section, str(WORDS[section].name), "", [one.input(typed, "", section) for one in params])],
    )


def laid_out(section: str, typed: Typed, places: Mapping[str, str], problems: Mapping[str, str]) -> list[Block]:
    """The blocks of a section's form, with every problem beside its input."""
    found = form_of(section).blocks(typed, places)
    for block in found:
        settled(block, problems)
    return found
