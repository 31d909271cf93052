"""Conditions that would only tell the outcome over again, found by how much they tell and by when they were known. Pure.

docs/methods/risk-rules.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from churn.rules.conditions import Feature, Risk, Value

NO_HISTORY, LATE, TOO_GOOD = "no_history", "late", "too_good"
# Figures of which only today's value is stored: what an account became is in them.
WITHOUT_HISTORY: Final = frozenset({"stage", "auto_renew_off"})
# A figure 90 days ahead that separates so well is a leak before it is good news.
TOO_GOOD_AUC: Final = 0.90
# So many renewals at least, on so large a share of those with a figure, must differ for a figure to be called known late.
LATE_LEAST: Final = 20
LATE_SHARE: Final = 0.25
# For a judgement on how well a figure separates, this many on either side.
JUDGED_LEAST: Final = 10


@dataclass(frozen=True, slots=True)
class Refused:
    """A feature that stands in no combination, and why. `figures`: renewals with a figure; `late`: of them told only after the day.

    `auc` is how well the figure as known then separates the lost, `auc_later` with what was recorded afterwards; None: not to be told.
    """

    feature: str
    why: str
    figures: int
    late: int
    auc: float | None
    auc_later: float | None


def judged(
    features: Sequence[Feature], lost: Sequence[bool], known: Mapping[str, Sequence[Value]], later: Mapping[str, Sequence[Value]]
) -> list[Refused]:
    """Features that tell the outcome over again, or that were mostly recorded after it. `known`: by record; `later`: whenever recorded.

    A feature that was mostly recorded late keeps the part that was known in time: the cut by record already hid the rest. It is refused
    only where what is left separates too well too, or nothing is left; otherwise it is listed for what was hidden.
    """
    found = []
    for feature in features:
        column, whenever = known.get(feature.key, ()), later.get(feature.key, known.get(feature.key, ()))
        told = sum(value is not None for value in whenever)
        if not told:
            continue
        late = sum(a != b for a, b in zip(column, whenever, strict=True))
        auc = separation(feature, column, lost)
        auc_later = separation(feature, whenever, lost) if late else auc
        why = _why(feature, told, late, auc)
        if why:
            found.append(Refused(feature.key, why, told, late, auc, auc_later))
    return found


def _why(feature: Feature, told: int, late: int, auc: float | None) -> str:
    if feature.key in WITHOUT_HISTORY:
        return NO_HISTORY
    if auc is not None and auc > TOO_GOOD_AUC:
        return TOO_GOOD
    return LATE if late >= LATE_LEAST and late >= LATE_SHARE * told else ""


def separation(feature: Feature, column: Sequence[Value], lost: Sequence[bool]) -> float | None:
    """Chance that a lost renewal looks riskier by this figure than a renewed one, ties counting half (AUC); the unknown stand aside.

    Of words each is as risky as its own rate, told without the renewal itself. None where fewer than ten of either kind are known.
    """
    pairs = [(value, was) for value, was in zip(column, lost, strict=True) if value is not None]
    n_lost = sum(was for _value, was in pairs)
    if n_lost < JUDGED_LEAST or len(pairs) - n_lost < JUDGED_LEAST:
        return None
    if feature.risk is Risk.WORD:
        return _auc(_rates_of_words(pairs))
    risky = _auc([(value, was) for value, was in pairs if not isinstance(value, str)])
    return risky if feature.risk is Risk.HIGH else 1 - risky


def _rates_of_words(pairs: Sequence[tuple[Value, bool]]) -> list[tuple[float, bool]]:
    counts: dict[Value, list[int]] = {}
    for word, was in pairs:
        count = counts.setdefault(word, [0, 0])
        count[0] += 1
        count[1] += was
    base = sum(was for _word, was in pairs) / len(pairs)
    # Leaving the renewal itself out and leaning on the base: a word of few renewals would else tell its own outcome.
    return [((counts[word][1] - was + base) / counts[word][0], was) for word, was in pairs]


def _auc(pairs: Sequence[tuple[float, bool]]) -> float:
    every, of_lost = Counter(value for value, _was in pairs), Counter(value for value, was in pairs if was)
    n_lost = of_lost.total()
    ranks, before = 0.0, 0
    for value in sorted(every):
        tied = every[value]
        ranks += of_lost[value] * (2 * before + tied + 1) / 2
        before += tied
    return (ranks - n_lost * (n_lost + 1) / 2) / (n_lost * (before - n_lost))
