"""Scores as lines of PostgreSQL's COPY text format. One line per account and day; equal facts are put into words once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from health.facets.facet import Facet
from health.facets.grid import Floats, Ints
from health.model_types import HealthRules
from health.scoring import Scores
from health.types import BANDS

# NaN is not equal to itself, so it could not be looked up again; no fact comes near this number.
_GONE = -1e300


@dataclass(frozen=True, slots=True)
class Corrections:
    """Overrides in force by id: the band each sets, and how it is named among the caps (JSON)."""

    by_id: Mapping[int, tuple[str, str]]

    def of(self, ids: Ints) -> list[tuple[str, str] | None]:
        """The correction of each cell; None: none."""
        return [self.by_id.get(one) for one in ids.tolist()]


@dataclass(frozen=True, slots=True)
class Scored:
    """Accounts and days (ordinals) with their facets, scores and corrections, one entry per line."""

    accounts: Ints
    days: Ints
    facets: Mapping[str, Facet]
    scores: Scores
    corrections: Sequence[tuple[str, str] | None]


def score_lines(scored: Scored, rules: HealthRules, *, run_id: int, version: int, profile: int) -> Iterator[str]:
    """Lines of account, day, run, score, band, coverage, machine, human, facets, caps, version, profile."""
    scores, accounts = scored.scores, scored.accounts
    parts = [part for key, one in scored.facets.items() if (part := _facet_texts(key, one, float(rules.weights.get(key, 0)))) is not None]
    texts = zip(*parts, strict=True) if parts else iter([()] * len(accounts))
    caps = [json.dumps({"when": cap.when, "band": cap.band}, ensure_ascii=False) for cap in rules.caps]
    held = list(zip(*(one.tolist() for one in scores.held), strict=True)) if scores.held else [()] * len(accounts)
    for account, day, score, band, coverage, machine, human, text, bites, correction in zip(
        accounts.tolist(),
        scored.days.tolist(),
        numerics(scores.score, 4),
        scores.band.tolist(),
        numerics(scores.coverage, 6),
        numerics(scores.machine, 4),
        numerics(scores.human, 4),
        texts,
        held,
        scored.corrections,
        strict=True,
    ):
        named = [cap for cap, bite in zip(caps, bites, strict=True) if bite]
        shown: str = BANDS[band]
        if correction is not None:
            shown = correction[0]
            named.append(correction[1])
        facts = ",".join(filter(None, text))
        # JSON's own backslashes are doubled for COPY.
        listed = ",".join(named).replace("\\", "\\\\")
        when = date.fromordinal(day).isoformat()
        graded = f"{account}\t{when}\t{run_id}\t{score}\t{shown}\t{coverage}\t{machine}\t{human}"
        yield f"{graded}\t{{{facts}}}\t[{listed}]\t{version}\t{profile}\n"


def numerics(values: Floats, places: int) -> list[str]:
    """Fixed-point text, `\\N` (null) for NaN. Adding 0 turns a negative zero into zero."""
    return ["\\N" if value != value else f"{value:.{places}f}" for value in (np.round(values, places) + 0.0).tolist()]  # noqa: PLR0124


def _facet_texts(key: str, facet: Facet, weight: float) -> list[str] | None:
    """`"key":{…}` per cell; empty where the facet neither weighs nor is known. None where that holds for all."""
    if weight == 0 and np.isnan(facet.value).all():
        return None
    names = list(facet.evidence)
    rows = zip(*(_hashable(one) for one in (facet.value, *facet.evidence.values())), strict=True)
    seen: dict[tuple[float, ...], str] = {}
    texts: list[str] = []
    for row in rows:
        text = seen.get(row)
        if text is None:
            text = seen[row] = _facet_text(key, row, names, weight)
        texts.append(text)
    return texts


def _facet_text(key: str, row: tuple[float, ...], names: Sequence[str], weight: float) -> str:
    value, *facts = row
    if weight == 0 and value == _GONE:
        return ""
    evidence = {name: _figure(name, fact) for name, fact in zip(names, facts, strict=True) if fact != _GONE}
    content = {"value": None if value == _GONE else _plain(value), "weight": _plain(weight), "evidence": evidence}
    return f'"{key}":{json.dumps(content, separators=(",", ":"))}'


def _hashable(values: Floats) -> list[float]:
    listed: list[float] = np.where(np.isnan(values), _GONE, values).tolist()
    return listed


def _figure(name: str, fact: float) -> Any:
    return date.fromordinal(int(fact)).isoformat() if name.endswith("_on") else _plain(fact)


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number
