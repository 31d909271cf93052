"""One goal of prediction as it stands on the loaded book."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """`unmeasurable`: the book cannot tell; the finding says why."""

    MET = "met"
    MISSED = "not met"
    UNMEASURABLE = "not measurable"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was asked (`wanted`), what was found, and the verdict. Several findings may belong to one goal."""

    goal: int
    name: str
    wanted: str
    found: str
    verdict: Verdict


def judged(goal: int, name: str, wanted: str, found: str, *, met: bool) -> Finding:
    """A goal that was measured."""
    return Finding(goal, name, wanted, found, Verdict.MET if met else Verdict.MISSED)


def unmeasurable(goal: int, name: str, wanted: str, because: str) -> Finding:
    """A goal that this book cannot tell of."""
    return Finding(goal, name, wanted, because, Verdict.UNMEASURABLE)
