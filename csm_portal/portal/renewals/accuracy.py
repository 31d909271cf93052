"""Forecasts against what happened, in words: who foresees well, and what a category is worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.renewal_rates import Accuracy, Hit, forecast_against_actual
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.renewals import said
from csm_portal.portal.renewals.rates import group_name, people_named
from csm_portal.portal.renewals.reads import accuracy_rows

if TYPE_CHECKING:
    from datetime import date

    from accounts.models import User
    from csm_portal.portal.renewals.period import Choice


@dataclass(frozen=True)
class Hits:
    """Renewed of those forecast in a category, with the interval of the share."""

    text: str
    share: str
    says: str


@dataclass(frozen=True)
class Line:
    """One owner (or group) in words."""

    name: str
    decided: str
    forecast: str
    forecast_note: str
    expected: str
    renewed: str
    weighted: str
    told: str
    actual: str
    ratio: str
    way: str
    hits: list[tuple[str, Hits | None]]
    notes: str
    told_any: bool


def lines(user: User, choice: Choice, as_of: date) -> list[Line]:
    """The groups in order, in four queries at most."""
    rows = accuracy_rows(user, choice, as_of)
    names = people_named(user, choice.by, [row.group for row in rows])
    return [_line(row, group_name(choice.by, row.group, names)) for row in rows]


def file_lines(user: User, choice: Choice) -> Iterator[list[Cell]]:
    """The same as a file; amounts in the reporting currency, shares as shares."""
    money = {"currency": settings.REPORTING_CURRENCY}
    categories = [head for word in said.CATEGORIES.values() for head in (str(word), _("%(category)s renewed") % {"category": word})]
    yield [
        str(said.CUTS[choice.by]),
        _("Decided"),
        _("With a forecast"),
        _("Forecast late"),
        _("Renewals expected"),
        _("Renewed"),
        _("Forecast, %(currency)s a month") % money,
        _("Weighted, %(currency)s a month") % money,
        _("Actual, %(currency)s a month") % money,
        _("Without exchange rate"),
        *categories,
        _("As of"),
        _("Version"),
    ]
    for row in forecast_against_actual(user, choice.first, choice.after, choice.by, choice.cuts):
        hits = {hit.category: hit for hit in row.categories}
        counted = [n for key in said.CATEGORIES for n in ((hits[key].forecast, hits[key].renewed) if key in hits else (0, 0))]
        yield [
            row.group,
            row.decided,
            row.forecast,
            row.late,
            row.expected,
            row.renewed,
            row.forecast_amount,
            row.weighted_amount,
            row.actual_amount,
            row.without_rate,
            *counted,
            row.as_of,
            row.version,
        ]


def _line(row: Accuracy, name: str) -> Line:
    note = []
    if row.late:
        note.append(ngettext("%(n)d after the decision day", "%(n)d after the decision day", row.late) % {"n": row.late})
    if row.without_forecast:
        note.append(ngettext("%(n)d without", "%(n)d without", row.without_forecast) % {"n": row.without_forecast})
    ratio = row.weighted_ratio
    hits = {hit.category: hit for hit in row.categories}
    unpriced = row.without_rate
    return Line(
        name=name,
        decided=words.number(row.decided),
        forecast=words.number(row.forecast),
        forecast_note=" · ".join(note),
        expected=words.number(row.expected, 1) if row.forecast else "",
        renewed=words.number(row.renewed) if row.forecast else words.UNKNOWN,
        weighted=_money(row, "weighted_amount"),
        told=_money(row, "forecast_amount"),
        actual=_money(row, "actual_amount"),
        ratio="" if ratio is None else words.percent(ratio),
        way="" if ratio is None else "over" if ratio > 1 else "under" if ratio < 1 else "",
        hits=[(str(word), _hits(hits.get(key))) for key, word in said.CATEGORIES.items()],
        notes=ngettext("%(n)d without exchange rate", "%(n)d without exchange rate", unpriced) % {"n": unpriced} if unpriced else "",
        told_any=row.forecast > 0,
    )


def _hits(hit: Hit | None) -> Hits | None:
    if hit is None or not hit.forecast:
        return None
    found = hit.estimate
    says = "" if found.low is None or found.high is None else f"{words.percent(found.low)}–{words.percent(found.high)}"
    share = words.percent(hit.renewed / hit.forecast)
    return Hits(_("%(renewed)d of %(forecast)d") % {"renewed": hit.renewed, "forecast": hit.forecast}, share, says)


def _money(row: Accuracy, name: str) -> str:
    return words.money(getattr(row, name), str(settings.REPORTING_CURRENCY)) if row.forecast else words.UNKNOWN
