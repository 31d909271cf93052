"""The search for combinations that went with losses: every pair and triple of conditions, with gates, checked on later renewals.

Exhaustive on purpose: where each signal alone lies under the base rate, a search that grows step by step misses what they mean together.
Pure: columns in, findings out. docs/methods/risk-rules.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from churn.rules.chances import at_least
from churn.rules.conditions import Condition, Feature, key_of
from churn.rules.gates import GATES, Gates
from churn.rules.past import Count, Half, Past, folded, half_of, split
from churn.rules.thresholds import Tried, tried_of
from csm_portal.lib.estimates import share
from csm_portal.lib.many_tests import q_values

NOTHING, ALL_RENEWED, FEW_LOST, NO_CONDITION, NONE_PASSED, NONE_HELD, FOUND = (
    "no_renewals", "all_renewed", "few_lost", "no_condition", "none_passed", "none_held", "found",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Single:
    """One condition alone on all renewals; `q` corrects its p (a rate as high by chance) for all conditions tried."""

    condition: Condition
    count: Count
    q: float


@dataclass(frozen=True, slots=True)
class Combination:
    """Conditions that passed in the older half, with what became of the renewals of the newer half that they match.

    `p` and `q` are of the older half against its base; `check_p` and `check_q` of the newer. `held`: it passed there too. `expected` is the
    rate that the older half makes expect of others: it was chosen for being high, so as many renewals as a group has at least are taken to
    have been lost as without its last condition (without the one that leaves the highest rate).
    """

    conditions: tuple[Condition, ...]
    found: Count
    expected: float
    p: float
    q: float
    checked: Count
    check_p: float
    check_q: float
    held: bool

    @property
    def key(self) -> str:
        """The fixed spelling of its conditions."""
        return key_of(self.conditions)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and on what. `candidates`: pairs and triples and singles large enough to be tried; `passed`: gates 2 and 3."""

    why: str
    whole: Count
    training: Count
    checking: Count
    by: str
    split_on: date | None
    span: tuple[date, date] | None
    conditions: tuple[Condition, ...] = ()
    singles: tuple[Single, ...] = ()
    candidates: int = 0
    passed: int = 0
    combinations: tuple[Combination, ...] = ()

    @property
    def held(self) -> list[Combination]:
        """Those that the newer half confirmed, the safest first."""
        return [one for one in self.combinations if one.held]


@dataclass(frozen=True, slots=True)
class _Candidate:
    places: tuple[int, ...]
    bits: int
    count: Count
    expected: float
    p: float
    q: float


def search(past: Past, features: Sequence[Feature], gates: Gates = GATES) -> Found:
    """All combinations of the features' conditions that pass the gates, checked on the newer half of the renewals..

    Fewer than `gates.history` lost: single conditions alone, on all renewals, and nothing is called confirmed.
    """
    known = folded(past)
    whole = Count(len(known), sum(known.lost))
    sides = split(known)
    training, checking = half_of(sides.training), half_of(sides.checking)
    span = (known.days[0], known.days[-1]) if len(known) else None
    base = (whole, training.whole, checking.whole, sides.by, sides.split_on, span)
    if not whole.lost:
        return Found(ALL_RENEWED if whole.n else NOTHING, *base)
    everything = half_of(known)
    if whole.lost < gates.history:
        chosen = tried_of(everything, features, gates)
        return Found(FEW_LOST, *base, _conditions(chosen), _singles(everything, chosen))
    chosen = tried_of(training, features, gates)
    singles = _singles(everything, chosen)
    if not chosen:
        return Found(NO_CONDITION, *base)
    tried, passed = _passed(training, chosen, gates)
    kept = _distinct(passed, gates)
    told = _checked(kept, chosen, checking, gates)
    why = FOUND if any(one.held for one in told) else NONE_HELD if told else NONE_PASSED
    return Found(why, *base, _conditions(chosen), singles, tried, len(passed), tuple(told))


def _conditions(chosen: Sequence[Tried]) -> tuple[Condition, ...]:
    return tuple(one.condition for one in chosen)


