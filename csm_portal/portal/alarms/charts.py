"""Charts of the alarms: an account against its usual, and what each border would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from csm_portal.portal.alarms.words import weekday

if TYPE_CHECKING:
    from churn.alarms.account import Usual

Json = dict[str, Any]


def usual_chart(usual: Usual) -> Json:
    """Bars of what was done, those far under their border in the colour of loss; lines of the usual and of the border."""
    stamps = [weekday(point.day) for point in usual.points]
    plain = [None if point.is_low else point.value for point in usual.points]
    low = [point.value if point.is_low else None for point in usual.points]
    bars = [_bars(stamps, plain, "actions", _("Key actions")), _bars(stamps, low, "loss", _("far under the usual"))]
    lines = [
        _line(stamps, [point.usual for point in usual.points], "score", _("usual"), "solid"),
        _line(stamps, [point.border for point in usual.points], "red", _("border"), "dot"),
    ]
    layout = _layout()
    layout |= {"barmode": "stack", "bargap": 0.2}
    layout["xaxis"] |= {"type": "category", "nticks": 8}
    layout["yaxis"]["rangemode"] = "tozero"
    return {"data": [*bars, *lines], "layout": layout}


def borders_chart(tried: Sequence[Mapping[str, float]], z: float, budget: float) -> Json:
    """False alarms per border tried, with the budget across and the border chosen down."""
    at = [one["z"] for one in tried]
    line = _line(at, [one["rate"] for one in tried], "score", _("false alarms per 50 accounts a week"), "solid")
    layout = _layout()
    across = {"xref": "x domain", "x0": 0, "x1": 1, "y0": budget, "y1": budget, "line": {"dash": "dash", "width": 1}}
    down = {"yref": "y domain", "y0": 0, "y1": 1, "x0": z, "x1": z, "line": {"dash": "dot", "width": 2}}
    layout |= {
        "shapes": [{"type": "line", "name": "red", **across}, {"type": "line", "name": "today", **down}],
        "annotations": [
            {"text": _("budget"), "xref": "x domain", "x": 1, "xanchor": "right", "y": budget, "yanchor": "bottom", "showarrow": False},
            {"text": _("in force"), "x": z, "xanchor": "left", "yref": "y domain", "y": 1, "yanchor": "top", "showarrow": False},
        ],
        "hovermode": "x",
        "showlegend": False,
    }
    layout["xaxis"] |= {"title": {"text": _("border: z of two weeks")}, "tickformat": ".1f", "nticks": 8}
    layout["yaxis"]["rangemode"] = "tozero"
    return {"data": [line], "layout": layout}


def _bars(stamps: Sequence[str], values: Sequence[float | None], role: str, name: str) -> Json:
    return {"type": "bar", "x": list(stamps), "y": list(values), "name": name, "meta": {"role": role}, "hovertemplate": "%{y:,.0f}"}


def _line(stamps: Sequence[str] | Sequence[float], values: Sequence[float | None], role: str, name: str, dash: str) -> Json:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(stamps),
        "y": list(values),
        "name": name,
        "line": {"width": 2, "dash": dash},
        "meta": {"role": role},
        "hovertemplate": "%{y:,.1f}",
        "connectgaps": False,
    }


def _layout() -> Json:
    axis = {"fixedrange": True}
    return {
        "margin": {"l": 40, "r": 8, "t": 28, "b": 32},
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        "xaxis": {**axis, "showgrid": False, "tickangle": 0},
        "yaxis": {**axis},
    }
