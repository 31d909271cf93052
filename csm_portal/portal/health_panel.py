"""An account's health as its page shows it: score, facets with the facts behind them, and the year's course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.models import Annotation
from csm_portal.lib.figures import health_history, with_lines_down
from csm_portal.lib.versions import changes
from csm_portal.portal import evidence, words
from csm_portal.portal.version_lines import version_name
from health.caps import HUMAN_FACETS
from health.facet_names import facet_name
from health.models import HealthModel, HealthScore, RestatedScore

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
    weighed: bool = True


@dataclass(frozen=True)
class HistoryLine:
    """One day of the table behind the chart; `restated` is its score by today's definition, on month ends alone; None: not recomputed."""

    day: date
    score: str
    band: str
    band_word: str
    machine: str
    human: str
    coverage: str
    restated: str | None


@dataclass(frozen=True)
class History:
    """The course of the score: the figure, what it says in words, and the table behind it."""

    days: int
    title: str
    text: str
    figure: dict[str, Any] | None
    marks: list[str]
    restated: str = ""


def health_history_panel(account: Account, state: AccountState, user: User, days: int = HISTORY_DAYS) -> History:
    """Scores of the last `days` days to the state's, with a line where the model changed or the team noted something."""
    first = state.as_of - timedelta(days=days)
    scores = _scores(account, state, user, days)
    since = scores[0].day if scores else state.as_of  # the chart begins there
    notes = Annotation.objects.visible_to(user).filter(day__gte=since, day__lte=state.as_of).order_by("day")
    marks = [(row.day, row.text) for row in notes]
    marks += [(day, version_name(version)) for day, version in changes((row.day, row.version) for row in scores)]
    marks.sort()
    again = _restated(account, state, user, first)
    # The chart has room for a number; its caption tells what the number stands for.
    numbered = [(day.isoformat(), str(place)) for place, (day, _text) in enumerate(marks, 1)]
    return History(
        days=days,
        title=_("Health over %(n)d days: score, system part and CSM part") % {"n": days},
        text=_history_text(scores),
        figure=_figure(scores, numbered, user, again) if scores else None,
        marks=[f"({place}) {words.day(day)}: {text}" for place, (day, text) in enumerate(marks, 1)],
        restated=_restated_text(again),
    )


def _restated(account: Account, state: AccountState, user: User, first: date) -> list[RestatedScore]:
    rows = RestatedScore.objects.visible_to(user).filter(account=account, day__gt=first, day__lte=state.as_of)
    return list(rows.order_by("day"))


def _restated_text(rows: list[RestatedScore]) -> str:
    """What the second line is, where the history was recomputed."""
    if not rows:
        return ""
    return _(
        "The solid line is health as it was. The dashed one is recomputed with today's definition (version %(n)d) for the month ends."
    ) % {"n": rows[-1].version}


def score_lines(account: Account, state: AccountState, user: User, days: int = HISTORY_DAYS) -> list[HistoryLine]:
    """The same scores as a table, the latest first."""
    again = {row.day: words.number(row.score, 1) for row in _restated(account, state, user, state.as_of - timedelta(days=days))}
    return [_history_line(row, again.get(row.day, "") if again else None) for row in reversed(_scores(account, state, user, days))]


def _scores(account: Account, state: AccountState, user: User, days: int) -> list[HealthScore]:
    first = state.as_of - timedelta(days=days)
    rows = HealthScore.objects.visible_to(user).published().filter(account=account, day__gt=first, day__lte=state.as_of)
    return list(rows.order_by("day").only("account_id", "day", "run_id", "score", "band", "coverage", "machine", "human", "version"))


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
                name=facet_name(key),
                what=evidence.facet_meaning(key),
                human=key in HUMAN_FACETS,
                value=words.number(value, 0) if value is not None else _("unknown"),
                bar=float(value or 0),
                weight=words.percent(weight / whole) if whole else words.UNKNOWN,
                points=words.number(points, 1),
                facts=evidence.facts_in_words(key, facet.get("evidence") or {}, known=value is not None),
                known=value is not None,
                weighed=weight > 0,
            )
        )
    return sorted(lines, key=lambda line: -Decimal(str(facets[line.key]["weight"])))


def _history_line(row: HealthScore, restated: str | None) -> HistoryLine:
    return HistoryLine(
        day=row.day,
        score=words.number(row.score, 1),
        band=row.band,
        band_word=words.band(row.band),
        machine=words.number(row.machine, 1),
        human=words.number(row.human, 1),
        coverage=words.percent(row.coverage),
        restated=restated,
    )


def _history_text(scores: list[HealthScore]) -> str:
    known = [row for row in scores if row.score is not None]
    if not known:
        return _("No health score is known for this time.")
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


def _figure(scores: list[HealthScore], marks: list[tuple[str, str]], user: User, again: list[RestatedScore]) -> dict[str, Any]:
    model = HealthModel.objects.visible_to(user).filter(version=scores[-1].version).first()
    bands = model.body.get("bands", {}) if model else {}
    figure = health_history(
        [row.day for row in scores],
        {
            "machine": (_("System"), [row.machine for row in scores]),
            "human": (_("CSM rating"), [row.human for row in scores]),
            "score": (_("Health"), [row.score for row in scores]),
        },
        borders={band: (words.band(band), float(border)) for band, border in bands.items()},
        beside=(_("Recomputed with today's definition"), [row.day for row in again], [row.score for row in again]) if again else None,
    )
    return with_lines_down(figure, marks)
