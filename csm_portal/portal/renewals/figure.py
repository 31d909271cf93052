"""The timeline: decision date across, health up, a bubble per due, larger for more revenue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.cases import PACK_OPENS
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.renewals import said
from csm_portal.portal.renewals.policy import AHEAD_DAYS, BEHIND_DAYS

if TYPE_CHECKING:
    from csm_portal.portal.renewals.sums import Mark

Json = dict[str, Any]
# A shape for each band, so that the colour never stands alone.
SYMBOLS = {"red": "triangle-up", "amber": "diamond", "green": "circle", "unknown": "circle-open"}
LARGEST, SMALLEST = 34, 7
# The window in which usage is shared, in days to the decision.
WINDOW = (60, PACK_OPENS + 1)
# Where an unknown score stands: in a lane of its own below the axis.
UNKNOWN_AT = -12


def timeline(marks: Sequence[Mark], today: date, on_page: Mapping[int, str], notes: Sequence[tuple[date, str]] = ()) -> Json:
    """Plotly's data and layout. `on_page` maps a due to its row's anchor; the others lead to their accounts. `notes`: dated remarks."""
    largest = max((float(mark.reporting) for mark in marks if mark.reporting), default=1.0) or 1.0
    unknown = any(mark.score is None for mark in marks)
    data = []
    for band in SYMBOLS:
        own = [mark for mark in marks if (mark.band or "unknown") == band]
        if own:
            data.append(_trace(own, band, today, largest, on_page))
    return {"data": data, "layout": _layout(marks, today, notes, unknown=unknown)}


def text(marks: Sequence[Mark], n_shown: int) -> str:
    """What the picture shows, for those who do not see it, and what it leaves out."""
    n = len(marks)
    drawn = ngettext("%(n)s due by decision date and health", "%(n)s dues by decision date and health", n) % {"n": words.number(n)}
    rest = n_shown - n
    return drawn if not rest else f"{drawn}; " + _("the %(n)s smallest are not drawn") % {"n": words.number(rest)}


def _trace(own: Sequence[Mark], band: str, today: date, largest: float, on_page: Mapping[int, str]) -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": _("%(band)s (%(n)s)") % {"band": said.BANDS[band], "n": words.number(len(own))},
        "meta": {"role": band},
        "x": [max(mark.decision_on, today - timedelta(days=BEHIND_DAYS)).isoformat() for mark in own],
        "y": [UNKNOWN_AT if mark.score is None else float(mark.score) for mark in own],
        "text": [_hover(mark, today) for mark in own],
        "customdata": [on_page.get(mark.id) or account_address(mark.external_id) for mark in own],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": SYMBOLS[band],
            "size": [float(mark.reporting or 0) for mark in own],
            "sizemode": "area",
            "sizeref": 2 * largest / LARGEST**2,
            "sizemin": SMALLEST / 2,
            "opacity": 0.8,
            "line": {"width": 2 if SYMBOLS[band].endswith("open") else 1},
        },
    }


def _hover(mark: Mark, today: date) -> str:
    lines = [
        f"<b>{escape(mark.name)}</b> · {escape(words.readable(mark.product))}",
        _("%(mrr)s a month, health %(score)s") % {"mrr": words.money(mark.due, mark.currency), "score": words.score(mark.score)},
        _("decision %(day)s, %(left)s") % {"day": words.day(mark.decision_on), "left": said.days_left(mark.decision_on, today)},
    ]
    if mark.category:
        lines.append(f"{said.CATEGORIES[mark.category]} · {words.percent(mark.probability)}")
    return "<br>".join(lines)


def _layout(marks: Sequence[Mark], today: date, notes: Sequence[tuple[date, str]], *, unknown: bool) -> Json:
    first = min([today - timedelta(days=8), *(mark.decision_on - timedelta(days=4) for mark in marks)])
    first = max(first, today - timedelta(days=BEHIND_DAYS + 6))
    last = max([today + timedelta(days=AHEAD_DAYS + 5), *(mark.decision_on + timedelta(days=5) for mark in marks)])
    begins, ends = (today + timedelta(days=days) for days in WINDOW)
    shapes: list[Json] = [
        {"type": "rect", "name": "band", "x0": begins.isoformat(), "x1": ends.isoformat(), "y0": 0, "y1": 1, "yref": "paper"}
        | {"opacity": 0.18, "layer": "below", "line": {"width": 0}},
        _down(today, "today", "solid"),
    ]
    labels = [_label(today, _("today"), "left"), _label(begins, _("60–90 days: share usage"), "left")]
    for day, note in notes:
        if first <= day <= last:
            shapes.append(_down(day, "version", "dot"))
            labels.append(_label(day, escape(note), "left") | {"y": 0, "yanchor": "bottom"})
    ticks = [0, 25, 50, 75, 100]
    return {
        "margin": {"l": 40, "r": 12, "t": 8, "b": 28},
        "hovermode": "closest",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "itemsizing": "constant"},
        "shapes": shapes,
        "annotations": labels,
        "xaxis": {"type": "date", "range": [first.isoformat(), last.isoformat()], "showgrid": False, "fixedrange": True, "nticks": 8},
        "yaxis": {
            "title": {"text": _("Health"), "standoff": 4},
            "range": [UNKNOWN_AT - 10 if unknown else -6, 108],
            "tickvals": [UNKNOWN_AT, *ticks] if unknown else ticks,
            "ticktext": [_("unknown"), *map(str, ticks)] if unknown else [str(tick) for tick in ticks],
            "zeroline": False,
            "fixedrange": True,
        },
    }


def _down(day: date, role: str, dash: str) -> Json:
    at = day.isoformat()
    return {"type": "line", "name": role, "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": {"width": 1.5, "dash": dash}}


def _label(day: date, text: str, anchor: str) -> Json:
    place = {"x": day.isoformat(), "xanchor": anchor, "y": 1, "yref": "paper", "yanchor": "top"}
    return {"text": text, "showarrow": False, "font": {"size": 11}, **place}
