"""A score as its panel explains it: reasons of the band, facets, the difference from another day, what would turn it green."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from csm_portal.portal import words
from csm_portal.portal.account.why import PLACES, SCORE_PLACES, Part, parts_of, rounded_shares
from csm_portal.portal.evidence import reason_in_words
from csm_portal.portal.health_panel import FacetLine, facet_lines
from health.explaining.change import explain_change
from health.explaining.explanation import explain, turning_of
from health.explaining.level_words import conditions_in_words
from health.explaining.turning_words import state_words, step_words
from health.facet_names import facet_name

if TYPE_CHECKING:
    from health.explaining.bands import Judged
    from health.explaining.explanation import Explanation
    from health.explaining.reading import Viewed
    from health.explaining.turning import Turning
    from health.models import AccountState

SPANS = (7, 30, 90, 365)
EARLIEST = date(1990, 1, 1)


@dataclass(frozen=True)
class Pick:
    """A link to another day that the score is compared with."""

    label: str
    href: str
    chosen: bool


@dataclass(frozen=True)
class Line:
    """A facet with the address of the rows behind it."""

    facet: FacetLine
    points: str
    href: str


@dataclass(frozen=True)
class Deeds:
    """What together would turn it green: one phrase per facet, and the score after it."""

    texts: list[tuple[str, str]]
    score: str
    band: str


@dataclass(frozen=True)
class Panel:
    """Everything the panel places. `score` empty: no score row that day."""

    as_of: date
    against: date
    day: str
    against_day: str
    score: str
    band: str
    band_word: str
    coverage: str
    model: str
    reasons: list[str]
    lines: list[Line]
    unweighed: list[Line]
    then: str
    then_band: str
    change: str
    way: str
    parts: list[Part]
    still: int
    band_changes: list[str]
    note: str
    picks: list[Pick]
    turning: str
    turning_state: str
    options: list[Deeds]
    file: str


def panel(viewed: Viewed, state: AccountState | None, as_of: date, against: date) -> Panel:
    """At most three queries: the scores of both days, what could be done, and once a minute the definitions."""
    told = explain(viewed, state, as_of, against)
    turning = turning_of(viewed, told)
    now, then, id_ = told.now, told.then, viewed.account.external_id
    lines = [] if now is None else _lines(now, id_, as_of)
    parts = parts_of(then.facets, now.facets, told.change) if now and then and told.change is not None else []
    return Panel(
        as_of=as_of,
        against=against,
        day=words.day(as_of),
        against_day=words.day(against),
        score=_score(now) if now else "",
        band=now.band if now else "unknown",
        band_word=words.band(now.band if now else "unknown"),
        coverage=words.percent(now.coverage) if now else words.UNKNOWN,
        model=_model(told, now) if now else "",
        reasons=_sentences(told.reasons),
        lines=[line for line in lines if line.facet.weighed],
        unweighed=[line for line in lines if not line.facet.weighed],
        then=_score(then) if then else "",
        then_band=words.band(then.band) if then else "",
        change="" if told.change is None else words.signed(told.change, PLACES),
        way="flat" if not told.change else "up" if told.change > 0 else "down",
        parts=[part for part in parts if part.points],
        still=sum(not part.points for part in parts),
        band_changes=_sentences(told.band_changes),
        note=_note(told),
        picks=[_pick(id_, days, as_of, against) for days in SPANS],
        turning=state_words(turning) if turning else "",
        turning_state=turning.state if turning else "",
        options=_options(turning),
        file=f"{_api(id_)}health/explain/?{urlencode({'as_of': as_of, 'against': against, 'format': 'csv'})}",
    )


def explain_address(external_id: str, **query: Any) -> str:
    """The panel of an account as a page of its own; asked for by htmx, the panel alone."""
    return f"{reverse('portal:explain')}?{urlencode({'account': external_id, **query})}"


def days_asked(query: Mapping[str, str], latest: date) -> tuple[date, date, str]:
    """The day to explain, the earlier day, and what is wrong with what was asked (empty: nothing); wrong days give way to the usual."""
    day, problem = _day(query.get("day", ""), latest)
    if day > latest:
        day, problem = latest, _("That day is not computed yet; shown is the latest.")
    before, fault = _day(query.get("against", ""), day - timedelta(days=SPANS[0]))
    if before >= day:
        before, fault = day - timedelta(days=SPANS[0]), _("The day to compare with has to lie before the day that is explained.")
    return day, before, problem or fault


def _day(text: str, usual: date) -> tuple[date, str]:
    if not text:
        return usual, ""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return usual, _("A day is written YYYY-MM-DD.")
    return (found, "") if found >= EARLIEST else (usual, _("That day lies too far back."))


def _lines(now: Judged, external_id: str, as_of: date) -> list[Line]:
    """The facets with points that sum to the score as printed; an unknown score has none to give."""
    shares = [] if now.score is None else explain_change({}, now.facets, now.score)
    rounded = rounded_shares([share.delta for share in shares], now.score or Decimal(0), SCORE_PLACES)
    points = {share.facet: words.number(one, SCORE_PLACES) for share, one in zip(shares, rounded, strict=True)}
    return [Line(one, points.get(one.key, words.UNKNOWN), _rows(external_id, one.key, as_of)) for one in facet_lines(now.facets)]


def _score(one: Judged) -> str:
    return words.number(one.score, SCORE_PLACES) if one.score is not None else _("unknown")


def _sentences(reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    return [reason_in_words(reason) for reason in reasons]


def _model(told: Explanation, now: Judged) -> str:
    version = next((one for one in told.definitions.health if one.version == now.version), None)
    if now.profile and version is not None and now.profile <= len(version.when):
        when = conditions_in_words(version.when[now.profile - 1])
        return _("health model version %(n)s, profile %(profile)s (%(when)s)") % {"n": now.version, "profile": now.profile, "when": when}
    return _("health model version %(n)s") % {"n": now.version}


def _note(told: Explanation) -> str:
    now, then = told.now, told.then
    if now is None or then is None:
        return _("No score was computed for one of the two days, so the change is unknown.")
    if told.change is None:
        return _("The score of one of the two days is unknown, so the change is unknown; the facets of both are below.")
    if now.version != then.version:
        return _("The health model changed in between (version %(then)s, now %(now)s); the change of weights is in the points.") % {
            "then": then.version,
            "now": now.version,
        }
    return ""


def _options(turning: Turning | None) -> list[Deeds]:
    if turning is None:
        return []
    return [
        Deeds([(facet_name(step.facet), step_words(step)) for step in option.steps], words.number(option.score, 1), words.band("green"))
        for option in turning.options
    ]


def _pick(external_id: str, days: int, as_of: date, against: date) -> Pick:
    labels = {7: _("a week before"), 30: _("30 days before"), 90: _("90 days before"), 365: _("a year before")}
    day = as_of - timedelta(days=days)
    return Pick(labels[days], explain_address(external_id, day=as_of, against=day), day == against)


def _rows(external_id: str, facet: str, day: date) -> str:
    return f"{reverse('portal:explain-facet')}?{urlencode({'account': external_id, 'facet': facet, 'day': day})}"


def _api(external_id: str) -> str:
    return reverse("api-account", args=[external_id])
