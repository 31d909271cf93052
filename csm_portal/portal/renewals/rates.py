"""Renewal rates as their page shows them: all dues per period with a chart, and the whole span by a cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cuts import ALL
from accounts.cuts import BY as EVERY_BY
from accounts.models import User
from churn import renewal_rates
from churn.as_of import Basis
from churn.renewal_rates import Renewed
from csm_portal.lib.periods import ONE_DAY
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.renewals import said
from csm_portal.portal.renewals.asked import BY
from csm_portal.portal.renewals.choices import NOBODY
from csm_portal.portal.renewals.reads import rate_rows

if TYPE_CHECKING:
    from csm_portal.portal.renewals.period import Choice

PLACES, SHARE_PLACES = 1, 6
RATES = ("rate_count", "rate_gross", "rate_net")


@dataclass(frozen=True)
class Count:
    """A number of dues and the list behind it; without a list where the cut cannot be filtered by."""

    text: str
    href: str


@dataclass(frozen=True)
class Line:
    """One period or group, in words. `notes`: what is provisional or left out."""

    name: str
    due: Count
    renewed: Count
    lost: Count
    open: Count
    by_count: str
    interval: str
    gross: str
    net: str
    due_amount: str
    renewed_amount: str
    provisional: bool
    notes: str


@dataclass(frozen=True)
class Rates:
    """The page: lines per period, lines by group of the whole span, and the sum of the span."""

    periods: list[Line]
    groups: list[Line]
    whole: Line
    figure: dict[str, Any]
    text: str
    version: int | None
    stamps: list[tuple[date, date, str]]


def rates_page(user: User, choice: Choice, basis: Basis) -> Rates:
    """The rates that the address asks for, in four queries at most."""
    rows, span = rate_rows(user, choice, basis)
    names = people_named(user, choice.by, [row.group for row in span])
    whole = total(rows, span, basis)
    by = choice.by if choice.by in BY else ""
    return Rates(
        periods=[line_of(row, period_name(choice.grain, row.first), choice) for row in rows],
        groups=[line_of(row, group_name(choice.by, row.group, names), choice, by=by) for row in _by_weight(span)],
        whole=line_of(whole, _("All together"), choice),
        figure=figure(rows, choice.grain),
        text=_("Renewal rate by count, gross and net amount, %(n)d periods") % {"n": len(rows)},
        version=basis.version,
        stamps=[(row.first, row.after, period_name(choice.grain, row.first)) for row in rows],
    )


def total(rows: Sequence[Renewed], span: Sequence[Renewed], basis: Basis) -> Renewed:
    """The periods added up; an account with several groups would count twice in the groups."""
    first, after = (rows[0].first, rows[-1].after) if rows else (span[0].first, span[0].after) if span else (basis.as_of, basis.as_of)
    renewed, lost = (sum(getattr(row, name) for row in rows) for name in ("renewed", "lost"))
    due_amount, renewed_amount, kept_amount, open_amount = (
        sum((getattr(row, name) for row in rows), Decimal(0)) for name in ("due_amount", "renewed_amount", "kept_amount", "open_amount")
    )
    return Renewed(
        period="",
        first=first,
        after=after,
        group=ALL,
        due=sum(row.due for row in rows),
        renewed=renewed,
        lost=lost,
        open=sum(row.open for row in rows),
        rate_count=Decimal(renewed) / (renewed + lost) if renewed + lost else None,
        rate_gross=kept_amount / due_amount if due_amount else None,
        rate_net=renewed_amount / due_amount if due_amount else None,
        due_amount=due_amount,
        renewed_amount=renewed_amount,
        kept_amount=kept_amount,
        open_amount=open_amount,
        without_rate=sum(row.without_rate for row in rows),
        provisional=any(row.provisional for row in rows),
        as_of=basis.as_of,
        version=basis.version,
    )


def line_of(row: Renewed, name: str, choice: Choice, *, by: str = "") -> Line:
    """One row in words; `by` names the cut where its group narrows the list behind the numbers."""
    low, high = row.estimate.low, row.estimate.high
    linked = row.group == ALL or (by and (row.group is not None or by in ("csm", "team")))
    group = (by, NOBODY if row.group is None else row.group) if by and row.group != ALL else None
    on = min(row.after - ONE_DAY, row.as_of)

    def count(n: int, state: str) -> Count:
        href = f"{reverse('portal:renewals')}?{choice.dues(row.first, row.after, state=state, group=group, on=on)}"
        return Count(words.number(n), href if linked and n else "")

    notes = []
    if row.without_rate:
        notes.append(ngettext("%(n)d without exchange rate", "%(n)d without exchange rate", row.without_rate) % {"n": row.without_rate})
    if row.open_amount:
        notes.append(_("%(amount)s open") % {"amount": _money(row.open_amount)})
    return Line(
        name=name,
        due=count(row.due, "all"),
        renewed=count(row.renewed, "renewed"),
        lost=count(row.lost, "lost"),
        open=count(row.open, "open"),
        by_count=words.percent(row.rate_count, PLACES),
        interval="" if low is None or high is None else f"{words.percent(low)}–{words.percent(high)}",
        gross=words.percent(row.rate_gross, PLACES),
        net=words.percent(row.rate_net, PLACES),
        due_amount=_money(row.due_amount),
        renewed_amount=_money(row.renewed_amount),
        provisional=row.provisional,
        notes=" · ".join(notes),
    )


def figure(rows: Sequence[Renewed], grain: str) -> dict[str, Any]:
    """The three rates per period; the point of a running period is hollow."""
    lines = {"rate_count": ("logo", _("by count"), "solid"), "rate_gross": ("machine", _("gross amount"), "dash")}
    lines["rate_net"] = ("revenue", _("net amount"), "dot")
    stamps = [period_name(grain, row.first) for row in rows]
    symbols = ["circle-open" if row.provisional else "circle" for row in rows]
    top = max([float(rate) for row in rows for name in RATES if (rate := getattr(row, name)) is not None], default=1.0)
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": label,
            "x": stamps,
            "y": [None if (rate := getattr(row, name)) is None else float(rate) for row in rows],
            "line": {"width": 2.5 if name == "rate_count" else 1.75, "dash": dash},
            "marker": {"symbol": symbols, "size": 7},
            "meta": {"role": role},
            "hovertemplate": "%{y:.1%}",
            "connectgaps": False,
        }
        for name, (role, label, dash) in lines.items()
    ]
    layout = {
        "margin": {"l": 44, "r": 12, "t": 8, "b": 28},
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.04, "xanchor": "left", "yanchor": "bottom"},
        "xaxis": {"type": "category", "showgrid": False, "fixedrange": True, "nticks": 12, "tickangle": 0},
        "yaxis": {"fixedrange": True, "tickformat": ".0%", "range": [0, max(1.06, top * 1.06)]},
    }
    return {"data": data, "layout": layout}


def period_name(grain: str, first: date) -> str:
    """A month or quarter as people write it."""
    if grain != "quarter":
        return words.month(first)
    number = (first.month - 1) // 3 + 1
    return _("Q%(number)d %(year)d") % {"number": number, "year": first.year}


def group_name(by: str, group: str | None, names: dict[str, str]) -> str:
    """A group as people call it; the nameless one says what is missing."""
    if group is None:
        return _("nobody") if by in ("csm", "team") else _("not known")
    return _("All together") if group == ALL else names.get(group) or words.readable(group)


def people_named(user: User, by: str, groups: Iterable[str | None]) -> dict[str, str]:
    """Names of the owners by e-mail; one query, none for another cut."""
    wanted = [group for group in groups if group] if by == "csm" else []
    return {one.email: one.get_full_name() for one in User.objects.visible_to(user).filter(email__in=wanted)} if wanted else {}


def cuts() -> list[tuple[str, str]]:
    """The cuts on offer with their names."""
    return [(name, str(said.CUTS[name])) for name in EVERY_BY]


def file_lines(user: User, choice: Choice, basis: Basis) -> Iterator[list[Cell]]:
    """The same as a file: every period by the cut, shares as shares; amounts in the reporting currency."""
    money = {"currency": settings.REPORTING_CURRENCY}
    yield [
        _("Period"),
        str(said.CUTS[choice.by]),
        _("Due"),
        _("Renewed"),
        _("Lost"),
        _("Open"),
        _("Rate by count"),
        _("Interval from"),
        _("Interval to"),
        _("Gross rate"),
        _("Net rate"),
        _("Due, %(currency)s a month") % money,
        _("Renewed, %(currency)s a month") % money,
        _("Open, %(currency)s a month") % money,
        _("Without exchange rate"),
        _("Provisional"),
        _("As of"),
        _("Version"),
    ]
    for row in renewal_rates.rates(user, choice.grain, choice.first, choice.after, choice.by, choice.cuts, basis=basis):
        yield [
            row.period,
            row.group,
            row.due,
            row.renewed,
            row.lost,
            row.open,
            _share(row.rate_count),
            _share(row.estimate.low),
            _share(row.estimate.high),
            _share(row.rate_gross),
            _share(row.rate_net),
            row.due_amount,
            row.renewed_amount,
            row.open_amount,
            row.without_rate,
            _("yes") if row.provisional else _("no"),
            row.as_of,
            row.version,
        ]


def _by_weight(rows: Sequence[Renewed]) -> list[Renewed]:
    """The largest amounts first, those of nobody last."""
    return sorted(rows, key=lambda row: (row.group is None, -(row.due_amount + row.open_amount), str(row.group)))


def _share(rate: Decimal | float | None) -> float | None:
    return None if rate is None else round(float(rate), SHARE_PLACES)


def _money(amount: Decimal) -> str:
    return words.money(amount, str(settings.REPORTING_CURRENCY))
