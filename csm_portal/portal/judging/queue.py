"""The queue of accounts to be rated in words: why each is due, how late, and how the books stand."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.types import Role
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.web import remembered_of
from health.judging import rating_queue
from health.judging.rating_queue import NOBODY, VERY_LATE_DAYS, DueAccount, Rule, Standing, Wanted

if TYPE_CHECKING:
    from accounts.models import User

T = TypeVar("T")
PAGE = 50
OVERDUE, VERY_LATE = "overdue", "late"
LATE = {OVERDUE: 0, VERY_LATE: VERY_LATE_DAYS + 1}
# A large book takes a fifth of a second to go through: whoever reads the books of others sees it up to a minute old, but their own acts


@dataclass(frozen=True)
class Line:
    """One account of the queue."""

    name: str
    href: str
    account_href: str
    owner: str
    why: str
    since: str
    due_on: date
    overdue: bool
    very_late: bool
    rated: str
    band: str
    band_word: str
    mrr: str
    renewal: str
    renewal_late: bool


@dataclass(frozen=True)
class Tile:
    """One count at the head, with the filter that shows its accounts; `now` stands while it is on."""

    key: str
    name: str
    value: str
    note: str
    href: str = ""
    now: bool = False
    urgent: bool = False


@dataclass(frozen=True)
class Asked:
    """What the address asks for: an owner's e-mail, NOBODY or empty, and which part of the queue."""

    owner: str
    part: str
    page: int

    @property
    def wanted(self) -> Wanted:
        """As the rule reads it."""
        return Wanted(self.owner, LATE.get(self.part))

    def query(self, **changed: str) -> str:
        """The address with some of it changed, `?` included; empty where nothing is asked."""
        parts = {"owner": self.owner, "part": self.part, **changed}
        kept = {name: value for name, value in parts.items() if value}
        return f"?{urlencode(kept)}" if kept else ""


def asked_in(data: QueryDict) -> Asked:
    """Owner, part and page of an address; what makes no sense is left out."""
    part, page, owner = data.get("part", ""), data.get("page", "1"), data.get("owner", "")
    number = int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 10_000 else 1
    return Asked("" if "\0" in owner else owner, part if part in LATE else "", number)


def lines(user: User, asked: Asked, today: date, rule: Callable[[], Rule]) -> tuple[list[Line], int]:
    """One page of the queue and how many accounts it has in all."""
    offset = (asked.page - 1) * PAGE
    rows, total = fresh(
        user,
        f"page:{today}:{asked.owner}:{asked.part}:{offset}",
        lambda: rating_queue.due_accounts(user, today, asked.wanted, limit=PAGE, offset=offset, rule=rule()),
    )
    return [line(row, asked, today) for row in rows], total


def standings(user: User, today: date, rule: Callable[[], Rule]) -> list[Standing]:
    """How every visible book stands."""
    return fresh(user, f"books:{today}", lambda: rating_queue.standings(user, today, rule()))


def rule_of(today: date) -> Callable[[], Rule]:
    """The rule of a day, read when it is first asked for and once."""
    return functools.cache(lambda: rating_queue.asking(today))


def line(row: DueAccount, asked: Asked, today: date) -> Line:
    """One account in words."""

    late = row.days_late(today)
    return Line(
        name=row.name,
        href=turn_address(row.external_id, asked),
        account_href=account_address(row.external_id),
        owner=row.owner or _("no owner"),
        why=why(row),
        since=words.ago(row.due_on, today),
        due_on=row.due_on,
        overdue=row.overdue,
        very_late=row.overdue and late > VERY_LATE_DAYS,
        rated=words.ago(row.rated_on, today),
        band=row.band,
        band_word=words.band(row.band),
        mrr=words.money(row.mrr, row.currency),
        renewal=words.until(row.renewal_on, today) if row.renewal_on else "",
        renewal_late=row.renewal_on is not None and row.renewal_on < today,
    )


def why(row: DueAccount) -> str:
    """Why it is to be rated."""
    if row.never == row.questions:
        return _("never rated")
    parts = []
    if row.expired == row.questions:
        parts.append(_("every answer expired"))
    elif row.expired:
        parts.append(ngettext("%(n)d answer expired", "%(n)d answers expired", row.expired) % {"n": row.expired})
    if row.never:
        parts.append(ngettext("%(n)d question never answered", "%(n)d questions never answered", row.never) % {"n": row.never})
    if row.planned_on is not None:
        parts.append(_("QBR on %(day)s") % {"day": words.short_day(row.planned_on)})
    return ", ".join(parts)


def turn_address(external_id: str = "", asked: Asked | None = None, **more: str) -> str:
    """The screen that rates one account after another, at this one."""
    parts = {"account": external_id, "owner": asked.owner if asked else "", "part": asked.part if asked else "", **more}
    kept = {name: value for name, value in parts.items() if value}
    return f"{reverse('portal:rating-turn')}{'?' if kept else ''}{urlencode(kept)}"


def tiles(whole: Standing, asked: Asked) -> list[Tile]:
    """The counts at the head."""
    home = reverse("portal:ratings")
    share = whole.rated / whole.accounts if whole.accounts else None
    of = _("of %(n)s paying accounts") % {"n": words.number(whole.accounts)}
    overdue_note = _("an answer expired or missing")
    late_note = ngettext("the manager is told after %(n)d day", "the manager is told after %(n)d days", VERY_LATE_DAYS) % {
        "n": VERY_LATE_DAYS
    }
    age = _("last answer %(n)s days old on average") % {"n": words.number(whole.age)} if whole.age is not None else _("never rated")
    return [
        Tile("rating_queue", pgettext("rating", "Due"), words.number(whole.due), of, home + asked.query(part=""), not asked.part),
        Tile(
            "rating_overdue",
            pgettext("rating", "Overdue"),
            words.number(whole.overdue),
            overdue_note,
            home + asked.query(part=OVERDUE),
            asked.part == OVERDUE,
        ),
        Tile(
            "rating_very_late",
            _("More than 30 days late"),
            words.number(whole.very_late),
            late_note,
            home + asked.query(part=VERY_LATE),
            asked.part == VERY_LATE,
            urgent=whole.very_late > 0,
        ),
        Tile("rating_done", _("Rated today"), words.number(whole.done), _("by anybody who sees the account")),
        Tile("ratings", pgettext("rating", "Coverage"), words.percent(share), age),
    ]


def owners_in(rows: list[Standing], asked: Asked) -> list[tuple[str, str, bool]]:
    """What the owner filter offers: value, name, whether it is chosen."""
    found = [(row.owner_email or NOBODY, row.owner or _("no owner"), (row.owner_email or NOBODY) == asked.owner) for row in rows]
    return [("", _("everybody"), not asked.owner), *found]


def fresh(user: User, name: str, compute: Callable[[], T]) -> T:
    """What `compute` says: at once for a CSM, remembered for those who read the books of others, until they act themselves."""
    if user.role == Role.CSM:
        return compute()
    return remembered_of(user, f"rating-queue:{name}", compute)
