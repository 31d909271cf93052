"""Survival curves of an attribute: the chart, and the table that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.cuts import ALL
from accounts.policy import SIZE_UNKNOWN
from churn.survival import LEAST_AT_RISK, Curve, Point, survival
from csm_portal.portal import words
from csm_portal.portal.churn.filters import cut_names, value_name
from csm_portal.portal.cohorts.asked import ATTRIBUTES
from csm_portal.web import reader, remembered

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from csm_portal.portal.cohorts.asked import Asked

Json = dict[str, Any]
MONTH_DAYS = 365.25 / 12
MILESTONES = (6, 12, 24)
# Role and dash of the curves drawn, and the role of their bands: more of them would cover each other.
STYLES = (("logo", "solid", "total"), ("seat", "dash", "band"), ("revenue", "dot", "revenue"), ("other", "dashdot", "total"))


@dataclass(frozen=True, slots=True)
class Line:
    """One group: its counts and what was kept after 6, 12 and 24 months in words, with (empty: hidden) its interval."""

    name: str
    accounts: int
    lost: int
    kept: list[tuple[str, str]]
    drawn: bool


@dataclass(frozen=True, slots=True)
class Curves:
    """The part of the page. `figure` is None where no group has 20 accounts; `hidden` groups are in the table alone."""

    title: str
    attribute: str
    picks: list[tuple[str, str, bool]]
    heads: list[str]
    lines: list[Line]
    figure: Json | None
    hidden: int


def curves(user: User, asked: Asked, basis: Basis) -> Curves:
    """The curves of the attribute asked for. One query."""
    found = read(user, asked, basis)
    drawn = [one for one in found if one.until][: len(STYLES)]
    return Curves(
        title=_("How long accounts stay, by %(attribute)s") % {"attribute": attribute_name(asked.attribute).lower()}
        if asked.attribute != ALL
        else _("How long accounts stay"),
        attribute=asked.attribute,
        picks=[(attribute_name(name), asked.query(("attribute", name)), name == asked.attribute) for name in ATTRIBUTES],
        heads=milestone_heads(),
        lines=[_line(asked, one, one in drawn) for one in found],
        figure=_figure(asked, drawn) if drawn else None,
        hidden=sum(1 for one in found if one.until is None),
    )


def read(user: User, asked: Asked, basis: Basis) -> list[Curve]:
    """The curves as figures, remembered for a minute."""
    return remembered(
        f"cohort-curves:{reader(user)}:{basis.as_of}:{basis.version}:{asked.query()}",
        lambda: survival(user, basis.as_of, basis.renewals.renewal_grace_days, asked.attribute, asked.by_cut),
    )


def milestone_heads() -> list[str]:
    """Heads of the shares kept."""
    return [ngettext("Kept %(n)d month", "Kept %(n)d months", n) % {"n": n} for n in MILESTONES]


def attribute_name(name: str) -> str:
    """What accounts are sorted by."""
    return pgettext("all accounts as one group", "All together") if name == ALL else cut_names()[name]


def group_name(asked: Asked, group: str | None) -> str:
    """A group's name."""
    if asked.attribute == ALL:
        return _("All accounts")
    return value_name(asked.attribute, None if group == SIZE_UNKNOWN else group)


def milestone(curve: Curve, months: int) -> Point | None:
    """The point in force after so many months; None where too few are left to say."""
    return curve.at(round(months * MONTH_DAYS))


def _line(asked: Asked, one: Curve, drawn: bool) -> Line:
    return Line(group_name(asked, one.group), one.accounts, one.lost, [_kept(milestone(one, months)) for months in MILESTONES], drawn)


def _kept(point: Point | None) -> tuple[str, str]:
    if point is None:
        return words.UNKNOWN, ""
    band = "" if point.low is None or point.high is None else f"{words.percent(point.low)}–{words.percent(point.high)}"
    return words.percent(point.kept), band


def _figure(asked: Asked, drawn: list[Curve]) -> Json:
    styled = list(zip(drawn, STYLES, strict=False))
    # Bands first: none of them may cover a curve.
    bands = [edge for one, (_role, _dash, band) in styled for edge in _band(one, band)]
    lines = [_steps(one, group_name(asked, one.group), role, dash) for one, (role, dash, _band_role) in styled]
    return {"data": [*bands, *lines], "layout": _layout()}


def _months(one: Curve) -> list[float]:
    """Where the curve steps, in months; its last point is where too few are left."""
    return [round(day / MONTH_DAYS, 2) for day in (*(point.day for point in one.points), one.until or 0)]


def _steps(one: Curve, name: str, role: str, dash: str) -> Json:
    kept = [round(point.kept, 4) for point in one.points]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": _months(one),
        "y": [*kept, kept[-1]],
        "name": name,
        "line": {"shape": "hv", "width": 2, "dash": dash},
        "meta": {"role": role},
        "hovertemplate": "%{y:.0%}",
    }


def _band(one: Curve, role: str) -> list[Json]:
    """Upper and lower edge; a point without band is where all are still there."""
    edges = []
    for pick in ("high", "low"):
        values = [point.kept if (edge := getattr(point, pick)) is None else edge for point in one.points]
        edges.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": _months(one),
                "y": [round(value, 4) for value in (*values, values[-1])],
                "line": {"shape": "hv", "width": 0},
                "meta": {"role": role},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    edges[1]["fill"] = "tonexty"
    return edges


def _layout() -> Json:
    return {
        "margin": {"l": 44, "r": 12, "t": 28, "b": 48},
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "traceorder": "normal"},
        "xaxis": {
            "title": {"text": _("months since the first paying day")},
            "fixedrange": True,
            "showgrid": False,
            "rangemode": "tozero",
            "dtick": 6,
        },
        "yaxis": {"range": [0, 1.02], "tickformat": ".0%", "fixedrange": True},
    }


def least() -> int:
    """Accounts that have to be under observation."""
    return LEAST_AT_RISK
