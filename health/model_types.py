"""What a published health model, question set and north star say, once parsed: the words facets and scoring are written in.

Numbers that decide a border are Decimals, exactly as the definition file has them. `health.definitions` builds these from a version's
body; nothing here reads a file or a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from health.types import Band


@dataclass(frozen=True, slots=True)
class Condition:
    """`field operator number`, as in `invoice_overdue_days >= 60`; a field that is unknown that day meets no condition."""

    field: str
    operator: str
    number: Decimal


@dataclass(frozen=True, slots=True)
class Cap:
    """While all conditions hold the band is at most `band`; the score stays as it is. `when` is the text as written."""

    when: str
    conditions: tuple[Condition, ...]
    band: Band


@dataclass(frozen=True, slots=True)
class HealthRules:
    """One resolved parameter set: the model itself, or one of its profiles laid over it. Weights >= 0, shares 0..1, borders 0..100."""

    min_coverage: Decimal
    weights: Mapping[str, Decimal]
    amber: Decimal
    green: Decimal
    caps: tuple[Cap, ...] = ()
    # Actions that show someone takes part in the customer community; none named: that facet has no source and is unknown.
    community_actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HealthVersion:
    """One published model. `rules[0]` is the model, `rules[i]` its i-th profile, which applies where `when[i - 1]` does; first match wins.

    A `when` maps an attribute (`stage`, `tier`, `plan`, …) to the values it may have.
    """

    version: int
    effective_from: date
    rules: tuple[HealthRules, ...]
    when: tuple[Mapping[str, tuple[str, ...]], ...] = ()

    def profile_of(self, attributes: Mapping[str, str]) -> int:
        """Index into `rules` for an account with these attributes; 0 where no profile fits."""
        for index, when in enumerate(self.when, start=1):
            if all(attributes.get(key, "") in values for key, values in when.items()):
                return index
        return 0


@dataclass(frozen=True, slots=True)
class Question:
    """One anchored question: `text` and five `anchors` by language, the part (`ratings` or `executive`), days an answer holds."""

    key: str
    text: Mapping[str, str] = field(default_factory=dict)
    anchors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    part: str = "ratings"
    valid_days: int = 90


@dataclass(frozen=True, slots=True)
class QuestionVersion:
    """One published question set."""

    version: int
    effective_from: date
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class NorthStar:
    """One cumulative dimension: `measure` is `count`, `quantity` or `value` of `action`; `within_days` 0: no deadline."""

    action: str
    measure: str
    threshold: Decimal
    within_days: int = 0


@dataclass(frozen=True, slots=True)
class NorthStarVersion:
    """One published north star; sums start at `effective_from`."""

    version: int
    effective_from: date
    rules: NorthStar
