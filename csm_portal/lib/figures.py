"""Figures for the browser, as Plotly's plain `data` and `layout`.

They carry no colour and no template: each trace names its role in `meta`, each line its role in `name`, and static/js/charts.js
paints them from the design tokens of the theme in force. Days are ISO strings, unknown values are gaps.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
MARGIN = {"l": 36, "r": 12, "t": 8, "b": 32}


def warm() -> None:
    """Loads Plotly ahead of the first figure: a second or two, once per process."""
    _figure()


def health_history(
    days: Sequence[date],
    lines: Mapping[str, tuple[str, Sequence[Decimal | None]]],
    *,
    borders: Mapping[str, tuple[str, float]],
    changes: Sequence[tuple[date, str]] = (),
) -> Json:
    """Score, machine and human part per day (0 … 100).

    `lines` maps a role to its label and values, one per day. `borders` maps a band to its label and lower border, drawn across.
    `changes` are days with a note (a new version of the definition), drawn as a line down.
    """
    figure = _figure()
    stamps = [day.isoformat() for day in days]
    for role, (label, values) in lines.items():
        main = role == "score"
        figure.add_scatter(
            x=stamps,
            y=[None if value is None else float(value) for value in values],
            name=label,
            mode="lines",
            line={"width": 2.5 if main else 1.25, "dash": "solid" if main else "dot"},
            meta={"role": role},
            hovertemplate="%{y:.1f}",
            connectgaps=False,
        )
    for band, (label, border) in borders.items():
        figure.add_hline(y=border, name=band, line={"width": 1, "dash": "dash"}, opacity=0.6)
        figure.add_annotation(
            x=1, xref="paper", y=border, text=label, showarrow=False, xanchor="right", yanchor="bottom", font={"size": 10}
        )
    for day, note in changes:
        figure.add_vline(x=day.isoformat(), name="version", line={"width": 1, "dash": "dot"})
        figure.add_annotation(
            x=day.isoformat(), y=1, yref="paper", text=note, showarrow=False, xanchor="left", yanchor="top", font={"size": 10}
        )
    _frame(figure)
    figure.update_yaxes(range=[0, 100], dtick=25)
    if stamps:
        figure.update_xaxes(range=[stamps[0], stamps[-1]])  # a note at the edge must not stretch the axis
    return _plain(figure)


def weekly_bars(weeks: Sequence[date], actions: Sequence[float], seats: Sequence[int], *, action_label: str, seat_label: str) -> Json:
    """Key actions per week as bars, and the highest number of seats active on one day of it as a line on its own axis."""
    figure = _figure()
    stamps = [week.isoformat() for week in weeks]
    figure.add_bar(x=stamps, y=list(actions), name=action_label, meta={"role": "actions"}, hovertemplate="%{y:,.0f}")
    figure.add_scatter(
        x=stamps, y=list(seats), name=seat_label, mode="lines", yaxis="y2", line={"width": 2}, meta={"role": "seats"}, hovertemplate="%{y}"
    )
    _frame(figure)
    figure.update_layout(
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "rangemode": "tozero",
            "showgrid": False,
            "fixedrange": True,
            "nticks": 4,
            "tickformat": ",d",
        },
        bargap=0.25,
    )
    figure.update_yaxes(rangemode="tozero", selector={"overlaying": None})
    return _plain(figure)


def _figure() -> Any:
    # Here, not on top: the import costs a second that only pages with figures should pay.
    library: Any = importlib.import_module("plotly.graph_objects")
    importlib.import_module("plotly.io").templates.default = "none"
    return library.Figure()


def _frame(figure: Any) -> None:
    figure.update_layout(
        margin=MARGIN,
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        showlegend=True,
    )
    figure.update_xaxes(type="date", showgrid=False, fixedrange=True, tickangle=0, nticks=6)
    figure.update_yaxes(fixedrange=True)


def _plain(figure: Any) -> Json:
    # Through Plotly's own encoder, so that no typed array or date object is left for json_script to trip over.
    plain: Json = json.loads(figure.to_json())
    plain["layout"].pop("template", None)
    return {"data": plain["data"], "layout": plain["layout"]}
