"""The north star over the book: who crossed it, how long after going live, and how both groups renewed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from churn.survival import Curve, curve
from csm_portal.lib.estimates import Share, difference_p, share
from csm_portal.lib.versions import version_on
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.value import star_sql as sql
from csm_portal.portal.value.asked import PAGE_SIZE, Asked
from csm_portal.portal.value.marked import Marked
from csm_portal.portal.value.outcomes import Pick
from csm_portal.web import Page, reader, remembered, remembered_of
from health.books import visible_book
from health.definitions import NorthStarVersion
from health.versions import north_star_versions

if TYPE_CHECKING:
    from accounts.models import User
    from csm_portal.lib.sheets import Cell

SHOWS = tuple(sql.CONDITIONS)
# The window of the owner's work: the first 90 days after going live, where the definition sets no deadline.
WINDOW_DAYS = 90
CURVE_STEP, CURVE_LAST = 30, 720
SHORT = 180
SURE = 0.05


@dataclass(frozen=True)
class Group:
    """One group's closed renewals: its share with the interval, in words."""

    name: str
    n: str
    rate: str
    interval: str
    bar: float


@dataclass(frozen=True)
class Line(Marked):
    """One account: `days` after going live."""

    name: str
    href: str
    owner: str
    mrr: str
    live: str
    reached: str
    share: str
    bar: float
    crossed: str
    days: str
    late: bool
    usage: str
    usage_icon: str
    outcome: str
    outcome_word: str
    renewal: str


@dataclass(frozen=True)
class Stars:
    """What the tab places. `verdict` compares the groups in a sentence."""

    what: str
    threshold: str
    window: str
    version: int
    picks: list[Pick]
    groups: list[Group]
    verdict: str
    curve: list[tuple[str, str, str, int]]
    figure: dict[str, Any]
    lines: list[Line]
    page: Page


def in_force(day: date) -> NorthStarVersion | None:
    """The north star of the day; None: the product has none. Remembered for a minute."""
    found: list[NorthStarVersion] = remembered("north-stars", lambda: list(north_star_versions()))
    return version_on(found, day)


def stars(user: User, asked: Asked, version: NorthStarVersion, as_of: date) -> Stars:
    """Counts, both groups' renewals, the curve and one page of the list; four queries."""
    found = _Reader(user, asked, version, as_of)
    # These look at the whole book or at years of renewals and hardly change: a minute old they are still true.
    name = f"{reader(user)}:{as_of}:{version.version}:{quote(asked.csm)}"
    (counts,) = remembered_of(user, f"star-counts:{name}", lambda: found.rows(sql.COUNTS))
    numbers = dict(zip(SHOWS, counts, strict=True))
    groups, verdict = _groups(remembered(f"star-renewed:{name}", lambda: found.rows(sql.RENEWED)))
    spells = remembered(f"star-spells:{name}", lambda: found.rows(sql.SPELLS))
    crossings = curve(None, [(days, crossed, n) for days, crossed, n in spells])
    rows = found.rows(sql.LISTED, limit=PAGE_SIZE, start=asked.start)
    table = _table(crossings)
    return Stars(
        what=f"{words.readable(version.rules.action)} · {measure(version.rules.measure)}",
        threshold=words.number(version.rules.threshold),
        window=_window(version),
        version=version.version,
        picks=[_pick(key, numbers, asked, found.window) for key in SHOWS],
        groups=groups,
        verdict=verdict,
        curve=[
            (
                ngettext("%(n)d day", "%(n)d days", day) % {"n": day},
                words.percent(part),
                f"{words.percent(low)} – {words.percent(high)}" if low is not None else words.UNKNOWN,
                at_risk,
            )
            for day, part, low, high, at_risk in table
        ],
        figure=_figure(table, found.window),
        lines=[_line(row, version, found.window) for row in rows],
        page=Page(asked.page, numbers[asked.show], PAGE_SIZE),
    )


def files(user: User, asked: Asked, version: NorthStarVersion, as_of: date) -> Iterator[list[Cell]]:
    """The list as a file: the head, then every account of it."""
    yield [
        _("Account id"), _("Account"), _("Owner"), _("MRR (%(currency)s)") % {"currency": settings.REPORTING_CURRENCY}, _("Live since"),
        _("North star"), _("North star crossed on"), _("Days after going live"), _("Monthly active"), _("Outcome"), _("Renewal"),
    ]  # fmt: skip
    for row in _Reader(user, asked, version, as_of).rows(sql.LISTED, limit=None, start=0):
        *facts, status, renewal = row
        yield [*facts, status or "none", renewal]


