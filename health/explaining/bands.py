"""Why a band is what it is, and why it is not what it was: reasons as `{code, …facts}`, worst first. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from health.model_types import HealthRules
from health.reasons import cap_reason, missing_facets
from health.types import Band

Facts = Mapping[str, Any]
ORDER = tuple(Band)
OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Judged:
    """What is stored of one account on one day. `score` 0..100, None unknown; `caps` those that held the band, and overrides."""

    score: Decimal | None
    band: str
    coverage: Decimal
    facets: Mapping[str, Facts]
    caps: Sequence[Facts]
    version: int
    profile: int = 0


def band_reasons(judged: Judged, rules: HealthRules | None) -> list[dict[str, Any]]:
    """An override in force, then the caps that hold the band (the lowest first), last what the score alone says.

    `rules` of the version and profile that graded the day; None (a version no longer on file) leaves the borders out.
    """
    overrides = [_override(cap) for cap in judged.caps if cap["when"] == OVERRIDE]
    caps = sorted((cap for cap in judged.caps if cap["when"] != OVERRIDE), key=lambda cap: ORDER.index(Band(cap["band"])))
    return [*overrides, *(cap_reason(cap, judged.facets) for cap in caps), _by_score(judged, rules)]


def band_changes(then: Judged, now: Judged, rules_then: HealthRules | None, rules_now: HealthRules | None) -> list[dict[str, Any]]:
    """What moved the band between two days, also where the score stayed: overrides and caps that came or went, a border, the coverage.

    Empty where the band is the same.
    """
    if then.band == now.band:
        return []
    found = [
        *({**_override(cap), "code": "override_began"} for cap in _new(now.caps, then.caps) if cap["when"] == OVERRIDE),
        *({**_override(cap), "code": "override_ended"} for cap in _new(then.caps, now.caps) if cap["when"] == OVERRIDE),
        *({**cap_reason(cap, now.facets), "code": "cap_began"} for cap in _new(now.caps, then.caps) if cap["when"] != OVERRIDE),
        *({**cap_reason(cap, then.facets), "code": "cap_ended"} for cap in _new(then.caps, now.caps) if cap["when"] != OVERRIDE),
    ]
    before, after = band_of(then.score, rules_then), band_of(now.score, rules_now)
    if before is not None and after is not None and before != after:
        if Band.UNKNOWN in (before, after):
            found.append({"code": "coverage_fell" if after == Band.UNKNOWN else "coverage_rose", "coverage": float(now.coverage)})
        elif band_of(now.score, rules_then) == before:
            found.append({"code": "borders_moved", "version": now.version, "version_from": then.version})
        else:
            found.append({"code": "score_crossed", "band": str(after), "score": float(now.score or 0)})
    return found


def band_of(score: Decimal | None, rules: HealthRules | None) -> Band | None:
    """The band of a score by itself, without caps; None where the borders are not known."""
    if rules is None:
        return None
    if score is None:
        return Band.UNKNOWN
    # As stored: 4 decimals. Within half a unit of a border the night's own band decides, not this one.
    return Band.RED if score < rules.amber else Band.AMBER if score < rules.green else Band.GREEN


def _by_score(judged: Judged, rules: HealthRules | None) -> dict[str, Any]:
    if judged.score is None:
        least = None if rules is None else float(rules.min_coverage)
        return {
            "code": "coverage",
            "coverage": float(judged.coverage),
            "min_coverage": least,
            "missing": missing_facets(judged.facets),
        }
    reason: dict[str, Any] = {"code": "score", "score": float(judged.score)}
    alone = band_of(judged.score, rules)
    if rules is None or alone is None:
        return reason
    borders: dict[Band, tuple[Any, Any]] = {
        Band.RED: (0, rules.amber),
        Band.AMBER: (rules.amber, rules.green),
        Band.GREEN: (rules.green, 100),
    }
    low, high = borders[alone]
    return {**reason, "band": str(alone), "from": float(low), "to": float(high)}


def _override(cap: Facts) -> dict[str, Any]:
    return {**{name: fact for name, fact in cap.items() if name != "when"}, "code": OVERRIDE}


def _new(these: Sequence[Facts], those: Sequence[Facts]) -> list[Facts]:
    """Caps of the one side that the other has not: a cap by its text and band, an override by all that it says."""
    return [cap for cap in these if dict(cap) not in [dict(other) for other in those]]
