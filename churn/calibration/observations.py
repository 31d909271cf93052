"""Past renewals as observations: what the portal had stored so many days before each due, cut by record, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from churn.calibration.observations_sql import EVERYBODY, OBSERVATIONS, SHORT_TERMS
from health.books import visible_book
from health.model_types import HealthRules
from health.versions import health_versions

if TYPE_CHECKING:
    from accounts.models import User

LEAD_DAYS = 90
HUMAN = ("ratings", "executive")
Figure = float | str | None


@dataclass(frozen=True, slots=True)
class Observation:
    """One past decision. Of a `due` the day of deciding is `ends_on`; of a `snapshot` that is 180 days after the Monday `seen_on`.

    `renewed` is None while open. Amounts are MRR in the reporting currency (None: no rate); `kept` of a lost one is 0. `churn_type` is
    that of the record nearest to a loss, empty where there is none. Score, parts and facets run 0 … 100, `coverage` 0 … 1; all None where
    no health was published for `seen_on`. `late` names the facets that held facts recorded after `seen_on`: they count as unknown here,
    and the score is that of the others. `earlier` is the stored score of some days before (None where not asked for).
    `known_before`: the outcome itself was recorded before the lead, so nothing was foreseen.
    Rows of one account belong together (`account_id` is the group of every split).
    """

    kind: str
    account_id: int
    external_id: str
    name: str
    product: str
    ends_on: date
    starts_on: date
    seen_on: date
    state: str
    amount: float | None
    kept: float | None
    churn_type: str
    regrettable: bool | None
    owner_id: int | None
    score: float | None
    band: str | None
    machine: float | None
    human: float | None
    coverage: float | None
    stored: Mapping[str, Any]
    late: tuple[str, ...]
    version: int | None
    known_before: bool
    earlier: float | None = None

    @property
    def renewed(self) -> bool | None:
        """Whether it was renewed; None while open."""
        return None if self.state == "open" else self.state == "renewed"

    @property
    def facets(self) -> dict[str, float | None]:
        """Every facet of the stored row, also those of weight 0; made anew at each call."""
        return {key: one["value"] for key, one in self.stored.items()}

    @property
    def weights(self) -> dict[str, float]:
        """The weight each facet had in the stored row."""
        return {key: one["weight"] for key, one in self.stored.items()}

    @property
    def evidence(self) -> dict[str, Figure]:
        """The facts behind the facets by `facet.fact`; those of late facets are left out."""
        return {f"{key}.{name}": fact for key, one in self.stored.items() for name, fact in one.get("evidence", {}).items()}


def read_observations(
    as_of: date,
    *,
    lead: int = LEAD_DAYS,
    user: User | None = None,
    features_shift: int = 0,
    closed: bool = True,
    facts: bool = True,
    snapshots: bool = True,
    dues: bool = True,
    earlier: int = 0,
) -> list[Observation]:
    """Past decisions of the accounts a user may see (None: of all, for the night), by `ends_on`; one statement.

    `lead`: days before the due whose stored health is read; `features_shift` moves that day alone, for the leak test. `closed` leaves out
    what may still turn: dues count from the day after the grace (churn/k_sql.py), snapshots once their 180 days are over too.
    `facts=False` leaves facets, weights and evidence empty and is three times as fast; `snapshots` and `dues` False leave a kind out.
    `earlier`: days before `seen_on` whose stored score is read besides.
    Those with `known_before` are in the list: leave them out where foreseeing is judged. docs/methods/calibration.md.
    """
    book, params = (EVERYBODY, {}) if user is None else visible_book(user)
    asked: dict[str, Any] = {
        "as_of": as_of, "lead": lead, "shift": features_shift, "closed": closed, "facts": facts, "snapshots": snapshots, "dues": dues,
        "earlier": earlier,
        "reporting": settings.REPORTING_CURRENCY, "zone": settings.TIME_ZONE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(OBSERVATIONS.format(book=book), {**params, **asked})
        rows = cursor.fetchall()
    rules = {one.version: one.rules for one in health_versions()} if any(row[20] for row in rows) else {}
    return [_observation(row, rules) for row in rows]


def has_short_terms(user: User | None) -> bool:
    """Whether accounts are looked at week by week because they never had a term of 90 days; one statement."""
    book, params = (EVERYBODY, {}) if user is None else visible_book(user)
    with connection.cursor() as cursor:
        cursor.execute(SHORT_TERMS.format(book=book), params)
        row = cursor.fetchone()
    return bool(row and row[0])


def foreseeable(found: Iterable[Observation]) -> list[Observation]:
    """Decided ones whose outcome was not known before the lead: what a forecast may be judged by."""
    return [one for one in found if one.renewed is not None and not one.known_before]


def _observation(row: tuple[Any, ...], rules: Mapping[int, tuple[HealthRules, ...]]) -> Observation:
    score, band, machine, human, coverage, facets, late, version, profile, known_before, earlier = row[14:]
    stored: dict[str, Any] = json.loads(facets) if facets else {}
    hidden = tuple(late or ())
    if hidden and version is not None:
        stored = {key: {"value": None, "weight": one["weight"]} if key in hidden else one for key, one in stored.items()}
        score, band, machine, human, coverage = _scored_again(stored, _rules_of(rules.get(version, ()), profile))
    values: list[Any] = [*row[:14], score, band, machine, human, coverage, stored, hidden, version, known_before, earlier]
    return Observation(*values)


def _rules_of(found: Sequence[HealthRules], profile: int) -> HealthRules:
    """The rules of a profile; those every model begins from where the version is not there any more."""
    return found[profile] if profile < len(found) else HealthRules(Decimal(0), {}, Decimal(50), Decimal(75))


def _scored_again(stored: Mapping[str, Any], rules: HealthRules) -> tuple[float | None, str, float | None, float | None, float]:
    """Score, band, parts and coverage of the facets that are left; caps and overrides of the stored row do not enter."""
    total = sum(one["weight"] for one in stored.values())
    known = {key: (one["weight"], one["value"]) for key, one in stored.items() if one["value"] is not None and one["weight"]}
    coverage = sum(weight for weight, _value in known.values()) / total if total else 0.0
    machine = _mean(pair for key, pair in known.items() if key not in HUMAN)
    human = _mean(pair for key, pair in known.items() if key in HUMAN)
    score = _mean(known.values()) if coverage >= float(rules.min_coverage) else None
    if score is None:
        return None, "unknown", machine, human, coverage
    band = "green" if score >= float(rules.green) else "amber" if score >= float(rules.amber) else "red"
    return score, band, machine, human, coverage


def _mean(pairs: Iterable[tuple[float, float]]) -> float | None:
    listed = list(pairs)
    weight = sum(one for one, _value in listed)
    return sum(one * value for one, value in listed) / weight if weight else None
