"""The charts of the page: health against the renewal rate per month, and what was expected against what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from csm_portal.portal import words

if TYPE_CHECKING:
    from churn.calibration.tables import Group

Json = dict[str, Any]


def by_month(stamps: Sequence[str], found: Sequence[Group | None]) -> Json:
    """Renewal rate with its interval and the rate that health made expect, as shares; mean health in points on an axis of its own.

    Months without a due are gaps.
    """
    rates = [one.rate if one else None for one in found]
    renewed = _line(stamps, [rate.value if rate else None for rate in rates], "revenue", _("Renewal rate"))
    renewed |= {
        "text": [_("n = %(n)s") % {"n": one.rate.n} if one else "" for one in found],
        "hovertemplate": "%{y:.0%} · %{text}",
    }
    expected = _line(stamps, [one.expected if one else None for one in found], "restated", _("Expected from health 90 days before"))
    expected["line"] = {"dash": "dot", "width": 2}
    health = _line(stamps, [_points(one.score) if one else None for one in found], "score", _("Health 90 days before, points"))
    health |= {"line": {"dash": "dash", "width": 1}, "marker": {"size": 4}, "yaxis": "y2", "hovertemplate": "%{y:.0f}"}
    bars = [_bar(stamp, rate.low, rate.high) for stamp, rate in zip(stamps, rates, strict=True) if rate and rate.n]
    layout = _layout()
    layout["xaxis"] |= {"type": "category", "showgrid": False, "tickangle": 0, "range": [-0.4, len(stamps) - 0.6]}
    layout |= {
        "hovermode": "x unified",
        "yaxis2": {"overlaying": "y", "side": "right", "range": [0, 102], "fixedrange": True, "showgrid": False, "nticks": 6},
        "shapes": bars,
    }
    return {"data": [renewed, expected, health], "layout": layout}


def reliability(groups: Sequence[Group]) -> Json:
    """A dot for each group: expected rate against the observed one, with its 95% interval; on the dotted line both agree."""
    dots = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [one.expected for one in groups],
        "y": [one.rate.value for one in groups],
        "text": [words.number(one.rate.n) for one in groups],
        "textposition": "middle right",
        "marker": {"size": 9},
        "meta": {"role": "revenue"},
        "hovertemplate": _("expected %{x:.0%}, renewed %{y:.0%}, n = %{text}") + "<extra></extra>",
        "cliponaxis": False,
    }
    bars = [_bar(one.expected, one.rate.low, one.rate.high) for one in groups]
    least = min((min(one.expected or 0.0, one.rate.low or 0.0) for one in groups), default=0.0)
    least = max(0.0, least - 0.05)
    diagonal = {"type": "line", "name": "version", "line": {"dash": "dot", "width": 1}, "layer": "below"}
    ends = {"x0": least, "y0": least, "x1": 1, "y1": 1, "xref": "x", "yref": "y"}
    layout = _layout()
    layout["xaxis"] |= {"tickformat": ".0%", "range": [least, 1.04], "title": {"text": _("expected"), "standoff": 8}}
    layout["yaxis"] |= {"range": [least, 1.02], "title": {"text": _("renewed"), "standoff": 8}}
    layout |= {"showlegend": False, "hovermode": "closest", "shapes": [diagonal | ends, *bars]}
    return {"data": [dots], "layout": layout}


def _points(score: float | None) -> float | None:
    return None if score is None else round(score, 1)


def _bar(at: str | float | None, low: float | None, high: float | None) -> Json:
    ends = {"x0": at, "x1": at, "xref": "x", "y0": low, "y1": high, "yref": "y"}
    return {"type": "line", "name": "revenue", "opacity": 0.35, "layer": "below", "line": {"width": 4}, **ends}


def _line(stamps: Sequence[str], values: Sequence[float | None], role: str, name: str) -> Json:
    return {
        "type": "scatter", "mode": "lines+markers", "x": list(stamps), "y": list(values), "name": name, "line": {"width": 2},
        "marker": {"size": 6}, "meta": {"role": role}, "hovertemplate": "%{y:.0%}", "connectgaps": False,
    }  # fmt: skip


def _layout() -> Json:
    axis = {"fixedrange": True, "nticks": 6}
    return {
        "margin": {"l": 44, "r": 32, "t": 28, "b": 32},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        "xaxis": {**axis},
        "yaxis": {**axis, "range": [0, 1.02], "tickformat": ".0%"},
    }