def _singles(half: Half, chosen: Sequence[Tried]) -> tuple[Single, ...]:
    counts = [half.count(half.bits(one.condition)) for one in chosen]
    whole = half.whole
    qs = q_values([at_least(whole.n, whole.lost, one.n, one.lost) for one in counts])
    found = [Single(one.condition, count, q) for one, count, q in zip(chosen, counts, qs, strict=True)]
    return tuple(sorted(found, key=lambda one: (-(one.count.rate or 0), one.condition.spelled)))


def _passed(half: Half, chosen: Sequence[Tried], gates: Gates) -> tuple[int, list[_Candidate]]:
    """How many were tried, and those that passed gates 1 to 3."""
    tried = list(_large_enough(half, chosen, gates))
    whole, enough = half.whole, gates.lost_of(half.whole.n)
    ps = [at_least(whole.n, whole.lost, count.n, count.lost) for _places, _bits, count in tried]
    passed = []
    for (places, bits, count), p, q in zip(tried, ps, q_values(ps), strict=True):
        if q > gates.false_discovery:
            continue
        without = _without(half, [chosen[place] for place in places])
        # Gate 2: without any one of its conditions the rate would be lower by more than chance.
        if any(at_least(one.n, one.lost, count.n, count.lost) >= gates.adds_p for one in without):
            continue
        by_account = half.accounts(bits)
        if by_account.n >= gates.fewest and by_account.lost >= enough:
            rest = max(one.rate or 0.0 for one in without)
            expected = (count.lost + gates.fewest * rest) / (count.n + gates.fewest)
            passed.append(_Candidate(places, bits, count, expected, p, q))
    return len(tried), passed


def _large_enough(half: Half, chosen: Sequence[Tried], gates: Gates) -> Iterator[tuple[tuple[int, ...], int, Count]]:
    """Gate 1: every condition, pair and triple of different facets with enough renewals and enough lost among them."""
    enough, lost_bits = gates.lost_of(half.whole.n), half.lost_bits

    def grown(places: tuple[int, ...], bits: int, facets: frozenset[str], start: int) -> Iterator[tuple[tuple[int, ...], int, Count]]:
        for place in range(start, len(chosen)):
            one = chosen[place]
            if one.facet in facets:
                continue
            both = bits & one.bits
            # What is too small stays too small with another condition: nothing beyond it is looked at.
            if (n := both.bit_count()) < gates.fewest or (lost := (both & lost_bits).bit_count()) < enough:
                continue
            found = (*places, place)
            yield found, both, Count(n, lost)
            if len(found) < gates.longest:
                yield from grown(found, both, facets | {one.facet}, place + 1)

    return grown((), (1 << half.whole.n) - 1, frozenset(), 0)


def _without(half: Half, conditions: Sequence[Tried]) -> list[Count]:
    """The renewals of the combination without each one of its conditions; of a single condition all."""
    counts = []
    for left in conditions:
        bits = (1 << half.whole.n) - 1
        for one in conditions:
            if one is not left:
                bits &= one.bits
        counts.append(half.count(bits))
    return counts


def _distinct(passed: Sequence[_Candidate], gates: Gates) -> list[_Candidate]:
    """Gate 4: the safest first, each sharing less than `overlap` of its renewals with every one before it."""
    kept: list[_Candidate] = []
    for one in sorted(passed, key=lambda one: (-(share(one.count.lost, one.count.n).low or 0), one.places)):
        if all(overlap(one.bits, other.bits) < gates.overlap for other in kept):
            kept.append(one)
            if len(kept) == gates.most_rules:
                break
    return kept


def overlap(one: int, other: int) -> float:
    """Shared share of two sets of renewals (Jaccard), 0 … 1."""
    either = (one | other).bit_count()
    return (one & other).bit_count() / either if either else 0.0


def _checked(kept: Sequence[_Candidate], chosen: Sequence[Tried], half: Half, gates: Gates) -> list[Combination]:
    """Gate 5: the rate among the newer renewals against their base, corrected for all that are checked."""
    conditions = [tuple(chosen[place].condition for place in one.places) for one in kept]
    counts = [half.count(half.matching(one)) for one in conditions]
    whole = half.whole
    ps = [at_least(whole.n, whole.lost, one.n, one.lost) for one in counts]
    return [
        Combination(condition, one.count, one.expected, one.p, one.q, count, p, q, held=q <= gates.false_discovery)
        for condition, one, count, p, q in zip(conditions, kept, counts, ps, q_values(ps), strict=True)
    ]
