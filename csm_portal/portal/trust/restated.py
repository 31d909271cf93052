"""The monthly active rate twice: as it was, and recomputed with today's definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from csm_portal.lib.periods import add_months
from csm_portal.lib.versions import changes
from csm_portal.portal import words
from csm_portal.portal.trust.charts import both_rates
from csm_portal.portal.version_lines import months_on_axis, with_versions
from health.lab.restated_rates import BothRates

MONTHS = 24


@dataclass(frozen=True, slots=True)
class Line:
    """One month of the table: both rates in words, and the definitions behind them."""

    month: str
    paying: int
    as_was: str
    version: int
    recomputed: str
    difference: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class BothPanel:
    """The panel; `sentence` says what differs, or why there is nothing to compare. The latest month comes first."""

    chart: dict[str, Any] | None
    sentence: str
    lines: list[Line]
    today: int | None
    as_of: date | None


def span(as_of: date) -> tuple[date, date]:
    """First day of the first month shown, and of the month after the last."""
    return add_months(as_of, -MONTHS), add_months(as_of, 1)


def both_panel(rows: Sequence[BothRates]) -> BothPanel:
    """The panel of the months read, from the first one in which anybody was active."""
    begun = next((place for place, row in enumerate(rows) if row.active or row.recomputed), len(rows))
    rows = rows[begun:]
    known = [row for row in rows if row.rate_recomputed is not None]
    return BothPanel(
        chart=_chart(rows) if rows else None,
        sentence=_sentence(rows, known),
        lines=[_line(row) for row in reversed(rows)],
        today=known[-1].today if known else None,
        as_of=known[-1].recomputed_as_of if known else None,
    )


def _chart(rows: Sequence[BothRates]) -> dict[str, Any]:
    return with_versions(both_rates(rows), changes((row.month, row.version) for row in rows), months_on_axis([row.month for row in rows]))


def _sentence(rows: Sequence[BothRates], known: Sequence[BothRates]) -> str:
    if not rows:
        return ""
    if not known:
        if len({row.version for row in rows}) == 1:
            return _("One activity definition has held in all these months; there is nothing to recompute.")
        return _("The months are being recomputed with today's definition.")
    moved = [row for row in known if row.active != row.recomputed]
    if not moved:
        return _("Recomputed with today's definition, every month stays as it was.")
    most = max(moved, key=lambda row: abs((row.rate_recomputed or 0) - (row.rate or 0)))
    return _("%(n)s of %(all)s months differ, most of all %(month)s: %(was)s as it was, %(now)s recomputed with today's definition.") % {
        "n": len(moved),
        "all": len(known),
        "month": words.month(most.month),
        "was": words.percent(most.rate),
        "now": words.percent(most.rate_recomputed),
    }


def _line(row: BothRates) -> Line:
    points = None if row.rate is None or row.rate_recomputed is None else 100 * (row.rate_recomputed - row.rate)
    return Line(
        month=words.month(row.month),
        paying=row.paying,
        as_was=words.percent(row.rate, 1),
        version=row.version,
        recomputed=words.percent(row.rate_recomputed, 1),
        difference=words.UNKNOWN if points is None else f"{points:+.1f}" if abs(points) >= 0.05 else "0",
        provisional=row.provisional,
    )
