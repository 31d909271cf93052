"""The form for a combination of one's own: what it places, and what was sent with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from churn.rules.conditions import BY_KEY, LONGEST, Unit
from churn.rules.own import MAX_NAME
from csm_portal.portal.rules.words import GROUPS, NAMES, OPERATORS


@dataclass(frozen=True)
class Row:
    """One condition of the form: what is chosen, what was typed, and what is wrong with it."""

    place: int
    features: list[tuple[str, list[tuple[str, str, bool]]]]
    operators: list[tuple[str, str, bool]]
    value: str
    problem: str


@dataclass(frozen=True)
class OwnForm:
    """What `portal/risk/_own_form.html` places. `problems` by number of the condition, `name`, or "" for all of it."""

    data: QueryDict
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """Characters that fit into the name."""
        return MAX_NAME

    @property
    def name(self) -> str:
        """The name as typed."""
        return self.data.get("name", "")

    @property
    def problem(self) -> str:
        """What is wrong with all of it."""
        return self.problems.get("", "")

    @property
    def name_problem(self) -> str:
        """What is wrong with the name."""
        return self.problems.get("name", "")

    @property
    def rows(self) -> list[Row]:
        """Three conditions to fill."""
        filled = [place for place in range(LONGEST) if self.data.get(f"feature-{place}")]
        # Problems go by the conditions that were sent, which may leave rows between them empty.
        problems = {place: self.problems.get(str(number), "") for number, place in enumerate(filled)}
        return [self._row(place, problems.get(place, "")) for place in range(LONGEST)]

    def _row(self, place: int, problem: str) -> Row:
        chosen, sign = self.data.get(f"feature-{place}", ""), self.data.get(f"operator-{place}", ">=")
        features = [(str(title), [(key, str(NAMES[key]), key == chosen) for key in keys]) for title, keys in GROUPS]
        operators = [(key, str(word), key == sign) for key, word in OPERATORS.items()]
        return Row(place, features, operators, self.data.get(f"value-{place}", ""), problem)


def bodies_in(data: QueryDict) -> list[dict[str, Any]]:
    """The conditions as sent, rows without a feature left out; percent signs and commas are understood, a flag needs no value."""
    found = []
    for place in range(LONGEST):
        feature = data.get(f"feature-{place}", "")
        if not feature:
            continue
        known = BY_KEY.get(feature)
        sign, text = data.get(f"operator-{place}", ""), data.get(f"value-{place}", "").strip()
        if known is not None and known.unit is Unit.FLAG:
            found.append({"feature": feature, "operator": "=", "value": 1.0})
        elif known is not None and known.unit is Unit.WORD:
            found.append({"feature": feature, "operator": "=", "value": text})
        else:
            found.append(
                {"feature": feature, "operator": sign, "value": _number(text, share=known is not None and known.unit is Unit.SHARE)}
            )
    return found


def _number(text: str, *, share: bool) -> float | str:
    """A number as people write it; of a share percent: 60 and 60% are 0.6. What is no number stays as it is, to be refused."""
    plain = text.replace(",", "").replace("，", "").replace("−", "-").strip()
    percent = plain.endswith(("%", "％"))
    try:
        number = float(plain.rstrip("%％"))
    except ValueError:
        return text
    return number / 100 if percent or share else number
