"""The QBR page: coverage, the tabs with their counts, and the list that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.types import Role
from churn.entered import edits_stamp
from csm_portal.portal import words
from csm_portal.portal.qbr.asked import NOBODY, PAGE_SIZE, STATES, Asked
from csm_portal.portal.qbr.desks import COMING_DAYS, Count, Desk, by_team, desks, total, within
from csm_portal.portal.qbr.lines import line_of
from csm_portal.portal.qbr.lists import listed
from csm_portal.portal.qbr.words import theme
from csm_portal.web import Page, reader, remembered

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Card:
    """One figure: its key in the registry, its value, what stands below it, and the list that it counts."""

    key: str
    name: str
    value: str
    notes: list[str]
    href: str


@dataclass(frozen=True)
class Link:
    """One choice: address, word, whether it is in force, and a count (empty: none)."""

    href: str
    word: str
    chosen: bool
    count: str = ""


@dataclass(frozen=True)
class DeskLine:
    """A row of the coverage table; a `team` row sums the people below it."""

    name: str
    href: str
    is_team: bool
    chosen: bool
    paying: str
    covered: str
    coverage: str
    share: float
    planned: str
    missed: str
    to_plan: str
    open: str
    late: bool


@dataclass(frozen=True)
class Shown:
    """What the page places."""

    cards: list[Card]
    tabs: list[Link]
    chips: list[Link]
    spans: list[Link]
    states: list[Link]
    lines: list[Any]
    page: Page
    desks: list[DeskLine]


def shown(user: User, asked: Asked, as_of: date, today: date) -> Shown:
    """The page in three queries, two where the desks are remembered: for a minute, as long as nobody enters anything."""
    viewer = f"{reader(user)}:{user.role}:{user.team_id}:{user.manages_id}"
    everyone = remembered(f"qbr-desks:{viewer}:{as_of}:{today}:{edits_stamp()}", lambda: desks(user, as_of, today))
    chosen = within(everyone, asked)
    found = listed(user, asked, today)
    count = total(chosen)
    return Shown(
        cards=_cards(count, asked),
        tabs=_tabs(count, asked),
        chips=_chips(everyone, asked),
        spans=_spans(asked),
        states=_states(asked) if asked.tab == "feedback" else [],
        lines=[line_of(asked, row, today) for row in found.rows],
        page=Page(asked.page, found.total, PAGE_SIZE),
        desks=_desk_lines(everyone, asked) if user.role != Role.CSM else [],
    )


def _cards(count: Count, asked: Asked) -> list[Card]:
    covered = [_("%(n)s of %(of)s paying accounts") % {"n": words.number(count.covered), "of": words.number(count.paying)}]
    if count.fresh:
        covered.append(
            ngettext("%(n)d more held today counts from tomorrow", "%(n)d more held today count from tomorrow", count.fresh)
            % {"n": count.fresh}
        )
    soon = ngettext("%(n)s in the next %(days)d days", "%(n)s in the next %(days)d days", count.soon) % {
        "n": words.number(count.soon),
        "days": COMING_DAYS,
    }
    nobody = _("%(n)s without an owner") % {"n": words.number(count.nobody)}
    return [
        Card("qbr", _("QBR coverage"), words.percent(count.coverage), covered, asked.href(tab="held")),
        Card("qbr_planned", pgettext("reviews", "Planned"), words.number(count.planned), [soon], asked.href(tab="planned")),
        Card(
            "qbr_missed",
            _("Planned, not held"),
            words.number(count.missed),
            [_("the day is over: record or move it")],
            asked.href(tab="planned"),
        ),
        Card("qbr_to_plan", _("To plan"), words.number(count.to_plan), [_("not covered, and nothing planned")], asked.href(tab="to-plan")),
        Card("feedback_open", _("Feedback to answer"), words.number(count.open), [nobody], asked.href(tab="feedback")),
    ]


def _tabs(count: Count, asked: Asked) -> list[Link]:
    named = (
        ("planned", pgettext("reviews", "Planned"), count.coming + count.missed),
        ("to-plan", _("To plan"), count.to_plan),
        ("held", pgettext("reviews", "Held"), None),
        ("feedback", _("Feedback"), count.open),
        ("themes", _("Themes for product"), None),
    )
    return [
        Link(asked.href(tab=key), word, key == asked.tab, "" if n is None else words.number(n))
        for key, word, n in named
    ]  # fmt: skip


def _chips(everyone: list[Desk], asked: Asked) -> list[Link]:
    """What the page is narrowed to, each with the address without it."""
    made = []
    if asked.csm:
        name = next((desk.name for desk in everyone if desk.email == asked.csm), asked.csm)
        made.append(Link(asked.href(csm=""), _("no owner") if asked.csm == NOBODY else name, chosen=True))
    if asked.team:
        made.append(Link(asked.href(team=""), asked.team.rstrip("/"), chosen=True))
    if asked.theme and asked.tab == "feedback":
        made.append(Link(asked.href(theme=""), theme(asked.theme), chosen=True))
    return made


def _spans(asked: Asked) -> list[Link]:
    if not asked.spanned:
        return []
    named = {"90": _("90 days"), "365": _("12 months"), "all": pgettext("span", "all")}
    return [Link(asked.href(span=key), word, key == asked.spanned) for key, word in named.items()]


def _states(asked: Asked) -> list[Link]:
    named = dict(
        zip(STATES, (_("to answer"), _("without owner"), pgettext("feedback", "answered"), pgettext("feedback", "all")), strict=True)
    )
    return [Link(asked.href(state=key), word, key == asked.state) for key, word in named.items()]


def _desk_lines(everyone: list[Desk], asked: Asked) -> list[DeskLine]:
    lines = []
    for group in by_team(everyone):
        # A team's line asks for those below it too; only where that is the same does it lead somewhere.
        alone = not any(desk.team.startswith(group.team) and desk.team != group.team for desk in everyone)
        href = asked.href(team=group.team, csm="") if group.team and alone else ""
        name = group.team.rstrip("/") or _("no team")
        lines.append(_desk_line(name, href, group.count, is_team=True, chosen=bool(asked.team) and asked.team == group.team))
        for desk in group.desks:
            href = asked.href(csm=desk.email or NOBODY, team="" if desk.email else desk.team)
            chosen = asked.csm == (desk.email or NOBODY) and (bool(desk.email) or asked.team == desk.team)
            lines.append(_desk_line(desk.name or _("no owner"), href, desk.count, is_team=False, chosen=chosen))
    return lines


def _desk_line(name: str, href: str, count: Count, *, is_team: bool, chosen: bool) -> DeskLine:
    return DeskLine(
        name=name,
        href=href,
        is_team=is_team,
        chosen=chosen,
        paying=words.number(count.paying),
        covered=words.number(count.covered),
        coverage=words.percent(count.coverage),
        share=100 * (count.coverage or 0.0),
        planned=words.number(count.planned),
        missed=words.number(count.missed),
        to_plan=words.number(count.to_plan),
        open=words.number(count.open),
        late=bool(count.missed),
    )
