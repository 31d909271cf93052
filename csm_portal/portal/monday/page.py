"""The page of a Monday's list: how many are expected to leave, the calls, the accounts, and the Mondays before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.as_of import Basis
from churn.monday.campaign import CallResult
from churn.monday.listing import LEFT, OPEN, RENEWED, TO_CALL, Monday, Sum, Wanted, entries, mondays, sums, whole
from csm_portal.portal import words
from csm_portal.portal.monday import words as told
from csm_portal.portal.monday.lines import Line, OwnerLine, line, owner_lines
from csm_portal.web import Page, reader, remembered

if TYPE_CHECKING:
    from accounts.models import User

PAGE = 50
NOBODY = "-"
# What the address calls the part that is not called yet.
OPEN_CALLS = "to_call"
PARTS = {OPEN_CALLS: TO_CALL, **{one.value: one.value for one in CallResult}}


@dataclass(frozen=True)
class Asked:
    """What the address asks for. `owner`: an e-mail, NOBODY or empty; `part`: a word of PARTS or empty; `monday` None: the latest."""

    monday: date | None = None
    owner: str = ""
    part: str = ""
    page: int = 1

    @property
    def wanted(self) -> Wanted:
        """As the list reads it."""
        owner = None if not self.owner else "" if self.owner == NOBODY else self.owner
        return Wanted(owner, PARTS.get(self.part))

    def query(self, **changed: str) -> str:
        """The address with some of it changed, `?` included; a changed filter begins at its first page."""
        parts = {"monday": self.monday.isoformat() if self.monday else "", "owner": self.owner, "part": self.part, **changed}
        kept = {name: value for name, value in parts.items() if value}
        return f"?{urlencode(kept)}" if kept else ""


@dataclass(frozen=True)
class Tile:
    """A count of calls with the filter that shows its accounts; `now` stands while it is on."""

    name: str
    value: str
    href: str
    now: bool


@dataclass(frozen=True)
class PastLine:
    """A Monday of the past: what was expected, and what then happened."""

    key: str
    day: str
    href: str
    now: bool
    accounts: str
    expected: str
    left: str
    renewed: str
    open: str
    verdict: str
    tone: str


@dataclass(frozen=True)
class Shape:
    """The expected range on a line of 0 … 100: ends, the count expected, and how many have left so far (None: nobody yet)."""

    low: float
    width: float
    middle: float
    left: float | None


@dataclass(frozen=True)
class View:
    """What the page places. `monday` None: there is no list yet."""

    asked: Asked
    monday: Monday | None = None
    title: str = ""
    headline: str = ""
    money: str = ""
    rests_on: str = ""
    notes: list[str] = field(default_factory=list)
    missing: str = ""
    shape: Shape | None = None
    legend: str = ""
    here: str = ""
    all_owners: str = ""
    owner_name: str = ""
    tiles: list[Tile] = field(default_factory=list)
    called: str = ""
    share: float = 0.0
    owners: list[OwnerLine] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    page: Page = field(default_factory=lambda: Page(1, 0, PAGE))
    past: list[PastLine] = field(default_factory=list)
    results: list[tuple[str, str, str, str, str]] = field(default_factory=list)


def asked_in(data: QueryDict) -> Asked:
    """Monday, owner, part and page of an address; what makes no sense is left out."""
    page, owner, part = data.get("page", "1"), data.get("owner", ""), data.get("part", "")
    number = int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 10_000 else 1
    try:
        monday = date.fromisoformat(data.get("monday", ""))
    except ValueError:
        monday = None
    return Asked(monday, "" if "\0" in owner else owner, part if part in PARTS else "", number)


def view(user: User, basis: Basis, asked: Asked, today: date) -> View:
    """The page in three statements, four where the Monday asked for lies further back than those shown.

    What became of the Mondays changes with a night, so it may be a minute old.
    """
    known = remembered(f"mondays:{reader(user)}:{basis.as_of}:{basis.version}", lambda: mondays(user, basis))
    chosen = _chosen(user, basis, known, asked)
    if chosen is None:
        return View(asked, past=_past(known, asked, None))
    asked = replace(asked, monday=chosen.monday)
    books = sums(user, basis, chosen.monday)
    picked = [one for one in books if (one.owner_email or NOBODY) == asked.owner] if asked.owner else books
    total = whole(picked)
    found, n = entries(user, basis, chosen.monday, asked.wanted, limit=PAGE, start=(asked.page - 1) * PAGE)
    return View(
        asked=asked,
        monday=chosen,
        title=told.title(chosen.monday),
        headline=told.headline(total.expected) if total.accounts else "",
        money=_("%(at_risk)s of %(amount)s MRR is at risk.") % {"at_risk": told.money(total.at_risk), "amount": told.money(total.amount)},
        rests_on=told.rests_on(chosen),
        notes=_notes(chosen, total),
        missing=_missing(chosen),
        shape=_shape(total),
        legend=_legend(total),
        here=address(asked),
        all_owners=asked.query(owner=""),
        owner_name=next((one.owner for one in picked), asked.owner) or _("no owner"),
        tiles=_tiles(total, asked),
        called=_("%(n)s of %(all)s") % {"n": words.number(total.called), "all": words.number(total.accounts)},
        share=round(100 * total.called / total.accounts, 1) if total.accounts else 0.0,
        owners=owner_lines(books),
        lines=[line(one, today) for one in found],
        page=Page(asked.page, n, PAGE),
        past=_past(known, asked, chosen),
        results=_results(total),
    )


def address(asked: Asked) -> str:
    """The page with what was asked."""
    page = {"page": str(asked.page)} if asked.page > 1 else {}
    return reverse("portal:risk-monday") + asked.query(**page)


def _chosen(user: User, basis: Basis, known: Sequence[Monday], asked: Asked) -> Monday | None:
    """The list of the Monday asked for: of a day between two Mondays the one before it."""
    if asked.monday is None:
        return known[0] if known else None
    day = asked.monday
    found = next((one for one in known if one.monday <= day), None)
    return found or next(iter(mondays(user, basis, day)), None)


def _notes(chosen: Monday, total: Sum) -> list[str]:
    notes = []
    if later := chosen.body.get("later"):
        text = ngettext(
            "%(n)s more account of the installation matches, but decides later than in 180 days.",
            "%(n)s more accounts of the installation match, but decide later than in 180 days.",
            later,
        )
        notes.append(text % {"n": words.number(later)})
    if total.unpriced:
        text = ngettext(
            "The MRR of %(n)s account is unknown and in no sum.", "The MRR of %(n)s accounts is unknown and in no sum.", total.unpriced
        )
        notes.append(text % {"n": words.number(total.unpriced)})
    return notes


def _shape(total: Sum) -> Shape | None:
    if not total.accounts:
        return None
    found, scale = total.expected, 100 / total.accounts
    decided = total.accounts - total.outcomes[OPEN]
    low = round(found.low * scale, 2)
    return Shape(
        low, round(found.high * scale - low, 2), round(found.count * scale, 2), round(total.outcomes[LEFT] * scale, 2) if decided else None
    )


def _legend(total: Sum) -> str:
    """The picture in words."""
    text = _("Band: the range expected of %(n)s accounts. Line: the count expected.") % {"n": words.number(total.accounts)}
    if total.outcomes[OPEN] == total.accounts:
        return text
    then = _("Bar inside: %(left)s have left, %(renewed)s renewed, %(open)s are still open.")
    counts = {"left": LEFT, "renewed": RENEWED, "open": OPEN}
    return f"{text} {then % {name: words.number(total.outcomes[word]) for name, word in counts.items()}}"


def _missing(chosen: Monday) -> str:
    """What a list without accounts had to go by."""
    body = chosen.body
    if chosen.ground != "none":
        return ""
    text = _("There were %(renewals)s decided renewals with a score; of the %(n)s worst in the newer half %(lost)s were lost.")
    return text % {name: words.number(body.get(name) or 0) for name in ("renewals", "n", "lost")}


def _tiles(total: Sum, asked: Asked) -> list[Tile]:
    found = [Tile(_("All"), words.number(total.accounts), asked.query(part=""), not asked.part)]
    for part, result in PARTS.items():
        found.append(
            Tile(told.sentence(told.result(result)), words.number(total.results[result]), asked.query(part=part), asked.part == part)
        )
    return found


def _past(known: Sequence[Monday], asked: Asked, chosen: Monday | None) -> list[PastLine]:
    tones = {True: "ok", False: "off", None: ""}
    return [
        PastLine(
            key=one.monday.isoformat(),
            day=words.day(one.monday),
            href=asked.query(monday=one.monday.isoformat(), part="", owner=""),
            now=chosen is not None and one.monday == chosen.monday,
            accounts=words.number(one.accounts),
            expected=told.span(one.expected) if one.accounts else "",
            left=words.number(one.left),
            renewed=words.number(one.renewed),
            open=words.number(one.open),
            verdict=told.verdict(one),
            tone=tones[one.holds],
        )
        for one in known
    ]


def _results(total: Sum) -> list[tuple[str, str, str, str, str]]:
    """By result of the call: accounts, left, renewed, open; empty while nothing is decided."""
    if total.outcomes[OPEN] == total.accounts:
        return []
    rows = []
    for result in PARTS.values():
        counts = [total.together[result, outcome] for outcome in (LEFT, RENEWED, OPEN)]
        if sum(counts):
            left, renewed, still_open = (words.number(n) for n in counts)
            rows.append((told.result(result), words.number(sum(counts)), left, renewed, still_open))
    return rows