class _Reader:
    """Statements of one question: the same book, owner, threshold and window."""

    def __init__(self, user: User, asked: Asked, version: NorthStarVersion, as_of: date) -> None:
        self.book, params = visible_book(user)
        self.owner, own = asked.owner_sql
        self.condition = sql.CONDITIONS[asked.show]
        self.window = version.rules.within_days or WINDOW_DAYS
        fixed = {"as_of": as_of, "window": self.window, "threshold": version.rules.threshold, "since": version.effective_from}
        self.params: dict[str, Any] = {**params, **own, **fixed}

    def rows(self, template: str, **more: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            text = template.format(book=self.book, owner=self.owner, condition=self.condition)
            cursor.execute(text, {**self.params, **more})
            return list(cursor.fetchall())


def names(window: int) -> dict[str, str]:
    """What the lists are called."""
    return {
        "near": _("Nearly there"),
        "not_crossed": _("Not crossed"),
        "in_time": ngettext("Crossed within %(n)d day", "Crossed within %(n)d days", window) % {"n": window},
        "late": _("Crossed later"),
        "no_start": _("Crossed, go-live unknown"),
        "crossed": _("Crossed"),
        "all": _("All paying"),
    }


def measure(name: str) -> str:
    """What is added up."""
    return {
        "count": pgettext("north star", "count"),
        "quantity": pgettext("north star", "quantity"),
        "value": pgettext("north star", "value"),
    }.get(name, name)


def _window(version: NorthStarVersion) -> str:
    if version.rules.within_days:
        n = version.rules.within_days
        return ngettext("to be crossed within %(n)d day of going live", "to be crossed within %(n)d days of going live", n) % {"n": n}
    return _("no deadline; the first 90 days after going live are its owner's window, and a late crossing counts too")


def _pick(key: str, numbers: dict[str, int], asked: Asked, window: int) -> Pick:
    notes = {
        "near": _("80% of the way and more"),
        "late": _("it still counts"),
        "no_start": _("no go-live day on file"),
    }
    whole = numbers["all"]
    part = words.percent(Decimal(numbers[key]) / whole) if whole and key != "all" else ""
    return Pick(key, names(window)[key], numbers[key], asked.picked(key), key == asked.show, part, notes.get(key, ""))


def _groups(rows: list[tuple[Any, ...]]) -> tuple[list[Group], str]:
    """Renewals of those who had crossed 90 days before, of these late ones apart, and of those who had not."""

    def of(crossed: bool, *, late: bool = False) -> Share:
        mine = [row for row in rows if row[0] is crossed and (not late or row[1])]
        return share(sum(row[3] for row in mine), sum(row[2] for row in mine))

    yes, no, late = of(True), of(False), of(True, late=True)
    groups = [_group(_("Crossed 90 days before the due date"), yes), _group(_("of these crossed late"), late), _group(_("Not crossed"), no)]
    if not yes.n or not no.n or yes.value is None or no.value is None:
        return groups, _("One of the groups has no closed renewal yet, so they cannot be compared.")
    p = difference_p(yes.hits, yes.n, no.hits, no.n)
    points = words.signed(100 * (yes.value - no.value), 0)
    if p is None or p > SURE:
        return groups, _("%(points)s points between the groups: no more than chance may do. Do not call it a leading sign.") % {
            "points": points
        }
    if yes.value > no.value:
        return groups, _("Who had crossed renewed more often by %(points)s points; more than chance.") % {"points": points}
    return groups, _("Who had crossed renewed less often (%(points)s points): this threshold does not show value.") % {"points": points}


def _group(name: str, found: Share) -> Group:
    interval = f"{words.percent(found.low)} – {words.percent(found.high)}" if found.n else words.UNKNOWN
    told = _("%(n)d of %(of)d") % {"n": found.hits, "of": found.n} if found.n else _("none closed yet")
    return Group(name, told, words.percent(found.value), interval, 100 * found.value if found.value is not None else 0.0)


def _table(crossings: Curve) -> list[tuple[int, float, float | None, float | None, int]]:
    """Share crossed by every 30th day after going live, as far as 20 accounts are still observed; the band turns over with the curve."""
    made = []
    for day in range(0, CURVE_LAST + 1, CURVE_STEP):
        point = crossings.at(day)
        if point is None:
            break
        low, high = (None, None) if point.low is None or point.high is None else (1 - point.high, 1 - point.low)
        made.append((day, 1 - point.kept, low, high, point.at_risk))
    return made


def _figure(table: list[tuple[int, float, float | None, float | None, int]], window: int) -> dict[str, Any]:
    days = [row[0] for row in table]
    line = {
        "type": "scatter", "mode": "lines", "x": days, "y": [row[1] for row in table], "name": _("Share that has crossed"),
        "line": {"width": 2, "shape": "hv"}, "meta": {"role": "revenue"}, "hovertemplate": "%{x}: %{y:.0%}",
    }  # fmt: skip
    edge = {
        "type": "line", "x0": window, "x1": window, "xref": "x", "y0": 0, "y1": 1, "yref": "paper", "line": {"width": 1, "dash": "dot"},
    }  # fmt: skip
    axis = {"fixedrange": True}
    return {
        "data": [line],
        "layout": {
            "margin": {"l": 40, "r": 8, "t": 8, "b": 32}, "showlegend": False, "shapes": [edge] if days and window <= days[-1] else [],
            "xaxis": {**axis, "title": {"text": _("Days after going live")}, "showgrid": False, "dtick": 90 if days[-1:] > [SHORT] else 30},
            "yaxis": {**axis, "range": [0, 1.02], "tickformat": ".0%"},
        },
    }  # fmt: skip


def _line(row: tuple[Any, ...], version: NorthStarVersion, window: int) -> Line:
    external_id, name, owner, mrr, live, reached, crossed, days, active, status, renewal = row
    usage, icon = {True: (_("active"), "circle-check"), False: (_("not active"), "circle-minus"), None: (_("unknown"), "help")}[active]
    part = reached / version.rules.threshold if reached is not None else None
    return Line(
        name=name,
        href=account_address(external_id) + "#wants",
        owner=owner or _("no owner"),
        mrr=words.money(mrr, settings.REPORTING_CURRENCY),
        live=words.day(live) if live else _("unknown"),
        reached=words.number(reached),
        share=_("reached") if crossed else words.percent(part),
        bar=float(min(Decimal(100), 100 * part)) if part is not None else 0.0,
        crossed=words.day(crossed) if crossed else "",
        days=_after(days),
        late=days is not None and days > window,
        usage=usage,
        usage_icon=icon,
        outcome=status or "none",
        outcome_word=words.outcome(status),
        renewal=words.day(renewal) if renewal else "",
    )


def _after(days: int | None) -> str:
    if days is None:
        return ""
    if days < 0:
        return _("before going live")
    return ngettext("%(n)d day after going live", "%(n)d days after going live", days) % {"n": days}
