"""One account's last weeks against its usual, as a chart and a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csm_portal.portal import words
from csm_portal.portal.alarms.charts import usual_chart
from csm_portal.portal.alarms.words import weekday

if TYPE_CHECKING:
    from churn.alarms.account import Usual


@dataclass(frozen=True, slots=True)
class UsualLine:
    """One day of the table, or the two weeks to it."""

    day: str
    value: str
    usual: str
    border: str
    low: bool
    alarm: bool


@dataclass(frozen=True, slots=True)
class UsualPart:
    """The chart with its sentence and the table behind it; `chart` None: no open day is known. Lines newest first."""

    sentence: str
    unit: str
    border: str
    chart: dict[str, Any] | None
    lines: list[UsualLine]
    ours: str


def usual_part(usual: Usual) -> UsualPart:
    """The account's weeks in words."""
    alarms = set(usual.alarms)
    lines = [
        UsualLine(
            day=weekday(point.day),
            value=words.number(point.value),
            usual=words.number(point.usual, 1),
            border=words.number(point.border, 1),
            low=point.is_low,
            alarm=point.day in alarms,
        )
        for point in reversed(usual.points)
    ]
    return UsualPart(
        sentence=_sentence(usual),
        unit=_("Two weeks to") if usual.by_total else _("Open day"),
        border=words.number(usual.z, 2).replace("-", "−"),
        chart=usual_chart(usual) if usual.points else None,
        lines=lines,
        ours=", ".join(weekday(day) for day in usual.ours),
    )


def _sentence(usual: Usual) -> str:
    low, known = sum(point.is_low for point in usual.points), sum(point.usual is not None for point in usual.points)
    if not known:
        return _("Too few days like these came before: at least four of a weekday within 16 weeks are needed to say what is usual.")
    if usual.by_total:
        text = ngettext(
            "Two weeks were far under the usual on %(low)s of %(n)s day: under ten a day, totals of two weeks are compared.",
            "Two weeks were far under the usual on %(low)s of %(n)s days: under ten a day, totals of two weeks are compared.",
            known,
        )
    else:
        text = ngettext(
            "%(low)s of %(n)s open day was far under the usual of its weekday.",
            "%(low)s of %(n)s open days were far under the usual of their weekday.",
            known,
        )
    return text % {"low": low, "n": known}
