"""What happened at an account, as its page shows it: filters in the address, one page of lines, and the same as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from django.utils.translation import get_language, gettext_lazy, pgettext_lazy

from accounts.api.raw_path import PREFIX
from accounts.models import Visit
from csm_portal.portal import words
from csm_portal.portal.account import told
from csm_portal.portal.account.dated import Wanted
from csm_portal.portal.records import question_texts
from csm_portal.portal.timeline import GROUPS, KINDS, QUIET, happened, kinds_of
from csm_portal.web import remembered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import Account, User
    from csm_portal.web import Request

PAGE = 20
DAYS = 30
LONGEST = 100
AHEAD = "ahead"
SPANS = {
    "30": gettext_lazy("30 days"),
    "visit": gettext_lazy("since your last visit"),
    "90": gettext_lazy("90 days"),
    "all": pgettext_lazy("span of a stream", "all"),
    AHEAD: gettext_lazy("still to come"),
}


@dataclass(frozen=True)
class Choice:
    """One filter: its value in the address, its words, whether it is on."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Asked:
    """What the address asks for; words that are not known are passed over."""

    kinds: tuple[str, ...]
    span: str
    author: str
    text: str
    number: int

    def query(self, **other: str | int) -> list[tuple[str, str]]:
        """The address again, without what is empty."""
        pairs = [("kind", kind) for kind in self.kinds] + [("span", self.span), ("author", self.author), ("q", self.text)]
        return [(name, value) for name, value in pairs if value] + [(name, str(value)) for name, value in other.items()]


@dataclass(frozen=True)
class Stream:
    """A page of the stream with its filters. `first` is the first day looked at, None: no limit. `more` is the address of what follows."""

    lines: list[told.Line]
    kinds: list[Choice]
    spans: list[Choice]
    authors: list[Choice]
    asked: Asked
    first: date | None
    total: int
    more: str
    file: str

    @property
    def filtered(self) -> bool:
        """Whether more than the span is asked for."""
        return bool(self.asked.kinds or self.asked.author or self.asked.text)

    @property
    def first_day(self) -> str:
        """The first day looked at, in words."""
        return words.day(self.first)


def asked_in(request: Request) -> Asked:
    """Kinds (groups or single ones, repeated), span, author, text and page of the address."""
    query = request.GET
    page = query.get("page", "1")
    return Asked(
        kinds=tuple(dict.fromkeys(kind for kind in query.getlist("kind") if kind in GROUPS or kind in KINDS)),
        span=query.get("span", "") if query.get("span", "") in SPANS else "30",
        author=query.get("author", "").replace("\0", "").strip()[:LONGEST],
        text=query.get("q", "").replace("\0", "").strip()[:LONGEST],
        number=int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 10_000 else 1,
    )


def stream(request: Request, account: Account, today: date, part: str) -> Stream:
    """What the address asks for, 20 lines a page: one query, with the span since the last visit two. `part`: address of this part."""
    asked = asked_in(request)
    wanted = wanted_by(asked, request.user, today)
    found = happened(account, wanted, start=(asked.number - 1) * PAGE, n=PAGE)
    more = urlencode(asked.query(page=asked.number + 1)) if found.total > asked.number * PAGE else ""
    questions = _questions(request.user) if any(row.kind == "rated" for row in found.rows) else {}
    return Stream(
        lines=[told.line(row, today, questions) for row in found.rows],
        kinds=[Choice(value, str(label), value in asked.kinds) for value, label in GROUPS.items()],
        spans=[Choice(value, str(label), value == asked.span) for value, label in SPANS.items()],
        authors=_authors(found.people, asked.author),
        asked=asked,
        first=None if asked.span in ("all", AHEAD) else wanted.first,
        total=found.total,
        more=f"{part}&{more}" if more else "",
        file=_file(account, asked, wanted),
    )


def wanted_by(asked: Asked, user: User, today: date) -> Wanted:
    """The rows that the address asks for."""
    ahead = asked.span == AHEAD
    first = today + timedelta(days=1) if ahead else first_day(user, asked.span, today) or date.min
    kinds = kinds_of(asked.kinds, quiet=False)
    return Wanted(kinds, first, date.max if ahead else today, asked.author, asked.text, ahead)


def first_day(user: User, span: str, today: date) -> date | None:
    """First day of a span; None: no limit. Who comes for the first time sees the last 30 days."""
    if span == "all":
        return None
    if span == "visit":
        last = Visit.objects.visible_to(user).filter(day__lt=today).order_by("-day").values_list("day", flat=True).first()
        return last or today - timedelta(days=DAYS)
    return today - timedelta(days=int(span))


def _questions(user: User) -> dict[str, str]:
    """The rating questions in the reader's words, asked once a minute."""
    return remembered(f"question-texts:{user.is_active}:{get_language()}", lambda: question_texts(user))


def _authors(people: Mapping[str, str], chosen: str) -> list[Choice]:
    known = dict(people)
    if chosen and chosen not in known:
        known[chosen] = chosen
    ordered = sorted(known.items(), key=lambda item: (item[1] or "").casefold())
    return [Choice(email, name or email, email == chosen) for email, name in ordered]


def _file(account: Account, asked: Asked, wanted: Wanted) -> str:
    """The same rows as CSV, from the API."""
    kinds = asked.kinds or tuple(group for group in GROUPS if group != QUIET)
    query = [("format", "csv"), *(("kind", kind) for kind in kinds), ("author", asked.author), ("q", asked.text)]
    query += [("from", "" if wanted.first == date.min else wanted.first.isoformat())]
    query += [("to", "" if wanted.last == date.max else (wanted.last + timedelta(days=1)).isoformat())]
    return f"{PREFIX}{quote(account.external_id, safe='')}/timeline/?{urlencode([(name, value) for name, value in query if value])}"
