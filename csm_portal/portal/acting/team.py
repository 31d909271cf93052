"""The board of who works the day's list off, and the rules with how often each was right, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.acting.board import Desk, desks
from csm_portal.portal import words
from csm_portal.portal.acting.page import address

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Line:
    """One owner of the board. Counts are numbers, the rest is in words."""

    name: str
    team: str
    away: str
    n_open: int
    open_href: str
    n_later: int
    later_href: str
    money: str
    accounts: str
    median: str
    acted: str
    oldest: str
    untouched: str
    slow: bool
    n_done: int
    n_dismissed: int
    n_tasks: int
    n_late: int
    tasks_href: str


@dataclass(frozen=True)
class Board:
    """The board, and its sums."""

    lines: list[Line]
    n_open: int
    money: str
    n_done: int
    n_dismissed: int
    n_late: int


# A signal that nobody touched for so long is marked.
SLOW_DAYS = 7


def board(user: User, today: date) -> Board:
    """What the page places; one query."""
    rows = desks(user, today)
    currency = settings.REPORTING_CURRENCY
    return Board(
        lines=[_line(one, today, currency) for one in rows],
        n_open=sum(one.n_open for one in rows),
        money=words.money(sum((one.money for one in rows), start=rows[0].money * 0), currency) if rows else "",
        n_done=sum(one.n_done for one in rows),
        n_dismissed=sum(one.n_dismissed for one in rows),
        n_late=sum(one.n_late for one in rows),
    )


def _line(one: Desk, today: date, currency: str) -> Line:
    owner = one.email or ""
    return Line(
        name=one.name or _("no owner"),
        team=one.team or "",
        away=_("away until %(day)s, %(name)s covers") % {"day": words.day(one.away_until), "name": one.cover or ""}
        if one.away_until
        else "",
        n_open=one.n_open,
        open_href=address(owner=owner, whose="all"),
        n_later=one.n_later,
        later_href=address(owner=owner, whose="all", state="snoozed"),
        money=words.money(one.money, currency),
        accounts=ngettext("%(n)d account", "%(n)d accounts", one.accounts) % {"n": one.accounts} if one.accounts else "",
        median=days_words(one.median),
        acted=ngettext("%(n)d first step in 30 days", "%(n)d first steps in 30 days", one.n_acted) % {"n": one.n_acted},
        oldest=words.ago(one.oldest, today) if one.oldest else "",
        untouched=ngettext("%(n)d untouched", "%(n)d untouched", one.n_untouched) % {"n": one.n_untouched} if one.n_untouched else "",
        slow=one.oldest is not None and (today - one.oldest).days > SLOW_DAYS,
        n_done=one.n_done,
        n_dismissed=one.n_dismissed,
        n_tasks=one.n_tasks,
        n_late=one.n_late,
        tasks_href=f"{reverse('portal:tasks')}?{urlencode({'tab': 'overdue', **({'owner': owner} if owner else {})})}",
    )


def _away(one: Desk) -> str:
    if one.away_until is None:
        return ""
    return _("away until %(day)s, %(name)s covers") % {"day": words.day(one.away_until), "name": one.cover or ""}


def days_words(days: float | None) -> str:
    """A span as people say it: hours below two days; a dash where it is unknown."""
    if days is None:
        return words.UNKNOWN
    if days < 2:
        hours = max(0, round(days * 24))
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)s day", "%(n)s days", round(days)) % {"n": words.number(days, 1)}
