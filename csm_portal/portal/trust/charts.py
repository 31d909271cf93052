"""The headline chart of the page: who was active before, and who renewed, per month of the due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from csm_portal.portal import words

if TYPE_CHECKING:
    from churn.k import Relation
    from health.lab.restated_rates import BothRates

Json = dict[str, Any]


def active_and_renewed(stamps: Sequence[str], found: Sequence[Relation | None]) -> Json:
    """Active share three months before and renewal rate with its interval, per month; months without a known due are gaps."""
    rates = [one.rate if one else None for one in found]
    counts = [_("n = %(n)s") % {"n": words.number(one.n)} if one else "" for one in found]
    active = _line(stamps, [one.active if one else None for one in found], "seat", _("Active three months before"))
    renewed = _line(stamps, [rate.value if rate else None for rate in rates], "revenue", _("Renewal rate"))
    active["line"] = {"dash": "dot", "width": 2}
    renewed |= {"text": counts, "hovertemplate": "%{y:.0%} · %{text}"}
    # Lines and no band: a band would bridge the months of which nothing is known.
    intervals = [_interval(stamp, rate.low, rate.high) for stamp, rate in zip(stamps, rates, strict=True) if rate]
    return {"data": [active, renewed], "layout": _layout(stamps) | {"shapes": intervals}}


def both_rates(rows: Sequence[BothRates]) -> Json:
    """Monthly active rate as it was and recomputed; months not recomputed are gaps."""
    stamps = [words.month(row.month) for row in rows]
    was = _line(stamps, [row.rate for row in rows], "seat", _("As it was"))
    now = _line(stamps, [row.rate_recomputed for row in rows], "revenue", _("Recomputed with today's definition"))
    now["line"] = {"dash": "dot", "width": 2}
    return {"data": [was, now], "layout": _layout(stamps)}


def _interval(stamp: str, low: float | None, high: float | None) -> Json:
    ends = {"x0": stamp, "x1": stamp, "xref": "x", "y0": low, "y1": high, "yref": "y"}
    return {"type": "line", "name": "revenue", "opacity": 0.35, "layer": "below", "line": {"width": 4}, **ends}


def _line(stamps: Sequence[str], values: Sequence[float | None], role: str, name: str) -> Json:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(stamps),
        "y": list(values),
        "name": name,
        "line": {"width": 2},
        "marker": {"size": 6},
        "meta": {"role": role},
        "hovertemplate": "%{y:.0%}",
        "connectgaps": False,
    }


def _layout(stamps: Sequence[str]) -> Json:
    axis = {"fixedrange": True, "nticks": 6}
    return {
        "margin": {"l": 40, "r": 8, "t": 28, "b": 24},
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        "xaxis": {**axis, "type": "category", "showgrid": False, "tickangle": 0, "range": [-0.4, len(stamps) - 0.6]},
        "yaxis": {**axis, "range": [0, 1.02], "tickformat": ".0%"},
    }
