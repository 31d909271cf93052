"""Seat quality of one account in words, for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csm_portal.portal import words
from health.value.seat_quality import seat_quality

if TYPE_CHECKING:
    from csm_portal.portal.account.people import Person
    from health.models import AccountState


@dataclass(frozen=True)
class Sign:
    """One sign: `tone` is red, green or empty (unknown)."""

    text: str
    icon: str
    tone: str


def signs(state: AccountState, people: Sequence[Person]) -> list[Sign]:
    """Champions, executives and unopened seats, each with what is known of it; no query."""
    found = seat_quality(state, [(one.key, one.name, one.left_on) for one in people])
    return [*_champion(found.left, found.replaced), _boss(found.executives, found.silent), _unopened(found.unopened, found.purchased)]


def _champion(left: Sequence[str], replaced: Sequence[str]) -> list[Sign]:
    made = []
    if left:
        made.append(Sign(_("Champion left, nobody in their place: %(names)s") % {"names": ", ".join(left)}, "logout", "red"))
    if replaced:
        made.append(Sign(_("Left, replaced: %(names)s") % {"names": ", ".join(replaced)}, "user-check", ""))
    return made


def _boss(executives: int, silent: bool | None) -> Sign:
    if not executives:
        return Sign(_("No executive has a seat on file"), "help", "")
    if silent is None:
        return Sign(_("Whether the boss uses it is unknown: what they load names no seat"), "help", "")
    if silent:
        return Sign(_("Boss silent: no executive's seat was active in 28 days"), "eye-off", "red")
    return Sign(_("The boss was active in 28 days"), "crown", "green")


def _unopened(unopened: int | None, purchased: int) -> Sign:
    if unopened is None:
        return Sign(_("Seats never activated: unknown"), "help", "")
    if not unopened:
        return Sign(_("Every seat bought is activated"), "circle-check", "green")
    told = ngettext("%(n)d of %(of)s bought seats was never activated", "%(n)d of %(of)s bought seats were never activated", unopened)
    return Sign(told % {"n": unopened, "of": words.number(purchased)}, "user", "")
