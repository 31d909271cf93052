"""Figures for the browser, as Plotly's plain `data` and `layout`.

They carry no colour and no template: each trace names its role in `meta`, each line its role in `name`, and static/js/charts.js
paints them from the design tokens of the theme in force. Days are ISO strings, unknown values are gaps.

They are written down as they are sent: made as objects of Plotly's Python library they cost every account page some 70 ms of work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
MARGIN = {"l": 36, "r": 12, "t": 8, "b": 32}


def health_history(
    days: Sequence[date],
    lines: Mapping[str, tuple[str, Sequence[Decimal | None]]],
    *,
    borders: Mapping[str, tuple[str, float]],
    beside: tuple[str, Sequence[date], Sequence[Decimal | None]] | None = None,
) -> Json:
    """Score, machine and human part per day (0 … 100).

    `lines` maps a role to its label and values, one per day. `borders` maps a band to its label and lower border, drawn across.
    `beside`: label, days and values of the same score told otherwise, on days of its own.
    """
    stamps = [day.isoformat() for day in days]
    data = [_line(stamps, role, label, values) for role, (label, values) in lines.items()]
    if beside is not None:
        label, own_days, values = beside
        data.append(
            _line([day.isoformat() for day in own_days], "restated", label, values)
            | {"mode": "lines+markers", "line": {"dash": "dash", "width": 1}}
        )
    shapes, notes = [], []
    for band, (label, border) in borders.items():
        line = {"dash": "dash", "width": 1}
        across = {"x0": 0, "x1": 1, "xref": "x domain", "y0": border, "y1": border, "yref": "y"}
        shapes.append({"line": line, "name": band, "opacity": 0.6, "type": "line", **across})
        notes.append(_note(label, x=1, xref="paper", xanchor="right", y=border, yanchor="bottom"))
    layout = _layout()
    layout["yaxis"] |= {"range": [0, 100], "dtick": 25}
    if shapes:
        layout |= {"shapes": shapes, "annotations": notes}
    if stamps:
        layout["xaxis"]["range"] = [stamps[0], stamps[-1]]  # a note at the edge must not stretch the axis
    return {"data": data, "layout": layout}


def weekly_bars(
    weeks: Sequence[date],
    actions: Sequence[float],
    seats: Sequence[int],
    *,
    action_label: str,
    seat_label: str,
) -> Json:
    """Key actions per week as bars, and the highest number of seats active on one day of it as a line on its own axis."""
    stamps = [week.isoformat() for week in weeks]
    bars = {"type": "bar", "x": stamps, "y": list(actions), "name": action_label, "meta": {"role": "actions"}, "hovertemplate": "%{y:,.0f}"}
    line = {
        "type": "scatter",
        "mode": "lines",
        "line": {"width": 2},
        "yaxis": "y2",
        "x": stamps,
        "y": list(seats),
        "name": seat_label,
        "meta": {"role": "seats"},
        "hovertemplate": "%{y}",
    }
    layout = _layout() | {"bargap": 0.25}
    layout["yaxis"]["rangemode"] = "tozero"
    layout["yaxis2"] = {
        "overlaying": "y",
        "side": "right",
        "rangemode": "tozero",
        "showgrid": False,
        "fixedrange": True,
        "dtick": max(1, -(-max(seats, default=0) // 4)),  # seats are whole: a tick between two would print as one of them
        "tickformat": ",d",
    }
    return {"data": [bars, line], "layout": layout}


def with_lines_down(figure: Json, marks: Sequence[tuple[str, str]], *, at_foot: bool = False) -> Json:
    """The figure with a dotted line down at each place of its x axis, its text beside it: at the top, or at the foot.

    Two kinds of marks on one figure (notes, versions of a definition) so do not run into each other.
    """
    if not marks:
        return figure
    shapes, notes = list(figure["layout"].get("shapes", [])), list(figure["layout"].get("annotations", []))
    level: Json = {"y": 0, "yanchor": "bottom"} if at_foot else {"y": 1, "yanchor": "top"}  # above the top stands the legend
    for place, text in marks:
        down = {"x0": place, "x1": place, "xref": "x", "y0": 0, "y1": 1, "yref": "paper"}
        shapes.append({"line": {"dash": "dot", "width": 1}, "name": "version", "type": "line", **down})
        side = "right" if _near_the_end(figure, place) else "left"
        notes.append(_note(text, x=place, xref="x", xanchor=side, yref="paper", **level))
    return {"data": figure["data"], "layout": {**figure["layout"], "shapes": shapes, "annotations": notes}}


def _near_the_end(figure: Json, place: str) -> bool:
    """Whether a text to the right of the place could run out of the figure: it stands in the last third of its first trace."""
    places = figure["data"][0]["x"] if figure["data"] else []
    before = places.index(place) if place in places else sum(one < place for one in places)
    return 3 * before > 2 * len(places)


def placed(days: Iterable[tuple[date, str]], periods: Sequence[tuple[date, date, str]]) -> list[tuple[str, str]]:
    """Dated texts at the place on the axis of the period they fall into; several of one period stand together, those of none nowhere.

    `periods`: first day, day after the last, and place on the axis.
    """
    found: dict[str, list[str]] = {}
    for day, text in days:
        at = next((place for first, after, place in periods if first <= day < after), None)
        if at is not None:
            found.setdefault(at, []).append(text)
    return [(at, ",".join(texts)) for at, texts in found.items()]


def _line(stamps: list[str], role: str, label: str, values: Sequence[Decimal | None]) -> Json:
    main = role == "score"
    return {
        "type": "scatter",
        "x": stamps,
        "y": [None if value is None else float(value) for value in values],
        "name": label,
        "mode": "lines",
        "line": {"width": 2.5 if main else 1.25, "dash": "solid" if main else "dot"},
        "meta": {"role": role},
        "hovertemplate": "%{y:.1f}",
        "connectgaps": False,
    }


def _note(text: str, **place: str | float) -> Json:
    return {"font": {"size": 10}, "showarrow": False, "text": text, **place}


def _layout() -> Json:
    return {
        "margin": dict(MARGIN),
        "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        "showlegend": True,
        "xaxis": {"type": "date", "showgrid": False, "fixedrange": True, "tickangle": 0, "nticks": 6},
        "yaxis": {"fixedrange": True},
    }
