"""Scores of cells (account, day) of a chunk, computed and not written: by which version and profile, with facets, caps, corrections."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from csm_portal.lib.versions import version_on
from health.chunk import Chunk
from health.facets.compute import cap_values, compute_facets
from health.facets.facet import Facet
from health.facets.grid import Bools, Ints
from health.facets.usage import paid_lately
from health.model_types import HealthVersion
from health.models import Override
from health.score_rows import Corrections, Scored
from health.scoring import score_facets

LAPSED_DAYS = 30  # an account is scored that long after its last paying day


def asked_cells(chunk: Chunk, days: Sequence[date]) -> Bools:
    """The cells of these days."""
    asked: Bools = np.isin(chunk.grid.numbers, [day.toordinal() for day in days])
    return np.broadcast_to(asked, (chunk.grid.rows, chunk.grid.days))


def scored_parts(chunk: Chunk, asked: Bools, versions: Sequence[HealthVersion]) -> Iterator[tuple[HealthVersion, int, Scored]]:
    """Scores of the asked cells whose account pays on the day or did within 30 days before it, by version and profile in force.

    Nothing is read from the database once this has returned, so a COPY may be open while the parts are taken.
    """
    return _parts(chunk, asked, versions, _corrections(chunk))


def _parts(
    chunk: Chunk, asked: Bools, versions: Sequence[HealthVersion], corrections: Corrections
) -> Iterator[tuple[HealthVersion, int, Scored]]:
    facets = compute_facets(chunk.grid, chunk.facts)
    chosen = paid_lately(chunk.grid, chunk.facts.days, LAPSED_DAYS) & asked
    for version, profile, cells in _rule_cells(chunk, chosen, versions):
        row, column = np.nonzero(cells)
        if not row.size:
            continue
        rules = version.rules[profile]
        picked = {key: Facet(one.value[cells], {name: fact[cells] for name, fact in one.evidence.items()}) for key, one in facets.items()}
        fields = {condition.field for cap in rules.caps for condition in cap.conditions}
        scores = score_facets(
            {key: one.value for key, one in picked.items()}, {field: cap_values(picked, field) for field in fields}, rules
        )
        accounts = np.array(chunk.ids, dtype=np.int64)[row]
        yield version, profile, Scored(accounts, column + chunk.grid.first, picked, scores, corrections.of(chunk.overrides[cells]))


def _rule_cells(chunk: Chunk, chosen: Bools, versions: Sequence[HealthVersion]) -> Iterator[tuple[HealthVersion, int, Bools]]:
    """The cells each version and profile speaks for: the highest version in force that day, the first profile that fits the account."""
    days = [date.fromordinal(int(number)) for number in chunk.grid.numbers[0]]
    of_day = [version_on(versions, day) for day in days]
    for version in versions:
        left = chosen & np.array([one is version for one in of_day])[None, :]
        for profile, when in enumerate(version.when, start=1):
            fits = left.copy()
            for key, values in when.items():
                fits &= _matches(chunk, key, values)
            yield version, profile, fits
            left &= ~fits
        yield version, 0, left


def _matches(chunk: Chunk, key: str, values: Sequence[str]) -> Bools:
    if key == "product":
        return chunk.has_product(values)
    if key == "plan":
        return np.isin(chunk.plans, list(values))
    return np.isin(np.array(chunk.attributes[key], dtype=object), list(values))[:, None]


def _corrections(chunk: Chunk) -> Corrections:
    ids: Ints = np.unique(chunk.overrides)
    rows = Override.objects.filter(pk__in=ids.tolist()).values("pk", "band", "reason", "ends_on", "author__email")
    return Corrections({row["pk"]: (row["band"], _correction(row)) for row in rows})


def _correction(row: Mapping[str, Any]) -> str:
    named = {
        "when": "override",
        "band": row["band"],
        "until": row["ends_on"].isoformat(),
        "reason": row["reason"],
        "by": row["author__email"],
    }
    return json.dumps(named, ensure_ascii=False)
