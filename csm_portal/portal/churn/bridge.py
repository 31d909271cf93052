"""From the revenue at the start of a period to that at its end: every step with its list, and the line that must be zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from csm_portal.lib.money import to_cents
from csm_portal.portal import words
from csm_portal.portal.churn.asked import MONTH
from csm_portal.portal.churn.charts import Bar, Json, bridge
from csm_portal.portal.churn.links import list_address

if TYPE_CHECKING:
    from churn.revenue import Movement
    from csm_portal.portal.churn.asked import Asked
    from csm_portal.portal.churn.money import Told

GAINS, LOSSES = ("new", "expansion", "reactivation"), ("contraction", "churn")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table beside the bridge; `way` is total, gain or loss."""

    key: str
    name: str
    text: str
    way: str
    href: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """One rate: its key among the explained figures, its value, and its formula with this period's numbers."""

    key: str
    name: str
    value: str
    formula: str
    numbers: str


@dataclass(frozen=True, slots=True)
class Bridge:
    """The period's revenue as the page shows it. `gap` is what the steps leave over: zero, or something is wrong with the figures."""

    lines: list[Line]
    gap: str
    adds_up: bool
    fx_name: str
    fx: str
    fx_href: str
    next_start: str
    ratios: list[Ratio]
    figure: Json
    without_rate: int
    without_rate_href: str
    starts_at: str


def names() -> dict[str, str]:
    """What the lines are called."""
    return {
        "start": pgettext("movement", "Start"),
        "new": pgettext("movement", "New"),
        "expansion": pgettext("movement", "Expansion"),
        "reactivation": pgettext("movement", "Reactivation"),
        "contraction": pgettext("movement", "Contraction"),
        "churn": pgettext("movement", "Churn"),
        "end": pgettext("movement", "End"),
    }


def bridge_of(row: Movement, asked: Asked, told: Told) -> Bridge:
    """The bridge of one period and group."""
    named = names()
    lines, bars, level = [], [], row.start
    for key in ("start", *GAINS, *LOSSES, "end"):
        amount: Decimal = getattr(row, key)
        way = "total" if key in ("start", "end") else "gain" if key in GAINS else "loss"
        signed = -amount if way == "loss" else amount
        href = list_address(asked, "revenue", key)
        sign = "" if way == "total" else "+" if way == "gain" and amount else ""
        lines.append(Line(key, named[key], sign + told(signed, 2), way, href))
        # The last bar ends where the steps lead, so that a gap would be seen.
        low, high = (ZERO, amount) if way == "total" else tuple(sorted((level, level + signed)))
        level = level + signed if way != "total" else level
        bars.append(Bar(named[key], way, low, high, sign + told(signed), href))
    gap = level - row.end
    figure = bridge(bars)
    axis = Decimal(str(figure["layout"]["xaxis"]["range"][0]))
    return Bridge(
        lines=lines,
        gap=told(to_cents(gap), 2),
        adds_up=to_cents(gap) == 0,
        fx_name=_("Exchange rates until then"),
        fx=told(row.fx, 2),
        fx_href=list_address(asked, "revenue", "fx"),
        next_start=told(row.end + row.fx, 2),
        ratios=ratios(row, asked, told),
        figure=figure,
        without_rate=row.without_rate,
        without_rate_href=list_address(asked, "revenue", "without_rate"),
        starts_at=words.money(axis, told.currency) if axis > 0 else "",
    )


def ratios(row: Movement, asked: Asked, told: Told) -> list[Ratio]:
    """The five rates, each with its formula in words and in this period's numbers."""
    at = {key: words.number(getattr(row, key), 2) for key in ("start", *GAINS, *LOSSES)}
    called = {key: name.lower() if not words.chinese() else name for key, name in names().items()}

    def made(key: str, name: str, value: Decimal | None, formula: str, *, percent: bool = True) -> Ratio:
        shown = (words.percent(value, 2) if percent else words.number(value, 2)).replace("-", "−")
        numbers = formula.format(**at) if value is not None else ""
        return Ratio(key, name, shown, formula.format(**called), numbers)

    found = [
        made("grr", _("GRR"), row.grr, "({start} − {contraction} − {churn}) / {start}"),
        made("nrr", _("NRR"), row.nrr, "({start} + {expansion} − {contraction} − {churn}) / {start}"),
        made("gross_churn", _("Gross churn"), row.gross_churn, "({churn} + {contraction}) / {start}"),
        made("net_churn", _("Net churn"), row.net_churn, "({churn} + {contraction} − {expansion} − {reactivation}) / {start}"),
        made(
            "quick_ratio",
            _("Quick ratio"),
            row.quick_ratio,
            "({new} + {expansion} + {reactivation}) / ({contraction} + {churn})",
            percent=False,
        ),
    ]
    if asked.grain == MONTH and row.gross_churn is not None and row.gross_churn <= 1:
        year = 1 - (1 - row.gross_churn) ** 12
        month = words.percent(row.gross_churn, 2)
        found.append(
            Ratio(
                "annual_churn",
                _("Gross churn of a year like this"),
                words.percent(year, 1),
                _("1 − (1 − gross churn)¹²"),
                f"1 − (1 − {month})¹²",
            )
        )
    return found
