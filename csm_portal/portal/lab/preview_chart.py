"""The chart of a preview: the monthly active rate as published, by the draft, and with a day active from each level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from csm_portal.lib.versions import changes
from csm_portal.portal import words
from csm_portal.portal.version_lines import months_on_axis, with_versions

Json = dict[str, Any]


def rates_chart(months: Sequence[Mapping[str, Any]]) -> Json:
    """Five lines over the months; a month without paying accounts is a gap."""
    firsts = [date.fromisoformat(f"{one['month']}-01") for one in months]
    stamps = [words.month(first) for first in firsts]
    lines: list[tuple[str, str, str, Json]] = [
        ("active_before", _("as published"), "logo", {"width": 3}),
        ("active_after", _("by the draft"), "revenue", {"width": 3}),
        ("low", _("active from Low"), "band", {"width": 1.5, "dash": "dot"}),
        ("medium", _("active from Medium"), "seat", {"width": 1.5, "dash": "dot"}),
        ("high", _("active from High"), "today", {"width": 1.5, "dash": "dot"}),
    ]
    data = [_line(stamps, [_rate(one, key) for one in months], name, role, line) for key, name, role, line in lines]
    counted = [(first, one["version"]) for first, one in zip(firsts, months, strict=True) if "version" in one]  # older previews name none
    return with_versions({"data": data, "layout": _layout(len(stamps))}, changes(counted), months_on_axis(firsts))


def _rate(one: Mapping[str, Any], key: str) -> float | None:
    return one[key] / one["paying"] if one["paying"] else None


def _line(stamps: Sequence[str], values: Sequence[float | None], name: str, role: str, line: Json) -> Json:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(stamps),
        "y": list(values),
        "name": name,
        "line": line,
        "marker": {"size": 5},
        "meta": {"role": role},
        "hovertemplate": "%{y:.1%}",
        "connectgaps": False,
    }


def _layout(n: int) -> Json:
    axis = {"fixedrange": True, "nticks": 7}
    return {
        "margin": {"l": 40, "r": 8, "t": 28, "b": 24},
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        "xaxis": {**axis, "type": "category", "showgrid": False, "tickangle": 0, "range": [-0.4, n - 0.6]},
        "yaxis": {**axis, "range": [0, 1.02], "tickformat": ".0%"},
    }
