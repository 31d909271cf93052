"""A deed for a facet and what it would make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from health.facets.curves import PLACES

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """Do `code` so often: the facet would have `value` (0..100; None: unknown) and these facts of its evidence instead of the stored ones.

    `effort` counts single deeds, so that steps of different facets can be compared; `said` is what the words are made of.
    """

    facet: str
    code: str
    effort: int
    value: float | None
    evidence: Facts
    said: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps of one facet; not all lie on one line: several goals stand behind each other."""

    facet: str
    steps: tuple[Step, ...]


def clipped(value: float) -> float:
    """A facet's value as it is stored: 0..100, 4 decimals."""
    return round(min(100.0, max(0.0, value)), PLACES)
