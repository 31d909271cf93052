"""Seat attrition by week, which customers and revenue are never told by: a chart of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from csm_portal.lib.periods import period_of
from csm_portal.portal.churn import series
from csm_portal.portal.churn.cards import names, table, verdict_of, warning
from csm_portal.portal.churn.cards import trend_said as said_of
from csm_portal.portal.churn.charts import rates
from csm_portal.portal.churn.money import Told
from csm_portal.portal.churn.notes import notes_between, on_chart
from csm_portal.portal.churn.reads import WEEK, week_rows
from csm_portal.portal.churn.series import SEAT, stamp
from csm_portal.portal.version_lines import with_versions

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from csm_portal.portal.churn.asked import Asked
    from csm_portal.portal.churn.cards import Row
    from csm_portal.portal.churn.charts import Json

WEEKS = 26


@dataclass(frozen=True, slots=True)
class Weeks:
    """The chart, what its trend says, and the table behind it."""

    figure: Json
    warning: str
    trend_said: str
    rows: list[Row]


def weeks(user: User, asked: Asked, basis: Basis) -> Weeks:
    """The 26 weeks up to the end of the period, in three queries, or one."""
    last = period_of(WEEK, min(asked.period.last, basis.as_of), week_starts=basis.week_starts)
    first = last.first - timedelta(weeks=WEEKS - 1)
    rows = week_rows(user, asked, basis, first, last.after)
    points = series.known_of(series.points(rows))
    notes = notes_between(user, first, last.after)
    stamps = [stamp(WEEK, point.first) for point in points]
    figure = rates(
        stamps,
        [point.rate for point in points],
        [point.low for point in points],
        [point.high for point in points],
        role=SEAT,
        label=names()[SEAT],
        open_last=bool(points) and points[-1].provisional,
    )
    periods = [(point.first, point.after, at) for point, at in zip(points, stamps, strict=True)]
    figure = with_versions(on_chart(figure, notes, periods), basis.activity_changes, periods)
    verdict = verdict_of(points)
    return Weeks(figure, warning(verdict, names()[SEAT]), said_of(verdict), table(points, SEAT, WEEK, asked, Told("")))
