"""The news of the first page as it is read: names of the kinds and one sentence for each piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from csm_portal.portal import words
from csm_portal.portal.today.changes import Change, Group
from csm_portal.portal.today.policy import SHOWN_NARROW
from csm_portal.portal.today.visits import Since
from csm_portal.portal.today.windows import KEYS
from health.types import Level

# Characters of a note that fit into a line of news.
NOTE_SHOWN = 120
ICONS = {
    "renewal_window": "calendar-due",
    "invoice_late": "credit-card-off",
    "band_changed": "heartbeat",
    "level_fell": "trending-down",
    "ticket_burst": "ticket",
    "review_due": "users",
    "rating_due": "star",
    "mentioned": "message-circle",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of news, ready to be placed."""

    name: str
    href: str
    what: str
    more: str
    day: date | None
    when: str
    mrr: str
    renewal: str
    late: bool
    good: bool
    is_new: bool
    band_from: tuple[str, str] | None = None
    band_to: tuple[str, str] | None = None
    later: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """The news of one kind with its counts."""

    kind: str
    icon: str
    title: str
    count: str
    lines: list[Line]

    @property
    def href(self) -> str:
        """The page where all of the kind is worked off; empty where it is the accounts' own."""
        return reverse("portal:ratings") if self.kind == "rating_due" else ""

    @property
    def later(self) -> bool:
        """Nothing of it stands at once on a narrow screen."""
        return all(one.later for one in self.lines)


def narrowed(sections: Sequence[Section], room: int = SHOWN_NARROW) -> list[Section]:
    """The sections with the lines past `room` marked: a narrow screen shows them when asked."""
    made = []
    for one in sections:
        lines = [replace(line, later=place >= room) for place, line in enumerate(one.lines)]
        made.append(replace(one, lines=lines))
        room -= len(lines)
    return made


def section(group: Group, today: date, *, waiting: bool = False) -> Section:
    """A group in words; `waiting`: it shows what was open before."""
    return Section(
        group.kind, ICONS[group.kind], title_of(group.kind), count_of(group, waiting=waiting), [line(item, today) for item in group.items]
    )


def title_of(kind: str) -> str:
    """Name of a kind of news."""
    return {
        "renewal_window": _("Renewal nearer"),
        "invoice_late": _("Invoice late"),
        "band_changed": _("Band changed"),
        "level_fell": _("Level fell"),
        "ticket_burst": _("Ticket burst"),
        "review_due": _("QBR due"),
        "rating_due": _("Rating due"),
        "mentioned": _("Mentions"),
    }[kind]


def count_of(group: Group, *, waiting: bool = False) -> str:
    """How many there are: news, or with `waiting` those open from before."""
    return words.number(group.n_before if waiting else group.n_new)


def heading(since: Since) -> str:
    """From when on the news count."""
    day = words.day(since.day)
    if since.first:
        return _("Your first visit: the last 7 days")
    if since.shortened:
        return _("Your last visit is longer ago: shown since %(day)s") % {"day": day}
    return _("Since your last visit, %(day)s") % {"day": day}


def line(item: Change, today: date) -> Line:
    """One piece of news in words."""
    what, more = WHAT[item.kind](item, today)
    bands = [(item.facts[side], words.band(item.facts[side])) for side in ("from", "to")] if item.kind == "band_changed" else [None, None]
    never = item.kind == "rating_due" and item.facts["rated_on"] is None
    return Line(
        name=item.name,
        href=item.href,
        what=what,
        more=more,
        day=None if never else item.day,
        when="" if never else when(item.day, today),
        mrr=words.money(item.mrr, item.currency),
        renewal=words.until(item.renewal_on, today) if item.renewal_on else "",
        late=item.renewal_on is not None and item.renewal_on < today,
        good=item.good,
        is_new=item.is_new,
        band_from=bands[0],
        band_to=bands[1],
    )


def when(day: date | None, today: date) -> str:
    """How far a day lies from today, in either direction; empty where it is unknown."""
    if day is None:
        return ""
    return words.ago(day, today) if day <= today else words.until(day, today)


def _renewal(item: Change, today: date) -> tuple[str, str]:
    decision = date.fromisoformat(item.facts["decision_on"])
    key = KEYS[item.facts["window"]]
    dates = words.day(decision)
    return {
        "overdue": _("decision date passed"),
        "soon": _("decision within 30 days"),
        "next": _("decision within 60 days"),
        "window": _("decision within 90 days"),
    }[key], dates


def _invoice(item: Change, today: date) -> tuple[str, str]:
    facts = item.facts
    amount = words.money(Decimal(facts["amount"]), facts["currency"])
    days = int(facts["overdue_days"] or 0)
    if facts["failed"]:
        tries = max(1, int(facts["attempts"]))
        text = ngettext("payment of %(amount)s failed", "payment of %(amount)s failed %(n)d times", tries) % {"amount": amount, "n": tries}
    else:
        text = ngettext("%(amount)s overdue for %(n)d day", "%(amount)s overdue for %(n)d days", days) % {"amount": amount, "n": days}
    others = int(facts["bills"]) - 1
    return text, ngettext("and %(n)d more invoice", "and %(n)d more invoices", others) % {"n": others} if others else ""


def _band(item: Change, today: date) -> tuple[str, str]:
    return _("%(before)s to %(now)s") % {"before": words.band(item.facts["from"]), "now": words.band(item.facts["to"])}, item.reason


def _level(item: Change, today: date) -> tuple[str, str]:
    named = {side: words.level(Level(item.facts[side]).word) for side in ("from", "to")}
    return _("usually %(before)s, now %(now)s") % {"before": named["from"], "now": named["to"]}, _("median of the last 5 open days")


def _tickets(item: Change, today: date) -> tuple[str, str]:
    return _("%(n)d tickets in 3 days") % {"n": int(item.facts["tickets"])}, ""


def _review(item: Change, today: date) -> tuple[str, str]:
    planned = date.fromisoformat(item.facts["planned_on"])
    if planned < today:
        return _("planned %(day)s, not held") % {"day": words.day(planned)}, ""
    return _("planned %(day)s") % {"day": words.day(planned)}, ""


def _rating(item: Change, today: date) -> tuple[str, str]:
    rated, planned = item.facts["rated_on"], item.facts["planned_on"]
    last = _("last rated %(day)s") % {"day": words.day(date.fromisoformat(rated))} if rated else ""
    if rated is None:
        return _("never rated"), ""
    if planned:
        return _("to be renewed before the QBR on %(day)s") % {"day": words.day(date.fromisoformat(planned))}, last
    if not item.facts["expired"]:
        never = int(item.facts["never"])
        return ngettext("%(n)d question not answered yet", "%(n)d questions not answered yet", never) % {"n": never}, last
    return pgettext("rating", "expired"), last


def _mentioned(item: Change, today: date) -> tuple[str, str]:
    others = int(item.facts["notes"]) - 1
    text = _("%(name)s: %(text)s") % {"name": item.facts["by"], "text": Truncator(" ".join(item.facts["text"].split())).chars(NOTE_SHOWN)}
    return text, ngettext("and %(n)d more note", "and %(n)d more notes", others) % {"n": others} if others else ""


WHAT: Mapping[str, Callable[[Change, date], tuple[str, str]]] = {
    "renewal_window": _renewal,
    "invoice_late": _invoice,
    "band_changed": _band,
    "level_fell": _level,
    "ticket_burst": _tickets,
    "review_due": _review,
    "rating_due": _rating,
    "mentioned": _mentioned,
}
