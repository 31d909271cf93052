"""One page of the data dictionary: what the address asks for, and the entries that hold its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from csm_portal.lib.sheets import Cell
from csm_portal.portal.dictionary.entries import PARTS, Entry, entries
from csm_portal.portal.help.marks import mark_of
from csm_portal.web import Page
from health.models import Run

if TYPE_CHECKING:
    from datetime import date

    from accounts.models import User
    from csm_portal.web import Request

SIZE = 100
LONGEST = 100


@dataclass(frozen=True)
class Tab:
    """One part with how many of its entries hold the text."""

    key: str
    label: str
    n: int
    current: bool


@dataclass(frozen=True)
class Dictionary:
    """The entries of one page, in groups, with where they stand."""

    part: str
    text: str
    tabs: list[Tab]
    groups: list[tuple[str, list[Entry]]]
    page: Page
    as_of: date | None


def dictionary(request: Request) -> Dictionary:
    """The part, text and page that the address asks for; one query, for the versions in force."""
    part, text = _asked(request)
    as_of = last_day(request.user)
    found = {key: _holding(key, text, as_of) for key in PARTS}
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and 0 < int(asked) < 10_000 else 1
    total = len(found[part])
    number = min(number, max(1, -(-total // SIZE)))
    shown = found[part][(number - 1) * SIZE : number * SIZE]
    groups: dict[str, list[Entry]] = {}
    for entry in shown:
        groups.setdefault(entry.group, []).append(entry)
    return Dictionary(
        part=part,
        text=text,
        tabs=[Tab(key, str(label), len(found[key]), key == part) for key, label in PARTS.items()],
        groups=list(groups.items()),
        page=Page(number, total, SIZE),
        as_of=as_of,
    )


def sheet(request: Request) -> Iterator[Sequence[Cell]]:
    """The same entries as a file, the head first: of all parts unless one is asked for."""
    part, text = _asked(request)
    yield (_("Part"), _("Where"), _("Key"), _("Name"), _("Type"), _("Required"), _("Values"), _("Meaning"), _("Definition"))
    for key in (part,) if "part" in request.GET else PARTS:
        for one in _holding(key, text, last_day(request.user)):
            required = (_("yes") if one.required else _("no")) if one.part != "figures" else ""
            yield (str(PARTS[key]), one.group, one.key, one.name, one.kind, required, ", ".join(one.choices), one.meaning, one.version)


def last_day(user: User) -> date | None:
    """The latest published day; None: no night has run."""
    run = Run.objects.visible_to(user).latest_published()
    return run.as_of if run else None


def _asked(request: Request) -> tuple[str, str]:
    part = request.GET.get("part", "")
    return part if part in PARTS else "files", request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]


def _holding(part: str, text: str, as_of: date | None) -> list[Entry]:
    return [entry for entry in entries(part, mark_of(as_of) if as_of else None) if entry.holds(text)]
