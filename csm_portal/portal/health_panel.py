"""An account's health as its page shows it: score, facets with the facts behind them, and the year's course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from csm_portal.lib.figures import health_history
from csm_portal.portal import evidence, words
from csm_portal.portal.book.rows import Change, change_of
from health.caps import HUMAN_FACETS
from health.models import HealthModel, HealthScore

if TYPE_CHECKING:
    from accounts.models import Account, User
    from health.models import AccountState

HISTORY_DAYS = 365


@dataclass(frozen=True)
class FacetLine:
    """One facet: value 0 … 100, its weight as a share of the known weights, and the points it brings to the score."""

    key: str
    name: str
    what: str
    human: bool
    value: str
    bar: float
    weight: str
    points: str
    facts: list[str]
    known: bool


@dataclass(frozen=True)
class HistoryLine:
    """One day of the table behind the chart."""

    day: date
    score: str
    band: str
    band_word: str
    machine: str
    human: str
    coverage: str


@dataclass(frozen=True)
class HealthPanel:
    """All that the health part of the page places."""

    score: str
    band: str
    band_word: str
    change: Change | None
    machine: str
    human: str
    coverage: str
    facets: list[FacetLine]
    caps: list[str]
    history: list[HistoryLine]
    history_text: str
    figure: dict[str, Any] | None
    version: int | None


def health_panel(account: Account, state: AccountState, user: User) -> HealthPanel:
    """Health as of the state's day, with the year before it."""
    first = state.as_of - timedelta(days=HISTORY_DAYS)
    scores = list(
        HealthScore.objects.visible_to(user)
        .published()
        .filter(account=account, day__gte=first, day__lte=state.as_of)
        .order_by("day")
        .only("account_id", "day", "run_id", "score", "band", "coverage", "machine", "human", "version")
    )
    return HealthPanel(
        score=words.score(state.score),
        band=state.band,
        band_word=words.band(state.band),
        change=change_of(state.score_change_30d),
        machine=words.score(state.machine),
        human=words.score(state.human),
        coverage=words.percent(state.coverage),
        facets=facet_lines(state.facets),
        caps=[evidence.cap_in_words(cap) for cap in state.caps],
        history=[_history_line(row) for row in reversed(scores)],
        history_text=_history_text(scores),
        figure=_figure(scores, user) if scores else None,
        version=state.health_version,
    )


def facet_lines(facets: Mapping[str, Mapping[str, Any]]) -> list[FacetLine]:
    """Facets by weight, the heaviest first; unknown ones keep their weight but bring nothing and say why."""
    known = sum((Decimal(str(facet["weight"])) for facet in facets.values() if facet.get("value") is not None), Decimal(0))
    whole = sum((Decimal(str(facet["weight"])) for facet in facets.values()), Decimal(0))
    lines = []
    for key, facet in facets.items():
        weight = Decimal(str(facet["weight"]))
        value = None if facet.get("value") is None else Decimal(str(facet["value"]))
        points = None if value is None or not known else weight * value / known
        lines.append(
            FacetLine(
                key=key,
                name=evidence.facet_name(key),
                what=evidence.facet_meaning(key),
                human=key in HUMAN_FACETS,
                value=words.number(value, 0) if value is not None else _("unknown"),
                bar=float(value or 0),
                weight=words.percent(weight / whole) if whole else words.UNKNOWN,
                points=words.number(points, 1),
                facts=evidence.facts_in_words(key, facet.get("evidence") or {}, known=value is not None),
                known=value is not None,
            )
        )
    return sorted(lines, key=lambda line: -Decimal(str(facets[line.key]["weight"])))


def _history_line(row: HealthScore) -> HistoryLine:
    return HistoryLine(
        day=row.day,
        score=words.number(row.score, 1),
        band=row.band,
        band_word=words.band(row.band),
        machine=words.number(row.machine, 1),
        human=words.number(row.human, 1),
        coverage=words.percent(row.coverage),
    )


def _history_text(scores: list[HealthScore]) -> str:
    known = [row for row in scores if row.score is not None]
    if not known:
        return _("No health score is known for the last year.")
    first, last = known[0], known[-1]
    low, high = min(known, key=lambda row: row.score or 0), max(known, key=lambda row: row.score or 0)
    return _("From %(from)s on %(first)s to %(to)s on %(last)s; lowest %(low)s on %(low_day)s, highest %(high)s on %(high_day)s.") % {
        "from": words.number(first.score, 1),
        "first": words.day(first.day),
        "to": words.number(last.score, 1),
        "last": words.day(last.day),
        "low": words.number(low.score, 1),
        "low_day": words.day(low.day),
        "high": words.number(high.score, 1),
        "high_day": words.day(high.day),
    }


def _figure(scores: list[HealthScore], user: User) -> dict[str, Any]:
    changes = [
        (after.day, _("version %(n)d") % {"n": after.version}) for before, after in pairwise(scores) if after.version != before.version
    ]
    model = HealthModel.objects.visible_to(user).filter(version=scores[-1].version).first()
    bands = model.body.get("bands", {}) if model else {}
    return health_history(
        [row.day for row in scores],
        {
            "machine": (_("System"), [row.machine for row in scores]),
            "human": (_("CSM rating"), [row.human for row in scores]),
            "score": (_("Health"), [row.score for row in scores]),
        },
        borders={band: (words.band(band), float(border)) for band, border in bands.items()},
        changes=changes,
    )
