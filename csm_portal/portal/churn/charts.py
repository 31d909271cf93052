"""The figures of the page as Plotly's plain `data` and `layout`; roles are painted by static/js/charts.js."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
Rate = Decimal | float | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a bridge, from `low` to `high`; `href` is the list behind it, `text` stands beside it."""

    name: str
    role: str
    low: Decimal
    high: Decimal
    text: str
    href: str


def bridge(bars: Sequence[Bar]) -> Json:
    """A waterfall lying on its side, the first step on top: names have room on a phone too. Bars and names lead to their lists.

    The axis begins below the lowest step, not at 0, where the steps would otherwise be too thin to be seen.
    """
    roles = list(dict.fromkeys(bar.role for bar in bars))
    data = []
    for role in roles:
        own = [bar for bar in bars if bar.role == role]
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "y": [bar.name for bar in own],
                "base": [float(bar.low) for bar in own],
                "x": [float(bar.high - bar.low) for bar in own],
                "text": [bar.text for bar in own],
                "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": "%{y}: %{text}<extra></extra>",
                "customdata": [bar.href for bar in own],
                "meta": {"role": role},
                "showlegend": False,
            }
        )
    names = [bar.name for bar in bars]
    layout: Json = {
        "margin": {"l": 8, "r": 8, "t": 4, "b": 28},
        "barmode": "overlay",
        "bargap": 0.35,
        "showlegend": False,
        "xaxis": {"fixedrange": True, "range": axis_range(bars), "nticks": 5, "tickformat": "~s"},
        "yaxis": {"fixedrange": True, "type": "category", "categoryorder": "array", "categoryarray": names[::-1], "showgrid": False},
    }
    return {"data": data, "layout": layout}


def axis_range(bars: Sequence[Bar]) -> list[float]:
    """From a little below the lowest step to where the longest number beside a bar still fits."""
    steps = [edge for bar in bars for edge in ((bar.low, bar.high) if bar.role != "total" else (bar.high,))]
    low, high = float(min(steps)), float(max(steps))
    room = (high - low) or max(abs(high), 1.0) * 0.2
    start = low - room * 0.35
    return [0.0 if low >= 0 and (start <= 0 or low < high * 0.4) else start, high + room * 0.45]


def rates(
    stamps: Sequence[str], values: Sequence[Rate], low: Sequence[Rate], high: Sequence[Rate], *, role: str, label: str, open_last: bool
) -> Json:
    """One rate per period with the band of its interval; the point of a running period is hollow."""
    data: list[Json] = []
    if any(value is not None for value in low):
        data += [_edge(stamps, high), _edge(stamps, low) | {"fill": "tonexty"}]
    symbols = ["circle"] * len(stamps)
    if open_last and symbols:
        symbols[-1] = "circle-open"
    data.append(_line(stamps, values, role, label) | {"marker": {"size": 6, "symbol": symbols}, "mode": "lines+markers"})
    return {"data": data, "layout": _layout(stamps)}


def one_above_other(stamps: Sequence[str], upper: tuple[str, str, Sequence[Rate]], lower: tuple[str, str, Sequence[Rate]]) -> Json:
    """Two rates over the same periods, each on its own scale, one above the other: (role, label, values)."""
    layout = _layout(stamps)
    layout["yaxis"] |= {"domain": [0.56, 1]}
    layout["yaxis2"] = {**layout["yaxis"], "domain": [0, 0.44], "anchor": "x"}
    layout["xaxis"] |= {"anchor": "y2"}
    layout |= {"showlegend": True, "legend": {"orientation": "h", "x": 0, "y": 1.04, "xanchor": "left", "yanchor": "bottom"}}
    layout["margin"] = {**layout["margin"], "t": 28}
    data = []
    for axis, (role, label, values) in (("y", upper), ("y2", lower)):
        line = _line(stamps, values, role, label) | {"yaxis": axis, "mode": "lines+markers", "marker": {"size": 6}}
        data.append(line)
    return {"data": data, "layout": layout}


def _edge(stamps: Sequence[str], values: Sequence[Rate]) -> Json:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(stamps),
        "y": [_number(value) for value in values],
        "line": {"width": 0},
        "meta": {"role": "band"},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _line(stamps: Sequence[str], values: Sequence[Rate], role: str, label: str) -> Json:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(stamps),
        "y": [_number(value) for value in values],
        "name": label,
        "line": {"width": 2},
        "meta": {"role": role},
        "hovertemplate": "%{y:.1%}",
        "connectgaps": False,
    }


def _layout(stamps: Sequence[str]) -> Json:
    return {
        "margin": {"l": 36, "r": 8, "t": 16, "b": 24},
        "hovermode": "x unified",
        "showlegend": False,
        "xaxis": {
            "type": "category",
            "showgrid": False,
            "fixedrange": True,
            "tickangle": 0,
            "nticks": 6,
            "range": [-0.4, len(stamps) - 0.6],
        },
        "yaxis": {"fixedrange": True, "rangemode": "tozero", "tickformat": ".0%", "nticks": 5},
    }


def _number(value: Rate) -> float | None:
    return None if value is None else float(value)
